"""The error of an empty field names the field, beside it and in the summary, in the admin site and of one's account."""

import pytest
from django.contrib import admin
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.rules.lifecycle import Role
from tests.support.admin_site import act, signed_in, staff_of
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member

pytestmark = pytest.mark.django_db

DJANGOS = "This field is required."
# A row of an inline is only checked if something is typed into it.
ROWS = {
    "releases.release": {"addresses-0-marker": "May"},
    "releases.producer": {"non_working_days-0-title": "Privilege day"},
}
NAMED = {
    "releases.release": {"Select “Series”", "Enter “Title”", "Enter “Date”", "Web page or file 1: Enter “Web address”"},
    "releases.series": {"Select “Producer”", "Enter “Title”"},
    "releases.producer": {"Enter “Name”", "Day when the office is closed 1: Enter “Date”"},
    "releases.exemption": {"Enter “What it covers”", "Enter “Approved on”"},
    "releases.membership": {"Select “Role”", "Select “User”"},
    "accounts.user": {"Enter “Email address”", "Enter “Full name”"},
    "outbox.preference": {"Select “Producer”", "Select “Channel”"},
    "breaches.edition": {"Enter “Number”", "Enter “In force from”"},
    "breaches.practice": {"Select “Edition”"},
    "auth.group": {"Enter “Name”"},
}


@pytest.fixture
def person():
    return create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer, is_staff=True, is_superuser=True)


def in_summary(tree):
    return {link.text(strip=True) for link in tree.css(".govuk-error-summary a")}


def beside_fields(tree):
    return {item.text(strip=True) for item in tree.css(".errorlist li")}


def test_on_each_page_of_the_admin_site_that_adds_a_row_an_empty_field_is_named(person, rf, subtests):
    client, request, checked = signed_in(person), rf.get("/admin/"), {}
    request.user = person
    for model, model_admin in admin.site._registry.items():
        if not model_admin.has_add_permission(request):
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        rows = [inline.formset.prefix for inline in client.get(address).context["inline_admin_formsets"]]
        counts = {f"{row}-{count}_FORMS": number for row in rows for count, number in (("TOTAL", 1), ("INITIAL", 0))}
        page = client.post(address, counts | ROWS.get(model._meta.label_lower, {}))
        tree = LexborHTMLParser(page.text)
        with subtests.test(model._meta.label_lower):
            assert page.status_code == 200
            assert DJANGOS not in page.text
            checked[model._meta.label_lower] = in_summary(tree)
            assert beside_fields(tree) <= {text.rpartition(": ")[2] for text in in_summary(tree)}
    for model, expected in NAMED.items():
        assert expected <= checked[model], (model, checked[model])


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("cancel", "Enter the reason for cancellation"),
        ("move_dates", "Select “Weeks or days”"),
        ("set_addresses", "Enter “Web address”"),
        ("plan_next_year", "Select an answer to “Which day next year?”"),
    ],
)
def test_on_the_page_of_an_action_an_empty_field_is_named(action, named):
    release = ReleaseFactory()
    page = act(staff_of(Role.HEAD_OF_PROFESSION, release), action, [release], answered="yes", preview="yes")
    tree = LexborHTMLParser(page.text)
    assert DJANGOS not in page.text
    assert named in in_summary(tree) & beside_fields(tree)


def test_on_the_page_of_a_new_password_an_empty_field_is_named(person):
    page = signed_in(person).post(reverse("account_change_password"), {}, follow=True).text
    assert DJANGOS not in page
    for label in ("Current password", "New password", "Confirm your new password"):
        assert f"Enter “{label}”" in page

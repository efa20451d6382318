"""The set-up of an office and what a new office finds, in a browser: at both widths, with nothing on any list yet."""

import pytest
from django.urls import reverse

from releases.models import Producer
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from statsoffice.guides import Guide
from tests.browser.barriers import is_clean, walk
from tests.support.factories import create_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_administrator_sets_an_office_up_on_pages_without_barriers(page, live_server, transactional_db, sign_in):
    sign_in(User.objects.create_superuser("first@example.gov.uk", name="First"))
    page.goto(f"{live_server}{reverse('desk')}")
    is_clean(page)
    page.get_by_role("link", name="Set up your office").click()
    is_clean(page)
    page.get_by_role("link", name="Add a producer").click()
    page.get_by_role("button", name="Save and continue").click()
    is_clean(page)
    page.get_by_label("Name of the producer").fill("Office for Rain")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name="Add the Head of Profession").click()
    is_clean(page)
    page.get_by_label("Full name").fill("Helen Ward")
    page.get_by_label("Email address").fill("head@example.gov.uk")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name="Add a series").click()
    is_clean(page)
    page.get_by_label("Title of the series").fill("Monthly rain")
    page.get_by_label("Contact", exact=True).fill("Rain statistics")
    page.get_by_label("Contact email address").fill("rain@example.gov.uk")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name="Add releases").click()
    is_clean(page)
    page.get_by_role("link", name="Set up your office").click()
    page.get_by_role("link", name="Rehearse a release").click()
    is_clean(page)
    page.get_by_label("Web page").fill("https://www.example.gov.uk/test")
    page.get_by_label("Text that the page shows when it is published").fill("Rehearsal of Tuesday")
    page.get_by_role("button", name="Start rehearsal").click()
    is_clean(page)
    page.get_by_role("link", name="Rehearsal: Monthly rain").click()
    assert Producer.objects.get().series.get().head_of_profession.name == "Helen Ward"


def test_every_list_of_a_new_office_says_that_it_is_empty_and_each_guide_opens(
    page, live_server, transactional_db, sign_in, subtests
):
    producer = Producer.objects.create(name="Office for Rain", slug="rain")
    sign_in(create_member(Role.HEAD_OF_PROFESSION, producer))
    lists = {
        name: reverse(name)
        for name in (
            "desk",
            "exchange:release_list",
            "exchange:imports",
            "releases:calendar",
            "releases:all_months",
            "releases:planner",
            "releases:changes",
            "releases:changes_waiting",
            "breaches:report_list",
            "breaches:register",
            "breaches:figures",
            "breaches:near_misses",
            "outbox:sent",
        )
    }
    guides = {guide.value: reverse("guides:guide", args=[guide]) for guide in Guide}
    more = {"guides": reverse("guides:guides"), "statement": reverse("accessibility")}
    walk(page, live_server, lists | guides | more, subtests)

"""Text typed into a report while the session ended is returned to its writer after signing in."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from breaches import drafting
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import content_of
from releases.rules.lifecycle import Role
from statsoffice import middleware
from tests.support.people import create_report
from tests.support.report_forms import filled_in, section_address, words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

TYPED = "Nobody could read the statistics.\n\nTwo users wrote to us. ‘Why?’ <b>"
PASSWORD = "correct horse battery"


@shared_fixture
def report(office):
    return create_report(office, complete=False)


@pytest.fixture
def visitor():
    """A client that is refused where its form does not belong to its cookie, as visitors are."""
    return Client(enforce_csrf_checks=True)


def sign_in(visitor, person, path="/accounts/login/"):
    page = filled_in(visitor.get(path).text)
    return visitor.post(path, page | {"login": person.email, "password": PASSWORD})


def opened(visitor, report, person):
    """The page of the impact as someone opened it, with what they type there."""
    sign_in(visitor, person)
    return filled_in(visitor.get(section_address(report, ReportSection.IMPACT)).text) | {"impact": TYPED}


def kept_form(page):
    """The form by which the stored text is sent again."""
    return {name: values[0] for name, values in filled_in(page).items()}


def impact(report):
    return content_of(Report.objects.get(pk=report.pk)).impact.replace("\r\n", "\n")


def test_what_was_typed_survives_a_session_that_ended(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    turned_away = visitor.post(section_address(report, ReportSection.IMPACT), fields)
    assert turned_away.headers["Location"] == "/accounts/login/?next=%2Funsent%2F"
    assert impact(report) == ""
    signed_in = sign_in(visitor, office.statistician, turned_away.headers["Location"])
    assert signed_in.headers["Location"] == reverse("unsent")
    page = visitor.get(reverse("unsent")).text
    assert "Two users wrote to us. ‘Why?’ <b>" in words(page)
    answer = visitor.post(section_address(report, ReportSection.IMPACT), kept_form(page))
    assert answer.status_code == 302
    assert impact(report) == TYPED
    assert visitor.get(reverse("unsent")).status_code == 302


def test_what_was_typed_survives_signing_in_again_in_another_tab(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    sign_in(visitor, office.statistician)
    answer = visitor.post(section_address(report, ReportSection.IMPACT), fields, follow=True)
    assert "Two users wrote to us." in words(answer.text)
    assert impact(report) == ""
    visitor.post(section_address(report, ReportSection.IMPACT), kept_form(answer.text))
    assert impact(report) == TYPED


def test_what_was_typed_survives_if_the_same_page_is_sent_twice_after_signing_in_again(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    sign_in(visitor, office.statistician)
    for _press in range(2):
        answer = visitor.post(section_address(report, ReportSection.IMPACT), fields)
        assert answer.headers["Location"] == reverse("unsent")
    page = visitor.get(reverse("unsent")).text
    assert "Two users wrote to us." in words(page)
    visitor.post(section_address(report, ReportSection.IMPACT), kept_form(page))
    assert impact(report) == TYPED
    assert visitor.get(reverse("unsent")).status_code == 302


def test_what_was_typed_survives_being_asked_for_a_second_step(visitor, office, report, settings):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    visitor.post(section_address(report, ReportSection.IMPACT), fields)
    sign_in(visitor, office.statistician)
    kept = kept_form(visitor.get(reverse("unsent")).text)
    settings.SECOND_FACTOR = frozenset({Role.STATISTICIAN})
    answer = visitor.post(section_address(report, ReportSection.IMPACT), kept)
    assert answer.headers["Location"] == reverse("mfa_index")
    settings.SECOND_FACTOR = frozenset()
    assert impact(report) == ""
    assert "Two users wrote to us." in words(visitor.get(reverse("unsent")).text)


def test_a_preview_neither_stores_a_form_nor_deletes_the_stored_one(visitor, office):
    about = drafting.ReportSubject(office.producer)
    leak, _is_new = drafting.start_report(
        about,
        kind=ReportKind.LEAK,
        occurred_on=[date(2020, 6, 29)],
        by=office.statistician,
        at=datetime(2020, 7, 7, tzinfo=UTC),
        form_key=uuid4(),
    )
    sign_in(visitor, office.statistician)
    address, preview = section_address(leak, ReportSection.WHAT_HAPPENED), {"HX-Request": "true"}
    fields = filled_in(visitor.get(address).text) | {"what": "three figures"}
    Session.objects.all().delete()
    turned_away = visitor.post(address, fields | {"preview": "account"}, headers=preview)
    assert "Location" not in turned_away.headers
    assert "We will store your answers." in turned_away.text
    assert middleware.UNSENT not in visitor.session
    visitor.post(address, fields)
    sign_in(visitor, office.statistician)
    again = filled_in(visitor.get(address).text) | {"what": "a figure", "preview": "account"}
    assert visitor.post(address, again, headers=preview).status_code == 200
    assert "three figures" in words(visitor.get(reverse("unsent")).text)


def test_what_someone_changed_meanwhile_is_shown_next_to_it(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    visitor.post(section_address(report, ReportSection.IMPACT), fields)
    other = Client()
    other.force_login(office.head)
    address = section_address(report, ReportSection.IMPACT)
    other.post(address, filled_in(other.get(address).text) | {"impact": "Theirs."})
    sign_in(visitor, office.statistician)
    answer = visitor.post(address, kept_form(visitor.get(reverse("unsent")).text))
    assert answer.status_code == 409
    assert "Theirs." in answer.text
    assert "Two users wrote to us." in answer.text


def test_a_decision_that_was_sent_after_the_session_ended_is_not_offered_to_be_sent_again(visitor, office):
    report = create_report(office, status=ReportStatus.WITH_HOP)
    address = reverse("breaches:return", args=[report.reference])
    sign_in(visitor, office.head)
    fields = filled_in(visitor.get(address).text) | {"comment": "Name the system, please."}
    Session.objects.all().delete()
    visitor.post(address, fields)
    sign_in(visitor, office.head)
    page = visitor.get(reverse("unsent")).text
    assert "Name the system, please." in words(page)
    assert f'action="{address}"' not in page
    assert reverse("breaches:report", args=[report.reference]) in page
    assert Report.objects.get(pk=report.pk).status == ReportStatus.WITH_HOP


def test_no_one_else_is_given_what_was_typed(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    visitor.post(section_address(report, ReportSection.IMPACT), fields)
    sign_in(visitor, office.head)
    answer = visitor.get(reverse("unsent"), follow=True)
    assert "Two users wrote to us." not in answer.text
    assert middleware.UNSENT not in visitor.session


def test_nothing_is_kept_for_those_who_never_signed_in_here(client, report):
    answer = client.post(section_address(report, ReportSection.IMPACT), {"impact": TYPED})
    assert answer.headers["Location"].startswith("/accounts/login/?next=/reports/")
    assert Session.objects.count() == 0


def test_a_cookie_that_we_did_not_sign_keeps_nothing(client, report):
    client.cookies[middleware.WRITER] = "1:forged"
    client.post(section_address(report, ReportSection.IMPACT), {"impact": TYPED})
    assert Session.objects.count() == 0


def test_what_is_typed_elsewhere_is_not_kept(visitor, office):
    sign_in(visitor, office.statistician)
    page = filled_in(visitor.get("/accounts/password/change/").text)
    Session.objects.all().delete()
    visitor.post("/accounts/password/change/", page | {"oldpassword": PASSWORD})
    assert middleware.UNSENT not in visitor.session


def test_more_than_any_form_holds_is_not_kept(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    visitor.post(section_address(report, ReportSection.IMPACT), fields | {"impact": "x" * 500_000})
    assert middleware.UNSENT not in visitor.session


def test_what_was_kept_can_be_thrown_away(visitor, office, report):
    fields = opened(visitor, report, office.statistician)
    Session.objects.all().delete()
    visitor.post(section_address(report, ReportSection.IMPACT), fields)
    sign_in(visitor, office.statistician)
    token = kept_form(visitor.get(reverse("unsent")).text)["csrfmiddlewaretoken"]
    visitor.post(reverse("unsent"), {"csrfmiddlewaretoken": token})
    assert visitor.get(reverse("unsent"), follow=True).redirect_chain[0][0] == reverse("desk")
    assert impact(report) == ""


def test_a_form_of_someone_elses_making_is_refused_as_before(visitor, office, report):
    opened(visitor, report, office.statistician)
    visitor.cookies.pop(middleware.WRITER)
    answer = visitor.post(section_address(report, ReportSection.IMPACT), {"impact": "Forged."})
    assert answer.status_code == 403
    assert "open for too long" in words(answer.text)

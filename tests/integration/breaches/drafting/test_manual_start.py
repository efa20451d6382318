"""A report started by hand, from a release, a series or nothing: its content, who may start it, and only one."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from breaches import drafting
from breaches.drafting import ReportSubject
from breaches.layout import lay_out_draft
from breaches.models import Report, StartedReport
from breaches.rules.content import content_from_json
from breaches.rules.document import INCIDENT_PROMPT
from breaches.rules.lifecycle import ReportKind
from breaches.versions import content_of
from releases import scheduling
from releases.permissions import NotYours
from releases.rules.lifecycle import FieldRefused, Role
from tests.support.factories import SEED_DUE, ReleaseFactory

pytestmark = pytest.mark.django_db

AFTERWARDS = SEED_DUE + timedelta(hours=2)
LONG_AFTER = SEED_DUE + timedelta(days=3000)
THAT_DAY = date(2020, 6, 30)
WRITERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def started(about, *, by, kind=ReportKind.WRONG_CONTENT, on=(THAT_DAY,), at=AFTERWARDS, form_key=None):
    return drafting.start_report(about, kind=kind, occurred_on=on, by=by, at=at, form_key=form_key or uuid4())


def of(release):
    return ReportSubject(release.series.producer, release=release)


def test_from_a_release_what_is_on_record_about_it_is_filled_in_and_nothing_else(office, release):
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    report = started(of(release), by=office.statistician)[0]
    content = content_of(report)
    assert (report.kind, report.status, report.reference) == ("wrong_content", "draft", "breach-schools-march-2020")
    assert [(output.title, output.url) for output in content.outputs] == [
        (release.title, "https://www.example.gov.uk/statistics/schools-march-2020")
    ]
    assert content.producers == (office.producer.name,)
    assert content.dealing.name == release.series.responsible.name
    assert content.head_of_profession.name == release.series.head_of_profession.name
    assert content.occurred_on == (THAT_DAY,)
    assert (content.circumstances, content.impact, content.corrective_actions) == ("", "", "")


def test_the_address_of_a_release_that_is_not_out_is_not_in_the_report(office, release):
    content = content_of(started(of(release), by=office.statistician)[0])
    assert content.outputs[0].url == ""


def test_from_a_series_its_title_and_its_people_are_filled_in(office, series):
    report = started(ReportSubject(office.producer, series=series), by=office.head, on=(THAT_DAY, date(2020, 6, 29)))[0]
    content = content_of(report)
    assert [(output.title, output.url) for output in content.outputs] == [(series.title, "")]
    assert content.dealing.email == series.responsible.email
    assert content.occurred_on == (date(2020, 6, 29), THAT_DAY)
    assert report.reference == f"breach-{series.slug}-2020-06-29"


def test_from_nothing_only_the_producer_is_filled_in(office):
    content = content_of(started(ReportSubject(office.producer), by=office.head, kind=ReportKind.OTHER)[0])
    assert content.producers == (office.producer.name,)
    assert (content.outputs, content.dealing, content.head_of_profession, content.practices) == ((), None, None, ())


# What published reports cite, by kind: written out apart from the table, so that a slip in it shows.
CITED = {
    ReportKind.LATE: ("T3.6", "Standard 3, 3.6"),
    ReportKind.NOT_LIVE: ("T3.6", "Standard 3, 3.6"),
    ReportKind.PARTIAL: ("T3.6", "Standard 3, 3.6"),
    ReportKind.EARLY: ("T3.3, T3.4", "Standard 3, 3.3"),
    ReportKind.PRA: ("T3.3, T3.4", "3.3, 3.4"),
    ReportKind.ACCESS: ("T3.3, T3.4", "3.3"),
    ReportKind.LEAK: ("T3.4", "3.3"),
    ReportKind.USED_IN_PUBLIC: ("T3, T3.4", "3.3"),
    ReportKind.NOT_ANNOUNCED: ("T3.1", "3.1"),
    ReportKind.LATE_ANNOUNCEMENT: ("T3.1", "3.1"),
    ReportKind.UNEQUAL_ACCESS: ("V2", "10.1"),
    ReportKind.WRONG_CONTENT: ("", ""),
    ReportKind.OTHER: ("", ""),
}
EDITIONS = {"2.0": date(2020, 6, 29), "2.1": date(2023, 6, 29), "3.0": date(2026, 6, 29)}


@pytest.mark.parametrize("kind", list(ReportKind))
@pytest.mark.parametrize("edition", list(EDITIONS))
def test_a_draft_cites_what_reports_of_its_kind_cite_in_the_edition_in_force(office, kind, edition):
    report = started(ReportSubject(office.producer), by=office.head, kind=kind, on=(EDITIONS[edition],), at=LONG_AFTER)[
        0
    ]
    cited = content_of(report).practices
    codes = CITED[kind][edition.startswith("3")]
    assert ", ".join(practice.code for practice in cited) == codes
    assert {practice.edition for practice in cited} <= {edition}


def test_days_under_two_editions_cite_both(office):
    days = (date(2022, 5, 4), date(2022, 5, 5))
    report = started(ReportSubject(office.producer), by=office.head, kind=ReportKind.LEAK, on=days, at=LONG_AFTER)[0]
    assert {practice.edition for practice in content_of(report).practices} == {"2.0", "2.1"}


def test_a_draft_prompts_for_everything_that_people_have_to_write(office, release):
    sections = lay_out_draft(started(of(release), by=office.statistician)[0]).sections
    assert sections[1].prompt == INCIDENT_PROMPT
    assert all(section.prompt for section in sections[2:])


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_reports_start_one_and_no_one_else_does(office, role):
    if role in WRITERS:
        report = started(ReportSubject(office.producer), by=office.people[role])[0]
        assert report.events.get().facts["role"] == role
        return
    with pytest.raises(NotYours):
        started(ReportSubject(office.producer), by=office.people[role])
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("days", "sentence"),
    [((date(2020, 7, 1),), "in the future"), ((), "Enter the day")],
    ids=["still to come", "no day"],
)
def test_without_a_day_that_can_be_nothing_is_started(office, days, sentence):
    with pytest.raises(FieldRefused, match=sentence):
        started(ReportSubject(office.producer), by=office.head, on=days)
    assert not Report.objects.exists()


def test_the_same_form_starts_one_report_and_another_form_another(office, release):
    key = uuid4()
    first = started(of(release), by=office.statistician, form_key=key)
    again = started(of(release), by=office.statistician, form_key=key)
    other = started(of(release), by=office.statistician)
    assert (first[1], again[1], other[1]) == (True, False, True)
    assert again[0] == first[0]
    assert Report.objects.count() == StartedReport.objects.count() == 2
    assert other[0].reference == "breach-schools-march-2020-2"


def test_the_machine_leaves_it_alone_and_saving_a_section_works(client, office, release, time_machine):
    time_machine.move_to(AFTERWARDS, tick=False)
    report = started(of(release), by=office.statistician)[0]
    assert drafting.draft_missing(now=AFTERWARDS + timedelta(days=1)) == []
    client.force_login(office.statistician)
    page = reverse("breaches:section", args=[report.reference, "circumstances"])
    shown = client.get(page)
    assert "What the record says" not in shown.text
    typed = {
        "version": "1",
        "facts_seen": shown.context["form"].initial["facts_seen"],
        "circumstances": "The file of last year was uploaded.",
        "other_practices": "",
        "dates-TOTAL_FORMS": "1",
        "dates-INITIAL_FORMS": "0",
        "dates-0-on-day": "30",
        "dates-0-on-month": "6",
        "dates-0-on-year": "2020",
    }
    assert client.post(page, typed).status_code == 302
    report.refresh_from_db()
    assert (
        content_from_json(report.versions.get(number=2).content).circumstances == "The file of last year was uploaded."
    )


def test_a_report_about_a_rehearsal_is_marked_as_one(office, series):
    rehearsal = ReleaseFactory(confirmed=True, series=series, reference="rehearsal", rehearsal=True)
    assert started(of(rehearsal), by=office.statistician)[0].rehearsal

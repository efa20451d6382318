"""Drafts from disclosures that recipients of pre-release access reported: one each, restricted, and no accusation."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from breaches import code_of_practice, drafting, editing
from breaches.facts import find_stated_day, incident_about, releases_with_needed_names
from breaches.models import Report, ReportEvent, StartedReport
from breaches.permissions import reports_with, roles_for
from breaches.rules.answers import NO_ANSWERS, Answer, Answers
from breaches.rules.causes import NO_CAUSE
from breaches.rules.content import ReportSection
from breaches.rules.incident import write_incident_account
from breaches.rules.lifecycle import ReportKind
from breaches.text import event_author, event_title
from breaches.versions import content_of
from releases import pre_release_access, receipts
from releases.models import AccessLink, Release
from releases.receipts import answer_link, make_due_links, token_of
from releases.rules.lifecycle import Role
from releases.rules.receipts import Answer as Receipt
from releases.rules.receipts import Disclosure
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.pre_release_lists import PERSON, granted, someone
from tests.support.report_forms import section_address

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ASKS_AT = SEED_DUE - timedelta(days=8, minutes=30)
OPENS = SEED_DUE - timedelta(hours=24)
REPORTED = OPENS + timedelta(hours=2)
NOW = REPORTED + timedelta(seconds=2)


@pytest.fixture
def office():
    return create_office(asks_recipients=True)


@pytest.fixture
def release(office):
    return ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))


@pytest.fixture
def entry(office, release):
    return granted(release, by=office.statistician)


def report_disclosure(entry, **fields):
    make_due_links(now=OPENS)
    token = token_of(AccessLink.objects.get(entry=entry))
    return answer_link(token, Receipt.DISCLOSURE, at=REPORTED, **({"what": Disclosure.SENT} | fields))


@pytest.mark.both_databases
def test_a_disclosure_gets_one_draft_however_often_the_job_runs(entry):
    receipt = report_disclosure(entry)
    drafted = [drafting.draft_disclosures(now=NOW) for _run in range(3)]
    assert [len(found) for found in drafted] == [1, 0, 0]
    started = StartedReport.objects.get()
    assert (started.receipt, started.started_by, started.release) == (receipt, None, entry.release)
    assert (started.report.kind, started.report.status) == ("pra", "draft")


def test_nothing_is_filled_in_that_the_recipient_did_not_state(office, entry):
    """They may have noticed it earlier than they reported it, and it may have happened on another day."""
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=NOW)
    content = content_of(report)
    assert (content.answers, content.occurred_on, report.occurred_on) == (NO_ANSWERS, (), None)
    assert "noticed" not in content.circumstances
    assert "– When it was reported: 11:30am on 29 June 2020." in content.circumstances
    assert content.practices, "the edition in force on the day of the report"
    # The practices can still be chosen before a person knows the day, which fills in the date of occurrence.
    assert code_of_practice.offer_practices(report, content)
    editing.save_section(
        report,
        section=ReportSection.WHAT_HAPPENED,
        values={"answers": Answers(happened=Answer(on=OPENS.date()))},
        expected_version=report.version,
        by=office.head,
        at=NOW,
    )
    report.refresh_from_db()
    assert (content_of(report).occurred_on, report.occurred_on) == ((OPENS.date(),), OPENS.date())


def test_two_recipients_who_report_get_a_draft_each_which_people_combine(office, release, entry):
    other = granted(release, someone(email="other@example.gov.uk"), by=office.statistician)
    for one in (entry, other):
        report_disclosure(one)
    assert len(drafting.draft_disclosures(now=NOW)) == 2
    assert Report.objects.count() == 2


def test_other_answers_draft_nothing(entry):
    make_due_links(now=OPENS)
    for answer in (Receipt.CONFIRMED, Receipt.ACKNOWLEDGED, Receipt.NOT_NEEDED):
        answer_link(token_of(AccessLink.objects.get()), answer, at=REPORTED)
    assert drafting.draft_disclosures(now=NOW) == []


def test_only_leads_know_of_the_draft_until_they_assign_it(office, entry):
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=NOW)
    for role, person in office.people.items():
        lead = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
        assert bool(roles_for(person, report)) == lead
        assert reports_with(person, frozenset(Role)).filter(pk=report.pk).exists() == lead
    assert content_of(report).dealing is None


def test_the_history_says_who_started_it_without_a_name(entry):
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=NOW)
    event = ReportEvent.objects.get(report=report)
    assert (event.actor, event_author(event)) == (None, "A person on the list")
    assert event_title(event) == "Started from the pre-release access list"
    assert PERSON not in str(event.facts)


def test_the_report_of_the_recipient_stays_in_the_account_when_people_answer(office, entry):
    report_disclosure(entry, happened_at=REPORTED - timedelta(minutes=10))
    (report,) = drafting.draft_disclosures(now=NOW)
    editing.save_section(
        report,
        section=ReportSection.WHAT_HAPPENED,
        values={"answers": Answers(what=Answer("The final bulletin"))},
        expected_version=report.version,
        by=office.head,
        at=NOW,
    )
    report.refresh_from_db()
    account = content_of(report).circumstances
    assert "The final bulletin went out" in account
    assert "– When it may have happened: 11:20am on 29 June 2020." in account


def test_the_account_has_the_answers_of_people_whose_access_was_withdrawn_and_confirmations_by_phone(office, entry):
    called = granted(entry.release, someone(), by=office.statistician)
    make_due_links(now=ASKS_AT)
    answer_link(token_of(AccessLink.objects.get(entry=entry)), Receipt.CONFIRMED, at=ASKS_AT + HOUR)
    receipts.record_phone_confirmation(called, by=office.statistician, at=ASKS_AT + HOUR)
    for one in (entry, called):
        pre_release_access.withdraw_access(one, by=office.head, at=ASKS_AT + 2 * HOUR, expected_version=one.version)
    release = Release.objects.select_related("series__producer").get()
    account = write_incident_account(
        incident_about(release, kind=ReportKind.PRA, answers=NO_ANSWERS, cause=NO_CAUSE, now=NOW)
    )
    withdrawn = "Withdrawn at 11am on 22 June 2020."
    assert f"Minister of State for Schools: Terms confirmed at 10am on 22 June 2020. {withdrawn}" in account
    by_phone = "Private secretary: Staff recorded at 10am on 22 June 2020 that the terms were confirmed by phone."
    assert f"{by_phone} {withdrawn}" in account
    assert PERSON not in account


def test_the_names_on_the_list_stay_while_the_draft_is_undecided(entry):
    report_disclosure(entry)
    drafting.draft_disclosures(now=NOW)
    assert releases_with_needed_names([entry.release_id]) == {entry.release_id}
    assert receipts.disclosures().count() == 1


def test_the_day_of_the_event_is_only_filled_in_if_the_recipient_stated_it(entry):
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=NOW)
    assert find_stated_day(report, content_of(report)) is None


def test_the_day_that_the_recipient_stated_is_filled_in(entry):
    report_disclosure(entry, happened_at=OPENS)
    (report,) = drafting.draft_disclosures(now=NOW)
    assert find_stated_day(report, content_of(report)) == OPENS.date()


def test_the_questions_show_what_was_reported_as_a_hint_and_fill_in_no_time_of_notice(office, entry, client):
    report_disclosure(entry, happened_at=REPORTED - timedelta(minutes=10))
    (report,) = drafting.draft_disclosures(now=NOW)
    client.force_login(office.head)
    page = LexborHTMLParser(client.get(section_address(report, ReportSection.WHAT_HAPPENED)).content)
    noticed = page.css_first("#id_noticed_on-hint, #id_noticed_on_hint").text()
    assert "It was reported at 11:30am on 29 June 2020. It may have been noticed earlier." in noticed
    assert not page.css_first("#id_noticed_on-day").attributes.get("value")
    assert "stated that it may have happened at 11:20am on 29 June 2020. Check this." in page.text()
    assert page.css_first("#id_happened_on-day").attributes["value"] == "29"
    assert not page.css_first("[name=happened_time]").attributes.get("value")

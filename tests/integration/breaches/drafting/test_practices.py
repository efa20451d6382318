"""The Code's list, the suggested practices, and how the office settles a wording once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from breaches import code_of_practice, decisions
from breaches.drafting import ReportSubject, start_report
from breaches.models import Edition, Practice, Report
from breaches.rules.content import ReportContent
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import content_of, current_version
from releases.permissions import NotYours
from releases.rules.calendar import format_day
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, Role
from tests.support.code_editions import citing, practice
from tests.support.people import AT, create_office, create_report, render_text
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

READ = "Accessible, as the Code has it."
CITED = "Value: V2 (Accessibility)"
SETTLED = f"Value: V2 - {READ}"


def citing_an_unsettled_one(office):
    """A report that cites an unsettled practice and a settled one."""
    return citing(create_report(office), ("2.0", "V2"), by=office.statistician)


@shared_fixture
def unsettled(office):
    return citing_an_unsettled_one(office)


def settle(office, *, wording=READ, source="The Code, page 12", seen="", by=None, at=AT):
    v2 = practice("2.0", "V2")
    return code_of_practice.settle_wording(
        v2, wording=wording, source=source, source_url="", seen=seen, by=by or office.head, at=at
    )


def approved(report, office):
    return decisions.approve_report(report, by=office.head, at=AT, render=render_text).report


def citations(report):
    return [one.citation for one in content_of(report).practices]


def test_only_the_wording_that_published_reports_quote_is_settled_with_the_product():
    settled = Practice.objects.exclude(settled_at=None).get()
    assert (settled.edition.number, settled.code, settled.settled_by) == ("2.0", "T3.6", None)
    assert settled.wording == "Statistics should be released to all users at 9.30am on a weekday."


def test_every_practice_has_a_source_and_no_summary_is_in_what_a_report_cites():
    for row in Practice.objects.select_related("edition"):
        assert row.source, row
        assert not row.summary or row.summary not in code_of_practice.cite_practice(row).citation or row.is_settled, row


@pytest.mark.parametrize("code", ["Standard 1", "1.4", "Standard 3", "3.6", "Standard 10", "10.1"])
def test_edition_3_has_its_standards_and_practices(code):
    cited = code_of_practice.cite_practice(practice("3.0", code))
    assert cited.name.startswith("Standard ")
    assert cited.text == ""


@pytest.mark.parametrize("edition", ["2.0", "2.1"])
def test_edition_2_has_every_principle(edition):
    principles = ["T1", "T2", "T3", "T4", "T5", "T6", "Q1", "Q2", "Q3", "V1", "V2", "V3", "V4", "V5"]
    assert set(principles) <= set(Practice.objects.filter(edition__number=edition).values_list("code", flat=True))


def test_what_is_likely_for_a_kind_comes_first_and_is_cited_only_if_it_is_suggested(office):
    about, on = ReportSubject(office.producer), date(2026, 6, 30)
    kind, at = ReportKind.USED_IN_PUBLIC, AT + timedelta(days=3000)
    report = start_report(about, kind=kind, occurred_on=[on], by=office.head, at=at, form_key=uuid4())[0]
    listed = [
        (one.cited.code, one.is_suggested) for one in code_of_practice.offer_practices(report, content_of(report))
    ]
    assert listed[:3] == [("3.3", True), ("1.4", False), ("Standard 1", False)]
    assert [one.code for one in content_of(report).practices] == ["3.3"]


@pytest.mark.parametrize(
    ("days_since", "editions"), [(3, {"2.1", "3.0"}), (40, {"3.0"}), (-3, {"2.1"})], ids=["in doubt", "later", "before"]
)
def test_while_the_day_of_entry_into_force_is_in_doubt_the_earlier_edition_is_offered_too(office, days_since, editions):
    on = Edition.objects.get(number="3.0").in_force_from + timedelta(days=days_since)
    begun = {"kind": ReportKind.LATE, "occurred_on": [on], "by": office.head, "form_key": uuid4()}
    report = start_report(ReportSubject(office.producer), at=AT + timedelta(days=3000), **begun)[0]
    assert {one.cited.edition for one in code_of_practice.offer_practices(report, content_of(report))} == editions
    citing_the_earlier = replace(
        content_of(report), practices=(code_of_practice.cite_practice(practice("2.1", "T3.6")),)
    )
    warned = [one.sentence for one in code_of_practice.find_edition_remarks(citing_the_earlier)]
    assert any(one.startswith("Edition 2.1 of the Code is cited") for one in warned) is ("2.1" not in editions)


def test_a_doubt_on_the_first_day_of_a_breach_is_reported_although_the_last_day_is_certain():
    begun = Edition.objects.get(number="3.0").in_force_from
    doubted, certain = begun + timedelta(days=3), begun + timedelta(days=40)
    remarks = code_of_practice.find_edition_remarks(ReportContent(occurred_on=(doubted, certain)))
    sentence = (
        "We do not know the exact day on which edition 3.0 of the Code came into force. "
        f"Check which edition was in force on {format_day(doubted)}."
    )
    assert [remark.sentence for remark in remarks] == [sentence]


def test_an_unsettled_wording_keeps_no_report_from_being_approved_and_prints_number_and_title(office, unsettled):
    report = approved(unsettled, office)
    assert report.status == ReportStatus.APPROVED
    assert citations(report)[-1] == CITED


def test_a_wording_settled_for_the_office_is_in_what_is_approved_from_then_on(office, unsettled):
    settled = settle(office)
    assert (settled.settled_by, settled.settled_at, settled.source) == (office.head, AT, "The Code, page 12")
    assert settled.history.first().history_user == office.head
    assert settled.unconfirmed == ""
    report = approved(unsettled, office)
    assert citations(report)[-1] == SETTLED
    assert citations(report)[0].startswith("Trustworthiness: T3.6 - Statistics should be released")


def test_settled_wording_leaves_the_date_for_which_a_practice_is_cited(office):
    on = date(2020, 6, 30)
    content = ReportContent(practices=(replace(code_of_practice.cite_practice(practice("2.0", "V2")), on=on),))
    settle(office)
    (cited,) = code_of_practice.with_settled_wording(content).practices
    assert (cited.text, cited.on) == (READ, on)


def test_an_approved_report_stays_as_it_was_when_a_wording_is_settled_later(office, unsettled):
    report = approved(unsettled, office)
    settle(office)
    assert citations(Report.objects.get(pk=report.pk))[-1] == CITED


def test_what_people_chose_stays_theirs_when_settled_wording_enters_it(office, unsettled):
    settle(office)
    report = approved(unsettled, office)
    version = current_version(report)
    assert version.content["practices"] != version.machine["practices"]


def test_to_settle_a_wording_is_not_to_write_the_report():
    strict = create_office(two_person_approval=True)
    report = decisions.submit_report(citing_an_unsettled_one(strict), by=strict.statistician, at=AT)
    settle(strict)
    assert not decisions.approve_report(report, by=strict.head, at=AT, render=render_text).one_person


@pytest.mark.parametrize("role", list(Role))
def test_heads_of_profession_deputies_and_calendar_managers_settle_a_wording(office, role):
    if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER}:
        assert settle(office, by=office.people[role]).is_settled
        return
    with pytest.raises(NotYours):
        settle(office, by=office.people[role])
    assert not practice("2.0", "V2").is_settled


@pytest.mark.parametrize(("field", "values"), [("wording", {"wording": " "}), ("source", {"source": " "})])
def test_a_wording_is_settled_only_with_its_words_and_their_source(office, field, values):
    with pytest.raises(MissingFields) as refused:
        settle(office, **values)
    assert refused.value.field == field


def test_of_two_who_settle_at_once_the_second_is_told_and_may_correct_it(office):
    first = settle(office)
    with pytest.raises(ChangedMeanwhile):
        settle(office, wording="Other words.", by=office.people[Role.DEPUTY])
    again = settle(office, wording="Other words.", seen=first.settled_mark, at=AT + timedelta(hours=1))
    assert again.wording == "Other words."
    assert [row.wording for row in again.history.all()] == ["Other words.", READ]

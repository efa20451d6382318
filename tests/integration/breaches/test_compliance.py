"""The yearly compliance table: its figures with their lists, its policy, its approval, and punctuality for readers."""

import io
import json
import zipfile
import zlib
from dataclasses import replace
from datetime import date, time, timedelta

import pikepdf
import pytest
from defusedxml import ElementTree
from django.db import connection, models
from selectolax.lexbor import LexborHTMLParser

from breaches import compliance, compliance_files, corrective_actions, decisions, dispatches
from breaches.compliance import NotApprovable, NotWritten, SectionConflict, TwoPeopleNeeded
from breaches.compliance_figures import describe_on_time, read_punctuality, read_year, sorting_of
from breaches.corrective_actions import Plan
from breaches.models import ComplianceDocument, PolicyText, PunctualitySwitch, RegisterEvent, Report
from breaches.rules import compliance as rules
from breaches.rules.compliance import (
    GROUPS,
    Figure,
    Group,
    PolicySection,
    compliance_digest,
    compliance_from_json,
)
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from breaches.rules.statistics import figures_of
from breaches.statistics import Scope, read_breach_history
from breaches.versions import content_of
from releases import corrections, cover, exemptions, scheduling
from releases.cover import CoverPerson
from releases.models import Exemption, Release, Verification
from releases.models.append_only import AppendOnlyRow, check_chain
from releases.permissions import NotYours
from releases.rules.calendar import Precision, Slot, format_day
from releases.rules.canonical import digest_json, sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role
from statsoffice import verification
from statsoffice.audit import trail
from tests.integration.breaches.pdf.documents import text_of, words
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import (
    AT,
    add_role,
    create_joint_report,
    create_joint_report_with_actions,
    create_report,
    decide_report,
    dispatch_report,
    move_report,
    render_text,
)
from tests.support.pre_release_lists import granted, someone
from tests.support.report_evidence import london
from tests.verapdf import check_pdf_ua

pytestmark = pytest.mark.django_db

YEAR = 2020
NOW = london("15:00", "2020-07-03")
AFTERWARDS = london("10:00", "2021-01-11")
WRITTEN = PolicySection.INTRODUCTION


def judged(series, reference, outcome, **fields):
    """A release of the seed's day with a verdict."""
    release = ReleaseFactory(series=series, reference=reference, title=reference, **{"announced": True, **fields})
    Verification.objects.create(
        release=release, schedule_version=1, due_at=release.due_at, tolerance_seconds=120, outcome=outcome
    )
    return release


@pytest.fixture
def year_of_releases(office, series):
    """Two releases on time, one that no one could determine, one without a check, one rehearsal, one cancelled."""
    for number in range(2):
        judged(series, f"on-time-{number}", "on_time")
    judged(series, "unclear", "cannot_tell")
    judged(series, "rehearsed", "on_time", rehearsal=True, announced=False, confirmed=True)
    ReleaseFactory(series=series, reference="unchecked", announced=True)
    cancelled = ReleaseFactory(series=series, reference="cancelled", announced=True)
    scheduling.cancel_release(cancelled, reason="No data.", by=office.head, at=SEED_DUE - timedelta(days=9))


def value(record, figure):
    return record.table.values[figure]


def write(office, text="We publish official statistics.", section=WRITTEN, *, seen=0, by=None, at=NOW, year=YEAR):
    return compliance.save_policy_section(
        office.producer, year, section, text, seen=seen, by=by or office.statistician, at=at
    )


def approve(office, *, by=None, at=NOW, read_sha256=None, write=compliance_files.write_files):
    by = by or office.head
    content = compliance.read_content(office.producer, YEAR, by=by, now=at)[0]
    digest = read_sha256 or compliance_digest(content)
    return compliance.approve_table(office.producer, YEAR, read_sha256=digest, by=by, at=at, write=write)


def record_exemption(office, **fields):
    june = {"covers_from": date(2020, 6, 1), "covers_to": date(2020, 6, 30), "words": "Late releases in June"}
    known = {"reference": "OSR/2020/7", "approved_on": date(2020, 1, 2), "covers_late": True}
    exemption = Exemption(producer=office.producer, **(june | known | fields))
    return exemptions.record_exemption(exemption, by=office.head, at=london("09:00", "2020-01-03"))


class TestFigures:
    def test_each_figure_is_the_length_of_the_list_behind_it(self, office, series, year_of_releases, approved_report):
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        summaries = {Figure.RATE, Figure.LEAST_NOTICE, Figure.MOST_POSTS}
        for figure in set(record.listings) - summaries:
            assert value(record, figure) == f"{len(record.listings[figure].rows):,}", figure
        assert set(record.table.values) == {figure for group in GROUPS.values() for figure in group}
        assert set(record.table.values) == set(record.listings)
        for figure, listing in record.listings.items():
            sorting = sorting_of(figure)
            keyed = {column for row in listing.rows for column, _key in row.keys}
            assert {*sorting.texts, sorting.own, *keyed} - {None} <= set(range(len(listing.columns))), figure

    def test_the_figures_are_those_of_the_figures_page(self, office, year_of_releases, approved_report):
        create_report(office, ReportStatus.RECORDED, reference="second")
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        scope = Scope(date(YEAR, 1, 1), date(YEAR, 12, 31), producer=office.producer)
        counted = figures_of(read_breach_history(scope, by=office.head, today=NOW.date()))
        assert value(record, Figure.ON_TIME) == str(counted.on_time)
        assert value(record, Figure.NOT_ON_TIME) == str(counted.not_on_time)
        assert value(record, Figure.NOT_DETERMINED) == str(counted.unknown)
        assert value(record, Figure.RECORDED) == "1"
        assert int(value(record, Figure.REPORTED)) + int(value(record, Figure.NOT_SENT)) == counted.breaches - 1

    def test_a_breach_is_reported_once_its_report_is_sent(self, office, approved_report):
        def reported():
            record = read_year(office.producer, YEAR, by=office.head, now=NOW)
            figures = (Figure.REPORTED, Figure.NOT_SENT)
            found = [[row.report for row in record.listings[figure].rows] for figure in figures]
            assert [value(record, figure) for figure in figures] == [str(len(rows)) for rows in found]
            return found

        number = approved_report.reference
        assert reported() == [[], [number]]
        sent = dispatch_report(approved_report, office, ReportStatus.SENT)
        assert reported() == [[number], []]
        corrected = dispatches.send_correction(sent, notice="A date was wrong.", by=office.head, at=NOW)
        assert reported() == [[number], []]
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert (record.undecided, record.corrections) == (0, 1)
        with pytest.raises(NotApprovable, match="Finish the correction of 1 report"):
            approve(office)
        decisions.approve_report(corrected, by=office.head, at=NOW, render=render_text)
        assert reported() == [[number], []]
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert (record.undecided, record.corrections) == (0, 0)
        (row,) = record.listings[Figure.REPORTED].rows
        assert row.cells[-1] == "Approved, correction not sent"

    def test_what_could_not_be_determined_is_neither_on_time_nor_late(self, office, year_of_releases, approved_report):
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        figures = (Figure.DUE, Figure.ON_TIME, Figure.NOT_ON_TIME, Figure.NOT_DETERMINED, Figure.NO_RESULT, Figure.RATE)
        assert [value(record, figure) for figure in figures] == ["5", "2", "1", "1", "1", "66.7%"]

    def test_notice_is_that_of_the_first_date_that_was_confirmed_and_announced(self, office, series):
        early = judged(series, "four-weeks", "on_time")
        late = ReleaseFactory(
            series=series, reference="short", recorded_at=SEED_DUE - timedelta(days=10), announced=True
        )
        unannounced = judged(series, "unannounced", "on_time", announced=False, confirmed=True)
        moved = Slot(on=date(2020, 7, 2), at=early.planned_at)
        scheduling.change_date(early, to=moved, reason="An error.", by=office.head, at=SEED_DUE - timedelta(days=3))
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert (value(record, Figure.FOUR_WEEKS), value(record, Figure.SHORT_NOTICE)) == ("1", "1")
        assert (value(record, Figure.NOT_ANNOUNCED), value(record, Figure.LEAST_NOTICE)) == ("1", "10 days")
        assert [row.release for row in record.listings[Figure.LEAST_NOTICE].rows] == [late.reference, early.reference]
        assert [row.release for row in record.listings[Figure.NOT_ANNOUNCED].rows] == [unannounced.reference]

    def test_the_list_of_notice_shows_the_first_announced_date_and_each_later_change_of_it(self, office, series):
        release = judged(series, "moved", "on_time")
        first = release.planned_on
        for day, before in ((2, 3), (3, 2)):
            to, at = Slot(on=date(2020, 7, day), at=release.planned_at), SEED_DUE - timedelta(days=before)
            release = scheduling.change_date(release, to=to, reason="An error.", by=office.head, at=at)
        listing = read_year(office.producer, YEAR, by=office.head, now=AFTERWARDS).listings[Figure.FOUR_WEEKS]
        row = dict(zip(listing.columns, listing.rows[0].cells, strict=True))
        assert row["First announced date"] == format_day(first)
        assert row["Later changes of the date"] == (
            "27 June 2020: changed to 2 July 2020 9:30am; 28 June 2020: changed to 3 July 2020 9:30am"
        )

    def test_a_date_that_was_changed_before_it_was_announced_gave_no_notice(self, office, series):
        release = judged(series, "moved", "on_time", announced=False, confirmed=True)
        to, at = Slot(on=date(2020, 7, 2), at=release.planned_at), SEED_DUE - timedelta(days=9)
        release = scheduling.change_date(release, to=to, reason="An error.", by=office.head, at=at)
        scheduling.announce_release(release, by=office.head, at=at + timedelta(days=1))
        record = read_year(office.producer, YEAR, by=office.head, now=AFTERWARDS)
        assert (value(record, Figure.LEAST_NOTICE), value(record, Figure.MOVED)) == ("10 days", "0")
        row = record.listings[Figure.LEAST_NOTICE].rows[0]
        assert (row.cells[1], row.cells[-1]) == ("2 July 2020", "")

    def test_a_report_about_several_releases_is_listed_with_all_of_its_outputs(self, office, series):
        joint = create_joint_report(office, create_report(office, title="Another output"))
        report = decide_report(joint, office, ReportStatus.RECORDED)
        write(office)
        titles = "; ".join(output.title for output in content_of(report).outputs)
        assert titles.count("; ") == 1
        today = read_year(office.producer, YEAR, by=office.head, now=NOW).listings[Figure.RECORDED]
        assert [row.cells[1] for row in today.rows] == [titles]
        assert [row.cells[1] for row in frozen(approve(office), Figure.RECORDED, by=office.head)] == [titles]

    def test_an_exact_day_within_the_announced_month_is_no_change(self, office, series):
        for number, on in enumerate((date(2020, 7, 10), date(2020, 8, 10))):
            month = Slot(on=date(2020, 7, 1), at=None, precision=Precision.MONTH)
            release = ReleaseFactory(series=series, reference=f"vague-{number}", slot=month)
            release = scheduling.announce_release(release, by=office.head, at=SEED_DUE - timedelta(days=40))
            to, at = Slot(on=on, at=time(9, 30)), SEED_DUE - timedelta(days=30)
            scheduling.change_date(release, to=to, reason="", by=office.head, at=at)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert [value(record, figure) for figure in (Figure.MOVED, Figure.MOVED_PROVISIONAL)] == ["1", "1"]

    def test_changes_of_dates_are_counted_by_who_agreed(self, office, series):
        for number, by in enumerate((office.head, office.deputy, office.head)):
            release = ReleaseFactory(series=series, reference=f"moved-{number}", announced=True)
            to = Slot(on=date(2020, 7, 10), at=release.planned_at)
            scheduling.change_date(release, to=to, reason="An error.", by=by, at=SEED_DUE - timedelta(days=30))
        add_role(office.deputy, office.producer, Role.HEAD_OF_PROFESSION)  # a promotion after the agreement
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        figures = (Figure.MOVED, Figure.MOVED_BY_HEAD, Figure.MOVED_BY_DEPUTY, Figure.MOVED_PROVISIONAL)
        assert [value(record, figure) for figure in figures] == ["3", "2", "1", "0"]
        assert record.listings[Figure.MOVED_BY_DEPUTY].rows[0].cells[3] == str(office.deputy)

    def test_pre_release_access_is_counted_by_posts_without_a_name(self, office, series):
        for reference, posts in (("one", ["Minister"]), ("two", ["Minister", "Permanent Secretary"])):
            release = judged(series, reference, "on_time")
            for post in posts:
                granted(release, someone(post), by=office.statistician)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        figures = (Figure.ACCESS_RELEASES, Figure.ACCESS_POSTS, Figure.MOST_POSTS)
        assert [value(record, figure) for figure in figures] == ["2", "2", "2"]
        assert someone("Minister").person not in str(record.listings)

    def test_an_exemption_in_force_and_the_release_that_it_covered_are_counted(self, office, series):
        exemption = record_exemption(office)
        late = judged(series, "late", "late")
        Verification.objects.filter(release=late).update(occurred_at=SEED_DUE)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert (value(record, Figure.EXEMPTIONS), value(record, Figure.EXEMPTED)) == ("1", "1")
        exemptions.end_exemption(
            exemption, Exemption.End.IN_ERROR, words="A mistake.", by=office.head, at=NOW - timedelta(hours=1)
        )
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert (value(record, Figure.EXEMPTIONS), value(record, Figure.EXEMPTED)) == ("0", "0")

    @pytest.mark.both_databases
    @pytest.mark.parametrize(
        ("ended_at", "number"),
        [
            (london("09:00", "2020-02-01"), 0),
            (london("23:59:59", "2020-05-31"), 0),
            # In summer, London is an hour ahead of UTC.
            (london("00:00", "2020-06-01"), 0),
            (london("00:00", "2020-06-01") + timedelta(microseconds=1), 1),
            (london("09:00", "2020-06-30"), 1),
        ],
        ids=["months before", "the day before", "as it begins", "just after it began", "on its last day"],
    )
    def test_an_exemption_that_was_withdrawn_before_its_first_day_was_never_in_force(
        self, office, series, ended_at, number
    ):
        judged(series, "announced", "on_time")
        exemption = record_exemption(office)
        exemptions.end_exemption(
            exemption, Exemption.End.WITHDRAWN, words="It is not needed.", by=office.head, at=ended_at
        )
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert value(record, Figure.EXEMPTIONS) == str(number)
        assert read_punctuality(office.producer, YEAR, now=NOW).exemptions == number

    def test_the_list_of_exceptions_has_the_corrected_reason_for_a_release_at_once(self, office, series):
        release = ReleaseFactory(series=series, announced=True)
        decided_at = SEED_DUE - timedelta(hours=15)
        given = {"due_at": decided_at + timedelta(minutes=15), "osr_told_at": decided_at}
        scheduling.release_at_once(release, reason="It was in the newts.", by=office.head, at=decided_at, **given)
        (change,) = release.date_changes.all()
        corrections.correct_public_reason(change, reason="It was in the news.", by=office.head, at=decided_at, seen=0)
        (row,) = read_year(office.producer, YEAR, by=office.head, now=NOW).listings[Figure.EXCEPTIONS].rows
        assert row.cells[-1] == "It was in the news."

    def test_corrective_actions_of_breaches_are_counted_as_done_open_and_overdue(self, office, approved_report):
        plans = [Plan(text, ReportTerm.SHORT, "The team", due) for text, due in (
            ("Check the scheduler", date(2020, 7, 1)), ("Write it down", date(2020, 8, 1)), ("Train people", None)
        )]  # fmt: skip
        actions = [
            corrective_actions.add_action(approved_report, plan, by=office.statistician, at=AT) for plan in plans
        ]
        corrective_actions.finish_action(actions[2], done=True, by=office.statistician, at=AT)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        figures = (Figure.ACTIONS_DONE, Figure.ACTIONS_OPEN, Figure.ACTIONS_OVERDUE)
        assert [value(record, figure) for figure in figures] == ["1", "2", "1"]

    @pytest.mark.parametrize("times", [1, 2])
    def test_corrective_actions_of_combined_drafts_are_listed_with_the_joint_report(self, office, times):
        joint = create_joint_report_with_actions(office, times=times)
        figures = (Figure.ACTIONS_DONE, Figure.ACTIONS_OPEN, Figure.ACTIONS_OVERDUE)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert [value(record, figure) for figure in figures] == ["0", "0", "0"]
        decide_report(joint, office, ReportStatus.RECORDED)
        record = read_year(office.producer, YEAR, by=office.head, now=NOW)
        assert [value(record, figure) for figure in figures] == ["1", "1", "1"]
        listed = [(row.cells[:2], row.report) for figure in figures for row in record.listings[figure].rows]
        done, still_open = (
            ((text, joint.number), joint.reference) for text in ("The page was corrected.", "A second person looks.")
        )
        assert listed == [done, still_open, still_open]

    def test_a_restricted_report_counts_for_leads_alone(self, office, series):
        report = create_report(office, ReportStatus.DRAFT)
        Report.objects.filter(pk=report.pk).update(kind="leak")
        assert read_year(office.producer, YEAR, by=office.head, now=NOW).undecided == 1
        assert read_year(office.producer, YEAR, by=office.people[Role.AUDITOR], now=NOW).undecided == 0


class TestPolicy:
    def test_each_save_is_a_version_with_an_event_and_the_same_text_is_none(self, office):
        first = write(office)
        assert write(office, seen=1) is None
        second = write(office, "Dates are confirmed early.", PolicySection.ANNOUNCEMENT, seen=1)
        assert (first.number, second.number) == (1, 2)
        assert set(compliance.read_policy(office.producer, YEAR).sections) == {WRITTEN, PolicySection.ANNOUNCEMENT}
        assert [event.kind for event in RegisterEvent.objects.order_by("position")] == ["policy_edited"] * 2
        assert check_chain(RegisterEvent) == (2, None)

    def test_another_person_who_changed_the_same_section_is_not_overwritten(self, office):
        write(office)
        write(office, "By the head", seen=1, by=office.head)
        with pytest.raises(SectionConflict) as conflict:
            write(office, "By the statistician", seen=1)
        assert conflict.value.theirs.sections[WRITTEN] == "By the head"
        assert PolicyText.objects.count() == 2

    def test_a_conflict_names_the_version_that_changed_the_section_and_no_later_one(self, office):
        write(office)
        write(office, "Notes", PolicySection.NOTES, seen=1, by=office.statistician)
        changed = write(office, "By the head", seen=2, by=office.head)
        write(office, "More notes", PolicySection.NOTES, seen=3)
        with pytest.raises(SectionConflict) as conflict:
            write(office, "By the statistician", seen=2)
        assert conflict.value.change == changed
        with pytest.raises(SectionConflict) as conflict:
            write(office, "By the deputy", seen=0, by=office.deputy)
        assert conflict.value.change == changed

    def test_a_section_saved_at_the_same_moment_as_another_is_no_conflict(self, office, monkeypatch):
        """The other person saves after this person's save has read the policy, and before it writes."""
        write(office)
        read = compliance.read_policy

        def read_before_another(*args):
            monkeypatch.setattr(compliance, "read_policy", read)
            policy = read(*args)
            write(office, "Notes", PolicySection.NOTES, seen=1, by=office.head)
            return policy

        monkeypatch.setattr(compliance, "read_policy", read_before_another)
        assert write(office, "Changed", seen=1).number == 3
        assert compliance.read_policy(office.producer, YEAR).sections == {
            WRITTEN: "Changed",
            PolicySection.NOTES: "Notes",
        }

    def test_another_section_that_was_changed_meanwhile_stays(self, office):
        write(office)
        write(office, "Notes", PolicySection.NOTES, seen=1, by=office.head)
        write(office, "Changed", seen=1)
        assert compliance.read_policy(office.producer, YEAR).sections == {
            WRITTEN: "Changed",
            PolicySection.NOTES: "Notes",
        }

    def test_a_year_begins_with_the_texts_of_the_year_before(self, office):
        write(office)
        policy = compliance.read_policy(office.producer, YEAR + 1)
        assert (policy.number, policy.begun_from, policy.sections) == (
            0,
            YEAR,
            {WRITTEN: "We publish official statistics."},
        )
        assert compliance.read_policy(office.producer, YEAR - 1).sections == {}

    def test_only_those_who_write_reports_write_the_policy(self, office, subtests):
        for role, person in office.people.items():
            with subtests.test(role):
                if role in {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
                    continue
                with pytest.raises(NotYours):
                    write(office, by=person)


class TestApproval:
    def test_what_is_approved_stays_when_the_record_changes_and_a_new_version_replaces_it(
        self, office, series, year_of_releases
    ):
        write(office)
        first = approve(office)
        files = {kind: compliance.file_of(first, kind) for kind in compliance.FILE_KINDS}
        judged(series, "found-later", "on_time")
        table = read_year(office.producer, YEAR, by=office.head, now=NOW).table
        changed = {change.figure: (change.approved, change.now) for change in compliance.find_changes(first, table)}
        assert changed[Figure.ON_TIME] == ("2", "3")
        assert changed[Figure.DUE] == ("4", "5")
        second = approve(office)
        assert (second.number, [one.number for one in compliance.list_documents(office.producer, YEAR)]) == (2, [2, 1])
        assert compliance.find_changes(second, table) == ()
        stored = ComplianceDocument.objects.get(pk=first.pk)
        assert {kind: compliance.file_of(stored, kind) for kind in compliance.FILE_KINDS} == files

    def test_a_second_click_approves_nothing_more(self, office, year_of_releases):
        write(office)
        first = approve(office)
        again = approve(office, read_sha256=first.content_sha256, at=NOW + timedelta(seconds=2))
        assert again == first
        assert RegisterEvent.objects.filter(kind="yearly_table_approved").count() == 1
        with pytest.raises(NotApprovable, match="Nothing has changed"):
            approve(office, by=office.deputy)

    def test_a_record_that_has_changed_since_it_was_read_is_not_approved(self, office, series, year_of_releases):
        write(office)
        content = compliance.read_content(office.producer, YEAR, by=office.head, now=NOW)[0]
        judged(series, "found-later", "on_time")
        with pytest.raises(ChangedMeanwhile):
            approve(office, read_sha256=compliance_digest(content))
        assert not ComplianceDocument.objects.exists()

    def test_while_a_report_is_undecided_or_there_is_no_introduction_nothing_is_approved(self, office, draft_report):
        with pytest.raises(NotApprovable, match="Decide on 1 open report"):
            approve(office)
        move_report(draft_report, office, ReportStatus.DISMISSED)
        with pytest.raises(NotApprovable, match="Write the introduction"):
            approve(office)
        write(office)
        assert approve(office).number == 1

    def test_only_a_head_or_deputy_approves(self, office, subtests):
        write(office)
        for role, person in office.people.items():
            with subtests.test(role):
                if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
                    continue
                with pytest.raises(NotYours):
                    approve(office, by=person)

    def test_a_person_who_covers_for_the_head_of_profession_is_not_called_a_deputy(self, office, time_machine):
        write(office, by=office.deputy)
        people = [CoverPerson(office.statistician, NOW.date(), NOW.date())]
        cover.name_cover(
            office.producer, office.head, first=NOW.date(), last=NOW.date(), people=people, by=office.head, at=NOW
        )
        time_machine.move_to(NOW, tick=False)
        document = approve(office, by=office.statistician)
        approval = "Approved by a person covering for the Head of Profession for Statistics on 3 July 2020. Version 1."
        assert approval in " ".join(bytes(document.html).decode().split())
        facts = RegisterEvent.objects.get(kind="yearly_table_approved").facts
        assert (facts["role"], facts["covers"]) == (Role.DEPUTY, office.head.pk)

    def test_where_two_people_are_needed_an_author_cannot_approve(self, office):
        write(office, by=office.head)
        office.producer.two_person_approval = True
        office.producer.save()
        with pytest.raises(TwoPeopleNeeded):
            approve(office)
        assert approve(office, by=office.deputy).one_person is False

    def test_who_wrote_text_that_a_later_year_repeats_cannot_approve_it(self, office):
        write(office, "We publish official statistics.\n\nAll dates are announced.", by=office.head, year=YEAR - 2)
        write(office, "Notes.", PolicySection.NOTES, by=office.statistician, year=YEAR - 1)
        office.producer.two_person_approval = True
        office.producer.save()
        with pytest.raises(TwoPeopleNeeded):
            approve(office)
        write(office, "We publish statistics.\n\nAll dates are announced.", by=office.deputy, year=YEAR - 1, seen=1)
        for person in (office.head, office.deputy):
            with pytest.raises(TwoPeopleNeeded):
                approve(office, by=person)
        write(office, "We publish statistics.\n\nWe announce all dates.", by=office.deputy, year=YEAR - 1, seen=2)
        with pytest.raises(TwoPeopleNeeded):
            approve(office, by=office.deputy)
        assert approve(office).one_person is False

    def test_who_wrote_a_text_is_its_author_and_who_only_repeated_it_or_changed_an_earlier_year_is_not(self, office):
        write(office, by=office.head, year=YEAR - 2)
        write(office, by=office.statistician, year=YEAR - 1)
        write(office, "Changed afterwards.", by=office.deputy, year=YEAR - 2, seen=1)
        authors = {person for person in office.people.values() if compliance.is_author(office.producer, YEAR, person)}
        assert authors == {office.head}

    def test_a_file_that_cannot_be_written_approves_nothing(self, office):
        def fail(_layout):
            raise RuntimeError("no font")

        write(office)
        with pytest.raises(NotWritten, match="no font"):
            approve(office, write=fail)
        assert not ComplianceDocument.objects.exists()

    def test_the_rows_are_append_only_and_verified_with_their_bytes(self, office):
        write(office)
        document = approve(office)
        assert [one.why for one in verification.check_evidence(now=NOW) if one.why] == []
        for row in (document, PolicyText.objects.get()):
            with pytest.raises(AppendOnlyRow):
                row.save()
            with pytest.raises(AppendOnlyRow):
                type(row).objects.all().delete()

    @pytest.mark.parametrize("column", ["pdf", "odt", "html"])
    def test_verification_names_a_file_that_was_changed_in_the_database(self, office, column, without_triggers):
        write(office)
        document = approve(office)
        without_triggers(ComplianceDocument, document.pk, **{column: b"other"})
        assert compliance.check_compliance_documents() == (
            f"the {column} file of breaches.compliancedocument {document.pk} was changed after its approval"
        )
        with pytest.raises(compliance.ComplianceFileChanged):
            compliance.file_of(ComplianceDocument.objects.get(), column)

    def test_verification_names_figures_that_were_changed_in_the_database(self, office, without_triggers):
        write(office)
        document = approve(office)
        without_triggers(ComplianceDocument, document.pk, content={**document.content, "year": 1999})
        assert compliance.check_compliance_documents() == (
            f"the content of breaches.compliancedocument {document.pk} was changed after its approval"
        )


def frozen(document, figure, *, by):
    """The rows of a list as it was approved."""
    return compliance.read_frozen_list(document, figure, by=by).listing.rows


class TestFrozenLists:
    def test_an_approved_list_stays_when_the_record_changes_and_the_list_of_today_does_not(
        self, office, year_of_releases, approved_report
    ):
        write(office)
        document = approve(office)
        Release.objects.filter(reference="on-time-0").update(title="Corrected")
        Verification.objects.filter(release__reference="on-time-1").update(outcome="late")
        Report.objects.filter(pk=approved_report.pk).update(status=ReportStatus.WITHDRAWN)
        today = read_year(office.producer, YEAR, by=office.head, now=NOW)
        approved = compliance.read_frozen_list(document, Figure.ON_TIME, by=office.head)
        assert [row.cells[0] for row in approved.listing.rows] == ["on-time-0", "on-time-1"]
        assert {row.cells[3] for row in approved.listing.rows} == {"On time"}
        assert (approved.value, value(today, Figure.ON_TIME)) == ("2", "1")
        assert [row.cells[0] for row in today.listings[Figure.ON_TIME].rows] == ["Corrected"]
        assert [row.cells[0] for row in frozen(document, Figure.NOT_SENT, by=office.head)] == [approved_report.number]
        assert today.listings[Figure.NOT_SENT].rows == []

    def test_names_texts_of_actions_and_titles_of_outputs_are_read_from_the_record_and_not_stored(
        self, office, series, approved_report
    ):
        release = ReleaseFactory(series=series, reference="moved", announced=True)
        to = Slot(on=date(2020, 7, 10), at=release.planned_at)
        scheduling.change_date(release, to=to, reason="An error.", by=office.head, at=SEED_DUE - timedelta(days=30))
        plan = Plan("Ask Ada Example", ReportTerm.SHORT, "The team", None)
        action = corrective_actions.add_action(approved_report, plan, by=office.statistician, at=AT)
        write(office)
        document = approve(office)
        stored = zlib.decompress(bytes(document.lists)).decode()
        assert approved_report.reference in stored
        assert "Ada Example" not in stored
        title = content_of(approved_report).outputs[0].title
        assert [row[0][1] for row in json.loads(stored)["rows"] if row[0][0] == approved_report.number] == [""]
        assert frozen(document, Figure.NOT_SENT, by=office.head)[0].cells[:2] == (approved_report.number, title)
        assert str(office.head) not in stored
        type(action).objects.update(text="Ask [removed]")
        assert frozen(document, Figure.MOVED, by=office.head)[0].cells[3] == str(office.head)
        assert frozen(document, Figure.ACTIONS_OPEN, by=office.head)[0].cells[:2] == (
            "Ask [removed]",
            approved_report.number,
        )
        assert not compliance.have_lists_changed(
            document, compliance.read_content(office.producer, YEAR, by=office.head, now=NOW)[0]
        )

    def test_a_row_of_a_restricted_report_is_for_those_who_may_read_the_report(self, office, approved_report):
        Report.objects.filter(pk=approved_report.pk).update(kind="leak")
        write(office)
        document = approve(office)
        auditor = office.people[Role.AUDITOR]
        for person, number in ((office.head, 1), (office.deputy, 1), (auditor, 0)):
            read = compliance.read_frozen_list(document, Figure.NOT_SENT, by=person)
            assert (read.value, len(read.listing.rows), read.is_complete) == ("1", number, bool(number))

    def test_a_list_that_has_changed_can_be_approved_although_its_figure_is_the_same(self, office, year_of_releases):
        write(office)
        first = approve(office)
        content = compliance.read_content(office.producer, YEAR, by=office.head, now=NOW)[0]
        assert not compliance.have_lists_changed(first, content)
        Release.objects.filter(reference="on-time-0").update(title="Corrected")
        content = compliance.read_content(office.producer, YEAR, by=office.head, now=NOW)[0]
        assert compliance.have_lists_changed(first, content)
        with pytest.raises(ChangedMeanwhile):
            approve(office, by=office.deputy, read_sha256=first.content_sha256)
        second = approve(office)
        titles = [frozen(one, Figure.ON_TIME, by=office.head)[0].cells[0] for one in (first, second)]
        assert titles == ["on-time-0", "Corrected"]

    def test_a_row_that_is_in_several_lists_is_stored_once(self, office, year_of_releases):
        write(office)
        stored = json.loads(zlib.decompress(bytes(approve(office).lists)))
        rows = [row for row in stored["rows"] if row[1] == "on-time-0"]
        assert len(rows) == 2  # its result, and its notice
        assert stored["lists"]["due"]["rows"] == stored["lists"]["rate"]["rows"] == [0, 1, 2, 3]

    @pytest.mark.parametrize("packed", [zlib.compress(b"{}"), b"not compressed", None])
    def test_verification_names_lists_that_were_changed_in_the_database(self, office, packed, without_triggers):
        write(office)
        document = approve(office)
        without_triggers(ComplianceDocument, document.pk, lists=packed)
        assert compliance.check_compliance_documents() == (
            f"the set of lists of breaches.compliancedocument {document.pk} was changed after its approval"
        )
        with pytest.raises(compliance.ComplianceFileChanged):
            compliance.read_frozen_list(ComplianceDocument.objects.get(), Figure.DUE, by=office.head)

    def test_lists_cannot_be_replaced_together_with_their_digest(self, office, without_triggers):
        write(office)
        document = approve(office)
        content = {**document.content, "lists_sha256": sha256_hex(b"{}")}
        without_triggers(ComplianceDocument, document.pk, lists=zlib.compress(b"{}"), content=content)
        assert compliance.check_compliance_documents() == (
            f"the content of breaches.compliancedocument {document.pk} was changed after its approval"
        )

    def test_a_table_from_before_a_figure_was_added_has_its_own_figures_and_lists(
        self, office, year_of_releases, approved_report, monkeypatch
    ):
        def read_earlier(producer, year, **asked):
            record = read_year(producer, year, **asked)
            values = {figure: value for figure, value in record.table.values.items() if figure is not Figure.NOT_SENT}
            listings = {figure: replace(listed, rows=[replace(row, keys=()) for row in listed.rows])
                        for figure, listed in record.listings.items() if figure in values}  # fmt: skip
            return replace(record, table=replace(record.table, values=values), listings=listings)

        def row_of_first_format(row):
            written = row_to_json(row)[:4]
            return written if row.personal else written[:3]

        row_to_json = rules._row_to_json
        write(office)
        with monkeypatch.context() as earlier:
            earlier.setattr(compliance, "read_year", read_earlier)
            earlier.setattr(compliance, "GROUPS", {**GROUPS, Group.BREACHES: (Figure.REPORTED, Figure.RECORDED)})
            earlier.setattr(rules, "LISTS_FORMAT", 1)
            earlier.setattr(rules, "_row_to_json", row_of_first_format)
            document = approve(office)
        assert compliance.check_compliance_documents() is None
        assert {row.keys for row in frozen(document, Figure.FOUR_WEEKS, by=office.head)} == {()}
        table = read_year(office.producer, YEAR, by=office.head, now=NOW).table
        assert table.values[Figure.NOT_SENT] == "1"
        assert compliance.find_changes(document, table) == ()
        second = approve(office)
        assert [row.report for row in frozen(second, Figure.NOT_SENT, by=office.head)] == [approved_report.reference]
        assert {len(row.keys) for row in frozen(second, Figure.FOUR_WEEKS, by=office.head)} == {2}

    def test_the_digest_of_a_table_from_before_lists_were_frozen_is_the_same(self):
        content = {
            "format": 1,
            "producer": "Office",
            "year": YEAR,
            "until": "2020-12-31",
            "tolerances": [120],
            "values": {"due": "1"},
            "sections": {"introduction": "We publish."},
        }
        assert compliance_digest(compliance_from_json(content)) == digest_json(content)


@pytest.fixture
def without_triggers():
    """A change by SQL, as a person with the owner's rights could make it."""

    def change(model, key, **values):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER append_only')
        models.QuerySet(model).filter(pk=key).update(**values)

    return change


def test_the_audit_trail_names_texts_approvals_and_switches(office):
    write(office)
    approve(office)
    compliance.switch_punctuality(office.producer, on=True, seen=0, by=office.head, at=NOW)
    scope = trail.scope_of(office.head, [office.producer], is_narrowed=False)
    found = trail.find_entries(list(trail.find_places(scope)[:10]), scope)
    assert {(entry.kind, entry.what) for entry in found} == {
        (trail.Kind.EDIT, f"Edited the release practice policy of {office.producer} for 2020"),
        (trail.Kind.DECISION, f"Approved the compliance table of {office.producer} for 2020, version 1"),
        (trail.Kind.DECISION, f"Turned on the public punctuality page of {office.producer}"),
    }


def list_addresses(office, settings):
    """The addresses of the lists behind the figures of the first version, in the order of the table."""
    of_version = f"{settings.ADDRESS}/reports/compliance/{office.producer.slug}/2020/version-1/lists"
    return [f"{of_version}/{figure.value}/" for figures in GROUPS.values() for figure in figures]


class TestFiles:
    @pytest.fixture
    def document(self, office, year_of_releases):
        write(office, "First paragraph, with a line\nand one more.\n\nSecond paragraph.")
        write(office, "Counted by hand: none.", PolicySection.NOTES, seen=1)
        return approve(office)

    def test_the_pdf_is_pdf_ua_with_every_figure_its_link_and_the_policy(self, office, document, settings, tmp_path):
        path = tmp_path / "table.pdf"
        path.write_bytes(bytes(document.pdf))
        assert check_pdf_ua(path) == []
        text = words(text_of(path))
        for part in (
            "Release practice in 2020",
            "1 January 2020 to 3 July 2020",
            "Approved by the Head of Profession for Statistics on 3 July 2020. Version 1.",
            "Could not be determined 1",
            "within our tolerance of 2 minutes",
            "The Code of Practice for Statistics does not define it.",
            "Second paragraph.",
            "Counted by hand: none.",
        ):
            assert part in text
        assert str(office.head) not in text
        with pikepdf.open(path) as file:
            notes = [note for page in file.pages for note in page.get("/Annots", []) if "/A" in note]
            assert [str(note.A.URI) for note in notes] == list_addresses(office, settings)

    def test_the_odt_has_headings_tables_and_a_link_behind_each_figure(self, office, document, settings):
        archive = zipfile.ZipFile(io.BytesIO(bytes(document.odt)))
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        content = archive.read("content.xml").decode()
        address = f"{settings.ADDRESS}/reports/compliance/{office.producer.slug}/2020/version-1/lists/not_determined/"
        assert f'xlink:href="{address}"' in content
        assert content.count("<table:table-header-rows>") == len(GROUPS)
        assert content.count("<text:a ") == sum(map(len, GROUPS.values()))
        assert content.count('text:style-name="Table_20_number"') == sum(map(len, GROUPS.values()))
        assert 'text:outline-level="1"' in content
        assert "First paragraph, with a line<text:line-break/>and one more." in content

    def test_the_html_file_needs_no_other_file_and_links_to_this_service(self, office, document, settings):
        text = bytes(document.html).decode()
        links = LexborHTMLParser(text).css("a[href]")
        assert [link.attributes["href"] for link in links] == list_addresses(office, settings)
        for fetched in ("<script", "<link", "<img", "style="):
            assert fetched not in text

    def test_markup_in_the_policy_stays_text(self, office):
        write(office, '<img src="https://elsewhere.example/x"> & <b>bold</b>')
        document = approve(office)
        assert b"<img" not in bytes(document.html)
        assert b"&lt;b&gt;bold" in zipfile.ZipFile(io.BytesIO(bytes(document.odt))).read("content.xml")

    def test_a_control_character_between_words_is_a_space_in_the_odt(self, office):
        write(office, "Copied\x0bfrom a document.")
        content = zipfile.ZipFile(io.BytesIO(bytes(approve(office).odt))).read("content.xml")
        assert "Copied from a document." in "".join(ElementTree.fromstring(content).itertext())

    def test_a_draft_says_so_has_no_approval_and_links_to_the_lists_of_today(self, office, settings):
        content = compliance.read_content(office.producer, YEAR, by=office.head, now=NOW)[0]
        text = compliance_files.write_html(compliance.lay_out_table(office.producer, content)).decode()
        assert "Draft: not approved" in text
        assert "Approved by" not in text
        pages, slug = f"{settings.ADDRESS}/reports", office.producer.slug
        assert f'href="{pages}/compliance/{slug}/2020/lists/due/' in text


class TestPunctuality:
    def test_the_page_is_off_until_a_lead_turns_it_on_and_off_again(self, office):
        assert list(compliance.producers_with_punctuality()) == []
        compliance.switch_punctuality(office.producer, on=True, seen=0, by=office.head, at=NOW)
        assert list(compliance.producers_with_punctuality()) == [office.producer]
        compliance.switch_punctuality(office.producer, on=False, seen=1, by=office.deputy, at=NOW)
        assert list(compliance.producers_with_punctuality()) == []
        kinds = [event.kind for event in RegisterEvent.objects.order_by("position")]
        assert kinds == ["punctuality_shown", "punctuality_hidden"]
        assert [one.why for one in verification.check_evidence(now=NOW) if one.why] == []

    def test_a_second_click_and_an_outdated_page_change_nothing(self, office):
        switch = compliance.switch_punctuality(office.producer, on=True, seen=0, by=office.head, at=NOW)
        assert compliance.switch_punctuality(office.producer, on=True, seen=0, by=office.head, at=NOW) == switch
        with pytest.raises(ChangedMeanwhile):
            compliance.switch_punctuality(office.producer, on=False, seen=0, by=office.deputy, at=NOW)
        with pytest.raises(MoveRefused, match="already on"):
            compliance.switch_punctuality(office.producer, on=True, seen=1, by=office.deputy, at=NOW)
        assert PunctualitySwitch.objects.count() == 1

    def test_only_a_head_or_deputy_turns_the_page_on(self, office, subtests):
        for role, person in office.people.items():
            with subtests.test(role):
                if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
                    continue
                with pytest.raises(NotYours):
                    compliance.switch_punctuality(office.producer, on=True, seen=0, by=person, at=NOW)

    def test_a_suspected_breach_is_among_those_not_determined_until_it_is_decided(self, office, draft_report):
        Release.objects.update(announced_at=london("09:00", "2020-01-03"))
        before = read_punctuality(office.producer, YEAR, now=AFTERWARDS)
        assert (before.due, before.not_on_time, before.not_determined) == (1, 0, 1)
        move_report(draft_report, office, ReportStatus.RECORDED)
        after = read_punctuality(office.producer, YEAR, now=AFTERWARDS)
        assert (after.due, after.not_on_time, after.not_breaches, after.not_determined) == (1, 1, 0, 0)
        assert after.rate == "0.0%"

    def test_what_was_decided_to_be_no_breach_stays_and_says_so(self, office, dismissed_report):
        Release.objects.update(announced_at=london("09:00", "2020-01-03"))
        found = read_punctuality(office.producer, YEAR, now=AFTERWARDS)
        assert (found.not_on_time, found.not_breaches) == (1, 1)

    def test_only_announced_releases_of_months_that_are_over_count(self, office, series, year_of_releases):
        judged(series, "unannounced", "on_time", announced=False, confirmed=True)
        found = read_punctuality(office.producer, YEAR, now=NOW)
        assert (found.until, found.due, found.on_time, found.not_determined) == (date(2020, 6, 30), 4, 2, 2)
        # On 30 June the month of June is not over.
        assert read_punctuality(office.producer, YEAR, now=london("15:00", "2020-06-30")).due == 0

    def test_an_exemption_counts_with_a_series_that_readers_know_and_a_month_that_is_over(self, office, series):
        judged(series, "announced", "on_time")
        not_public = SeriesFactory(producer=office.producer)
        judged(not_public, "unannounced", "on_time", announced=False, confirmed=True)
        record_exemption(office, series=not_public)
        record_exemption(office, covers_from=date(2020, 7, 1), covers_to=date(2020, 7, 31))
        assert read_punctuality(office.producer, YEAR, now=NOW).exemptions == 0
        record_exemption(office, series=series)
        of_all_series = record_exemption(office)
        assert read_punctuality(office.producer, YEAR, now=NOW).exemptions == 2
        exemptions.end_exemption(of_all_series, Exemption.End.IN_ERROR, words="A mistake.", by=office.head, at=NOW)
        assert read_punctuality(office.producer, YEAR, now=NOW).exemptions == 1

    def test_the_tolerance_is_that_of_the_counted_releases(self):
        assert "within our tolerance of 2 minutes after its announced time." in describe_on_time([120])
        assert "The tolerance is between 1 minute and 2 minutes 30 seconds" in describe_on_time([60, 150])
        assert describe_on_time([]).endswith("within our tolerance after its announced time.")

"""Writing a report: versions, two writers at once, and facts that change while people write."""

from datetime import date, timedelta

import pytest

from breaches import decisions, drafting, editing, merging, refreshing, versions
from breaches.editing import ChosenCause
from breaches.models import ReportEvent, Suspicion
from breaches.refreshing import changed_facts
from breaches.rules.content import Output, ReportSection, content_from_json
from breaches.rules.lifecycle import Cause, ReportStatus
from breaches.versions import content_of, current_version
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role, WrongRole, WrongState
from tests.support.factories import create_member
from tests.support.people import AT, create_joint_report, create_office, move_report
from tests.support.report_evidence import london
from tests.support.report_mornings import LIVE, NOT_LIVE, create_draft, record_checks

pytestmark = pytest.mark.django_db


def save(report, section, by, *, version=None, at=AT, **values):
    """Save some fields of a section; the others as the named version has them."""
    read = report.versions.get(number=version or report.version)
    kept = {field: getattr(content_from_json(read.content), field) for field in editing.FIELDS[section]}
    return editing.save_section(
        report,
        section=section,
        values=kept | values,
        expected_version=read.number,
        by=by,
        at=at,
        facts_seen=editing.facts_digest(report),
    )


def test_saving_a_section_makes_a_version_that_names_its_writer_and_keeps_the_earlier_one(office):
    report = create_draft(producer=office.producer)
    saved = save(report, ReportSection.IMPACT, office.statistician, impact="Nobody was hurt.")
    assert saved.changed
    assert (saved.report.version, content_of(saved.report).impact) == (2, "Nobody was hurt.")
    assert current_version(saved.report).written_by == office.statistician
    assert report.versions.get(number=1).content["impact"] == ""
    event = ReportEvent.objects.get(kind="edited")
    assert (event.actor, event.facts["fields"]) == (office.statistician, ["impact"])


def test_saving_the_same_again_changes_nothing(office):
    report = create_draft(producer=office.producer)
    save(report, ReportSection.IMPACT, office.statistician, impact="Nobody was hurt.")
    again = save(report, ReportSection.IMPACT, office.statistician, version=1, impact="Nobody was hurt.")
    assert not again.changed
    assert report.versions.count() == 2


def test_the_second_of_two_writers_of_one_field_is_told_and_the_first_ones_text_stands(office):
    report = create_draft(producer=office.producer)
    save(report, ReportSection.IMPACT, office.statistician, impact="First text.")
    with pytest.raises(editing.SameFieldChanged) as refused:
        save(report, ReportSection.IMPACT, office.head, version=1, impact="Second text.")
    assert refused.value.fields == ("impact",)
    assert refused.value.current.content["impact"] == "First text."
    assert report.versions.count() == 2


def test_two_writers_of_different_fields_both_keep_their_words_and_the_second_learns_of_the_first(office):
    report = create_draft(producer=office.producer)
    save(report, ReportSection.IMPACT, office.statistician, impact="First text.")
    saved = save(report, ReportSection.CIRCUMSTANCES, office.head, version=1, other_practices="Protocol 2.")
    assert (content_of(saved.report).impact, content_of(saved.report).other_practices) == ("First text.", "Protocol 2.")
    assert saved.others_editing == str(office.statistician)


def test_the_second_save_does_not_undo_a_change_to_a_field_that_its_writer_left_alone(office):
    report = create_draft(producer=office.producer)
    save(report, ReportSection.CORE_INFORMATION, office.head, outputs=(Output("Another title"),))
    saved = save(
        report, ReportSection.CORE_INFORMATION, office.statistician, version=1, statement_url="https://x.example"
    )
    content = content_of(saved.report)
    assert (content.outputs, content.statement_url) == ((Output("Another title"),), "https://x.example")


def overtake(monkeypatch, report, by, *, times):
    """Let another person save the outputs just before each of the next saves; return the list of these titles."""
    advance, titles = versions.advance_report, []

    def save_before(*given, **options):
        if len(titles) < times:
            titles.append(f"Title {len(titles)}")
            with monkeypatch.context() as patch:
                patch.setattr(versions, "advance_report", advance)
                report.refresh_from_db()
                save(report, ReportSection.CORE_INFORMATION, by, outputs=(Output(titles[-1]),))
        return advance(*given, **options)

    monkeypatch.setattr(versions, "advance_report", save_before)
    return titles


def test_a_save_that_others_overtake_is_made_on_top_of_theirs(monkeypatch, office):
    report = create_draft(producer=office.producer)
    titles = overtake(monkeypatch, report, office.head, times=editing.ATTEMPTS - 1)
    saved = save(report, ReportSection.IMPACT, office.statistician, impact="Two users asked.")
    content = content_of(saved.report)
    assert (content.impact, content.outputs) == ("Two users asked.", (Output(titles[-1]),))
    assert saved.others_editing == str(office.head)


def test_a_save_that_others_overtake_too_often_is_refused(monkeypatch, office):
    report = create_draft(producer=office.producer)
    titles = overtake(monkeypatch, report, office.head, times=editing.ATTEMPTS)
    with pytest.raises(ChangedMeanwhile):
        save(report, ReportSection.IMPACT, office.statistician, impact="Two users asked.")
    assert len(titles) == editing.ATTEMPTS


def test_a_date_of_occurrence_in_the_future_is_refused_and_nothing_changes(office):
    report = create_draft(producer=office.producer)
    with pytest.raises(editing.ImpossibleContent, match="in the future"):
        save(report, ReportSection.CIRCUMSTANCES, office.head, occurred_on=(date(2020, 7, 1),))
    assert report.versions.count() == 1


def test_a_version_that_never_was_is_refused_in_one_sentence(office):
    report = create_draft(producer=office.producer)
    with pytest.raises(MoveRefused, match="no version 9"):
        editing.save_section(
            report, section=ReportSection.IMPACT, values={"impact": "x"}, expected_version=9, by=office.head, at=AT
        )


def test_with_the_head_of_profession_the_submitters_text_is_frozen_and_the_heads_edit_makes_a_version(
    office, submitted_report
):
    with pytest.raises(WrongRole):
        save(submitted_report, ReportSection.IMPACT, office.statistician, impact="Changed my mind.")
    saved = save(submitted_report, ReportSection.IMPACT, office.deputy, impact="The deputy's words.")
    assert saved.report.status == ReportStatus.WITH_HOP
    assert current_version(saved.report).written_by == office.deputy
    assert submitted_report.versions.get(number=submitted_report.version).content["impact"] != "The deputy's words."


@pytest.mark.parametrize("status", [ReportStatus.APPROVED, ReportStatus.DISMISSED])
def test_a_decided_report_cannot_be_written(status, office, draft_report):
    report = move_report(draft_report, office, status)
    with pytest.raises(WrongState):
        save(report, ReportSection.IMPACT, office.head, impact="Too late.")
    assert not report.versions.filter(content__impact="Too late.").exists()


def test_a_member_of_another_producer_cannot_write():
    report = create_draft()
    with pytest.raises(WrongRole):
        save(report, ReportSection.IMPACT, create_office().head, impact="Not mine.")


def test_facts_that_change_are_offered_next_to_a_text_that_someone_edited_and_never_overwrite_it(office):
    report = create_draft(producer=office.producer)
    report = save(report, ReportSection.CIRCUMSTANCES, office.statistician, circumstances="In my words.").report
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE), ("11:06", LIVE))
    drafting.draft_missing(now=london("11:07"))
    report.refresh_from_db()
    assert (report.version, content_of(report).circumstances) == (2, "In my words.")
    offered = changed_facts(report, current_version(report))
    assert "it was gone by" in offered["circumstances"]
    report = save(report, ReportSection.CIRCUMSTANCES, office.statistician, circumstances="I have read it.").report
    assert changed_facts(report, current_version(report)) == {}


def test_an_offer_that_the_page_did_not_show_stays_after_saving(office):
    report = create_draft(producer=office.producer)
    report = save(report, ReportSection.CIRCUMSTANCES, office.statistician, circumstances="In my words.").report
    shown = editing.facts_digest(report)
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    saved = editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        values={field: getattr(content_of(report), field) for field in editing.FIELDS[ReportSection.CIRCUMSTANCES]}
        | {"circumstances": "In my better words."},
        expected_version=report.version,
        by=office.statistician,
        at=AT,
        facts_seen=shown,
    ).report
    assert "circumstances" in changed_facts(saved, current_version(saved))


def test_facts_that_change_refresh_the_fields_that_no_one_edited_and_only_those(office):
    report = create_draft(producer=office.producer)
    report = save(report, ReportSection.IMPACT, office.statistician, impact="In my words.").report
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    report.refresh_from_db()
    assert "it was gone by" in content_of(report).circumstances
    assert content_of(report).impact == "In my words."
    assert changed_facts(report, current_version(report)) == {}


def test_with_the_head_of_profession_new_facts_are_offered_even_where_no_one_edited(office, submitted_report):
    before = current_version(submitted_report).content
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    submitted_report.refresh_from_db()
    assert current_version(submitted_report).content == before
    assert "circumstances" in changed_facts(submitted_report, current_version(submitted_report))
    taken = save(
        submitted_report,
        ReportSection.CIRCUMSTANCES,
        office.head,
        circumstances=submitted_report.machine["circumstances"],
    ).report
    assert "it was gone by" in content_of(taken).circumstances
    assert changed_facts(taken, current_version(taken)) == {}


@pytest.mark.parametrize("move", ["take_back", "return"])
def test_facts_that_were_offered_to_the_head_of_profession_enter_once_the_report_is_with_its_authors(
    office, submitted_report, move
):
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    submitted_report.refresh_from_db()
    if move == "take_back":
        report = decisions.take_back_report(submitted_report, by=office.statistician, at=london("11:08"))
    else:
        report = decisions.return_report(submitted_report, comment="Why?", by=office.head, at=london("11:08"))
    drafting.draft_missing(now=london("11:09"))
    report.refresh_from_db()
    assert "it was gone by" in content_of(report).circumstances
    assert changed_facts(report, current_version(report)) == {}


def test_facts_that_came_while_a_report_was_decided_enter_when_it_is_reopened(office, approved_report):
    report = approved_report
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    report.refresh_from_db()
    assert "it was gone by" not in content_of(report).circumstances
    report = decisions.reopen_report(report, reason="It went away again.", by=office.head, at=AT + timedelta(hours=1))
    drafting.draft_missing(now=london("12:07"))
    report.refresh_from_db()
    assert "it was gone by" in content_of(report).circumstances


def test_a_report_that_moves_on_while_facts_are_written_is_left_alone_until_the_next_run(
    monkeypatch, office, draft_report
):
    record_checks(draft_report.suspicions.get().release, ("11:05", NOT_LIVE))
    write = refreshing.automatic_content

    def submit_meanwhile(*given, **options):
        decisions.submit_report(draft_report, by=office.statistician, at=AT)
        return write(*given, **options)

    monkeypatch.setattr(refreshing, "automatic_content", submit_meanwhile)
    drafting.draft_missing(now=london("11:07"))
    draft_report.refresh_from_db()
    assert draft_report.status == ReportStatus.WITH_HOP
    assert "it was gone by" not in content_of(draft_report).circumstances
    monkeypatch.undo()
    drafting.draft_missing(now=london("11:09"))
    draft_report.refresh_from_db()
    assert "circumstances" in changed_facts(draft_report, current_version(draft_report))


def test_a_cause_that_is_chosen_while_facts_are_written_is_not_overwritten(monkeypatch, office, draft_report):
    report = save(draft_report, ReportSection.CIRCUMSTANCES, office.statistician, circumstances="In my words.").report
    record_checks(report.suspicions.get().release, ("11:05", NOT_LIVE))
    write = refreshing.automatic_content

    def choose_meanwhile(*given, **options):
        editing.choose_cause(report, ChosenCause(Cause.OUTAGE), by=office.statistician, at=AT)
        return write(*given, **options)

    monkeypatch.setattr(refreshing, "automatic_content", choose_meanwhile)
    drafting.draft_missing(now=london("11:07"))
    report.refresh_from_db()
    assert "An outage caused this." in report.machine["circumstances"]
    assert "it was gone by" in report.machine["circumstances"]


def test_a_draft_that_is_taken_apart_while_facts_are_written_still_gets_them(monkeypatch, office, draft_report):
    joint = create_joint_report(office, draft_report)
    joint.suspicions.update(facts_revision=0)
    write = refreshing.automatic_content

    def split_meanwhile(*given, **options):
        merging.split_report(joint, by=office.statistician, at=AT)
        return write(*given, **options)

    monkeypatch.setattr(refreshing, "automatic_content", split_meanwhile)
    drafting.draft_missing(now=london("12:00"))
    assert set(Suspicion.objects.values_list("facts_revision", flat=True)) == {0}


def test_an_auditor_cannot_write():
    report = create_draft()
    with pytest.raises(WrongRole):
        save(report, ReportSection.IMPACT, create_member(Role.AUDITOR, report.producer), impact="No.")

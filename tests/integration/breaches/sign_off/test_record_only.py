"""A breach that is recorded in the office's own log: the conditions and the result."""

from datetime import date

import pytest

from breaches import decisions, drafting, editing, versions
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import RecordingReason, ReportStatus
from breaches.versions import content_of
from releases.rules.lifecycle import MissingFields
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, create_report, render_text, write_sections
from tests.support.pre_release_lists import granted

pytestmark = pytest.mark.django_db


def state_of(report):
    """Everything that a refused move must leave as it was."""
    fresh = Report.objects.values().get(pk=report.pk)
    return fresh, report.versions.count(), report.events.count(), report.approved_documents.count()


@pytest.mark.parametrize(
    ("reason", "words", "field"),
    [("", "Nobody saw it.", "reason"), ("cache_only", "Nobody.", "reason"), (RecordingReason.OTHER, "  ", "words")],
    ids=["none", "of-a-dismissal", "no-words"],
)
def test_what_is_kept_in_the_log_needs_a_reason_of_its_own_list_and_words(
    reason, words, field, office, submitted_report
):
    before = state_of(submitted_report)
    with pytest.raises(MissingFields) as refused:
        decisions.record_report(submitted_report, reason=reason, words=words, by=office.head, at=AT)
    assert refused.value.field == field
    assert state_of(submitted_report) == before


def test_the_log_needs_what_happened_and_neither_impact_nor_actions(office):
    report = create_report(office, complete=False)
    kept = decisions.record_report(report, reason="no_effect", words="Nobody saw it.", by=office.head, at=AT)
    assert (kept.status, kept.decision_reason, kept.decided_at) == (ReportStatus.RECORDED, "no_effect", AT)
    assert (kept.events.last().kind, kept.events.last().words) == ("recorded", "Nobody saw it.")
    empty = create_report(office, reference="another")
    circumstances = {field: getattr(content_of(empty), field) for field in editing.FIELDS[ReportSection.CIRCUMSTANCES]}
    emptied = editing.save_section(
        empty,
        section=ReportSection.CIRCUMSTANCES,
        values={**circumstances, "circumstances": ""},
        expected_version=empty.version,
        by=office.head,
        at=AT,
    ).report
    with pytest.raises(versions.Incomplete) as refused:
        decisions.record_report(emptied, reason="no_effect", words="Nobody.", by=office.head, at=AT)
    assert [remark.field for remark in refused.value.remarks] == ["circumstances"]


def test_a_pre_release_access_list_alone_completes_the_report_neither_for_the_log_nor_for_an_approval(office):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    eve = date(2020, 6, 29)
    report = drafting.start_about_list(release, occurred_on=eve, by=office.statistician, at=AT)[0]
    assert content_of(report).circumstances
    before = state_of(report)
    with pytest.raises(versions.Incomplete) as refused:
        decisions.record_report(report, reason="no_effect", words="Nobody saw it.", by=office.head, at=AT)
    assert [remark.field for remark in refused.value.remarks] == [
        *("what", "happened_on", "people", "posts", "recipients"),
        *("noticed_on", "contained_on", "opened", "deleted", "confirmed"),
    ]
    assert refused.value.remarks[0].sentence == "Answer ‘What was sent?’, or say why it is not known."
    with pytest.raises(versions.Incomplete) as unapproved:
        decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    asked = [remark.field for remark in unapproved.value.remarks]
    assert set(asked) > {remark.field for remark in refused.value.remarks}
    assert state_of(report) == before
    answered = write_sections(report, by=office.statistician)
    kept = decisions.record_report(answered, reason="no_effect", words="Nobody saw it.", by=office.head, at=AT)
    assert kept.status == ReportStatus.RECORDED

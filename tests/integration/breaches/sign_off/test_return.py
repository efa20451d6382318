"""A report that is returned with comments by section."""

import pytest

from breaches import comments, decisions, versions
from breaches.models import Report
from breaches.rules.content import ReportSection
from releases.rules.lifecycle import MissingFields
from tests.support.people import AT

pytestmark = pytest.mark.django_db


def state_of(report):
    """Everything that a refused move must leave as it was."""
    fresh = Report.objects.values().get(pk=report.pk)
    return fresh, report.versions.count(), report.events.count(), report.approved_documents.count()


def test_a_return_may_ask_for_something_in_single_sections_alone(office, submitted_report):
    asked = {ReportSection.IMPACT: " How many users? ", ReportSection.CIRCUMSTANCES: "  "}
    returned = decisions.return_report(submitted_report, sections=asked, by=office.head, at=AT)
    assert [(one.section, one.words) for one in comments.open_comments(returned)] == [("impact", "How many users?")]
    again = decisions.submit_report(returned, by=office.statistician, at=AT)
    (comment,) = comments.open_comments(again)
    comments.resolve_comment(again, comment, by=office.head, at=AT)
    assert comments.open_comments(again) == []
    assert [one.words for kept in versions.comments_by_event(again).values() for one in kept] == ["How many users?"]


def test_a_return_without_any_comment_is_refused(office, submitted_report):
    before = state_of(submitted_report)
    with pytest.raises(MissingFields) as refused:
        decisions.return_report(
            submitted_report, comment=" ", sections={ReportSection.IMPACT: " "}, by=office.head, at=AT
        )
    assert refused.value.field == "comment"
    assert state_of(submitted_report) == before

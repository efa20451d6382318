"""The questions that people still have to answer in a report, apart from those that its release answers."""

from breaches.facts import find_unanswered_questions, has_known_date
from breaches.models import Report
from breaches.rules.answers import Question
from breaches.rules.content import ReportContent


def find_required_questions(report: Report, content: ReportContent) -> tuple[Question, ...]:
    """Return the required questions without an answer. A release with an exact date answers when it was due."""
    unanswered = find_unanswered_questions(report, content)
    if Question.DUE in unanswered and has_known_date(report):
        return tuple(question for question in unanswered if question is not Question.DUE)
    return unanswered

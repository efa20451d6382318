"""The questions about a breach that a person reports, their answers, and the causes that the person can choose.

Published reports about breaches of pre-release access answer these questions.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from breaches.rules.facts import exact_time, join_words
from breaches.rules.lifecycle import Cause, ReportKind
from releases.rules.calendar import format_day, format_moment, local_date


class Question(StrEnum):
    """A question about a breach. The value of each member is also the name of a field of `Answers`."""

    WHAT = "what"
    WHERE = "where"
    ROLE = "role"
    PEOPLE = "people"
    POSTS = "posts"
    RECIPIENTS = "recipients"
    HAPPENED = "happened"
    NOTICED = "noticed"
    NOTICED_BY = "noticed_by"
    CONTAINED = "contained"
    MEASURES = "measures"
    OPENED = "opened"
    DELETED = "deleted"
    CONFIRMED = "confirmed"
    DUE = "due"


MOMENTS = frozenset({Question.HAPPENED, Question.NOTICED, Question.CONTAINED, Question.DUE})
COUNTS = frozenset({Question.PEOPLE, Question.POSTS})
EXTENTS = frozenset({Question.OPENED, Question.DELETED, Question.CONFIRMED})
# Questions that do not apply to every breach. For example, if only a link was sent, there is nothing to delete.
_MAY_NOT_APPLY = frozenset({*EXTENTS, Question.CONTAINED, Question.MEASURES})
# Questions whose answer can be "not yet". For example, figures can still be public when the report is written.
MAY_BE_OPEN = frozenset({Question.CONTAINED})


class Extent(StrEnum):
    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question, or the reason why there is no answer.

    `why_unknown` is the reason if the answer is not known. `why_not_applicable` is the reason if the question does not
    apply. `why_not_yet` is the reason if the answer is "not yet". If the question asks for a point in time, `on` is the
    day in London. If the time of day is known too, `at` is the aware instant.
    """

    text: str = ""
    number: int | None = None
    on: date | None = None
    at: datetime | None = None
    extent: Extent | None = None
    why_unknown: str = ""
    why_not_applicable: str = ""
    why_not_yet: str = ""

    @property
    def is_known(self) -> bool:
        return not (self.why_unknown or self.why_not_applicable or self.why_not_yet)

    @property
    def words(self) -> str:
        """All text that a person wrote in the answer, including the reasons."""
        return f"{self.text} {self.why_unknown} {self.why_not_applicable} {self.why_not_yet}"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to all questions. A question without an answer is None.

    Each question has a field. If the questions were stored as values, a redaction could replace them.
    """

    what: Answer | None = None
    where: Answer | None = None
    role: Answer | None = None
    people: Answer | None = None
    posts: Answer | None = None
    recipients: Answer | None = None
    happened: Answer | None = None
    noticed: Answer | None = None
    noticed_by: Answer | None = None
    contained: Answer | None = None
    measures: Answer | None = None
    opened: Answer | None = None
    deleted: Answer | None = None
    confirmed: Answer | None = None
    due: Answer | None = None

    def given(self) -> dict[Question, Answer]:
        """Return the given answers, in the order of the questions.

        A reason why there is no answer also counts as an answer.
        """
        found = ((Question(field.name), getattr(self, field.name)) for field in fields(self))
        return {question: answer for question, answer in found if answer is not None}


NO_ANSWERS = Answers()


_AFTERWARDS = (Question.NOTICED, Question.NOTICED_BY, Question.CONTAINED, Question.MEASURES)
_IN_PUBLIC = (Question.WHAT, Question.WHERE, Question.ROLE, Question.HAPPENED, Question.DUE, *_AFTERWARDS)
_SHORTEST = (Question.WHAT, Question.HAPPENED, *_AFTERWARDS)
_SENT = (Question.WHAT, Question.HAPPENED, Question.DUE, Question.PEOPLE, Question.POSTS, Question.RECIPIENTS)
_SEEN = (Question.WHAT, Question.WHERE, Question.ROLE, Question.HAPPENED, Question.DUE, Question.PEOPLE)
# `HAPPENED` is missing, because the page about the cause asks when a late release was made available.
_OF_RELEASE = (Question.DUE, Question.NOTICED, Question.NOTICED_BY, Question.MEASURES)
# The questions for each kind of breach, in order. Some of them must be answered before a report is complete.
# `find_missing_answers` returns the required questions that have no answer.
ASKED: Mapping[ReportKind, tuple[Question, ...]] = {
    ReportKind.PRA: (*_SENT, *_AFTERWARDS, Question.OPENED, Question.DELETED, Question.CONFIRMED),
    ReportKind.ACCESS: (*_SEEN, *_AFTERWARDS, Question.OPENED),
    ReportKind.LEAK: _IN_PUBLIC,
    ReportKind.USED_IN_PUBLIC: _IN_PUBLIC,
    ReportKind.NOT_ANNOUNCED: _SHORTEST,
    ReportKind.LATE_ANNOUNCEMENT: _SHORTEST,
    ReportKind.UNEQUAL_ACCESS: (Question.WHAT, Question.RECIPIENTS, Question.HAPPENED, *_AFTERWARDS),
    ReportKind.WRONG_CONTENT: _SHORTEST,
    ReportKind.OTHER: _SHORTEST,
    # For the following kinds, people are only asked if a person started the report, or if it has no suspicions.
    # Otherwise the account is written from the record.
    ReportKind.LATE: _OF_RELEASE,
    ReportKind.EARLY: (Question.DUE, Question.HAPPENED, *_AFTERWARDS),
    ReportKind.PARTIAL: (Question.DUE, Question.WHAT, *_AFTERWARDS),
    ReportKind.NOT_LIVE: _OF_RELEASE,
}
# Breaches that the automatic check could have observed.
KINDS_OF_RELEASE = frozenset({ReportKind.LATE, ReportKind.EARLY, ReportKind.PARTIAL, ReportKind.NOT_LIVE})
# Breaches in which something became known before the release.
KINDS_BEFORE_RELEASE = frozenset({ReportKind.PRA, ReportKind.ACCESS, ReportKind.LEAK, ReportKind.USED_IN_PUBLIC})
_ALWAYS_REQUIRED = frozenset({Question.WHAT, Question.HAPPENED, Question.NOTICED, Question.CONTAINED})
_REQUIRED_OF_KIND: Mapping[ReportKind, frozenset[Question]] = {
    # The number of people and the number of posts are both required, because published reports state both. The
    # published access list consists of posts.
    ReportKind.PRA: frozenset(
        {
            Question.PEOPLE,
            Question.POSTS,
            Question.RECIPIENTS,
            Question.OPENED,
            Question.DELETED,
            Question.CONFIRMED,
        }
    ),
    ReportKind.ACCESS: frozenset({Question.WHERE, Question.ROLE}),
    ReportKind.LEAK: frozenset({Question.WHERE, Question.ROLE}),
    ReportKind.USED_IN_PUBLIC: frozenset({Question.WHERE, Question.ROLE}),
    ReportKind.UNEQUAL_ACCESS: frozenset({Question.RECIPIENTS}),
}
# For these kinds of breach, people must say when the release was due. But if the report is about a release with an
# exact date, they are not asked, and `find_unanswered_questions` does not require the answer.
_KINDS_WITH_DUE_TIME = KINDS_OF_RELEASE | KINDS_BEFORE_RELEASE

# Groups of causes. `causes_of` combines them into the list of causes for a kind of breach. A report may also have a
# cause that is not in the list.
_SENDING = (
    Cause.WRONG_RECIPIENT,
    Cause.LIST_OUT_OF_DATE,
    Cause.SENT_TOO_EARLY,
    Cause.WRONG_DOCUMENT,
    Cause.STATUS_MISUNDERSTOOD,
    Cause.LIVE_TEST,
    Cause.SAID_IN_PUBLIC,
)
_PUBLISHING = (
    Cause.SCHEDULER_FAULT,
    Cause.NOT_AUTHORISED,
    Cause.LATE_FIX,
    Cause.PROCESSING_ERROR,
    Cause.OUTAGE,
    Cause.WRONG_FILE,
    Cause.CACHE,
)
_ANY = (Cause.HUMAN_ERROR, Cause.OTHER, Cause.NOT_KNOWN)


def may_not_apply(kind: ReportKind) -> frozenset[Question]:
    """Return the questions that people may mark as not applicable to this kind of breach.

    If the breach is before a release, the due time may be marked too, because figures that were used in public need not
    belong to a planned release.
    """
    return _MAY_NOT_APPLY | {Question.DUE} if kind in KINDS_BEFORE_RELEASE else _MAY_NOT_APPLY


def may_be_in_future(kind: ReportKind, question: Question) -> bool:
    """Return whether the answer to a question can be in the future.

    Only the due time can be in the future, and only for breaches that happen before the release is due.
    """
    return question is Question.DUE and kind in KINDS_BEFORE_RELEASE | {ReportKind.EARLY}


def causes_of(kind: ReportKind) -> tuple[Cause, ...]:
    """Return the causes to offer for a kind of breach, in order."""
    if kind in KINDS_BEFORE_RELEASE:
        return (*_SENDING, Cause.PROCESSING_ERROR, Cause.OUTAGE, *_ANY)
    if kind not in KINDS_OF_RELEASE:
        return (*_PUBLISHING, *_SENDING, *_ANY)
    return (*_PUBLISHING, *_ANY)


def find_missing_answers(kind: ReportKind, answers: Answers) -> tuple[Question, ...]:
    """Return the questions that must be answered for this kind of breach, but have no answer.

    A reason such as "not known" counts as an answer. If no copy was deleted, or if it is not known whether one was
    deleted, the confirmation of the deletion is not required.
    """
    required = _ALWAYS_REQUIRED | _REQUIRED_OF_KIND.get(kind, frozenset())
    if kind in _KINDS_WITH_DUE_TIME:
        required |= {Question.DUE}
    given = answers.given()
    if answers.deleted and not _was_deleted(answers.deleted):
        required -= {Question.CONFIRMED}
    return tuple(question for question in ASKED.get(kind, ()) if question in required and question not in given)


def _was_deleted(answer: Answer) -> bool:
    return answer.extent in {Extent.ALL, Extent.SOME}


def find_contradictions(answers: Answers) -> Iterator[tuple[Question, str]]:
    """Yield each question whose answer contradicts another answer, with a message about the contradiction."""
    happened, given = answers.happened, answers.given()
    for question, words in ((Question.NOTICED, "noticed"), (Question.CONTAINED, "contained or corrected")):
        answer = given.get(question)
        if happened and answer and _is_before(answer, happened):
            yield question, f"The breach cannot have been {words} before it happened ({_full_moment(happened)})."
    deleted, confirmed = answers.deleted, answers.confirmed
    if deleted and confirmed and _was_deleted(confirmed) and not _was_deleted(deleted):
        yield Question.CONFIRMED, "A deletion cannot be confirmed if nothing is known to have been deleted."


def contradicts_due_time(kind: ReportKind, happened: Answer, due: Answer) -> bool:
    """Return whether the answers contradict the kind of breach. Only late and early releases are compared.

    A late release cannot have appeared before the due time or at it. An early release cannot have appeared at the due
    time or after it. If one of the times is not known, only the days are compared, and they may be equal.
    """
    if kind not in {ReportKind.LATE, ReportKind.EARLY}:
        return False
    first, second = (due, happened) if kind is ReportKind.LATE else (happened, due)
    return second.at <= first.at if first.at and second.at else _is_before(second, first)


def compare_recorded_starts(happened: Answer | None, began_at: Collection[datetime]) -> str:
    """Return a warning if the recorded starts of pre-release access do not match the answer. Otherwise return "".

    If one recorded start matches, there is no warning, because the other starts may be those of correct access.

    :param happened: the answer about when the document or link was sent.
    :param began_at: the recorded starts of access (aware).
    """
    if not (happened and happened.on and began_at):
        return ""
    if any(begun == happened.at if happened.at else local_date(begun) == happened.on for begun in began_at):
        return ""
    recorded = join_words(f"at {format_moment(begun)}" for begun in sorted(set(began_at)))
    return (
        f"The pre-release access list records that access began {recorded}. The answer to ‘When was it sent?’ is "
        f"{describe_moment(happened)}. Check these times. Both times can be right if the statistics were sent to "
        "someone who is not on the list. The report shows both times."
    )


# When a report and our checks can both be right, although our checks found another outcome.
_BOTH_RIGHT: Mapping[ReportKind, str] = {
    ReportKind.EARLY: "the release appeared at another address, or was taken down before our checks",
    ReportKind.LATE: "the release was late at another address, or if some readers could not open it",
    ReportKind.PARTIAL: "a part that we do not check was missing, or if some readers could not open a part",
    ReportKind.NOT_LIVE: "the release was missing at another address, or if readers could not open it",
}


def compare_with_checks(kind: ReportKind, happened: Answer | None, *, found: str, checks: str) -> str:
    """Return a warning that our checks found another outcome than the people who report a release.

    :param kind: one of `KINDS_OF_RELEASE`.
    :param happened: the answer about when the release appeared. It is None if people are not asked.
    :param found: what the checks found, such as "on time".
    :param checks: sentences about when the checks last did not find the release, and when they first found it.
    """
    answer = ""
    if happened and happened.on:
        answer = f" The answer to ‘When did it appear?’ is {describe_moment(happened)}."
    return (
        f"According to our checks, the release was {found}. {checks}{answer} Check whether this report is still "
        "needed, and whether it is about the right release and page. The report and our checks can both be right if "
        f"{_BOTH_RIGHT[kind]}. The report does not contain these results."
    )


def _is_before(one: Answer, other: Answer) -> bool:
    if one.at and other.at:
        return one.at < other.at
    return bool(one.on and other.on and one.on < other.on)


def _full_moment(answer: Answer) -> str:
    if answer.at:
        return f"at {exact_time(answer.at)}"
    return f"on {format_day(answer.on)}" if answer.on else ""


def describe_moment(answer: Answer) -> str:
    """Write the time and day of an answer, such as "9:30am on 30 June 2020", or the day if the time is not known."""
    return _full_moment(answer).removeprefix("at ").removeprefix("on ")


def describe_answer(question: Question, answer: Answer) -> str:
    """Write one answer for a list or a comparison."""
    if answer.why_unknown:
        return f"Not known: {answer.why_unknown}"
    if answer.why_not_applicable:
        return f"Not applicable: {answer.why_not_applicable}"
    if answer.why_not_yet:
        return f"Not yet: {answer.why_not_yet}"
    if question in MOMENTS:
        return describe_moment(answer)
    if question in EXTENTS and answer.extent:
        return EXTENT_LABELS[answer.extent]
    return answer.text if answer.number is None else str(answer.number)


def describe_answers(answers: Answers) -> list[str]:
    """Return a line for each answer, for the comparison of versions."""
    return [f"{SHORT_LABELS[asked]}: {describe_answer(asked, answer)}" for asked, answer in answers.given().items()]


EXTENT_LABELS = {Extent.ALL: "Yes", Extent.SOME: "In part", Extent.NONE: "No"}
# Labels that fit every kind of breach. They are used where the kind is not known, for example in the comparison of
# versions.
SHORT_LABELS: Mapping[Question, str] = {
    Question.WHAT: "What",
    Question.WHERE: "Where",
    Question.ROLE: "Role",
    Question.PEOPLE: "Number of people",
    Question.POSTS: "Number of posts",
    Question.RECIPIENTS: "Recipients",
    Question.HAPPENED: "When it happened",
    Question.NOTICED: "When it was noticed",
    Question.NOTICED_BY: "Noticed by",
    Question.CONTAINED: "When it was contained or corrected",
    Question.MEASURES: "What was done",
    Question.OPENED: "Opened",
    Question.DELETED: "Deleted",
    Question.CONFIRMED: "Deletion confirmed",
    Question.DUE: "When it was due",
}

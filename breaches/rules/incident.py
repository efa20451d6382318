"""The account of a breach that a person reports, written from answers to our questions.

The account only states facts that are on record, such as the answers, exceptions and the pre-release access list. It
names posts and organisations, but no people. The account has two to four sentences (decision 77). Further facts are
listed below the account.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from breaches.rules.answers import KINDS_BEFORE_RELEASE, SHORT_LABELS, Answers, Extent, Question, describe_answer
from breaches.rules.causes import NO_CAUSE, RecordedCause, describe_cause, describe_cause_in_full, describe_reason
from breaches.rules.facts import (
    DAY,
    HOUR,
    AccessFacts,
    PostAccess,
    ReleaseException,
    clock_time,
    describe_duration,
    describe_exceptions,
    join_words,
    sentence,
    within_sentence,
    without_full_stop,
)
from breaches.rules.lifecycle import Cause, ReportKind
from releases.rules.calendar import format_day, format_moment, local_date
from releases.rules.receipts import Disclosure

DISCLOSED: Mapping[Disclosure, str] = {
    Disclosure.SENT: "it was sent to a person who is not on the list",
    Disclosure.SEEN: "a person who is not on the list may have seen or heard it",
    Disclosure.LOST: "a document or device was lost, stolen or left unattended",
    Disclosure.PUBLIC: "it may have been published or mentioned in public",
    Disclosure.OTHER: "something else",
}


@dataclass(frozen=True, slots=True)
class ReportedDisclosure:
    """A possible disclosure that a recipient of pre-release access reported. It has not been checked.

    :ivar stated_at: when the disclosure happened according to the recipient. None if the recipient did not know.
    """

    what: Disclosure
    reported_at: datetime
    stated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    """All facts from which the account of one breach is written.

    `due_at` is the release time that was in force when the breach happened. It is None if the report is not about a
    release, or if the release has no exact date. `exceptions` are the recorded exceptions of the release.

    `announced_at` is the time at which our calendar first announced the release. It is only set for a late
    announcement. `checks` is a text about our checks. It is set if a person reported the release as late, and our
    checks do not show whether it was on time, and if a suspicion was added to the report of a person. `access` is only
    set if the report was started from a pre-release access list, and `periods_begin_at` are the starts of the periods
    of access before `due_at`. `disclosure` is only set if a recipient's report of a possible disclosure started this
    report.
    """

    kind: ReportKind
    answers: Answers
    title: str = ""
    due_at: datetime | None = None
    announced_at: datetime | None = None
    cause: RecordedCause = NO_CAUSE
    access: AccessFacts | None = None
    periods_begin_at: frozenset[datetime] = frozenset()
    exceptions: tuple[ReleaseException, ...] = ()
    disclosure: ReportedDisclosure | None = None
    checks: str = ""


_OUTCOME_QUESTIONS = (Question.OPENED, Question.DELETED, Question.CONFIRMED)
MOST_SENTENCES = 4
MOST_WORDS = 80
EVENT_NOT_RECORDED = "What happened has not been recorded yet"
_DETAILS = frozenset({Question.MEASURES, Question.NOTICED_BY})
# Ways to shorten an account. We try them in this order, and use the first that makes the account short enough. The
# first item of each way has the questions whose answers move to the list below the account. The second item is False if
# the account also leaves out how long before the release the breach happened. Readers can see this from the times in
# the account. Recipients matter more than who noticed the breach, so recipients are left out later. The outcome matters
# most, so only the last way leaves it out.
_SHORTENINGS = (
    (frozenset[Question](), True),
    (frozenset({Question.MEASURES}), True),
    (_DETAILS, True),
    (_DETAILS, False),
    (frozenset({Question.MEASURES, Question.RECIPIENTS}), True),
    (_DETAILS | {Question.RECIPIENTS}, True),
    (_DETAILS | {Question.RECIPIENTS, Question.POSTS}, False),
    (_DETAILS | {Question.RECIPIENTS, Question.POSTS, *_OUTCOME_QUESTIONS}, False),
)


def write_incident_account(incident: Incident) -> str:
    """Write the circumstances of a breach from the answers and the other recorded facts.

    The first paragraph is the account. There can be further paragraphs, in this order:

    - the cause, if people described it and the description is too long for one sentence
    - our checks
    - exceptions of the release
    - the reported disclosure
    - further facts
    - the pre-release access list

    Paragraphs are separated by blank lines. Entries of lists are separated by line breaks. Times are in London time.
    The result is empty if there are no answers, no access list and no checks.
    """
    return "\n\n".join(filter(None, (write_account_above_list(incident), *_describe_list(incident.access))))


def write_account_above_list(incident: Incident) -> str:
    """Write the circumstances of a breach without the pre-release access list.

    The preview of the account leaves out the list, because the list does not depend on the answers.
    """
    if not (incident.answers.given() or incident.access or incident.checks):
        return ""
    sentences, listed = _choose_sentences(incident)
    paragraphs = (
        " ".join(map(sentence, sentences)),
        describe_cause_in_full(incident.cause),
        incident.checks,
        describe_exceptions(incident.exceptions),
        _describe_disclosure(incident.disclosure),
        _list_further_facts(incident, listed),
    )
    return "\n\n".join(filter(None, paragraphs))


def _choose_sentences(incident: Incident) -> tuple[list[str], frozenset[Question]]:
    """Shorten an account if it is too long. Return its sentences, and the questions whose answers are left out."""
    # An account of unequal access is about the recipients, so the recipients are never left out.
    needed = {Question.RECIPIENTS} if incident.kind is ReportKind.UNEQUAL_ACCESS else set()
    ways = [way for way in _SHORTENINGS if not needed & way[0]]
    for listed, has_interval in ways:
        sentences = _Account(incident, listed, has_interval=has_interval).sentences()
        if len(sentences) <= MOST_SENTENCES and sum(len(one.split()) for one in sentences) <= MOST_WORDS:
            return sentences, listed
    # If people entered long answers, the account can be too long even after the strongest shortening, which leaves out
    # the outcome. In this case, use the strongest shortening that keeps the outcome.
    listed, has_interval = next(way for way in reversed(ways) if not way[0] & {*_OUTCOME_QUESTIONS})
    return _Account(incident, listed, has_interval=has_interval).sentences(), listed


def find_long_account(incident: Incident) -> tuple[int, Question] | None:
    """Return the number of words of an account that is too long, and the question with the longest text as its answer.

    Return None if the account is short enough, or if no answer in the account is a text.
    """
    sentences, listed = _choose_sentences(incident)
    number = sum(len(one.split()) for one in sentences)
    lengths = {
        question: len(answer.text.split())
        for question, answer in incident.answers.given().items()
        if answer.text and answer.is_known and question not in listed
    }
    return (number, max(lengths, key=lengths.__getitem__)) if lengths and number > MOST_WORDS else None


def _list_further_facts(incident: Incident, listed: Collection[Question]) -> str:
    """List the answers that the account leaves out, and the reasons for "not known", "not applicable" or "not yet"."""
    phrases, lines = unknown_phrases(incident.kind), []
    for question, answer in incident.answers.given().items():
        if answer.why_unknown:
            lines.append(
                f"– Not known: {phrases[question]} ({within_sentence(without_full_stop(answer.why_unknown))})."
            )
        elif answer.why_not_applicable:
            name = name_not_applicable(incident.kind, question)
            lines.append(f"– Not applicable: {name} ({within_sentence(without_full_stop(answer.why_not_applicable))}).")
        elif answer.why_not_yet:
            lines.append(f"– {_describe_open(incident)} ({within_sentence(without_full_stop(answer.why_not_yet))}).")
        elif question in listed:
            lines.append(f"– {SHORT_LABELS[question]}: {sentence(describe_answer(question, answer))}")
    return "\n".join(["Further facts:", *lines]) if lines else ""


def _describe_open(incident: Incident) -> str:
    """Write that a breach is not contained yet.

    For a leak, the text does not say whether the leaked material is still public. People explain this in the reason,
    which the caller adds to the text.
    """
    if incident.kind is ReportKind.UNEQUAL_ACCESS:
        return "Not yet open to all users"
    return f"Not {_CONTAINED_VERBS.get(incident.kind, 'contained')} yet"


class _Account:
    """The sentences of one account. A day is left out if it is the same as the last day that was written."""

    def __init__(self, incident: Incident, listed: Collection[Question], *, has_interval: bool) -> None:
        """:param listed: the questions whose answers are listed below the account.
        :param has_interval: whether the account says how long before the release the breach happened.
        """
        self.incident = incident
        self.has_interval = has_interval
        self.kind = incident.kind
        given = {question: answer for question, answer in incident.answers.given().items() if question not in listed}
        self.known = {question: answer for question, answer in given.items() if answer.is_known}
        self.unknown = [question for question, answer in given.items() if answer.why_unknown]
        self.is_open = bool(incident.answers.contained and incident.answers.contained.why_not_yet)
        self.last_day: date | None = None

    def sentences(self) -> list[str]:
        """Return the sentences without full stops.

        There may be more than four sentences if one sentence is about measures.
        """
        # The order of these calls matters, because a day is left out if it is the same as the last day that was
        # written.
        due, event = self.due(), self.event()
        reported = "" if event else self.unknown_event() or self.reported()
        discovery, outcome = self.discovery(follows_event=bool(event)), self.outcome()
        cause = self.incident.cause
        last, reason = describe_cause(cause), self.reason()
        if reason and event and (due or discovery or outcome) and self.kind not in _IN_WORDS_OF_PEOPLE:
            # Do not write that figures were used in public "because the figures were mentioned in public".
            is_said = (self.kind, cause.cause) == (ReportKind.USED_IN_PUBLIC, Cause.SAID_IN_PUBLIC)
            event, last = event if is_said else f"{event}, because {reason}", ""
        if reason and last and self.kind in _IN_WORDS_OF_PEOPLE:
            # The sentence before the cause may begin with "This happened at". So do not begin the sentence about the
            # cause with "It happened because".
            last = f"The cause was {reason.removeprefix('of ') if reason.startswith('of ') else f'that {reason}'}"
        event = event or reported
        if not (due or event or discovery or outcome):
            event = EVENT_NOT_RECORDED
        if all((due, event, discovery, outcome, last)):
            discovery, outcome = f"{discovery}; {outcome}", ""
        return [part for part in (due, event, discovery, self.words(Question.MEASURES), outcome, last) if part]

    def reason(self) -> str:
        """Write the cause as the words after "because".

        Return "" if the cause is not known, or if people described the cause in their own words.
        """
        if self.incident.cause.cause is Cause.WRONG_RECIPIENT and (self.number(Question.PEOPLE) or 1) > 1:
            return "the wrong recipients were chosen"
        return describe_reason(self.incident.cause)

    def words(self, question: Question) -> str:
        answer = self.known.get(question)
        return without_full_stop(answer.text) if answer else ""

    def number(self, question: Question) -> int | None:
        answer = self.known.get(question)
        return answer.number if answer else None

    def due(self) -> str:
        incident, answer = self.incident, self.known.get(Question.DUE)
        if incident.due_at is None and answer and answer.on:
            what = f"‘{incident.title}’" if incident.title else "The release"
            return f"{what} was due for release{self.moment(Question.DUE)}"
        if incident.due_at is None:
            return ""
        self.last_day = local_date(incident.due_at)
        # Write "was" even before the due time, so that the sentence stays true when that time has passed or the date is
        # changed. Write "planned" if the release was not announced, because readers did not expect the release.
        planned = "planned" if self.kind is ReportKind.NOT_ANNOUNCED else "due"
        announced = ""
        if incident.announced_at:
            announced = f"first announced in our calendar at {format_moment(incident.announced_at)} and was "
        return f"‘{incident.title}’ was {announced}{planned} for release at {format_moment(incident.due_at)}"

    def event(self) -> str:
        """Write what happened, to whom or where, when, and how long before the release was due."""
        if self.kind is ReportKind.NOT_LIVE:
            return "It was not published"
        if not _OF_EVENT.intersection(self.known):
            return ""
        what = self.words(Question.WHAT)
        if self.kind in _IN_WORDS_OF_PEOPLE:
            return what
        place, role = within_sentence(self.words(Question.WHERE)), self.words(Question.ROLE)
        subject, thing, people = what or "It", within_sentence(what) or "something", self.people()
        others = f"{role} ({people})" if role and people else role or people or "Others"
        when = self.moment(Question.HAPPENED)
        since = f" from{when.removeprefix(' at').removeprefix(' on')}" if when else ""
        at_place = f" {place}" if place else ""
        in_public = f", {place}{',' if when else ''}" if place else ""
        to = self.whom()
        sentences = {
            ReportKind.PRA: f"{subject} {f'went to {to}' if to else 'went out'}{when}",
            ReportKind.ACCESS: f"{others} could see {thing}{at_place}{since}",
            ReportKind.LEAK: f"{subject} appeared{at_place}{when}",
            ReportKind.USED_IN_PUBLIC: f"{role or 'Someone'} used {thing} in public{in_public}{when}",
            ReportKind.NOT_ANNOUNCED: f"{subject} came out{when} without an announcement in advance",
            ReportKind.UNEQUAL_ACCESS: (
                f"{self.words(Question.RECIPIENTS) or 'Some users'} received {thing}{when}, before others"
            ),
            ReportKind.LATE: f"It appeared{when}{self.after_due()}",
            ReportKind.EARLY: f"It appeared{when}{self.before_due()}",
            ReportKind.PARTIAL: f"It was published without {thing}",
            ReportKind.WRONG_CONTENT: f"The wrong content{f' ({thing})' if what else ''} was live{since}",
        }
        return f"{sentences[self.kind]}{self.before_due() if self.kind in KINDS_BEFORE_RELEASE else ''}"

    def unknown_event(self) -> str:
        phrases = unknown_phrases(self.kind)
        parts = [phrases[question] for question in self.unknown if question in _OF_EVENT]
        return f"It is not known {_either(parts)}" if parts else ""

    def reported(self) -> str:
        """Write that a possible disclosure was reported. The account says this until people record what happened."""
        if self.incident.disclosure is None:
            return ""
        reported_at = self.incident.disclosure.reported_at
        self.last_day = local_date(reported_at)
        return (
            f"At {format_moment(reported_at)}, a person on the pre-release access list reported a possible disclosure, "
            "which had not yet been checked"
        )

    def people(self) -> str:
        return _count(self.number(Question.PEOPLE), "person", "people")

    def whom(self) -> str:
        posts = _count(self.number(Question.POSTS), "post", "posts")
        if self.number(Question.PEOPLE) == self.number(Question.POSTS) == 1:
            posts = ""  # a single person has a single post
        counted = " in ".join(filter(None, [self.people(), posts]))
        recipients = within_sentence(self.words(Question.RECIPIENTS))
        return f"{counted} ({recipients})" if counted and recipients else counted or recipients

    def moment(self, question: Question) -> str:
        """Return a phrase such as " at 4:10pm on 29 June 2020", or "" if the day is not known.

        The day is left out if it is the day that was written last.
        """
        answer = self.known.get(question)
        if answer is None or answer.on is None:
            return ""
        day = "" if answer.on == self.last_day else f" on {format_day(answer.on)}"
        if answer.at is None:
            day = day or " on the same day"
        self.last_day = answer.on
        return f" at {clock_time(answer.at)}{day}" if answer.at else day

    def before_due(self) -> str:
        seconds = self.seconds_after_due()
        if not seconds or seconds > 0:
            return ""
        before_period = self.before_period()
        # Write "the release" if "it" could also refer to the thing that people sent, saw or used.
        what = "the release" if self.kind in KINDS_BEFORE_RELEASE else "it"
        before = f"{_hours(round(-seconds))} before {what} was due" if self.has_interval else ""
        words = " and ".join(filter(None, (before_period, before)))
        return f", {words}" if words else ""

    def before_period(self) -> str:
        """Write how much earlier than the first period of access the statistics were sent.

        Return "" if the cause is not that the statistics were sent too early, if a time is not known, or if the
        statistics were not sent before the period.
        """
        begins, answer = self.incident.periods_begin_at, self.known.get(Question.HAPPENED)
        if self.incident.cause.cause is not Cause.SENT_TOO_EARLY or not (begins and answer and answer.at):
            return ""
        if answer.at >= min(begins):
            return ""
        period = "the period of access" if len(begins) == 1 else "the first period of access"
        return f"{_hours(round((min(begins) - answer.at).total_seconds()))} before {period}"

    def after_due(self) -> str:
        seconds = self.seconds_after_due()
        return f", {_hours(round(seconds))} late" if seconds and seconds > 0 else ""

    def seconds_after_due(self) -> float | None:
        """Return the seconds from the due time to the breach, or None if one of these times is not known.

        The result is negative if the breach happened before the due time.
        """
        happened, due = self.known.get(Question.HAPPENED), self.known.get(Question.DUE)
        due_at = self.incident.due_at or (due and due.at)
        return (happened.at - due_at).total_seconds() if due_at and happened and happened.at else None

    def discovery(self, *, follows_event: bool) -> str:
        """Write when and by whom the breach was noticed, and when it was contained.

        :param follows_event: whether the sentence before this one says what happened.
        """
        subject = _NOTICED_SUBJECTS.get(self.kind, "This" if follows_event else "It")
        happened = self.moment(Question.HAPPENED) if self.kind in _IN_WORDS_OF_PEOPLE else ""
        noticed, by = self.moment(Question.NOTICED), within_sentence(self.words(Question.NOTICED_BY))
        contained = self.moment(Question.CONTAINED)
        end = self.end(contained)
        clauses = [f"happened{happened}"] if happened else []
        was = "was "
        if noticed or by:
            # If the description of these people has a comma, add a comma after the description, as in "noticed by
            # users, who emailed us, and corrected at 10am". Otherwise, the sentence would say that these people
            # corrected the breach.
            comma = "," if "," in by and (contained or self.is_open) and not end else ""
            clauses.append(f"{was}noticed{noticed}{f' by {by}' if by else ''}{comma}")
            was = ""
        if end:
            return f"{subject} {join_words(clauses)}, and {end}" if clauses else end
        verb = _CONTAINED_VERBS.get(self.kind, "contained")
        if self.is_open:
            clauses.append(f"had not been {verb} when this report was written")
        elif contained:
            clauses.append(f"{was}{verb}{contained}")
        return f"{subject} {join_words(clauses)}" if clauses else ""

    def end(self, contained: str) -> str:
        """Write a clause that says when unequal access ended or when an incomplete release was completed.

        If this has not happened yet, the clause says so. Return "" if people did not say when this happened, and for
        other kinds of breach.
        """
        if self.kind is ReportKind.UNEQUAL_ACCESS and self.is_open:
            return "not all users could read the statistics when this report was written"
        if self.kind is ReportKind.UNEQUAL_ACCESS and contained:
            return f"all users could read the statistics{contained}"
        if self.kind is ReportKind.PARTIAL and self.is_open:
            return "the release had not been completed when this report was written"
        if self.kind is ReportKind.PARTIAL and contained:
            return f"the release was completed{contained}"
        return ""

    def outcome(self) -> str:
        """Write whether copies were opened and deleted, and whether the deletion was confirmed.

        For a leak, write who the source was.
        """
        if self.kind is ReportKind.LEAK:
            role = within_sentence(self.words(Question.ROLE))
            return f"the source was {role}" if role else ""
        one = self.number(Question.PEOPLE) == 1
        words = {**_OUTCOME_WORDS, **(_OUTCOME_WORDS_OF_ACCESS if self.kind is ReportKind.ACCESS else {})}
        clauses = [
            words[question][extent][one]
            for question in _OUTCOME_QUESTIONS
            if question in self.known and (extent := self.known[question].extent) is not None
        ]
        return join_words(clauses) if clauses else ""


# For these kinds of breach, the account uses people's own sentence about what happened.
_IN_WORDS_OF_PEOPLE = frozenset({ReportKind.OTHER, ReportKind.LATE_ANNOUNCEMENT})
_OF_EVENT = frozenset(
    {
        Question.WHAT,
        Question.WHERE,
        Question.ROLE,
        Question.PEOPLE,
        Question.POSTS,
        Question.RECIPIENTS,
        Question.HAPPENED,
    }
)
# For a late release, the account says that "the delay" was noticed and not that "it" was noticed, because people can
# notice the delay before the release appears.
_NOTICED_SUBJECTS: Mapping[ReportKind, str] = {ReportKind.LATE: "The delay"}
_CONTAINED_VERBS: Mapping[ReportKind, str] = {
    ReportKind.USED_IN_PUBLIC: "corrected",
    ReportKind.LEAK: "contained",
    ReportKind.NOT_ANNOUNCED: "corrected",
    ReportKind.LATE_ANNOUNCEMENT: "corrected",
    ReportKind.WRONG_CONTENT: "corrected",
    ReportKind.PARTIAL: "completed",
    ReportKind.OTHER: "put right",
}
# The first phrase of each pair is for several recipients, and the second phrase is for one recipient.
_OUTCOME_WORDS: Mapping[Question, Mapping[Extent, tuple[str, str]]] = {
    Question.OPENED: {
        Extent.ALL: ("it was opened", "it was opened"),
        Extent.SOME: ("some recipients opened it", "part of it was opened"),
        Extent.NONE: ("no recipient opened it", "the recipient did not open it"),
    },
    Question.DELETED: {
        Extent.ALL: ("every copy was deleted", "the copy was deleted"),
        Extent.SOME: ("some copies were deleted", "part of it was deleted"),
        Extent.NONE: ("no copy was deleted", "the copy was not deleted"),
    },
    Question.CONFIRMED: {
        Extent.ALL: ("the deletion was confirmed", "the deletion was confirmed"),
        Extent.SOME: ("the deletion was confirmed in part", "the deletion was confirmed in part"),
        Extent.NONE: ("the deletion was not confirmed", "the deletion was not confirmed"),
    },
}
# Phrases for breaches in which people had access but were not sent anything. These breaches have no recipients.
_OUTCOME_WORDS_OF_ACCESS: Mapping[Question, Mapping[Extent, tuple[str, str]]] = {
    Question.OPENED: {
        Extent.ALL: ("they opened it", "this person opened it"),
        Extent.SOME: ("some of them opened it", "this person opened part of it"),
        Extent.NONE: ("no one opened it", "no one opened it"),
    },
}
_UNKNOWN: Mapping[Question, str] = {
    Question.WHAT: "what was disclosed",
    Question.WHERE: "where it was",
    Question.ROLE: "who it was",
    Question.PEOPLE: "how many people had access",
    Question.POSTS: "how many posts they hold",
    Question.RECIPIENTS: "who received it",
    Question.HAPPENED: "when it happened",
    Question.NOTICED: "when it was noticed",
    Question.NOTICED_BY: "who noticed it",
    Question.CONTAINED: "when it was corrected",
    Question.MEASURES: "what was done about it",
    Question.OPENED: "whether it was opened",
    Question.DELETED: "whether it was deleted",
    Question.CONFIRMED: "whether the deletion was confirmed",
    Question.DUE: "when it was due",
}
_UNKNOWN_OF_KIND: Mapping[ReportKind, Mapping[Question, str]] = {
    ReportKind.PRA: {
        Question.WHAT: "what was sent",
        Question.PEOPLE: "how many people received it",
        Question.HAPPENED: "when it was sent",
        Question.CONTAINED: "when it was contained",
    },
    ReportKind.ACCESS: {
        Question.WHAT: "what could be seen",
        Question.WHERE: "where it could be seen",
        Question.ROLE: "who had access",
        Question.HAPPENED: "from when there was access",
        Question.CONTAINED: "when it was contained",
    },
    ReportKind.LEAK: {
        Question.WHERE: "where it appeared",
        Question.ROLE: "who the source was",
        Question.HAPPENED: "when it appeared",
        Question.CONTAINED: "when it was contained",
    },
    ReportKind.USED_IN_PUBLIC: {
        Question.WHAT: "what was said or shown",
        Question.ROLE: "who said or showed it",
        Question.HAPPENED: "when it was said or shown",
    },
    ReportKind.NOT_ANNOUNCED: {
        Question.WHAT: "what was released",
        Question.HAPPENED: "when it was released",
    },
    ReportKind.LATE_ANNOUNCEMENT: {
        Question.WHAT: "what was wrong with the announcement",
    },
    ReportKind.UNEQUAL_ACCESS: {
        Question.WHAT: "what they received",
        Question.RECIPIENTS: "who received it first",
        Question.HAPPENED: "when they received it",
        Question.CONTAINED: "when all users could read it",
    },
    ReportKind.WRONG_CONTENT: {
        Question.WHAT: "what was wrong",
        Question.HAPPENED: "when the wrong content went live",
    },
    ReportKind.LATE: {Question.HAPPENED: "when it was made available"},
    ReportKind.EARLY: {
        Question.HAPPENED: "when it appeared",
        Question.CONTAINED: "when it was contained",
    },
    ReportKind.PARTIAL: {
        Question.WHAT: "what was missing",
        Question.CONTAINED: "when it was complete",
    },
    ReportKind.OTHER: {
        Question.WHAT: "what happened",
        Question.CONTAINED: "when it was put right",
    },
}


def unknown_phrases(kind: ReportKind) -> dict[Question, str]:
    """Return the phrases that follow "It is not known", keyed by question."""
    due = {Question.DUE: "when the statistics were due for release"} if kind in KINDS_BEFORE_RELEASE else {}
    return {**_UNKNOWN, **due, **_UNKNOWN_OF_KIND.get(kind, {})}


# The words that follow "Not applicable:" for each question.
_NOT_APPLICABLE: Mapping[Question, str] = {
    Question.CONTAINED: "containment",
    Question.MEASURES: "measures",
    Question.OPENED: "opening",
    Question.DELETED: "deletion",
    Question.CONFIRMED: "confirmation of the deletion",
    Question.DUE: "time of release",
}
_CORRECTION_OF_KIND: Mapping[ReportKind, str] = {
    ReportKind.USED_IN_PUBLIC: "correction",
    ReportKind.NOT_ANNOUNCED: "correction",
    ReportKind.LATE_ANNOUNCEMENT: "correction",
    ReportKind.WRONG_CONTENT: "correction",
    ReportKind.OTHER: "correction",
    ReportKind.PARTIAL: "completion",
    ReportKind.UNEQUAL_ACCESS: "access for all users",
}


def name_not_applicable(kind: ReportKind, question: Question) -> str:
    """Return the subject of a question that does not apply, such as "deletion"."""
    if question is Question.CONTAINED:
        return _CORRECTION_OF_KIND.get(kind, _NOT_APPLICABLE[question])
    return _NOT_APPLICABLE[question]


# If a pre-release access list has more posts than this, the account only says how many there are.
MOST_POSTS = 10
_REQUESTED_CHANGES = {
    "add": "to grant access to",
    "change": "to change the entry of",
    "withdraw": "to withdraw the access of",
}


def _describe_disclosure(disclosure: ReportedDisclosure | None) -> str:
    if disclosure is None:
        return ""
    stated = format_moment(disclosure.stated_at) if disclosure.stated_at else "not stated"
    lines = (
        "As the person reported it:",
        f"– What may have happened: {DISCLOSED[disclosure.what]}.",
        f"– When it may have happened: {stated}.",
        f"– When it was reported: {format_moment(disclosure.reported_at)}.",
    )
    return "\n".join(lines)


LIST_READ, REQUESTED_CHANGES = (
    "The pre-release access list, as read at ",
    "These changes to the list had been requested and not agreed:",
)
"""The first words of the two paragraphs about a pre-release access list."""
# Until 30 November 2026, reports were stored with this line instead of `REQUESTED_CHANGES`.
_FORMER_REQUESTED_CHANGES = "These changes of the list had been asked for and were not yet agreed:"


def shorten_list(account: str) -> str:
    """Shorten the pre-release access list in an account. The posts and the requested changes are removed.

    The account still says how many posts the list had and that changes had been requested. A list is not removed if a
    person has replaced its automatic wording.
    """
    shortened: list[str] = []
    for paragraph in account.split("\n\n"):
        first, *lines = paragraph.split("\n")
        is_list = bool(lines) and all(line.startswith("– ") for line in lines)
        if is_list and first.startswith(LIST_READ):
            shortened.append(f"{first.removesuffix(':')}.")
        elif is_list and first in {REQUESTED_CHANGES, _FORMER_REQUESTED_CHANGES} and shortened:
            shortened[-1] += " Changes to the list had been requested and not agreed."
        else:
            shortened.append(paragraph)
    return "\n\n".join(shortened)


def _describe_list(access: AccessFacts | None) -> Iterator[str]:
    """Yield a paragraph that lists the posts with pre-release access, and a paragraph that lists requested changes."""
    if access is None:
        return
    number, read = len(access.posts), format_moment(access.read_at)
    if not number:
        held = f"The pre-release access list had no posts when we read it at {read}"
    else:
        held = f"{LIST_READ}{read}, had {_count(number, 'post', 'posts')}"
    lines = _list_posts(access.posts) if number <= MOST_POSTS else []
    yield "\n".join([f"{held}:" if lines else f"{held}.", *lines])
    if access.requests:
        requests = (
            f"– {_REQUESTED_CHANGES[one.kind]} {one.post}, {one.organisation} "
            f"(requested at {format_moment(one.asked_at)})."
            for one in access.requests
        )
        yield "\n".join([REQUESTED_CHANGES, *requests])


def _list_posts(posts: Iterable[PostAccess]) -> list[str]:
    """Return the lines of a list of posts.

    Posts with the same organisation and period share a line. Lines with further facts about these posts follow.
    """
    groups: dict[tuple[str, str, datetime | None], list[PostAccess]] = {}
    for post in posts:
        groups.setdefault((post.organisation, post.period, post.period_begins_at), []).append(post)
    lines = []
    for (organisation, period, begins_at), members in groups.items():
        begins = f", from {format_moment(begins_at)}" if begins_at else ""
        lines.append(f"– {join_words([post.post for post in members])}, {organisation}: {period}{begins}.")
        described = ((post.post, " ".join(_describe_access(post))) for post in members)
        lines.extend(f"– {post}: {text}" for post, text in described if text)
    return lines


def _describe_access(post: PostAccess) -> Iterator[str]:
    """Yield sentences about a recipient's answers, and about access that was withdrawn or did not begin as planned."""
    if post.terms_confirmed_at:
        yield f"Terms confirmed at {format_moment(post.terms_confirmed_at)}."
    if post.terms_by_phone_at:
        yield f"Staff recorded at {format_moment(post.terms_by_phone_at)} that the terms were confirmed by phone."
    if post.received_at:
        yield f"Receipt confirmed at {format_moment(post.received_at)}."
    if post.withdrawn_at:
        yield f"Withdrawn at {format_moment(post.withdrawn_at)}."
    elif post.began_at and not post.began_as_planned:
        yield from _describe_start(post, post.began_at)


def _describe_start(post: PostAccess, began_at: datetime) -> Iterator[str]:
    yield f"According to the record, access began at {format_moment(began_at)}."
    if began_at < post.granted_at:
        yield f"It was granted at {format_moment(post.granted_at)}, after it had begun."
    if post.earlier_begins_at:
        yield f"Before the release was rescheduled, the access period began at {format_moment(post.earlier_begins_at)}."
    begins_at = post.earlier_begins_at or post.period_begins_at
    if begins_at and began_at < begins_at:
        yield "Access began before the access period."


def _count(number: int | None, one: str, many: str) -> str:
    if not number:
        return ""
    return f"one {one}" if number == 1 else f"{number} {many}"


def _hours(seconds: int) -> str:
    """Describe a duration in words.

    A duration from one day up to two days is written in hours, such as "47 hours 59 minutes", because the law on
    pre-release access also uses hours.
    """
    days, rest = divmod(seconds, DAY)
    if days != 1:
        return describe_duration(seconds)
    hours, rest = divmod(rest, HOUR)
    return f"{24 + hours} hours{f' {describe_duration(rest)}' if rest else ''}"


def _either(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} or {last}" if most else last

"""The account of a breach that a person reports, written from the answers.

The account says only what the answers, the recorded exceptions and the pre-release access list say. It names posts and
organisations and no person. It has two to four sentences (decision 77); the other facts are listed below it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from breaches.rules.answers import KINDS_BEFORE_RELEASE, SHORT_LABELS, Answers, Extent, Question
from breaches.rules.facts import (
    DAY,
    HOUR,
    AccessFacts,
    PostAccess,
    ReleaseException,
    describe_duration,
    describe_exceptions,
    join_words,
)
from breaches.rules.lifecycle import Cause, ReportKind
from breaches.rules.narrative import CAUSE_NOT_RECORDED
from releases.rules.calendar import format_day, format_moment, format_time, local_date


@dataclass(frozen=True, slots=True)
class Incident:
    """Everything that the account of one breach is written from.

    `due_at` is the release time in force when it happened; None if the report is about no release, or about one without
    an exact date. `exceptions` are those of that release. `access` is the pre-release access list if the report was
    started from one.
    """

    kind: ReportKind
    answers: Answers
    title: str = ""
    due_at: datetime | None = None
    cause: Cause | None = None
    access: AccessFacts | None = None
    exceptions: tuple[ReleaseException, ...] = ()


# "Another cause" is missing here, because a person describes it in the text.
_BECAUSE: Mapping[Cause, str] = {
    Cause.SCHEDULER_FAULT: "of a scheduler fault",
    Cause.NOT_AUTHORISED: "the publication was not authorised",
    Cause.LATE_FIX: "of a late data correction",
    Cause.PROCESSING_ERROR: "of a processing error",
    Cause.OUTAGE: "of an outage",
    Cause.WRONG_FILE: "the wrong file was used",
    Cause.CACHE: "of caching",
    Cause.HUMAN_ERROR: "of human error",
    Cause.WRONG_RECIPIENT: "the wrong recipient was chosen",
    Cause.LIST_OUT_OF_DATE: "the list of recipients was out of date",
    Cause.SENT_TOO_EARLY: "the time of sending was wrong",
    Cause.WRONG_DOCUMENT: "the wrong document or link was used",
    Cause.STATUS_MISUNDERSTOOD: "the status of the statistics was misunderstood",
    Cause.LIVE_TEST: "a test was made on the live site",
    Cause.SAID_IN_PUBLIC: "the figures were mentioned in public before release",
}


def describe_cause(cause: Cause | None) -> str:
    """Write the recorded cause as a sentence; "" for another cause, which only people can describe."""
    if cause is None:
        return CAUSE_NOT_RECORDED
    if cause is Cause.NOT_KNOWN:
        return "The cause is not known yet."
    return f"It happened because {_BECAUSE[cause]}." if cause in _BECAUSE else ""


MOST_SENTENCES = 4
MOST_WORDS = 80
EVENT_NOT_RECORDED = "What happened has not been recorded yet"
# An account that is too long leaves answers to the list below it: the first of these sets that makes it short enough.
# Who received it matters more than who noticed it.
_LISTED_IF_LONG = (
    frozenset[Question](),
    frozenset({Question.MEASURES}),
    frozenset({Question.MEASURES, Question.NOTICED_BY}),
    frozenset({Question.MEASURES, Question.RECIPIENTS}),
    frozenset({Question.MEASURES, Question.NOTICED_BY, Question.RECIPIENTS}),
)


def write_incident_account(incident: Incident) -> str:
    """Write the circumstances of a breach from the answers, and below them what else is on record.

    The account is the first paragraph. Exceptions, further facts and the pre-release access list follow it. Blank lines
    separate paragraphs, and line ends the entries of lists. Times are London's. The result is empty while there are
    neither answers nor a list.
    """
    if not incident.answers.given() and incident.access is None:
        return ""
    sentences, listed = _choose_sentences(incident)
    paragraphs = (
        " ".join(map(sentence, sentences)),
        describe_exceptions(incident.exceptions),
        _list_further_facts(incident, listed),
        *_describe_list(incident.access),
    )
    return "\n\n".join(filter(None, paragraphs))


def _choose_sentences(incident: Incident) -> tuple[list[str], frozenset[Question]]:
    """Return the sentences of an account that is short enough, if possible, and the questions that it leaves out."""
    most_words = MOST_WORDS + len(incident.title.split())
    sentences: list[str] = []
    listed: frozenset[Question] = frozenset()
    for candidate in _LISTED_IF_LONG:
        # An account of unequal access is about its recipients.
        if Question.RECIPIENTS in candidate and incident.kind is ReportKind.UNEQUAL_ACCESS:
            break
        listed, sentences = candidate, _Account(incident, candidate).sentences()
        if len(sentences) <= MOST_SENTENCES and sum(len(one.split()) for one in sentences) <= most_words:
            break
    return sentences, listed


def _list_further_facts(incident: Incident, listed: Collection[Question]) -> str:
    """List the answers that the account leaves out, and what is not known."""
    phrases, lines = unknown_phrases(incident.kind), []
    for question, answer in incident.answers.given().items():
        if answer.why_unknown:
            lines.append(f"– Not known: {phrases[question]} ({within_sentence(_one_line(answer.why_unknown))}).")
        elif question in listed:
            lines.append(f"– {SHORT_LABELS[question]}: {sentence(answer.text)}")
    return "\n".join(["Further facts:", *lines]) if lines else ""


class _Account:
    """The sentences of one account. A day is named where it differs from the day named before it."""

    def __init__(self, incident: Incident, listed: Collection[Question]) -> None:
        """:param listed: questions whose answers are not part of the account."""
        self.incident = incident
        self.kind = incident.kind
        given = {question: answer for question, answer in incident.answers.given().items() if question not in listed}
        self.known = {question: answer for question, answer in given.items() if not answer.why_unknown}
        self.unknown = [question for question in given if question not in self.known]
        self.last_day: date | None = None

    def sentences(self) -> list[str]:
        """Return the sentences without full stops; those with measures may be more than four."""
        # The order matters, because each sentence names a day only if it differs from the day named last.
        due, event, discovery, outcome = self.due(), self.event(), self.discovery(), self.outcome()
        cause = self.incident.cause
        last = describe_cause(cause)
        reason = _BECAUSE.get(cause) if cause else None
        if reason and event and (due or discovery or outcome) and self.kind is not ReportKind.OTHER:
            # A use in public did not happen "because the figures were mentioned in public".
            is_said = (self.kind, cause) == (ReportKind.USED_IN_PUBLIC, Cause.SAID_IN_PUBLIC)
            event, last = event if is_said else f"{event}, because {reason}", ""
        event = event or self.unknown_event()
        if not (due or event or discovery or outcome):
            event = EVENT_NOT_RECORDED
        if all((due, event, discovery, outcome, last)):
            discovery, outcome = f"{discovery}; {outcome}", ""
        return [part for part in (due, event, discovery, self.words(Question.MEASURES), outcome, last) if part]

    def words(self, question: Question) -> str:
        answer = self.known.get(question)
        return _one_line(answer.text) if answer else ""

    def number(self, question: Question) -> int | None:
        answer = self.known.get(question)
        return answer.number if answer else None

    def due(self) -> str:
        incident = self.incident
        if incident.due_at is None:
            return ""
        self.last_day = local_date(incident.due_at)
        # "Was" stays true when the day has come, or the release has been given another one.
        # What was not announced was not due to readers.
        planned = "planned" if self.kind is ReportKind.NOT_ANNOUNCED else "due"
        return f"‘{incident.title}’ was {planned} for release at {format_moment(incident.due_at)}"

    def event(self) -> str:
        """Write what happened: what, to whom or where, when, and how long before the release was due."""
        if not _OF_EVENT.intersection(self.known):
            return ""
        what = self.words(Question.WHAT)
        if self.kind is ReportKind.OTHER:
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
            ReportKind.WRONG_CONTENT: f"The wrong content{f' ({thing})' if what else ''} was live{since}",
        }
        return f"{sentences[self.kind]}{self.before_due() if self.kind in KINDS_BEFORE_RELEASE else ''}"

    def unknown_event(self) -> str:
        phrases = unknown_phrases(self.kind)
        parts = [phrases[question] for question in self.unknown if question in _OF_EVENT]
        return f"It is not known {_either(parts)}" if parts else ""

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
        """Write " at 4:10pm on 29 June 2020", without the day if it was the last one named; "" if not known."""
        answer = self.known.get(question)
        if answer is None or answer.on is None:
            return ""
        day = "" if answer.on == self.last_day else f" on {format_day(answer.on)}"
        if answer.at is None:
            day = day or " on the same day"
        self.last_day = answer.on
        return f" at {format_time(answer.at)}{day}" if answer.at else day

    def before_due(self) -> str:
        answer, due_at = self.known.get(Question.HAPPENED), self.incident.due_at
        if due_at is None or answer is None or answer.at is None or answer.at >= due_at:
            return ""
        return f", {_hours(round((due_at - answer.at).total_seconds()))} before it was due"

    def discovery(self) -> str:
        """Write when and by whom the breach was noticed, and when it was contained."""
        happened = self.moment(Question.HAPPENED) if self.kind is ReportKind.OTHER else ""
        noticed, by = self.moment(Question.NOTICED), within_sentence(self.words(Question.NOTICED_BY))
        clauses = [f"happened{happened}"] if happened else []
        was = "was "
        if noticed or by:
            clauses.append(f"{was}noticed{noticed}{f' by {by}' if by else ''}")
            was = ""
        contained = self.moment(Question.CONTAINED)
        if contained and self.kind is ReportKind.UNEQUAL_ACCESS:
            # "It" is the breach, and the statistics are what everyone could read.
            opened = f"all users could read the statistics{contained}"
            return f"It {clauses[0]}, and {opened}" if clauses else opened
        if contained:
            clauses.append(f"{was}{_CONTAINED_VERBS.get(self.kind, 'contained')}{contained}")
        return f"It {join_words(clauses)}" if clauses else ""

    def outcome(self) -> str:
        """Write whether it was opened and deleted and whether that was confirmed, or the source of a leak."""
        if self.kind is ReportKind.LEAK:
            role = within_sentence(self.words(Question.ROLE))
            return f"the source was {role}" if role else ""
        one = self.number(Question.PEOPLE) == 1
        words = {**_OUTCOMES, **(_OUTCOMES_OF_ACCESS if self.kind is ReportKind.ACCESS else {})}
        clauses = [
            words[question][extent][one]
            for question in (Question.OPENED, Question.DELETED, Question.CONFIRMED)
            if question in self.known and (extent := self.known[question].extent) is not None
        ]
        return join_words(clauses) if clauses else ""


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
_CONTAINED_VERBS: Mapping[ReportKind, str] = {
    ReportKind.USED_IN_PUBLIC: "corrected",
    ReportKind.LEAK: "contained",
    ReportKind.NOT_ANNOUNCED: "corrected",
    ReportKind.WRONG_CONTENT: "corrected",
    ReportKind.OTHER: "put right",
}
# The words for several recipients, and for one.
_OUTCOMES: Mapping[Question, Mapping[Extent, tuple[str, str]]] = {
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
# Nothing was sent to those who had access.
_OUTCOMES_OF_ACCESS: Mapping[Question, Mapping[Extent, tuple[str, str]]] = {
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
    ReportKind.OTHER: {
        Question.WHAT: "what happened",
        Question.CONTAINED: "when it was put right",
    },
}


def unknown_phrases(kind: ReportKind) -> dict[Question, str]:
    """Return the words for each question after "It is not known"."""
    return {**_UNKNOWN, **_UNKNOWN_OF_KIND.get(kind, {})}


# A list that is longer than this is only counted.
MOST_POSTS = 10
_REQUESTED_CHANGES = {
    "add": "to grant access to",
    "change": "to change the entry of",
    "withdraw": "to withdraw the access of",
}


def _describe_list(access: AccessFacts | None) -> Iterator[str]:
    """Yield the paragraphs about a pre-release access list: posts, organisations and periods, and requested changes."""
    if access is None:
        return
    number, read = len(access.posts), format_moment(access.read_at)
    if not number:
        held = f"We have no record of a pre-release access list with any post, as read at {read}"
    else:
        held = f"The pre-release access list, as read at {read}, had {_count(number, 'post', 'posts')}"
    lines = [f"– {' '.join(_describe_post(post))}" for post in access.posts] if number <= MOST_POSTS else []
    yield "\n".join([f"{held}:" if lines else f"{held}.", *lines])
    if access.requests:
        requests = (
            f"– {_REQUESTED_CHANGES[one.kind]} {one.post}, {one.organisation} (asked at {format_moment(one.asked_at)})."
            for one in access.requests
        )
        yield "\n".join(["These changes of the list had been asked for and were not yet agreed:", *requests])


def _describe_post(post: PostAccess) -> Iterator[str]:
    begins = f", from {format_moment(post.period_begins_at)}" if post.period_begins_at else ""
    yield f"{post.post}, {post.organisation}: {post.period}{begins}."
    if post.withdrawn_at:
        yield f"Withdrawn at {format_moment(post.withdrawn_at)}."
    elif post.began_at:
        ended = f" and ended at {format_moment(post.ended_at)}" if post.ended_at else ""
        yield f"Access is recorded to have begun at {format_moment(post.began_at)}{ended}."
        if post.began_at < post.granted_at:
            yield f"It was granted at {format_moment(post.granted_at)}, after it had begun."
        if post.period_begins_at and post.began_at < post.period_begins_at:
            yield "That is before the period."


def _count(number: int | None, one: str, many: str) -> str:
    if not number:
        return ""
    return f"one {one}" if number == 1 else f"{number} {many}"


def _hours(seconds: int) -> str:
    """Write less than two days in hours, as the law on pre-release access does, and more in whole days."""
    days, rest = divmod(seconds, DAY)
    if days > 1:
        return f"{'more than ' if rest else ''}{days} days"
    if not days:
        return describe_duration(seconds)
    hours, rest = divmod(rest, HOUR)
    return f"{24 + hours} hours{f' {describe_duration(rest)}' if rest else ''}"


def _either(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} or {last}" if most else last


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def sentence(text: str) -> str:
    """Return a text as a sentence with a capital and one full stop; "" if it is empty."""
    text = _one_line(text)
    return f"{_capital(text)}{'' if text.endswith(('?', '!')) else '.'}" if text else ""


_NEVER_NAMES = frozenset(
    {
        *("A", "An", "The", "Some", "Two", "Three", "On", "In", "At", "From", "No", "Nothing"),
        *("It", "We", "They", "This", "These", "There"),
    }
)


def within_sentence(text: str) -> str:
    """Write a text within a sentence: a first word that is surely not a name begins with a small letter."""
    first, space, rest = text.partition(" ")
    return f"{first.lower()}{space}{rest}" if first in _NEVER_NAMES else text

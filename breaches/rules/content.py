"""The content of a breach report, its JSON form, and its missing, impossible and unusual values."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import SequenceMatcher, get_close_matches
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from breaches.rules.answers import (
    MOMENTS,
    NO_ANSWERS,
    SHORT_LABELS,
    Answers,
    Question,
    find_contradictions,
    may_be_in_future,
)
from breaches.rules.lifecycle import AttachmentKind, ReportKind, ReportTerm
from releases.rules.calendar import format_day, local_date
from releases.rules.canonical import digest_json, read_dataclass


@dataclass(frozen=True, slots=True)
class AnnexCheck:
    """One check, with the times at which it was sent and answered (aware). `showed` is the result in words."""

    sent_at: datetime
    answered_at: datetime
    showed: str


@dataclass(frozen=True, slots=True)
class AnnexPart:
    """The record of one address of an output. The address is that of a page or an attachment.

    The address became visible after `last_not_live_at` and at or before `first_live_at`. `delay` has the same two
    bounds in seconds after the announced time. A bound before the announced time is negative. If the delay still grows,
    the second bound is None. If the checks do not show the delay, `delay` is None.

    `looks` are the checks around the change, in order. `not_listed` is the number of all other checks. If the part has
    a name, `after` says in words how long after the first part it was published.

    If the part may be published later than the other parts, `follows_until` is the end of the period in which it may
    follow, and `limit_at` is the same instant plus the tolerance.

    `clock_bound_seconds` is how wrong our clock may have been at the checks at `last_not_live_at` and `first_live_at`.
    It is None if it is not stored: annexes until 3 December 2026 do not have it.
    """

    name: str
    outcome: str
    last_not_live_at: datetime | None
    first_live_at: datetime | None
    delay: tuple[float, float | None] | None
    looks: tuple[AnnexCheck, ...]
    not_listed: int
    after: str = ""
    follows_until: datetime | None = None
    limit_at: datetime | None = None
    clock_bound_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AnnexPicture:
    """A screenshot of the page of an output.

    `moment` says in words which moment the screenshot shows. The page was requested at `requested_at`, and the picture
    was taken at `pictured_at` (both aware).
    """

    moment: str
    requested_at: datetime
    pictured_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class AnnexOutput:
    """One output in the annex. `due_at` is the announced time, and `limit_at` is the end of the tolerance.

    `publisher_at` is the time of publication according to the publisher's own system. It is not an observation.
    `publisher_source` says in words where this time comes from. `notes` explain how reliable the times are.
    """

    title: str
    due_at: datetime
    limit_at: datetime
    publisher_at: datetime | None
    publisher_source: str
    parts: tuple[AnnexPart, ...]
    notes: tuple[str, ...] = ()
    pictures: tuple[AnnexPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnexAttachment:
    """A file that the office holds as evidence. `size` is in bytes, and `added_at` is aware."""

    name: str
    kind: AttachmentKind
    size: int
    sha256: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class AnnexPost:
    """One entry of a pre-release access list, without the name of the person. `period` is in words."""

    post: str
    organisation: str
    period: str


@dataclass(frozen=True, slots=True)
class AnnexAccessList:
    """The complete pre-release access list of a release, including withdrawn entries."""

    release_title: str
    posts: tuple[AnnexPost, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """The check results of each output of a report, and the files that people attached as evidence.

    `access_list` is the pre-release access list from which the report was started, if any.
    """

    outputs: tuple[AnnexOutput, ...]
    attachments: tuple[AnnexAttachment, ...] = ()
    access_list: AnnexAccessList | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A corrective action that a person plans. `owner` is a post."""

    text: str
    term: ReportTerm
    owner: str
    due: date | None = None

    @property
    def printed(self) -> str:
        """The line about this action in the printed report."""
        due = f" Due: {format_day(self.due)}." if self.due else ""
        return f"- {' '.join(self.text.split()).rstrip('.')}. Owner: {self.owner.rstrip('.')}.{due}"


@dataclass(frozen=True, slots=True)
class Output:
    """One statistical output that the breach is about."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """A person or team named in the form. Later changes of the contact on record do not change the form."""

    name: str
    email: str = ""
    telephone: str = ""
    is_team: bool = False


@dataclass(frozen=True, slots=True)
class CitedPractice:
    """A practice, principle or standard of the Code that a report cites. `edition` is the edition of the Code.

    If `confirmed` is true, `text` is the wording of the Code, and a person has compared it with the Code. Otherwise
    `text` is the title of the principle, or empty if the principle has no title. This way, wording is never printed
    before a person has confirmed it.

    If a report has several dates of occurrence, `on` is the date for which the practice is cited. It is None if the
    practice is cited for all dates.
    """

    edition: str
    code: str
    principle: str
    text: str
    confirmed: bool
    on: date | None = None

    @property
    def name(self) -> str:
        """The number of the practice.

        Examples: "Trustworthiness: T3.6" and "Standard 3 (Be transparent), practice 3.6".
        """
        if not self.principle or self.code.startswith(self.principle):
            return self.code
        if self.principle.startswith(self.code):
            return self.principle
        if self.principle.startswith("Standard "):
            return f"{self.principle}, practice {self.code}"
        return f"{self.principle}: {self.code}"

    @property
    def citation(self) -> str:
        """The number of the practice and its text.

        The text is the wording of the Code if a person has confirmed it. Otherwise the text is the title of the
        principle, if it has one.
        """
        if not self.text:
            return self.name
        return f"{self.name} - {self.text}" if self.confirmed else f"{self.name} ({self.text})"

    @property
    def for_date(self) -> str:
        """The end of a citation for one date, such as ", for 3 June 2020", or "" if the citation is for all dates."""
        return f", for {format_day(self.on)}" if self.on else ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the printed timeline.

    `at` is the time of the event (aware). `source` is the key of the entry from which the line was copied.
    """

    at: datetime
    text: str
    source: str

    @property
    def is_on_record(self) -> bool:
        """Whether the entry comes from the record rather than from a person's note or statement."""
        return self.source.startswith(("verdict-", "suspicion-", "decision-", "departure-"))


def sort_entries(entries: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """Sort entries by the time of the event, not by the time at which they were written."""
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.source)))


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The fields of the form. Free text is plain text, with blank lines between paragraphs.

    `answers` are not printed. The circumstances are written from the answers until a person edits the circumstances.

    `lead_official` is true if the form was approved with the label that also names a Lead Official. `annex` is the
    annex that was approved with the form, or that is printed with it.
    """

    outputs: tuple[Output, ...] = ()
    producers: tuple[str, ...] = ()
    dealing: ContactPerson | None = None
    head_of_profession: ContactPerson | None = None
    statement_url: str = ""
    report_date: date | None = None
    practices: tuple[CitedPractice, ...] = ()
    other_practices: str = ""
    occurred_on: tuple[date, ...] = ()
    circumstances: str = ""
    impact: str = ""
    corrective_actions: str = ""
    timeline: tuple[TimelineEntry, ...] = ()
    lead_official: bool = False
    annex: Annex | None = None
    answers: Answers = NO_ANSWERS

    @property
    def first_day(self) -> date | None:
        """The first day on which the breach occurred, or None.

        The report is counted in the period that contains this day.
        """
        return min(self.occurred_on, default=None)


# These fields are updated when the record changes. The other fields are copied from the record only once. For example,
# a contact stays as it was when the report was drafted.
FROM_FACTS = ("practices", "occurred_on", "circumstances")
# Fields that were added to `ReportContent` and `AnnexPart` later. If they are empty, they are omitted from the JSON, so
# that the digests of earlier content stay the same.
LATER_FIELDS = frozenset({"timeline", "lead_official", "annex", "answers"})
LATER_FIELDS_OF_PARTS = frozenset({"after", "follows_until", "limit_at", "clock_bound_seconds"})


def plain_json(value: Any) -> Any:
    """Convert a value to JSON types: dataclasses to objects, dates and instants (in UTC) to ISO 8601."""
    match value:
        case None | str() | int() | float():  # the most frequent first
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain_json(part) for part in value]
        case _ if is_dataclass(value):
            return {name: plain_json(getattr(value, name)) for name in _FIELD_NAMES[type(value)]}
        case _:
            return value


class _FieldNames(dict[type[Any], tuple[str, ...]]):
    """A cache that maps each dataclass to the names of its fields."""

    def __missing__(self, kind: type[Any]) -> tuple[str, ...]:
        self[kind] = tuple(field.name for field in fields(kind))
        return self[kind]


_FIELD_NAMES = _FieldNames()


def content_to_json(content: ReportContent) -> dict[str, Any]:
    """Convert a report's content to JSON types. `content_from_json` converts the result back to an equal value."""
    value = plain_json(content)
    # The date of a cited practice is also omitted if it is empty, in the same way as `LATER_FIELDS`.
    value["practices"] = [
        {name: part for name, part in practice.items() if part or name != "on"} for practice in value["practices"]
    ]
    value["answers"] = {
        question: {name: part for name, part in answer.items() if part not in ("", None)}
        for question, answer in value["answers"].items()
        if answer is not None
    }
    if value["annex"]:
        for later in ("attachments", "access_list"):
            if not value["annex"][later]:
                del value["annex"][later]
        for output in value["annex"]["outputs"]:
            if not output["pictures"]:
                del output["pictures"]
            output["parts"] = [
                {
                    name: part
                    for name, part in one.items()
                    if part not in ("", None) or name not in LATER_FIELDS_OF_PARTS
                }
                for one in output["parts"]
            ]
    return {name: part for name, part in value.items() if part or name not in LATER_FIELDS}


def content_from_json(value: dict[str, Any]) -> ReportContent:
    """Read a report's content from the result of `content_to_json`.

    :raises ValueError: if a field is missing or unknown, or has the wrong type. The message names the field.
    """
    names = {field.name for field in fields(ReportContent)}
    if odd_names := sorted((names ^ set(value)) - (LATER_FIELDS - set(value))):
        raise ValueError(f"The stored content has missing or unknown fields: {', '.join(odd_names)}.")
    content: ReportContent = read_dataclass(ReportContent, value, strict=True)
    return content


@dataclass(frozen=True, slots=True)
class ListedContent:
    """The part of a report's content that lists show: its outputs by title, and its practices by code."""

    titles: tuple[str, ...]
    practices: tuple[str, ...]
    occurred_on: tuple[date, ...]


def read_listed_content(value: Mapping[str, Any]) -> ListedContent:
    """Read what lists show from the result of `content_to_json`.

    Most of the time of a list would be needed to read and check the complete content of its reports.
    """
    return ListedContent(
        titles=tuple(output["title"] for output in value["outputs"]),
        practices=tuple(practice["code"] for practice in value["practices"]),
        occurred_on=tuple(map(date.fromisoformat, value["occurred_on"])),
    )


def without_approval(content: ReportContent) -> ReportContent:
    """Return the content for a new draft, without the fields that the approval has set."""
    return replace(content, report_date=None, lead_official=False, annex=None)


def content_digest(content: ReportContent) -> str:
    """Return the SHA-256 of a report's content in its canonical form, as 64 hexadecimal digits.

    An approval stores this digest, so that any later change of the content is noticed.
    """
    return digest_json(content_to_json(content))


def is_web_address(url: str) -> bool:
    """Return whether an address may be printed as a link: http or https, with a host, and without spaces."""
    if any(char.isspace() or not char.isprintable() for char in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:  # "http://[" and the like
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def merge_contents(contents: Sequence[ReportContent]) -> ReportContent:
    """Merge the contents of several reports, in their order.

    A field with a single value, such as the Head of Profession, gets the first value that is given. The date of the
    report stays empty, because the approval sets it. Timeline entries from the record are merged. Notes and statements
    of people are not merged, but stay in the timelines of the drafts.
    """
    return ReportContent(
        outputs=_each(output for content in contents for output in content.outputs),
        producers=_each(name for content in contents for name in content.producers),
        dealing=next((content.dealing for content in contents if content.dealing), None),
        head_of_profession=next(
            (content.head_of_profession for content in contents if content.head_of_profession), None
        ),
        statement_url=next((content.statement_url for content in contents if content.statement_url), ""),
        practices=_each(practice for content in contents for practice in content.practices),
        other_practices=join_texts(content.other_practices for content in contents),
        occurred_on=tuple(sorted({on for content in contents for on in content.occurred_on})),
        circumstances=join_texts(content.circumstances for content in contents),
        impact=join_texts(content.impact for content in contents),
        corrective_actions=join_texts(content.corrective_actions for content in contents),
        timeline=sort_entries({entry for content in contents for entry in content.timeline if entry.is_on_record}),
    )


def join_texts(given: Iterable[str]) -> str:
    """Join texts with blank lines between them. Duplicates and empty texts are left out."""
    return "\n\n".join(dict.fromkeys(text for text in given if text.strip()))


def _each[T](values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


# An address begins where a run of its characters begins, so that a long run without "@" is searched only once.
EMAIL_ADDRESS = re.compile(r"(?<![^\s<>()\[\]\",;:@])[^\s<>()\[\]\",;:@]+@[^\s<>()\[\]\",;:@]+\.[^\s<>()\[\]\",;:@.]+")
# A telephone number has at least nine digits, with separators. Dates, times and reference numbers have fewer digits.
TELEPHONE_NUMBER = re.compile(r"(?<![\w/.])(?:\+|\(?0)(?:[\s().-]*\d){8,14}(?!\w)")
# The length of a scheme is limited, so that a long word is searched only once.
WEB_ADDRESS = re.compile(r"(?:[a-z][a-z\d+.-]{0,30}://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]’”]", re.IGNORECASE)


NEEDED_IN_LOG = frozenset({"outputs", "producers", "occurred_on", "circumstances"})
LONG_AGO = timedelta(days=366)


class ReportSection(StrEnum):
    CORE_INFORMATION = "core_information"
    WHAT_HAPPENED = "what_happened"
    CIRCUMSTANCES = "circumstances"
    IMPACT = "impact"
    CORRECTIVE_ACTIONS = "corrective_actions"


# The sections of the published form. When a Head of Profession returns a report, they can comment on each section.
FORM_SECTIONS = tuple(section for section in ReportSection if section is not ReportSection.WHAT_HAPPENED)


def sections_of(*, asked: bool) -> tuple[ReportSection, ...]:
    """Return the sections that people complete.

    :param asked: whether people answer the questions of "What happened".
    """
    return tuple(ReportSection) if asked else FORM_SECTIONS


class Remark(NamedTuple):
    """One sentence about one field of `ReportContent`, for the error summary or the list of warnings."""

    section: ReportSection
    field: str
    sentence: str


def find_missing(content: ReportContent) -> tuple[Remark, ...]:
    """Return a remark for each missing value that is required to submit a report, in the order of the form.

    The date of the report is not required, because approval sets it. The Head of Profession is not required either,
    because published reports leave this row empty. `find_odd` warns if the Head of Profession is missing.
    """
    core, circumstances, person = ReportSection.CORE_INFORMATION, ReportSection.CIRCUMSTANCES, content.dealing
    is_reachable = person and person.name.strip() and (person.email.strip() or person.telephone.strip())
    reachable = "Give the name of the person dealing with the report, and an email address or a telephone number."
    actions = "Describe the corrective actions, taken or planned."
    needs = (
        (core, "outputs", "Give at least one statistical output.", content.outputs),
        (
            core,
            "outputs",
            "Give every statistical output its title.",
            all(one.title.strip() for one in content.outputs),
        ),
        (core, "producers", "Give the name of the producer organisation.", any(map(str.strip, content.producers))),
        (core, "dealing", reachable, is_reachable),
        (
            circumstances,
            "practices",
            "Choose the practice that was breached, or describe it.",
            content.practices or content.other_practices.strip(),
        ),
        (circumstances, "occurred_on", "Give the date of occurrence.", content.occurred_on),
        (circumstances, "circumstances", "Describe the circumstances of the breach.", content.circumstances.strip()),
        (ReportSection.IMPACT, "impact", "Describe the impact of the breach.", content.impact.strip()),
        (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", actions, content.corrective_actions.strip()),
    )
    return tuple(Remark(section, field, sentence) for section, field, sentence, is_given in needs if not is_given)


def find_impossible_answers(content: ReportContent, *, kind: ReportKind, now: datetime) -> tuple[Remark, ...]:
    """Return remarks about answers that must be corrected.

    An answer must not contradict another answer or contain an email address. An answer must not be in the future,
    unless `may_be_in_future` allows it.

    :param now: the current instant (aware).
    """
    remarks = []
    for question, answer in content.answers.given().items():
        is_future = answer.on and (answer.at > now if answer.at else answer.on > local_date(now))
        if is_future and not may_be_in_future(kind, question):
            remarks.append(remark_on(question, f"{SHORT_LABELS[question]} must not be in the future."))
        if EMAIL_ADDRESS.search(answer.words):
            sentence = f"‘{SHORT_LABELS[question]}’ must give posts and organisations, not email addresses."
            remarks.append(remark_on(question, sentence))
    remarks += [remark_on(question, sentence) for question, sentence in find_contradictions(content.answers)]
    return tuple(remarks)


def remark_on(question: Question, sentence: str) -> Remark:
    """Return a remark about the form field of a question."""
    return Remark(ReportSection.WHAT_HAPPENED, f"{question}_on" if question in MOMENTS else question.value, sentence)


def find_named_people(content: ReportContent, names: Sequence[str]) -> tuple[Remark, ...]:
    """Return a remark for each answer that names a person on the pre-release access list.

    :param names: the names of the people on the list.
    """
    return tuple(
        remark_on(
            question, f"‘{SHORT_LABELS[question]}’ must give a post, not a person on the pre-release access list."
        )
        for question, answer in content.answers.given().items()
        if has_name(answer.words, names)
    )


def has_name(text: str, names: Sequence[str]) -> bool:
    patterns = (rf"(?<!\w){re.escape(name.strip())}(?!\w)" for name in names if name.strip())
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def find_missing_for_log(content: ReportContent) -> tuple[Remark, ...]:
    """Return a remark for each missing value that is required to record a breach in the breach log only.

    The log needs the outputs, the producers, the day and the circumstances. Impact and corrective actions are only
    needed for the form that is sent to the Office for Statistics Regulation.
    """
    return tuple(remark for remark in find_missing(content) if remark.field in NEEDED_IN_LOG)


def follow_answered_day(content: ReportContent, *, was: ReportContent) -> ReportContent:
    """Return the content with its date of occurrence updated from a new answer.

    If the answer about when the breach happened has a new day, this day becomes the date of occurrence. If the content
    has several dates, the new day replaces only the day of the earlier answer.

    :param was: the content before the answers were changed.
    """
    before, now = was.answers.happened, content.answers.happened
    if now is None or now.on is None or now == before or now.on in content.occurred_on:
        return content
    if len(content.occurred_on) <= 1:
        return replace(content, occurred_on=(now.on,))
    others = {on for on in content.occurred_on if before is None or on != before.on}
    if len(others) == len(content.occurred_on):
        return content
    return replace(content, occurred_on=tuple(sorted({*others, now.on})))


def find_impossible(content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """Return remarks about dates of occurrence that are not allowed.

    A date must not be in the future. The dates must include the day given under "What happened".

    :param today: the current day in London.
    """
    sentences = [
        f"The date of occurrence, {format_day(occurred)}, is in the future."
        for occurred in content.occurred_on
        if occurred > today
    ]
    happened = content.answers.happened
    if happened and happened.on and content.occurred_on and happened.on not in content.occurred_on:
        sentences.append(
            f"‘Date of occurrence of breach’ must include {format_day(happened.on)}, the day given under "
            "‘What happened’. If that day is wrong, change it there."
        )
    return tuple(Remark(ReportSection.CIRCUMSTANCES, "occurred_on", sentence) for sentence in sentences)


def find_odd(content: ReportContent, *, today: date, withheld: Collection[str] = ()) -> tuple[Remark, ...]:
    """Return warnings about values that are allowed, but may be wrong or missing.

    :param today: the current day in London.
    :param withheld: the titles of outputs whose addresses are left out because the addresses are not public yet.
    """
    return (
        *_odd_in_core(content, today, withheld),
        *_odd_in_answers(content.answers),
        *_odd_in_circumstances(content, today),
        *_contact_details(content),
    )


def _odd_in_answers(answers: Answers) -> Iterator[Remark]:
    """Yield a warning for each answer "not yet", and a warning if the answers give more posts than people.

    The answer "not yet" may have become untrue since it was given.
    """
    people, posts = (one and one.number for one in (answers.people, answers.posts))
    if people and posts and posts > people:
        sentence = f"The answers give more posts ({posts}) than people ({people}). Check both numbers."
        yield remark_on(Question.POSTS, sentence)
    for question, answer in answers.given().items():
        if answer.why_not_yet:
            sentence = (
                "The report says that the breach is not contained or corrected yet. Check that this is still true."
            )
            yield remark_on(question, sentence)


def _odd_in_core(content: ReportContent, today: date, withheld: Collection[str]) -> Iterator[Remark]:
    core = ReportSection.CORE_INFORMATION
    for output in content.outputs:
        if not is_web_address(output.url) and (output.url or output.title not in withheld):
            sentence = f"The output ‘{output.title}’ has no web address, so it is printed without a link."
            yield Remark(core, "outputs", sentence)
    if content.dealing and content.dealing.is_team:
        yield Remark(core, "dealing", "A team is named in place of the person dealing with the report.")
    if not content.head_of_profession or not content.head_of_profession.name.strip():
        yield Remark(core, "head_of_profession", "No Head of Profession for Statistics is named.")
    if content.statement_url and not is_web_address(content.statement_url):
        yield Remark(core, "statement_url", "The link to the published statement is not a web address.")
    if content.report_date and content.report_date > today:
        sentence = f"The date of the report, {format_day(content.report_date)}, is in the future."
        yield Remark(core, "report_date", sentence)


def _odd_in_circumstances(content: ReportContent, today: date) -> Iterator[Remark]:
    section = ReportSection.CIRCUMSTANCES
    if content.other_practices.strip() and not content.practices:
        yield Remark(section, "practices", "No practice is chosen from the list of the Code.")
    if len(editions := sorted({practice.edition for practice in content.practices})) > 1:
        yield Remark(section, "practices", f"Practices of different editions are cited: {', '.join(editions)}.")
    for occurred in content.occurred_on:
        if content.report_date and occurred > content.report_date:
            sentence = (
                f"The date of occurrence, {format_day(occurred)}, is after the date of the report, "
                f"{format_day(content.report_date)}."
            )
            yield Remark(section, "occurred_on", sentence)
        if today - occurred > LONG_AGO:
            sentence = f"The date of occurrence, {format_day(occurred)}, is more than a year ago: check the year."
            yield Remark(section, "occurred_on", sentence)


def _contact_details(content: ReportContent) -> Iterator[Remark]:
    """Yield a warning for each text with contact details, because they cannot be removed from an approved document."""
    circumstances = ReportSection.CIRCUMSTANCES
    for section, field, name, text in (
        (circumstances, "other_practices", "Other principles or practices", content.other_practices),
        (circumstances, "circumstances", "Circumstances of breach", content.circumstances),
        (circumstances, "timeline", "Timeline", "\n".join(entry.text for entry in content.timeline)),
        (ReportSection.IMPACT, "impact", "Impact of the breach", content.impact),
        (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", "Corrective actions", content.corrective_actions),
    ):
        # Digits inside a web address are not a telephone number.
        is_found = {
            "an email address": EMAIL_ADDRESS.search(text),
            "a telephone number": TELEPHONE_NUMBER.search(WEB_ADDRESS.sub(" ", text)),
        }
        if found := " and ".join(kind for kind, where in is_found.items() if where):
            sentence = (
                f"‘{name}’ contains {found}. This will be printed in the document, and an approved document cannot be "
                "changed."
            )
            yield Remark(section, field, sentence)


_WORDS = re.compile(r"\s+|[^\s]+")
# A sentence ends after a full stop and a space, or with its line.
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]\s)(?=\S)|(?<=\n)(?=\S)")
# Two sentences with a smaller share of common words are different sentences. If they were compared word by word, words
# such as "the" would be all that they share, and no one could read the result.
_LEAST_SIMILARITY = 0.6


class WordChange(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


class WordPiece(NamedTuple):
    change: WordChange
    text: str


def compare_texts(before: str, after: str) -> tuple[WordPiece, ...]:
    """Split two texts into the parts that they share, the parts only in `before`, and the parts only in `after`.

    Similar sentences are compared word by word. All other sentences are removed or added as a whole. The parts are in
    reading order.
    """
    old, new = _BETWEEN_SENTENCES.split(before), _BETWEEN_SENTENCES.split(after)
    pieces: list[WordPiece] = []
    for tag, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(WordPiece(WordChange.SAME, "".join(old[begin:end])))
        else:
            pieces += _compare_sentences(old[begin:end], new[new_begin:new_end])
    return tuple(
        WordPiece(change, "".join(piece.text for piece in run))
        for change, run in groupby(filter(itemgetter(1), pieces), key=itemgetter(0))
    )


def _compare_sentences(old: Sequence[str], new: Iterable[str]) -> Iterator[WordPiece]:
    """Compare each new sentence with the most similar old sentence after the one before."""
    came: list[str] = []
    for sentence in new:
        words = [one.split() for one in old]
        similar = get_close_matches(sentence.split(), words, n=1, cutoff=_LEAST_SIMILARITY)
        if not similar:
            came.append(sentence)
            continue
        place = words.index(list(similar[0]))
        yield from (WordPiece(WordChange.GONE, "".join(old[:place])), WordPiece(WordChange.NEW, "".join(came)))
        yield from _compare_words(old[place], sentence)
        old, came = old[place + 1 :], []
    yield from (WordPiece(WordChange.GONE, "".join(old)), WordPiece(WordChange.NEW, "".join(came)))


def _compare_words(before: str, after: str) -> Iterator[WordPiece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    # A space alone is nothing that two sentences share.
    for tag, begin, end, new_begin, new_end in SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield WordPiece(WordChange.SAME, "".join(old[begin:end]))
        else:
            yield WordPiece(WordChange.GONE, "".join(old[begin:end]))
            yield WordPiece(WordChange.NEW, "".join(new[new_begin:new_end]))

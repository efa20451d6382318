"""Missing, impossible or unusual values in a report, and the differences between two texts."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from breaches.rules.content import ReportContent, is_web_address
from releases.rules.calendar import format_day

EMAIL_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]+@[^\s<>()\[\]\",;:@]+\.[^\s<>()\[\]\",;:@.]+")
# At least nine digits, with separators. Dates, times and reference numbers have fewer digits in a row.
TELEPHONE_NUMBER = re.compile(r"(?<![\w/.])(?:\+|\(?0)(?:[\s().-]*\d){8,14}(?!\w)")
WEB_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]’”]", re.IGNORECASE)


def find_contact_details(text: str) -> str:
    """Describe the contact details in a text, such as "an e-mail address and a telephone number", or return "".

    Digits inside a web address are not a telephone number.
    """
    found = (
        ("an e-mail address", EMAIL_ADDRESS.search(text)),
        ("a telephone number", TELEPHONE_NUMBER.search(WEB_ADDRESS.sub(" ", text))),
    )
    return " and ".join(name for name, where in found if where)


NEEDED_IN_LOG = frozenset({"outputs", "producers", "occurred_on", "circumstances"})
LONG_AGO = timedelta(days=366)


class ReportSection(StrEnum):
    CORE_INFORMATION = "core_information"
    CIRCUMSTANCES = "circumstances"
    IMPACT = "impact"
    CORRECTIVE_ACTIONS = "corrective_actions"


class Remark(NamedTuple):
    """One sentence about one field of `ReportContent`, for the error summary or the list of warnings."""

    section: ReportSection
    field: str
    sentence: str


def find_missing(content: ReportContent) -> tuple[Remark, ...]:
    """List what still has to be written before a report can be submitted, in the form's order.

    The date of the report is not required, because approval sets it. The Head of Profession is not required either,
    because published reports leave that row empty (`find_odd` warns about it).
    """
    core, circumstances, person = ReportSection.CORE_INFORMATION, ReportSection.CIRCUMSTANCES, content.dealing
    is_reachable = person and person.name.strip() and (person.email.strip() or person.telephone.strip())
    reachable = "Give the name of the person dealing with the report, and an e-mail address or a telephone number."
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


def find_missing_for_log(content: ReportContent) -> tuple[Remark, ...]:
    """List what still has to be written before a breach can be recorded in the office's own log only.

    The log needs the statistics, the day and the circumstances. Impact and actions are only needed for the form that is
    sent to the Office for Statistics Regulation.
    """
    return tuple(remark for remark in find_missing(content) if remark.field in NEEDED_IN_LOG)


def find_impossible(content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List values that cannot be true on `today` (London) and are refused, such as a day in the future."""
    sentences = (
        f"The date of occurrence, {format_day(occurred)}, is in the future."
        for occurred in content.occurred_on
        if occurred > today
    )
    return tuple(Remark(ReportSection.CIRCUMSTANCES, "occurred_on", sentence) for sentence in sentences)


def find_odd(content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List values that are unusual on `today` (London) but are not refused."""
    return (*_odd_in_core(content, today), *_odd_in_circumstances(content, today), *_contact_details(content))


def _odd_in_core(content: ReportContent, today: date) -> Iterator[Remark]:
    core = ReportSection.CORE_INFORMATION
    for output in content.outputs:
        if not is_web_address(output.url):
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
    """List the free texts that contain contact details, because an approved document is printed unchanged."""
    circumstances = ReportSection.CIRCUMSTANCES
    for section, field, name, text in (
        (circumstances, "other_practices", "Other principles or practices", content.other_practices),
        (circumstances, "circumstances", "Circumstances of breach", content.circumstances),
        (circumstances, "timeline", "Timeline", "\n".join(entry.text for entry in content.timeline)),
        (ReportSection.IMPACT, "impact", "Impact of the breach", content.impact),
        (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", "Corrective actions", content.corrective_actions),
    ):
        if found := find_contact_details(text):
            sentence = f"‘{name}’ holds {found}, which the document prints, and an approved document is never altered."
            yield Remark(section, field, sentence)


_WORDS = re.compile(r"\s+|[^\s]+")


class WordChange(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


class WordPiece(NamedTuple):
    change: WordChange
    text: str


def compare_words(before: str, after: str) -> tuple[WordPiece, ...]:
    """Split two texts into common parts and parts of only the earlier or only the later text, in reading order."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[WordPiece] = []
    for _, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[begin:end]), "".join(new[new_begin:new_end])
        if gone == came:
            pieces.append(WordPiece(WordChange.SAME, gone))
            continue
        pieces += [piece for piece in (WordPiece(WordChange.GONE, gone), WordPiece(WordChange.NEW, came)) if piece.text]
    return tuple(pieces)

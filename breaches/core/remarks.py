"""What is missing from a report, what is impossible in it, and what is merely odd."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from breaches.core.content import Person, ReportContent, is_web_address
from breaches.core.reaching_people import reaching
from releases.rules.london import format_day

NEEDED_IN_LOG = frozenset({"outputs", "producers", "occurred_on", "circumstances"})
LONG_AGO = timedelta(days=366)


class Section(StrEnum):
    """The four sections of the form, in its order."""

    CORE_INFORMATION = "core_information"
    CIRCUMSTANCES = "circumstances"
    IMPACT = "impact"
    CORRECTIVE_ACTIONS = "corrective_actions"


class Remark(NamedTuple):
    """One sentence about one field of `ReportContent`, for the error summary or the list of warnings."""

    section: Section
    field: str
    sentence: str


def missing(content: ReportContent) -> tuple[Remark, ...]:
    """List what still has to be written before a report can be submitted, in the form's order.

    The date of the report is not among it, because approval sets it; nor is the Head of Profession, because
    published reports leave that row empty (`odd` warns about it).
    """
    return tuple(
        Remark(section, field, sentence)
        for section, field, sentence, absent in (
            (Section.CORE_INFORMATION, "outputs", "Give at least one statistical output.", not content.outputs),
            (
                Section.CORE_INFORMATION,
                "outputs",
                "Give every statistical output its title.",
                not all(output.title.strip() for output in content.outputs),
            ),
            (
                Section.CORE_INFORMATION,
                "producers",
                "Give the name of the producer organisation.",
                not any(name.strip() for name in content.producers),
            ),
            (
                Section.CORE_INFORMATION,
                "dealing",
                "Give the name of the person dealing with the report, and an e-mail address or a telephone number.",
                not _reachable(content.dealing),
            ),
            (
                Section.CIRCUMSTANCES,
                "practices",
                "Choose the practice that was breached, or describe it.",
                not content.practices and not content.other_practices.strip(),
            ),
            (Section.CIRCUMSTANCES, "occurred_on", "Give the date of occurrence.", not content.occurred_on),
            (
                Section.CIRCUMSTANCES,
                "circumstances",
                "Describe the circumstances of the breach.",
                not content.circumstances.strip(),
            ),
            (Section.IMPACT, "impact", "Describe the impact of the breach.", not content.impact.strip()),
            (
                Section.CORRECTIVE_ACTIONS,
                "corrective_actions",
                "Describe the corrective actions, taken or planned.",
                not content.corrective_actions.strip(),
            ),
        )
        if absent
    )


def missing_for_log(content: ReportContent) -> tuple[Remark, ...]:
    """List what still has to be written before a breach can be kept in the office's own log, in the form's order.

    A note for the log says what happened to which statistics and when; who was affected and what is done about it is
    for the form that goes to the Office for Statistics Regulation.
    """
    return tuple(remark for remark in missing(content) if remark.field in NEEDED_IN_LOG)


def impossible(content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List what cannot be true on `today` (London's date) and must be refused.

    A breach that has not happened yet cannot be reported. What people really do write, such as a report dated
    before the breach, is only `odd`.
    """
    return tuple(
        Remark(
            Section.CIRCUMSTANCES,
            "occurred_on",
            f"The date of occurrence, {format_day(occurred)}, is in the future.",
        )
        for occurred in content.occurred_on
        if occurred > today
    )


def odd(content: ReportContent, *, today: date) -> tuple[Remark, ...]:
    """List what is unusual and worth a second look on `today` (London's date), but not refused."""
    return (*_odd_in_core(content, today), *_odd_in_circumstances(content, today), *_personal(content))


def _odd_in_core(content: ReportContent, today: date) -> Iterator[Remark]:
    core = Section.CORE_INFORMATION
    for output in content.outputs:
        if not is_web_address(output.url):
            yield Remark(
                core, "outputs", f"The output ‘{output.title}’ has no web address, so it is printed without a link."
            )
    if content.dealing and content.dealing.is_team:
        yield Remark(core, "dealing", "A team is named in place of the person dealing with the report.")
    if not content.head_of_profession or not content.head_of_profession.name.strip():
        yield Remark(core, "head_of_profession", "No Head of Profession for Statistics is named.")
    if content.statement_url and not is_web_address(content.statement_url):
        yield Remark(core, "statement_url", "The link to the published statement is not a web address.")
    if content.report_date and content.report_date > today:
        yield Remark(
            core, "report_date", f"The date of the report, {format_day(content.report_date)}, is in the future."
        )


def _odd_in_circumstances(content: ReportContent, today: date) -> Iterator[Remark]:
    section = Section.CIRCUMSTANCES
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


def _personal(content: ReportContent) -> Iterator[Remark]:
    """Say which free texts reach a person: what is approved is printed as it is, and stays."""
    circumstances = Section.CIRCUMSTANCES
    for section, field, name, text in (
        (circumstances, "other_practices", "Other principles or practices", content.other_practices),
        (circumstances, "circumstances", "Circumstances of breach", content.circumstances),
        (circumstances, "timeline", "Timeline", "\n".join(entry.text for entry in content.timeline)),
        (Section.IMPACT, "impact", "Impact of the breach", content.impact),
        (Section.CORRECTIVE_ACTIONS, "corrective_actions", "Corrective actions", content.corrective_actions),
    ):
        if found := reaching(text):
            sentence = f"‘{name}’ holds {found}, which the document prints, and an approved document is never altered."
            yield Remark(section, field, sentence)


def _reachable(person: Person | None) -> bool:
    return bool(person and person.name.strip() and (person.email.strip() or person.telephone.strip()))

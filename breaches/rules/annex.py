"""The annex of a report: which recorded facts it shows, laid out for the page and for print."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from breaches.rules.chart import Chart, interval_chart
from breaches.rules.content import Annex, AnnexCheck, AnnexOutput, AnnexPart
from breaches.rules.delay import delay_in_figures, round_down, round_up, time_in_words
from breaches.rules.facts import AddressFacts, CheckFact, Facts, facts_in_order
from breaches.rules.narrative import describe_caches, describe_checks, describe_clock_error, describe_gaps, output_names
from releases.detection.finding import AddressRole, Source
from releases.rules.london import format_day, format_time, format_time_with_seconds, local_date
from releases.verdict.address import Outcome

# Marks that reverse or embed the direction of what follows could make a printed address look like another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Return a text with control characters made spaces and marks that turn its direction left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if char != "\n" and unicodedata.category(char) in {"Cc", "Cs"} else char
        for char in lines
        if char not in DIRECTION_MARKS
    )


BEFORE, AFTER = 4, 3
"""How many looks are told before the first that found the release, and from it on."""
# Kept with the annex, so that one approved by another rule never claims this one.
RULE = (
    "Of many looks those are listed that tell of a change: the last four before the first that found it and three from "
    "that on, or the last four where none found it; the last before and the first from the announced time on, and "
    "likewise of the limit; the last that did not find it; and where it was gone again, the first that showed this and "
    "the first that found it again."
)
OWN_TEXT = "The report’s text stands as a person edited it or decided on it: this annex may tell of later looks."

OUTCOMES = {
    Outcome.ON_TIME: "Seen in time",
    Outcome.EARLY: "Seen before the announced time",
    Outcome.LATE: "First seen after the limit",
    Outcome.NOT_SEEN: "Not seen",
    Outcome.UNCERTAIN: "The looks do not show whether it was there in time",
    Outcome.CANNOT_TELL: "The looks do not show whether it was there in time",
    Outcome.PENDING: "The check had not ended",
}
SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "by the time for which it was scheduled and the delay that the system recorded",
    Source.CHANGE_HISTORY: "by the public history of the page",
    Source.PUBLIC_UPDATED_AT: "the last public update of the page, which moves with every update",
}


def annex_of(all_facts: Iterable[Facts], *, own_text: bool = False) -> Annex:
    """Tell for each output what is on record of its looks, in the order of what is given.

    :param own_text: whether a person's text stands before the annex, which does not follow the record.
    """
    return Annex(tuple(_output(facts, own_text=own_text) for facts in all_facts))


def _output(facts: Facts, *, own_text: bool) -> AnnexOutput:
    told = facts.publisher_time
    parts = tuple(_part(facts, address) for address in facts.addresses)
    rule = [RULE] if any(part.not_listed for part in parts) else []
    beside = [OWN_TEXT] if own_text else []
    return AnnexOutput(
        title=facts.release_title,
        due_at=facts.due_at,
        limit_at=facts.limit_at,
        publisher_at=told.at if told else None,
        publisher_source=SOURCES[told.source] if told else "",
        parts=parts,
        notes=(*describe_clock_error(facts), *describe_gaps(facts), *describe_caches(facts), *rule, *beside),
    )


def _part(facts: Facts, address: AddressFacts) -> AnnexPart:
    verdict, told = address.verdict, checks_around_change(facts, address)
    name = "Page" if address.role is AddressRole.PAGE else output_names(facts, address)[1]
    return AnnexPart(
        name=name,
        outcome=OUTCOMES[verdict.outcome],
        last_not_live_at=verdict.last_not_live_at,
        first_live_at=verdict.first_live_at,
        delay=(verdict.delay.from_seconds, verdict.delay.to_seconds) if verdict.delay else None,
        looks=tuple(_look(look) for look in told),
        not_listed=len(address.looks) + address.repetitions - len(told),
    )


def checks_around_change(facts: Facts, address: AddressFacts) -> list[CheckFact]:
    """Choose the looks that tell of a change, in order: the first that found the release, with some on either side.

    Told besides are the last that did not find it, the last that counts as made before the announced time and the first
    from it on, the same two of the limit, and the first that did not find it any more and the first that found it
    again. Where nothing was found, the last looks are told. `RULE` says so to readers.
    """
    looks, verdict = facts_in_order(address), address.verdict
    change = next(
        (place for place, look in enumerate(looks) if look.sighting.completed_at == verdict.first_live_at), len(looks)
    )
    chosen = set(range(max(0, change - BEFORE), min(len(looks), change + AFTER)))
    for instant in (facts.due_at, facts.limit_at):
        chosen.update([place for place, look in enumerate(looks) if look.sighting.instant < instant][-1:])
        chosen.update([place for place, look in enumerate(looks) if look.sighting.instant >= instant][:1])
    absent = (place for place, look in enumerate(looks) if look.sighting.sent_at == verdict.last_not_live_at)
    gone = (place for place, look in enumerate(looks) if look.sighting.sent_at == verdict.gone_again_at)
    back_at = verdict.flips[0].back_at if verdict.flips else None
    back = (place for place, look in enumerate(looks) if back_at and look.sighting.completed_at == back_at)
    for places in (absent, gone, back):
        chosen.update(place for place in [next(places, None)] if place is not None)
    return [looks[place] for place in sorted(chosen)]


def _look(look: CheckFact) -> AnnexCheck:
    saw = describe_checks(look)
    return AnnexCheck(look.sighting.sent_at, look.sighting.completed_at, f"{saw[:1].upper()}{saw[1:]}.")


HEADING = "Annex: what the automatic check recorded"
APPROVED = (
    "This annex was approved with the report and is part of it: the content’s SHA-256 stands for both. It was made "
    "from the looks for which the evidence’s SHA-256 stands. Both are printed at the foot of each page."
)
NOT_APPROVED = (
    "This annex shows what was on record when it was made, and so far nobody has approved it. The content’s SHA-256 "
    "that is printed with it at the foot of each page stands for the report with this annex."
)
HOW_TO_READ = (
    "Times are London time, as the clock of the check showed them: when a look was sent is rounded down to the second, "
    "and when it was answered up. A look shows what was there at one time. Nothing that was on a page is shown here."
)
OVERVIEW = ("Announced time", "Last seen not live", "First seen live")
# The columns of the table of looks.
SENT, ANSWERED, SHOWED = "Look sent", "Answered", "What it showed"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One look: sent, answered, and what it showed."""

    sent: str
    answered: str
    showed: str


@dataclass(frozen=True, slots=True)
class AnnexPartRow:
    """One address of an output: its summary as label and text, its picture, and the looks around the change."""

    heading: str
    summary: tuple[tuple[str, str], ...]
    chart: Chart
    looks: tuple[CheckRow, ...]
    not_listed: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnexLayout:
    """The annex as it is shown: its heading, what it belongs to, and its parts in order.

    `overview` has a row for each part, where there are several.
    """

    heading: str
    paragraphs: tuple[str, ...]
    parts: tuple[AnnexPartRow, ...]
    overview: tuple[tuple[str, str, str, str], ...] = ()
    columns: tuple[str, str, str] = (SENT, ANSWERED, SHOWED)
    overview_columns: tuple[str, str, str, str] = ("Output", *OVERVIEW)


def lay_out_annex(annex: Annex, *, approved: bool) -> AnnexLayout:
    """Lay an annex out.

    :param approved: the annex was approved with its report.
    """
    parts = tuple(
        _part_row(output, part, is_first=number == 0)
        for output in annex.outputs
        for number, part in enumerate(output.parts)
    )
    return AnnexLayout(
        heading=HEADING,
        paragraphs=(APPROVED if approved else NOT_APPROVED, HOW_TO_READ),
        parts=parts,
        overview=tuple(map(_in_overview, parts)) if len(parts) > 1 else (),
    )


def _in_overview(part: AnnexPartRow) -> tuple[str, str, str, str]:
    told = dict(part.summary)
    announced, last_absent, first_seen = (told[label] for label in OVERVIEW)
    return part.heading, announced, last_absent, first_seen


def _part_row(output: AnnexOutput, part: AnnexPart, *, is_first: bool) -> AnnexPartRow:
    due_at = output.due_at
    absent = (
        (part.last_not_live_at, _clock(round_down(part.last_not_live_at), due_at)) if part.last_not_live_at else None
    )
    seen = (part.first_live_at, _clock(_seen(part.first_live_at, due_at), due_at)) if part.first_live_at else None
    publisher = (output.publisher_at, _clock(round_down(output.publisher_at), due_at)) if output.publisher_at else None
    due, limit = (due_at, format_time(due_at)), (output.limit_at, time_in_words(output.limit_at, due_at=due_at))
    title = printable(output.title).replace("\n", " ").strip()
    announced, last_absent, first_seen = OVERVIEW
    rows = [
        (announced, f"{due[1]} on {format_day(due_at)}"),
        ("Limit: the announced time and the tolerance", limit[1]),
        ("Outcome of the check", part.outcome),
        (last_absent, absent[1] if absent else "No look shows this"),
        (first_seen, seen[1] if seen else "No look shows this"),
        ("It became visible", _became_visible(part.delay)),
    ]
    if is_first:
        figure = f"{publisher[1]}, {output.publisher_source}" if publisher else "Nothing on record"
        rows.append(("By the publisher’s own system (no observation)", figure))
    return AnnexPartRow(
        heading=title if len(output.parts) == 1 else f"{title}: {part.name[:1].lower()}{part.name[1:]}",
        summary=tuple(rows),
        chart=interval_chart(due=due, limit=limit, absent=absent, seen=seen, publisher=publisher if is_first else None),
        looks=tuple(_check_row(look, due_at) for look in part.looks),
        not_listed=_not_listed(part.not_listed),
        notes=output.notes if is_first else (),
    )


def _became_visible(delay: tuple[float, float | None] | None) -> str:
    if delay is None:
        return "The looks do not show when"
    lower, upper = delay
    if upper is None and lower < 1:
        return "Not yet at the announced time"
    if upper is None:
        return f"Not yet, {delay_in_figures(lower, None)} after the announced time"
    if upper < 0:
        return _sentence(f"{delay_in_figures(-upper, -lower)} before the announced time")
    return _sentence(f"{delay_in_figures(lower, upper)} after the announced time")


def _not_listed(number: int) -> str:
    if not number:
        return "These are all the looks on record."
    return f"{number} more {'look is' if number == 1 else 'looks are'} on record, and not listed here."


def _check_row(look: AnnexCheck, due_at: datetime) -> CheckRow:
    answered = _seen(look.answered_at, due_at)
    return CheckRow(_clock(round_down(look.sent_at), due_at), _clock(answered, due_at), look.showed)


def _seen(instant: datetime, due_at: datetime) -> datetime:
    # Rounding up may not carry what was seen before the announced time over it.
    return round_down(instant) if instant < due_at <= round_up(instant) else round_up(instant)


def _clock(instant: datetime, due_at: datetime) -> str:
    text = format_time_with_seconds(instant)
    return text if local_date(instant) == local_date(due_at) else f"{text} on {format_day(instant)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"

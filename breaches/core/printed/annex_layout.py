"""An annex laid out for the page and for print: what belongs to which output, in London's time."""

from dataclasses import dataclass
from datetime import datetime

from breaches.core.account.delay import delay_in_figures
from breaches.core.account.times import down, time_in_words, up
from breaches.core.annex import Annex, AnnexLook, AnnexOutput, AnnexPart
from breaches.core.printed.chart import Chart
from breaches.core.printed.interval_chart import interval_chart
from breaches.core.printed.printed_text import printable
from releases.rules.london import format_day, format_time, format_time_with_seconds, local_date

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
class LookShown:
    """One look: sent, answered, and what it showed."""

    sent: str
    answered: str
    showed: str


@dataclass(frozen=True, slots=True)
class PartShown:
    """One address of an output: its summary as label and text, its picture, and the looks around the change."""

    heading: str
    summary: tuple[tuple[str, str], ...]
    chart: Chart
    looks: tuple[LookShown, ...]
    not_listed: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnexShown:
    """The annex as it is shown: its heading, what it belongs to, and its parts in order.

    `overview` has a row for each part, where there are several.
    """

    heading: str
    paragraphs: tuple[str, ...]
    parts: tuple[PartShown, ...]
    overview: tuple[tuple[str, str, str, str], ...] = ()
    columns: tuple[str, str, str] = (SENT, ANSWERED, SHOWED)
    overview_columns: tuple[str, str, str, str] = ("Output", *OVERVIEW)


def shown(annex: Annex, *, approved: bool) -> AnnexShown:
    """Lay an annex out.

    :param approved: the annex was approved with its report.
    """
    parts = tuple(
        _part(output, part, is_first=number == 0)
        for output in annex.outputs
        for number, part in enumerate(output.parts)
    )
    return AnnexShown(
        heading=HEADING,
        paragraphs=(APPROVED if approved else NOT_APPROVED, HOW_TO_READ),
        parts=parts,
        overview=tuple(map(_in_overview, parts)) if len(parts) > 1 else (),
    )


def _in_overview(part: PartShown) -> tuple[str, str, str, str]:
    told = dict(part.summary)
    announced, last_absent, first_seen = (told[label] for label in OVERVIEW)
    return part.heading, announced, last_absent, first_seen


def _part(output: AnnexOutput, part: AnnexPart, *, is_first: bool) -> PartShown:
    due_at = output.due_at
    absent = (part.last_not_live_at, _clock(down(part.last_not_live_at), due_at)) if part.last_not_live_at else None
    seen = (part.first_live_at, _clock(_seen(part.first_live_at, due_at), due_at)) if part.first_live_at else None
    publisher = (output.publisher_at, _clock(down(output.publisher_at), due_at)) if output.publisher_at else None
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
    return PartShown(
        heading=title if len(output.parts) == 1 else f"{title}: {part.name[:1].lower()}{part.name[1:]}",
        summary=tuple(rows),
        chart=interval_chart(due=due, limit=limit, absent=absent, seen=seen, publisher=publisher if is_first else None),
        looks=tuple(_look(look, due_at) for look in part.looks),
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


def _look(look: AnnexLook, due_at: datetime) -> LookShown:
    answered = _seen(look.answered_at, due_at)
    return LookShown(_clock(down(look.sent_at), due_at), _clock(answered, due_at), look.showed)


def _seen(instant: datetime, due_at: datetime) -> datetime:
    # Rounding up may not carry what was seen before the announced time over it.
    return down(instant) if instant < due_at <= up(instant) else up(instant)


def _clock(instant: datetime, due_at: datetime) -> str:
    text = format_time_with_seconds(instant)
    return text if local_date(instant) == local_date(due_at) else f"{text} on {format_day(instant)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"

"""The annex of a report: check results, and charts that scale to any width."""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from textwrap import wrap

from breaches.rules.annex_notes import (
    CLOCK_ERROR,
    NAME_OF_ONLY_PAGE,
    SOURCES,
    describe_access_period,
    describe_caches,
    describe_clock_error,
    describe_gaps,
    describe_publication_statements,
    describe_publisher_times,
    describe_statements,
    describe_vantage_points,
    narrate_check,
    output_names,
)
from breaches.rules.content import (
    Annex,
    AnnexAccessList,
    AnnexAttachment,
    AnnexCheck,
    AnnexOutput,
    AnnexPart,
    AnnexPicture,
    AnnexPost,
)
from breaches.rules.facts import (
    PART_NOUNS,
    AddressFacts,
    CheckFact,
    Facts,
    PostAccess,
    delay_in_figures,
    describe_duration,
    round_down,
    round_up_before,
    time_in_words,
    with_capital,
)
from breaches.rules.lifecycle import AttachmentKind
from releases.detection.finding import Source
from releases.rules.calendar import (
    format_day,
    format_time,
    format_time_in_evidence,
    format_time_with_seconds,
    local_date,
)
from releases.rules.time_axis import AxisTick, TimeAxis, axis_around
from releases.verdict.address import Outcome
from releases.verdict.parts import PartLag, Spread, measure_spread

# The two colours that the Government Analysis Function recommends for charts with two categories.
COLOURS = ("#12436D", "#F46A25")
TEXT, THICK, GAP = 22, 14, 6


@dataclass(frozen=True, slots=True)
class ChartWords:
    """A line of text in a chart. `baseline` is the distance from the top of the chart in pixels. Headings are bold."""

    text: str
    baseline: int
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """One bar of a chart.

    `top` and `height` are in pixels. `left` and `width` are percentages of the chart's width. If `height` is 0, the bar
    is as high as `Chart.thick`.
    """

    top: int
    width: float
    colour: str
    left: float = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `height` is in pixels. `description` may be empty if the title is sufficient."""

    title: str
    description: str
    height: int
    words: Sequence[ChartWords]
    bars: Sequence[DrawnBar]
    thick: int = THICK
    ticks: Sequence[AxisTick] = ()
    axis: int = 0
    """The distance of the axis from the top in pixels, if there are ticks."""


LANE, SHADE = "#b1b4b6", "#c9d6e3"
LANE_HEIGHT = 2
# The number of characters that fit on a line of body text on a phone.
WIDTH = 34
AXIS_HEIGHT = 32


def draw_appearance(
    *,
    due_at: datetime,
    limit_at: datetime,
    absent_at: datetime | None,
    live_at: datetime | None,
    delay: tuple[float, float | None] | None,
    clock_bound: timedelta = timedelta(0),
    publisher_at: datetime | None = None,
) -> Chart:
    """Draw when an output appeared, in the interval that the text of the report gives.

    :param absent_at: when the last check that did not find the output was sent, by our clock.
    :param live_at: when the first check that found the output was answered, by our clock.
    :param delay: the bounds of the delay in seconds, which allow for the error of our clock, or None if the checks do
        not show the delay. The second bound is None if the delay still grows.
    :param clock_bound: how wrong our clock may have been. It is only used without a delay.
    """
    lower, upper = delay or (None, None)
    if absent_at:
        absent_at = absent_at - clock_bound if lower is None else due_at + timedelta(seconds=lower)
    if live_at:
        live_at = live_at + clock_bound if upper is None else due_at + timedelta(seconds=upper)
    return interval_chart(
        due=(due_at, format_time(due_at)),
        limit=(limit_at, time_in_words(limit_at, due_at=due_at)),
        absent=(absent_at, _clock(round_down(absent_at), due_at)) if absent_at else None,
        live=(live_at, _clock(round_up_before(live_at, due_at), due_at)) if live_at else None,
        publisher=(publisher_at, _clock(round_down(publisher_at), due_at)) if publisher_at else None,
    )


def interval_chart(
    *,
    due: tuple[datetime, str],
    limit: tuple[datetime, str],
    absent: tuple[datetime, str] | None,
    live: tuple[datetime, str] | None,
    publisher: tuple[datetime, str] | None = None,
) -> Chart:
    """Draw when an output was due, when it appeared, and the publisher's own time.

    The tolerance is shaded behind the bars. The text above each bar says what the bar shows, so that readers need not
    distinguish colours. The title gives the same information to screen readers. The texts give London times.

    Each parameter is an aware instant and its text.

    :param limit: the end of the tolerance.
    :param absent: the last check that did not find the output.
    :param live: the first check that found the output.
    :param publisher: the time of publication according to the publisher's own system.
    """
    instants = [instant for instant, _ in filter(None, (due, limit, absent, live, publisher))]
    axis = axis_around(instants)
    tolerance = f"On time (shaded): {due[1]} to {limit[1]}"
    lines: list[tuple[str, datetime, datetime, str]] = []
    if absent and live:
        appeared = f"Appeared: after {absent[1]} and by {live[1]}"
        lines.append((appeared, absent[0], live[0], COLOURS[1]))
    elif absent:
        # The bar shows how long the output was overdue. If the last check that did not find the output was before the
        # due time, the bar has no length.
        lines.append((f"Not live up to {absent[1]}", min(due[0], absent[0]), absent[0], COLOURS[1]))
    elif live:
        lines.append((f"First found live at {live[1]}, start not known", live[0], live[0], COLOURS[1]))
    if publisher:
        figure = f"The publisher’s own time (not our observation): {publisher[1]}"
        lines.append((figure, publisher[0], publisher[0], "#383f43"))
    words, bars = [ChartWords(line, TEXT * row - GAP) for row, line in enumerate(wrap(tolerance, WIDTH), start=1)], []
    top = TEXT * len(words) + GAP
    for text, from_, to, colour in lines:
        for line in wrap(text, WIDTH):
            words.append(ChartWords(line, top + TEXT - GAP))
            top += TEXT
        lane = top + (THICK - LANE_HEIGHT) // 2
        bars += [DrawnBar(lane, 100, LANE, height=LANE_HEIGHT), _bar(axis, top, from_, to, colour)]
        top += THICK + GAP
    axis_top = top + GAP
    # Shade the tolerance only behind the bars, because text on the shade is hard to read.
    rows = [bar.top for bar in bars[1::2]] or [top - THICK]
    shades = [_bar(axis, row, due[0], limit[0], SHADE, height=THICK + GAP) for row in rows]
    title = f"{'. '.join((tolerance, *(text for text, *_ in lines)))}."
    return Chart(title, "", axis_top + AXIS_HEIGHT, words, (*shades, *bars), ticks=axis.ticks, axis=axis_top)


def _bar(axis: TimeAxis, top: int, from_: datetime, to: datetime, colour: str, *, height: int = 0) -> DrawnBar:
    left, width = axis.span(from_, to)
    return DrawnBar(top, width, colour, left=left, height=height)


# Characters that change the direction of text. They could make a printed web address look like a different one.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Replace control characters with spaces, and remove characters that change the direction of text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if char != "\n" and unicodedata.category(char) in {"Cc", "Cs"} else char
        for char in lines
        if char not in DIRECTION_MARKS
    )


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ").strip()


# The annex lists `BEFORE` checks before the first live check. It also lists `AFTER` checks, starting with the first
# live check.
BEFORE, AFTER = 4, 3
# The rule is stored with each annex. If the rule is changed later, earlier annexes still state the rule that they
# followed.
RULE = (
    "We list the last four checks before the release was first found, the check that first found it, and the next two. "
    "If it was never found, we list the last four. We also list the checks just before and after the due time and the "
    "end of the tolerance, the last check that did not find the release and, if it disappeared, the first check that "
    "showed this and the first that found it again."
)
# Until 1 December 2026, annexes were stored with this text instead of `RULE`.
FORMER_RULE = (
    "We list only the checks around a change: the last four before the release was first found and the three from then "
    "on, or the last four if it was never found. We also list the checks just before and after the due time and the "
    "limit, the last check that did not find the release, and the first checks that showed it gone and back again."
)
LATER_CHECKS = "This annex may include checks made after the text of the report was written."
OWN_TEXT = f"A person wrote the text of the report. {LATER_CHECKS}"
EDITED_TEXT = f"A person edited the text of the report. {LATER_CHECKS}"
# Until 2 December 2026, annexes were stored with this sentence instead of `LATER_CHECKS`.
FORMER_LATER_CHECKS = "This annex may include later checks."

OUTCOMES = {
    Outcome.ON_TIME: "On time",
    Outcome.EARLY: "Early",
    Outcome.LATE: "Late",
    Outcome.NOT_SEEN: "Not live when last checked",
    Outcome.UNCERTAIN: "The checks do not show whether it was on time",
    Outcome.CANNOT_TELL: "The checks do not show whether it was on time",
    Outcome.PENDING: "Checks had not ended",
}
PUBLISHER_FIGURES = SOURCES | {
    Source.PUBLIC_UPDATED_AT: "the last public update of the page, which changes with every update",
}


def annex_of(
    all_facts: Iterable[Facts],
    *,
    pictures: Sequence[Sequence[AnnexPicture]] = (),
    attachments: Sequence[AnnexAttachment] = (),
    posts: Sequence[PostAccess] | None = None,
    posts_of: str = "",
    later_checks: str = "",
) -> Annex:
    """Build the annex from the facts about each output, the pre-release access list and the attachments.

    :param pictures: a list of screenshots for each output, in the same order as `all_facts`.
    :param posts: the posts on the pre-release access list, if the report was started from a list. Otherwise None.
    :param posts_of: the title of the release with this list.
    :param later_checks: a note that the annex may include later checks than the text, such as `OWN_TEXT`, or "".
    """
    outputs = zip_longest(all_facts, pictures, fillvalue=())
    return Annex(
        tuple(_output(facts, shown, later_checks=later_checks) for facts, shown in outputs if isinstance(facts, Facts)),
        tuple(attachments),
        None if posts is None else AnnexAccessList(posts_of, tuple(map(_annex_post, posts))),
    )


def _annex_post(access: PostAccess) -> AnnexPost:
    return AnnexPost(access.post, access.organisation, describe_access_period(access))


def _output(facts: Facts, pictures: Sequence[AnnexPicture], *, later_checks: str) -> AnnexOutput:
    published_at, source = facts.publisher_time or (None, None)
    after = _describe_lags(facts)
    parts = tuple(_part(facts, address, after=words) for address, words in zip(facts.addresses, after, strict=True))
    rule = [RULE] if any(part.not_listed for part in parts) else []
    notes = (
        *describe_clock_error(facts),
        *describe_gaps(facts),
        *describe_publisher_times(facts),
        *describe_publication_statements(facts),
        *describe_caches(facts),
        *describe_vantage_points(facts),
        *describe_statements(facts),
    )
    return AnnexOutput(
        title=facts.release_title,
        due_at=facts.due_at,
        limit_at=facts.limit_at,
        publisher_at=published_at,
        publisher_source=PUBLISHER_FIGURES[source] if source else "",
        parts=parts,
        notes=(*notes, *rule, *filter(None, [later_checks])),
        pictures=tuple(pictures),
    )


def _describe_lags(facts: Facts) -> list[str]:
    """Return a text for each address that says how long after the first part the address was published.

    The text is empty if the release is not published in parts, or if the address is not a part.
    """
    spread = measure_spread(facts.addresses)
    if spread is None:
        return [""] * len(facts.addresses)
    words = {id(one.part): _describe_lag(one, spread, facts) for one in spread.parts}
    return [words.get(id(address), "") for address in facts.addresses]


def _describe_lag(one: PartLag[AddressFacts], spread: Spread[AddressFacts], facts: Facts) -> str:
    if one.part is spread.first:
        return "This was the first part"
    if one.lag is None or spread.first is None:
        return "The checks do not show this"
    first = output_names(facts, spread.first)[0]
    if one.lag.from_seconds <= 0 and one.lag.to_seconds is not None:
        return f"Together with {first}, within {describe_duration(max(1, math.ceil(one.lag.to_seconds)))}"
    if one.lag.to_seconds is None and one.lag.from_seconds < 1:
        return f"Not yet when {first} was live"
    words = delay_in_figures(one.lag.from_seconds, one.lag.to_seconds)
    return f"Not yet, {words} after {first}" if one.lag.to_seconds is None else f"{with_capital(words)} after {first}"


def _part(facts: Facts, address: AddressFacts, *, after: str) -> AnnexPart:
    verdict, listed = address.verdict, checks_around_change(facts, address)
    name = output_names(facts, address)[0]
    return AnnexPart(
        name="Page" if name == NAME_OF_ONLY_PAGE else with_capital(name.removeprefix("the ")),
        outcome=OUTCOMES[verdict.outcome],
        last_not_live_at=verdict.last_not_live_at,
        first_live_at=verdict.first_live_at,
        delay=(verdict.delay.from_seconds, verdict.delay.to_seconds) if verdict.delay else None,
        looks=tuple(
            AnnexCheck(
                check.sighting.sent_at,
                check.sighting.completed_at,
                _one_line(f"{with_capital(narrate_check(check))}."),
            )
            for check in listed
        ),
        not_listed=len(address.checks) + address.repetitions - len(listed),
        after=after,
        follows_until=facts.due_at + address.may_follow if address.may_follow else None,
        limit_at=facts.limit_of(address) if address.may_follow else None,
        clock_bound_seconds=verdict.clock_bound.total_seconds(),
    )


def checks_around_change(facts: Facts, address: AddressFacts) -> list[CheckFact]:
    """Return the checks that the annex lists for an address, in order. `RULE` explains the choice to readers."""
    checks, verdict = address.checks_in_order(), address.verdict
    change = next(
        (place for place, check in enumerate(checks) if check.sighting.completed_at == verdict.first_live_at),
        len(checks),
    )
    chosen = set(range(max(0, change - BEFORE), min(len(checks), change + AFTER)))
    for instant in dict.fromkeys((facts.due_at, facts.limit_at, facts.limit_of(address))):
        chosen.update([place for place, check in enumerate(checks) if check.sighting.instant < instant][-1:])
        chosen.update([place for place, check in enumerate(checks) if check.sighting.instant >= instant][:1])
    absent = (place for place, check in enumerate(checks) if check.sighting.sent_at == verdict.last_not_live_at)
    gone = (place for place, check in enumerate(checks) if check.sighting.sent_at == verdict.gone_again_at)
    back_at = verdict.flips[0].back_at if verdict.flips else None
    back = (place for place, check in enumerate(checks) if back_at and check.sighting.completed_at == back_at)
    for places in (absent, gone, back):
        chosen.update(place for place in [next(places, None)] if place is not None)
    return [checks[place] for place in sorted(chosen)]


HEADING = "Annex: results of the automatic checks"
HEADING_OF_ACCESS_LIST = "Annex: pre-release access list"
HEADING_OF_ATTACHMENTS = "Annex: list of attachments"
APPROVED = "This annex was approved with the report and is part of it."
TO_APPROVE = "This annex is approved if you approve the report."
NOT_APPROVED = "This annex shows the record at the time it was made. It has not been approved."
HOW_TO_READ = (
    "Times are London time by our clock. The start of a check is rounded down to the second, and its end is "
    "rounded up. "
    "A check shows what was live at that moment. "
    "We quote a page only if it says that the release was not live."
)
HOW_TO_READ_PICTURES = (
    "Times are London time by our clock. The start of a check is rounded down to the second, and its end is "
    "rounded up. "
    "A check shows what was live at that moment. The screenshots show the top of the page in our own browser. They are "
    "not checks, and no result depends on them."
)
OVERVIEW = ("Due", "Last found not live", "First found live")
NOT_SHOWN = "No check shows this"
AFTER_FIRST = "After the first part"
ATTACHMENTS = (
    "We hold these files as evidence. They are marked OFFICIAL-SENSITIVE, and they are not part of this document."
)
ACCESS_LIST = (
    "These are all the posts on the list, including those whose access was withdrawn. We do not print names of people."
)
NO_POSTS = "We have no record of a post on the list."
ATTACHMENT_KINDS = {
    AttachmentKind.CMS_LOG: "CMS log",
    AttachmentKind.SCREENSHOT: "Screenshot",
    AttachmentKind.EMAIL: "Email",
}


@dataclass(frozen=True, slots=True)
class AnnexPictureRow:
    """A screenshot with its caption and its alternative text."""

    caption: str
    alternative: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AnnexPartRow:
    """The part of the annex about one address of an output.

    `summary` has pairs of a label and a text. `checks` are the checks around the change. Each check has one cell for
    each of `AnnexLayout.columns`.
    """

    heading: str
    summary: tuple[tuple[str, str], ...]
    chart: Chart
    checks: tuple[tuple[str, str, str], ...]
    not_listed: str
    notes: tuple[str, ...] = ()
    pictures: tuple[AnnexPictureRow, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnexAccessListRows:
    """A pre-release access list. Each post has one cell for each of `AnnexLayout.access_columns`."""

    heading: str
    text: str
    posts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class AnnexLayout:
    """The layout of the annex.

    If there are several parts, `overview` has a row for each part. The row has one cell for each of `overview_columns`.
    Each attachment has one cell for each of `attachment_columns`. `digests` has pairs of a label and the SHA-256 of a
    screenshot or attachment.
    """

    heading: str
    paragraphs: tuple[str, ...]
    parts: tuple[AnnexPartRow, ...]
    overview: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, str, str] = ("Check started", "Completed", "Result")
    overview_columns: tuple[str, ...] = ("Output", *OVERVIEW)
    access_list: AnnexAccessListRows | None = None
    access_columns: tuple[str, str, str] = ("Post", "Organisation", "Period of access")
    attachments: tuple[tuple[str, str, str, str], ...] = ()
    attachments_heading: str = "Attachments"
    attachments_text: str = ATTACHMENTS
    attachment_columns: tuple[str, str, str, str] = ("File", "Type", "Size", "Added")
    digests: tuple[tuple[str, str], ...] = ()


def lay_out_annex(annex: Annex, *, approved: bool, to_approve: bool = False) -> AnnexLayout:
    """Return the layout of an annex.

    :param approved: whether the annex was approved with its report.
    :param to_approve: whether the reader can approve the annex with its report on the same page.
    """
    shared = _find_shared_notes(annex.outputs)
    outputs = [replace(one, notes=tuple(note for note in one.notes if note not in shared)) for one in annex.outputs]
    parts = tuple(
        _part_row(output, part, is_first=number == 0) for output in outputs for number, part in enumerate(output.parts)
    )
    has_sets = any(part.after for output in annex.outputs for part in output.parts)
    columns = (*OVERVIEW, AFTER_FIRST) if has_sets else OVERVIEW
    overview = []
    for part in parts if len(parts) > 1 else ():
        summary = dict(part.summary)
        overview.append((part.heading, *(summary.get(label, "") for label in columns)))
    pictures = [picture for part in parts for picture in part.pictures]
    how_to_read = [HOW_TO_READ_PICTURES if pictures else HOW_TO_READ] if parts else []
    names = [_one_line(one.name) for one in annex.attachments]
    access_list = _access_list_rows(annex.access_list) if annex.access_list else None
    return AnnexLayout(
        heading=HEADING if parts else HEADING_OF_ACCESS_LIST if access_list else HEADING_OF_ATTACHMENTS,
        paragraphs=(APPROVED if approved else TO_APPROVE if to_approve else NOT_APPROVED, *how_to_read, *shared),
        parts=parts,
        overview=tuple(overview),
        overview_columns=("Output", *columns),
        access_list=access_list,
        attachments=tuple(
            (name, ATTACHMENT_KINDS[one.kind], _file_size(one.size), _moment(one.added_at))
            for name, one in zip(names, annex.attachments, strict=True)
        ),
        digests=(
            *((f"SHA-256 of the screenshot: {picture.caption}", picture.sha256) for picture in pictures),
            *((f"SHA-256 of {name}", one.sha256) for name, one in zip(names, annex.attachments, strict=True)),
        ),
    )


def _find_shared_notes(outputs: Sequence[AnnexOutput]) -> tuple[str, ...]:
    """Return the general notes that all outputs have, so that the annex prints them only once.

    The general notes are about the error of the clock, the choice of checks, and who wrote the report. The result is
    empty if there is only one output.
    """
    if len(outputs) < 2:
        return ()
    first, *others = outputs
    general = (
        note
        for note in first.notes
        if note in {RULE, FORMER_RULE}
        or note.startswith(CLOCK_ERROR)
        or note.endswith((LATER_CHECKS, FORMER_LATER_CHECKS))
    )
    return tuple(note for note in general if all(note in other.notes for other in others))


def _access_list_rows(access: AnnexAccessList) -> AnnexAccessListRows:
    return AnnexAccessListRows(
        heading=f"Pre-release access list: {_one_line(access.release_title)}",
        text=ACCESS_LIST if access.posts else NO_POSTS,
        posts=tuple((_one_line(one.post), _one_line(one.organisation), one.period) for one in access.posts),
    )


def _file_size(size: int) -> str:
    return f"{math.ceil(size / 1000):,} KB"


def _moment(instant: datetime) -> str:
    return f"{format_day(instant)}, {format_time(instant)}"


def _part_row(output: AnnexOutput, part: AnnexPart, *, is_first: bool) -> AnnexPartRow:
    due_at = output.due_at
    due = format_time(due_at)
    limit_at = part.limit_at or output.limit_at
    title = _one_line(output.title)
    announced, last_absent, first_live_label = OVERVIEW
    until = time_in_words(part.follows_until, due_at=due_at) if part.follows_until else ""
    rows = [
        (announced, f"{due} on {format_day(due_at)}{f', may follow until {until}' if until else ''}"),
        ("On time until", _limit_in_table(limit_at, due_at)),
        ("Result", part.outcome),
        (last_absent, _sent_in_table(part.last_not_live_at, due_at) if part.last_not_live_at else NOT_SHOWN),
        (first_live_label, _answered_in_table(part.first_live_at, due_at) if part.first_live_at else NOT_SHOWN),
        ("Appeared", _became_visible(part.delay)),
        *([(AFTER_FIRST, part.after)] if part.after else []),
    ]
    if is_first:
        figure = "Not recorded"
        if output.publisher_at:
            figure = f"{_sent_in_table(output.publisher_at, due_at)}, {output.publisher_source}"
        rows.append(("Publisher’s own time (not an observation)", figure))
    not_listed = "These are all the checks on record."
    if part.not_listed:
        agrees = "check is" if part.not_listed == 1 else "checks are"
        not_listed = f"{part.not_listed} more {agrees} on record but not listed here."
    return AnnexPartRow(
        heading=title if len(output.parts) == 1 else f"{title}: {_name_within_heading(part)}",
        summary=tuple(rows),
        chart=draw_appearance(
            due_at=due_at,
            limit_at=limit_at,
            absent_at=part.last_not_live_at,
            live_at=part.first_live_at,
            delay=part.delay,
            # If the error of our clock is not stored, the chart gives the times of our clock.
            clock_bound=timedelta(seconds=part.clock_bound_seconds or 0),
            publisher_at=output.publisher_at if is_first else None,
        ),
        checks=tuple(
            (_sent_in_table(check.sent_at, due_at), _answered_in_table(check.answered_at, due_at), check.showed)
            for check in part.looks
        ),
        not_listed=not_listed,
        notes=output.notes if is_first else (),
        pictures=tuple(_picture_row(picture, due_at) for picture in output.pictures) if is_first else (),
    )


def _name_within_heading(part: AnnexPart) -> str:
    """Return the name of a part without its capital letter, except for a name such as "Welsh page"."""
    is_proper = any(noun[:1].isupper() and part.name.startswith(noun) for noun in PART_NOUNS.values())
    return part.name if is_proper else f"{part.name[:1].lower()}{part.name[1:]}"


def _picture_row(picture: AnnexPicture, due_at: datetime) -> AnnexPictureRow:
    requested, pictured = (_clock(instant, due_at) for instant in (picture.requested_at, picture.pictured_at))
    caption = f"{picture.moment}: page requested at {requested}, picture taken at {pictured}"
    return AnnexPictureRow(caption, f"Screenshot of the web page at {pictured}", picture.sha256)


def _became_visible(delay: tuple[float, float | None] | None) -> str:
    """Write when a part appeared, relative to the due time. Bounds are rounded outwards to the second."""
    if delay is None:
        return "The checks do not show when"
    lower, upper = delay
    if upper is None and lower < 1:
        return "Not yet at the due time"
    if upper is None:
        return f"Not yet, {delay_in_figures(lower, None)} after it was due"
    if upper < 0:
        return with_capital(f"{delay_in_figures(-upper, -lower)} before it was due")
    if lower < 0:
        before = f"Between {describe_duration(math.ceil(-lower))} before"
        if not upper:
            return f"{before} it was due and the time at which it was due"
        return f"{before} and {describe_duration(math.ceil(upper))} after it was due"
    return with_capital(f"{delay_in_figures(lower, upper)} after it was due")


def _clock(instant: datetime, due_at: datetime) -> str:
    return _with_other_day(format_time_with_seconds(instant), instant, due_at)


def _sent_in_table(instant: datetime, due_at: datetime) -> str:
    return _with_other_day(format_time_in_evidence(instant), instant, due_at)


def _answered_in_table(instant: datetime, due_at: datetime) -> str:
    rounded = round_up_before(instant, due_at)
    return _with_other_day(format_time_in_evidence(rounded), rounded, due_at)


def _limit_in_table(limit_at: datetime, due_at: datetime) -> str:
    text = format_time_in_evidence(limit_at) if limit_at.second else format_time(limit_at)
    return _with_other_day(text, limit_at, due_at)


def _with_other_day(text: str, instant: datetime, due_at: datetime) -> str:
    """Add the day of the instant to the text if it differs from the day of the due time."""
    return text if local_date(instant) == local_date(due_at) else f"{text} on {format_day(instant)}"

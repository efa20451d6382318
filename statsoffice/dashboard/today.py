"""The releases of a day with their checks and results."""

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from django.db.models import Count, F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from breaches.permissions import TABLE as REPORT_TABLE
from breaches.permissions import Action as ReportAction
from breaches.permissions import find_unlisted_reports, listed_reports_with
from releases import check_history, exemptions, outages
from releases.calls import NO_CALLS, CallList, find_call_lists
from releases.early_findings import mask_verdict
from releases.models import Contact, Release, Verification
from releases.models.release import find_main_page
from releases.outages import Outage
from releases.overview import london_day, visible_releases
from releases.permissions import TABLE, Action, Person, roles_by_producer
from releases.rules import calendar
from releases.rules.lifecycle import LEADS, Role, Status
from releases.rules.response import LONGEST
from releases.rules.time_axis import CheckStrip, strip_window
from releases.rules.web_address import telephone_uri
from releases.text.release import StatusLabel, publisher_note, status_of_release
from releases.verdict.address import SUSPICIOUS, Outcome
from statsoffice.dashboard.existing_rows import ExistingRows, find_existing_rows
from statsoffice.dashboard.live_text import LiveText, split_live_text
from statsoffice.dashboard.upcoming_releases import UpcomingRelease
from statsoffice.fake_publisher import DEMO_PRODUCERS

MOST_LINES = 200
MOST_OF_GROUP = 10
"""The maximum number of lines in a group that is not due yet, and in the list of finished releases.

The reader can ask for all lines.
"""
MOST_NEWS = 3
MOST_DAYS_AHEAD, MOST_RELEASES_AHEAD, DAYS_AHEAD = 3, 5, 14
DUE_SOON = timedelta(minutes=10)
"""A release moves to the top of the page this long before its due time."""
SETTLED_AFTER = timedelta(minutes=15)
"""If a release went live on time, it stays in view until this long after the end of the tolerance."""
NEWS_FOR = timedelta(minutes=2)
"""The banner shows a result for this long after the instant at which the result was decided."""


class Section(StrEnum):
    """The parts of the page, in order. Finished releases are collapsed."""

    DUE = "due"
    OPEN = "open"
    LATER = "later"
    FINISHED = "finished"


class Tally(StrEnum):
    """The counts at the top of the page. A release can be in several of them, or in none."""

    LIVE = "live"
    EARLY = "early"
    LATE = "late"
    CHECK = "check"


_TALLIES: Mapping[Outcome, frozenset[Tally]] = {
    Outcome.PENDING: frozenset(),
    Outcome.ON_TIME: frozenset({Tally.LIVE}),
    Outcome.EARLY: frozenset({Tally.LIVE, Tally.EARLY}),
    Outcome.LATE: frozenset({Tally.LIVE, Tally.LATE}),
    Outcome.NOT_SEEN: frozenset({Tally.LATE}),
    Outcome.PARTIAL: frozenset({Tally.LATE}),
    Outcome.UNCERTAIN: frozenset({Tally.LIVE, Tally.CHECK}),
    Outcome.CANNOT_TELL: frozenset({Tally.CHECK}),
}
# The outcomes for which staff call a contact, because the release was not found live with all its parts.
_TO_CALL = frozenset({Outcome.PENDING, Outcome.NOT_SEEN, Outcome.PARTIAL, Outcome.CANNOT_TELL})


@dataclass(frozen=True, slots=True)
class LineAction:
    """An action on a release. The page shows it as a link, or as plain text if `address` is empty.

    If `contact` is given, the page shows a button instead of a link. The button posts `contact`, the primary key of a
    contact, to `address`. Screen readers read `about` after the text.
    """

    text: str
    address: str = ""
    about: str = ""
    is_external: bool = False
    contact: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One release on the dashboard.

    `outcome` is the outcome of the masked verdict. If the page is for a screen on a wall, an early release is shown as
    on time. `news_at` is the instant at which the outcome was decided, or None if the outcome is pending. `exempted_by`
    has the references of the exemptions that cover the verdict. A covered verdict raises no suspected breach.
    """

    release: Release
    standing: StatusLabel
    section: Section
    verdict: Verification | None = None
    outcome: Outcome = Outcome.PENDING
    tallies: frozenset[Tally] = frozenset()
    limit_at: datetime | None = None
    news_at: datetime | None = None
    publisher: str = ""
    exempted_by: str = ""
    due_in_future: bool = False
    actions: tuple[LineAction, ...] = ()
    calls: CallList = NO_CALLS
    strip: CheckStrip | None = None

    @property
    def has_strip(self) -> bool:
        """Whether the release is checked, and its due time is near or past."""
        return self.is_checkable and self.section is not Section.LATER

    @property
    def key(self) -> str:
        """The prefix of the HTML identifiers of the line."""
        return f"today-{self.release.pk}"

    @property
    def window(self) -> tuple[str, str]:
        """The London times at both ends of the strip, such as "9:28" and "9:33".

        Both are "" if the release has no due time.
        """
        if self.release.due_at is None or self.limit_at is None:
            return "", ""
        start, end = strip_window(self.release.due_at, self.limit_at)
        local_start, local_end = calendar.in_london(start), calendar.in_london(end)
        return f"{local_start.hour % 12 or 12}:{local_start:%M}", f"{local_end.hour % 12 or 12}:{local_end:%M}"

    @property
    def counts_down(self) -> bool:
        """Whether the line shows the time that is left until the release is due."""
        return self.is_checkable and not self.tallies and self.due_in_future

    @property
    def is_checkable(self) -> bool:
        return _is_checkable(self.release)

    def render(self, *, several_producers: bool, large: bool) -> "RenderedLine":
        """Render the line.

        :param several_producers: whether the releases of the day have several producers.
        :param large: whether the page is for a screen on a wall.
        """
        release = self.release
        shown = ShownLine(
            key=self.key,
            reference=release.reference,
            title=release.title,
            producer=str(release.series.producer) if several_producers else "",
            is_rehearsal=release.rehearsal,
            is_training=release.training_id is not None,
            is_announced=release.announced_at is not None,
            standing=self.standing,
            due_at=release.due_at if self.counts_down else None,
            publisher=self.publisher,
            exempted_by=self.exempted_by,
            has_actions=not large,
            actions=() if large else self.actions,
            has_strip=self.has_strip,
            window=self.window if self.has_strip else ("", ""),
            strip=self.strip,
        )
        return _render_line(shown, get_language())


@dataclass(frozen=True, slots=True)
class ShownLine:
    """The data from which a line is rendered. It is also the cache key of the rendered line.

    `producer` is empty if all releases of the day have the same producer. `due_at` is set only if the line counts down.
    """

    key: str
    reference: str
    title: str
    producer: str
    is_rehearsal: bool
    is_training: bool
    is_announced: bool
    standing: StatusLabel
    due_at: datetime | None
    publisher: str
    exempted_by: str
    has_actions: bool
    actions: tuple[LineAction, ...]
    has_strip: bool
    window: tuple[str, str]
    strip: CheckStrip | None


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """The HTML of a line, and its parts that update automatically."""

    html: SafeString
    live: LiveText


# Rendered lines are cached, because most lines are the same for every person and do not change within a minute. A
# rendered line takes about five kilobytes.
@lru_cache(maxsize=1_000)
def _render_line(line: ShownLine, _language: str | None) -> RenderedLine:
    html = render_to_string("dashboard/line.html", {"line": line})
    return RenderedLine(html, split_live_text(html))


CHECKED = frozenset({Status.CONFIRMED, Status.PUBLISHED})


def _is_checkable(release: Release) -> bool:
    return release.status in CHECKED and release.due_at is not None


def section_of(release: Release, outcome: Outcome, *, limit_at: datetime | None, now: datetime) -> Section:
    """Return the part of the page in which a release is shown.

    :param outcome: the masked outcome of the release.
    """
    due_at = release.due_at
    if release.status == Status.CANCELLED:
        return Section.FINISHED
    if release.status == Status.PROVISIONAL or due_at is None or limit_at is None or now < due_at - DUE_SOON:
        return Section.LATER
    if now < limit_at + SETTLED_AFTER:
        return Section.DUE
    # A late or early release has a report to complete, so it stays in view for the day.
    return Section.FINISHED if outcome is Outcome.ON_TIME else Section.OPEN


@dataclass(frozen=True, slots=True)
class Group:
    """Releases in one part of the page that are due at the same time.

    `further` is the number of other releases of the group, which have no line.
    """

    section: Section
    at: str
    lines: list[Line]
    further: int = 0

    @property
    def count(self) -> int:
        return len(self.lines) + self.further


@dataclass(frozen=True, slots=True)
class FurtherRelease:
    """A release due later today that has no line, because its group is long."""

    due_at: datetime
    is_checkable: bool
    is_rehearsal: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The releases that are due on one London day.

    The counts and the title are about real releases. Rehearsals are listed, but not counted.

    `existing` says which kinds of rare rows exist, so that lists without rows are not read. `left_out` is the number of
    releases beyond the first `MOST_LINES`, of which `left_out_rehearsals` are rehearsals. `rehearsals` is None if the
    day has no rehearsals. Otherwise, it says whether the rehearsals are shown. `is_long` is true if the reader asked
    for all lines. `unlisted` has the primary keys of the reports that no list shows (`find_unlisted_reports`).
    """

    on: date
    lines: list[Line]
    existing: ExistingRows
    left_out: int = 0
    left_out_rehearsals: int = 0
    rehearsals: bool | None = None
    further: tuple[FurtherRelease, ...] = ()
    is_long: bool = False
    unlisted: frozenset[int] = frozenset()

    def count(self, tally: Tally) -> int:
        return sum(tally in line.tallies for line in self._counted_lines)

    @property
    def has_several_producers(self) -> bool:
        return len({line.release.series.producer_id for line in self.lines}) > 1

    @property
    def due(self) -> int:
        lines = sum(line.is_checkable for line in self._counted_lines)
        return lines + sum(one.is_checkable for one in self._counted_further)

    @property
    def live(self) -> int:
        return self.count(Tally.LIVE)

    @property
    def early(self) -> int:
        """The number of releases whose lines say that they were early, so never of those that are not published yet."""
        return self.count(Tally.EARLY)

    @property
    def late(self) -> int:
        return self.count(Tally.LATE)

    @property
    def to_check(self) -> int:
        return self.count(Tally.CHECK)

    @property
    def groups(self) -> list[Group]:
        """The groups of unfinished releases, sorted by section and then by time."""
        order = list(Section)
        unfinished = (line for line in self.lines if line.section is not Section.FINISHED)
        ranked = sorted(unfinished, key=lambda line: order.index(line.section))
        further = Counter(calendar.format_time(one.due_at) for one in self.further)
        return [
            Group(section, at, list(lines), further[at] if section is Section.LATER else 0)
            for (section, at), lines in groupby(ranked, key=lambda line: (line.section, _time_of(line.release)))
        ]

    @property
    def finished(self) -> list[Line]:
        return [line for line in self.lines if line.section is Section.FINISHED]

    @property
    def finished_lines(self) -> list[Line]:
        """The finished releases that the page shows."""
        return self.finished if self.is_long else self.finished[:MOST_OF_GROUP]

    @property
    def shown(self) -> list[Line]:
        """The lines on the page."""
        return [*(line for line in self.lines if line.section is not Section.FINISHED), *self.finished_lines]

    def render_lines(self, *, large: bool) -> dict[str, RenderedLine]:
        """Render the lines on the page, keyed by `Line.key`.

        :param large: whether the page is for a screen on a wall.
        """
        several = self.has_several_producers
        return {line.key: line.render(several_producers=several, large=large) for line in self.shown}

    @property
    def is_any_due(self) -> bool:
        """Whether any release is due about now. If so, its line counts down, and the page shows no other countdown."""
        return any(line.section is Section.DUE for line in self.lines)

    @property
    def next_due_at(self) -> datetime | None:
        """The due time of the next release, or None if no more releases are due today."""
        lines = (line.release.due_at for line in self.lines if line.counts_down and line.release.due_at)
        return min((*lines, *(one.due_at for one in self.further if one.is_checkable)), default=None)

    @property
    def summary(self) -> str:
        """The counts for screen readers."""
        counts = {
            "due": self.due,
            "live": self.live,
            "early": self.early,
            "late": self.late,
            "check": self.to_check,
        }
        sentence = (
            _("%(due)s due, %(live)s live, %(early)s early, %(late)s late, %(check)s to check")
            if self.early
            else _("%(due)s due, %(live)s live, %(late)s late, %(check)s to check")
        ) % counts
        return ". ".join(filter(None, [sentence, self.counted, self.not_counted.removesuffix(".")]))

    @property
    def counted(self) -> str:
        """A text that says how many releases are counted, or "" if all releases are counted."""
        left_out = self.left_out - self.left_out_rehearsals
        if not left_out:
            return ""
        listed = len(self._counted_lines) + len(self._counted_further)
        return _("%(listed)s of %(all)s releases are counted") % {"listed": listed, "all": listed + left_out}

    @property
    def not_counted(self) -> str:
        """A sentence that says how many rehearsals are not counted, or "" if the page shows no rehearsals."""
        lines = len(self.lines) - len(self._counted_lines)
        rehearsals = lines + len(self.further) - len(self._counted_further) + self.left_out_rehearsals
        if not rehearsals:
            return ""
        return ngettext("%(count)s rehearsal is not counted.", "%(count)s rehearsals are not counted.", rehearsals) % {
            "count": rehearsals
        }

    @property
    def _counted_lines(self) -> list[Line]:
        return [line for line in self.lines if not line.release.rehearsal]

    @property
    def _counted_further(self) -> list[FurtherRelease]:
        return [one for one in self.further if not one.is_rehearsal]

    @property
    def title(self) -> str:
        """The title of the page, with the number of releases that were early, are late or need checking."""
        if self.early and self.late:
            return _("(%(early)s early, %(late)s late) Today’s releases") % {"early": self.early, "late": self.late}
        if self.early:
            return _("(%(count)s early) Today’s releases") % {"count": self.early}
        if self.late:
            return _("(%(count)s late) Today’s releases") % {"count": self.late}
        if self.to_check:
            return _("(%(count)s to check) Today’s releases") % {"count": self.to_check}
        return _("Today’s releases")

    def news(self, pieces: Container[str]) -> str:
        """Return a text that names the first few releases with a new result.

        :param pieces: the identifiers of the parts of the page that changed, as returned by `LiveText.since`.
        """
        new = [line for line in self.lines if line.tallies and standing_of(line.release) in pieces]
        parts = [f"{line.release.title}: {line.standing.label}" for line in new[:MOST_NEWS]]
        if len(new) > MOST_NEWS:
            parts.append(_("%(count)s more") % {"count": len(new) - MOST_NEWS})
        return ". ".join(parts)

    def banner(self, *, now: datetime) -> "Banner":
        """Return the results that were decided within the last two minutes, according to `news_at`."""
        new = [line for line in self.lines if line.news_at and timedelta(0) <= now - line.news_at < NEWS_FOR]
        bad = [line for line in new if line.outcome is not Outcome.ON_TIME]
        bad.sort(key=lambda line: line.release.rehearsal)
        on_time = Counter(line.release.rehearsal for line in new if line.outcome is Outcome.ON_TIME)
        results = tuple(f"{line.release.pk}-{line.news_at:%H%M%S}" for line in new)
        left_out = sum(not line.release.rehearsal for line in bad[MOST_NEWS:])
        return Banner(bad[:MOST_NEWS], left_out, on_time[False], on_time[True], results)

    def find_outages(self, person: Person) -> list[Outage]:
        """Return the website outages about which a person may inform readers."""
        return outages.find_outages(person, [(line.release, line.verdict) for line in self.lines])

    def with_strips(self, *, now: datetime, only: Collection[int] | None = None) -> "Day":
        """Return a copy of the day with strips for the releases that the page shows.

        :param only: the primary keys of the releases whose strips to draw, or None to draw all strips.
        """
        chosen = [line for line in self.shown if line.has_strip and (only is None or line.release.pk in only)]
        strips = (
            check_history.draw_strips(
                [(line.release, line.verdict) for line in chosen],
                now=now,
                has_statements=self.existing.statements,
                early={line.release.pk for line in chosen if line.outcome is Outcome.EARLY},
            )
            if chosen
            else {}
        )
        return replace(self, lines=[replace(line, strip=strips.get(line.release.pk)) for line in self.lines])


@dataclass(frozen=True, slots=True)
class Banner:
    """New results on the dashboard.

    `lines` has the first releases to follow up, rehearsals last, and `left_out` is the number of further releases to
    follow up. `on_time` is the number of releases that went live on time, and `on_time_rehearsals` that of rehearsals,
    which are no releases. `results` has an identifier for each new result. The
    page plays its sound for an identifier that it has not shown before. The page does not compare the texts of banners,
    because the text also changes when a result leaves the banner.
    """

    lines: list[Line]
    left_out: int
    on_time: int
    on_time_rehearsals: int
    results: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines or self.on_time or self.on_time_rehearsals)

    @property
    def is_late(self) -> bool:
        """Whether a release must be followed up. A rehearsal does not count."""
        return any(not line.release.rehearsal for line in self.lines)

    @property
    def on_time_sentences(self) -> list[str]:
        releases = ngettext("%(count)s release is live.", "%(count)s releases are live.", self.on_time)
        rehearsals = ngettext("%(count)s rehearsal is live.", "%(count)s rehearsals are live.", self.on_time_rehearsals)
        counted = ((releases, self.on_time), (rehearsals, self.on_time_rehearsals))
        return [sentence % {"count": count} for sentence, count in counted if count]


def standing_of(release: Release) -> str:
    """Return the HTML `id` of the element that shows the status of a release."""
    return f"today-{release.pk}-standing"


@dataclass(frozen=True, slots=True)
class _DueRelease:
    """The columns of a release that decide whether it has a line."""

    key: int
    due_at: datetime
    title: str
    status: str
    is_rehearsal: bool
    producer: str


def today(
    person: Person, *, now: datetime, rehearsals: bool | None = None, long: bool = False, wall: bool = False
) -> Day:
    """Return the releases that are due on the present London day.

    :param rehearsals: whether to list rehearsals. None lists only the rehearsals of the demonstration.
    :param long: whether to list all releases of long groups.
    :param wall: whether the page is for a screen on a wall. If so, the page never shows that a release was early.
    """
    on = calendar.local_date(now)
    due = visible_releases(person).on_london_day(*london_day(on))
    # Rehearsals come last, so that the limit on the number of lines leaves them out first.
    rows = due.order_by("rehearsal", "due_at", "title", "pk").values_list(
        "pk", "due_at", "title", "status", "rehearsal", "series__producer__slug"
    )
    found = [_DueRelease(*row) for row in rows[: MOST_LINES + 1]]  # type: ignore[arg-type]  # all have a due time
    is_cut, found = len(found) > MOST_LINES, found[:MOST_LINES]
    listed = [one for one in found if not one.is_rehearsal or _is_shown(one.producer, wanted=rehearsals)]
    left_out, left_out_rehearsals = _count_left_out(due, listed, wanted=rehearsals) if is_cut else (0, 0)
    has_rehearsals = any(release.is_rehearsal for release in found)
    are_shown = any(release.is_rehearsal for release in listed)
    listed.sort(key=lambda release: (release.due_at, release.title, release.key))
    shown, further = (listed, ()) if long else _cut_later_groups(listed, now=now)
    selected = Release.objects.filter(pk__in=[release.key for release in shown]).select_related(
        "series__producer", "series__responsible", "series__head_of_profession"
    )
    releases = {release.pk: release for release in selected.prefetch_related("addresses")} if shown else {}
    # A release may have been deleted since its key was read.
    in_order = [releases[release.key] for release in shown if release.key in releases]
    existing = find_existing_rows(person, now=now)
    unlisted = find_unlisted_reports() if existing.unlisted_reports else set[int]()
    return Day(
        on,
        _lines(person, in_order, now=now, existing=existing, unlisted=unlisted, wall=wall),
        existing=existing,
        left_out=left_out,
        left_out_rehearsals=left_out_rehearsals,
        rehearsals=are_shown if has_rehearsals else None,
        further=further,
        is_long=long,
        unlisted=frozenset(unlisted),
    )


def _cut_later_groups(
    listed: Sequence[_DueRelease], *, now: datetime
) -> tuple[list[_DueRelease], tuple[FurtherRelease, ...]]:
    """Split releases into those that get a line and those that do not.

    In a group that is not due yet, only the first `MOST_OF_GROUP` releases get a line.
    """
    shown: list[_DueRelease] = []
    further: list[FurtherRelease] = []
    at_time: Counter[str] = Counter()
    for release in listed:
        is_later = now < release.due_at - DUE_SOON and release.status != Status.CANCELLED
        at = calendar.format_time(release.due_at) if is_later else ""
        at_time[at] += 1
        if is_later and at_time[at] > MOST_OF_GROUP:
            further.append(FurtherRelease(release.due_at, release.status in CHECKED, release.is_rehearsal))
        else:
            shown.append(release)
    return shown, tuple(further)


def _count_left_out(due: QuerySet[Release], listed: Sequence[_DueRelease], *, wanted: bool | None) -> tuple[int, int]:
    """Return the number of releases that are not listed, and the number of rehearsals among them."""
    counts = _with_shown_rehearsals(due, wanted=wanted).aggregate(
        releases=Count("pk"), rehearsals=Count("pk", filter=Q(rehearsal=True))
    )
    return counts["releases"] - len(listed), counts["rehearsals"] - sum(one.is_rehearsal for one in listed)


def _with_shown_rehearsals(releases: QuerySet[Release], *, wanted: bool | None) -> QuerySet[Release]:
    """Leave out the rehearsals for which `_is_shown` returns False."""
    if wanted:
        return releases
    of_demo = Q(series__producer__slug__in=DEMO_PRODUCERS) if wanted is None else Q(pk__in=[])
    return releases.filter(Q(rehearsal=False) | of_demo)


def _is_shown(producer: str, *, wanted: bool | None) -> bool:
    """Return whether to show a rehearsal of the producer with this slug."""
    return producer in DEMO_PRODUCERS if wanted is None else wanted


def _lines(
    person: Person,
    releases: Sequence[Release],
    *,
    now: datetime,
    existing: ExistingRows,
    unlisted: Collection[int],
    wall: bool,
) -> list[Line]:
    # Until a release is published, the dashboard does not show to anyone that the release was found early.
    by_key = {release.pk: release for release in releases}
    verdicts: dict[int, Verification] = {}
    for verification in Verification.objects.filter(
        release__in=by_key, schedule_version=F("release__schedule_version")
    ):
        verification.release = by_key[verification.release_id]
        verdicts[verification.release_id] = mask_verdict(verification)
    found = [(release, verdicts.get(release.pk)) for release in releases]
    exempted = _name_exemptions(found) if existing.exemptions else {}
    suspected = [release.pk for release, verdict in found if verdict and verdict.outcome in SUSPICIOUS]
    reports = _find_reports(person, suspected, unlisted=unlisted)
    calls = find_call_lists(
        [release for release in releases if release.due_at and now >= release.due_at - DUE_SOON],
        has_rotas=existing.rotas,
        has_covers=existing.covers,
    )
    roles = roles_by_producer(person)
    return [
        _line(
            release,
            verdict,
            roles=roles.get(release.series.producer_id, frozenset()),
            exempted=exempted,
            report=reports.get(release.pk, ""),
            calls=calls.get(release.pk, NO_CALLS),
            now=now,
            wall=wall,
        )
        for release, verdict in found
    ]


def _line(
    release: Release,
    verdict: Verification | None,
    *,
    roles: frozenset[Role],
    exempted: Mapping[int, str],
    report: str,
    calls: CallList,
    now: datetime,
    wall: bool,
) -> Line:
    outcome = Outcome(verdict.outcome) if verdict else Outcome.PENDING
    is_concealed = wall and outcome is Outcome.EARLY
    if is_concealed:
        outcome = Outcome.ON_TIME
    limit_at = None
    if release.due_at is not None:
        limit_at = verdict.limit_at if verdict else release.limit_at
    checkable = _is_checkable(release)
    tallies = _TALLIES[outcome] if checkable else frozenset()
    if checkable and outcome is Outcome.PENDING and limit_at is not None and now >= limit_at + LONGEST:
        tallies = frozenset({Tally.CHECK})
    return Line(
        release=release,
        verdict=verdict,
        standing=StatusLabel(_("Live"), "green") if is_concealed else status_of_release(release, verdict, now=now),
        section=section_of(release, outcome, limit_at=limit_at, now=now),
        outcome=outcome,
        tallies=tallies,
        limit_at=limit_at,
        news_at=_decided_by(release, verdict) if tallies and verdict else None,
        publisher="" if is_concealed else publisher_note(verdict),
        exempted_by="" if is_concealed else exempted.get(release.pk, ""),
        due_in_future=release.due_at is not None and now < release.due_at,
        actions=_actions(release, outcome, roles=roles, limit_at=limit_at, report=report, calls=calls, now=now)
        if checkable
        else (),
        calls=calls,
    )


def _decided_by(release: Release, verdict: Verification) -> datetime | None:
    """Return the instant at which a masked verdict was decided, or None if the verdict is pending.

    If the release was early, this is the instant of its publication. For any other release that is live, this is the
    instant at which a check first found the release live. In both cases, the due time is returned if it is later. If
    the release is not live, this is the end of the tolerance.

    The instant at which the verdict was stored is not used. The verdict on an early release is stored before the
    release is published, but the page shows the result only after the release is published.
    """
    outcome = Outcome(verdict.outcome)
    if outcome is Outcome.PENDING:
        return None
    if outcome is Outcome.EARLY and release.published_at:
        return max(release.published_at, verdict.due_at)
    if Tally.LIVE in _TALLIES[outcome] and verdict.first_live_at:
        return max(verdict.first_live_at, verdict.due_at)
    return verdict.missed_limit_at


def _actions(
    release: Release,
    outcome: Outcome,
    *,
    roles: frozenset[Role],
    limit_at: datetime | None,
    report: str,
    calls: CallList,
    now: datetime,
) -> tuple[LineAction, ...]:
    due_at = release.due_at
    if due_at is None or limit_at is None or now < due_at - DUE_SOON:
        return ()
    page = find_main_page(release.addresses.all())
    is_absent = outcome in _TO_CALL
    chosen = _ActionFacts(
        reference=release.reference,
        title=release.title,
        # There is no link before the due time. If the page is live too early, a link would lead more people to it.
        page=page.url if page and now >= due_at else "",
        is_to_call=is_absent,
        may_record=bool(TABLE[Action.RECORD_CALL] & roles),
        contacts=len(calls.contacts),
        next=_CallFacts.of(calls.next) if is_absent and calls.next else None,
        attempts=tuple((_CallFacts.of(one.contact), one.at) for one in calls.attempts) if is_absent else (),
        may_decide=is_absent and bool(LEADS & roles) and release.status == Status.CONFIRMED,
        is_announced=release.announced_at is not None,
        is_over=now >= limit_at,
        is_partial=outcome is Outcome.PARTIAL,
        report=report,
    )
    return _write_actions(chosen, get_language())


@dataclass(frozen=True, slots=True)
class _CallFacts:
    contact: int
    name: str
    telephone: str

    @classmethod
    def of(cls, contact: Contact) -> "_CallFacts":
        return cls(contact.pk, contact.name, contact.telephone)


@dataclass(frozen=True, slots=True)
class _ActionFacts:
    """The data from which the actions for a release are created. It is also the cache key of these actions.

    `page` is the address of the release's page. It is empty until the release is due. `is_over` is true if the
    tolerance has ended. `report` is the reference of the report about the release. It is empty if there is no report,
    or if the person may not read the report.
    """

    reference: str
    title: str
    page: str
    is_to_call: bool
    may_record: bool
    contacts: int
    next: _CallFacts | None
    attempts: tuple[tuple[_CallFacts, datetime], ...]
    may_decide: bool
    is_announced: bool
    is_over: bool
    is_partial: bool
    report: str


@lru_cache(maxsize=1_000)
def _write_actions(facts: _ActionFacts, _language: str | None) -> tuple[LineAction, ...]:
    return tuple(_list_actions(facts))


def _list_actions(facts: _ActionFacts) -> Iterable[LineAction]:
    if facts.page:
        yield LineAction(_("Open page"), facts.page, facts.title, is_external=True)
    if facts.is_to_call:
        yield from _calls(facts)
    if facts.may_decide:
        yield from _lead_actions(facts)
    if facts.report:
        yield LineAction(_("Open report"), reverse("breaches:report", args=[facts.report]), facts.title)


def _calls(facts: _ActionFacts) -> Iterable[LineAction]:
    if not facts.contacts:
        yield LineAction(_("No contact"))
    elif facts.next is None:
        yield LineAction(_("None of the contacts answered"))
    else:
        names = {"name": facts.next.name, "title": facts.title}
        if uri := telephone_uri(facts.next.telephone):
            yield LineAction(_("Call %(name)s") % names, uri, facts.title)
        else:
            yield LineAction(_("No phone number for %(name)s") % names)
        if facts.may_record:
            address = reverse("releases:no_answer", args=[facts.reference])
            about = _("%(name)s, %(title)s") % names
            yield LineAction(_("No answer"), address, about, contact=facts.next.contact)
    for called, at in facts.attempts:
        time = calendar.format_time(at)
        yield LineAction(_("No answer from %(name)s at %(at)s") % {"name": called.name, "at": time})
        if facts.may_record:
            address = reverse("releases:undo_no_answer", args=[facts.reference])
            about = _("no answer from %(name)s, %(title)s") % {"name": called.name, "title": facts.title}
            yield LineAction(_("Undo"), address, about, contact=called.contact)


def _lead_actions(facts: _ActionFacts) -> Iterable[LineAction]:
    """Return the actions of a Head of Profession or deputy for a release that was not found live with all its parts."""
    if facts.is_over and facts.is_announced:
        address = reverse("releases:delay_notice", args=[facts.reference])
        yield LineAction(_("Tell readers"), address, facts.title)
    # A part of an incomplete release is already live, so the release can no longer be postponed.
    if not facts.is_partial:
        address = reverse("releases:decide_on_day", args=[facts.reference])
        yield LineAction(_("Postpone or cancel"), address, facts.title)


def _find_reports(person: Person, releases: Sequence[int], *, unlisted: Collection[int]) -> dict[int, str]:
    """Return a dict that maps the primary key of each release to the reference of the latest report about the release.

    Only the reports that the person can see in lists are considered.
    """
    if not releases:
        return {}
    theirs = listed_reports_with(person, REPORT_TABLE[ReportAction.VIEW], unlisted=unlisted)
    about = theirs.filter(suspicions__release__in=releases)
    return dict(about.order_by("drafted_at").values_list("suspicions__release", "reference"))


def not_live_releases(person: Person, day: Day) -> list[Line]:
    """Return the releases that are not live and that the person publishes as a member of the publishing team.

    The person has to call the contact before they publish the release, because it may be held back on purpose.
    """
    publishers = {key for key, roles in roles_by_producer(person).items() if Role.PUBLISHING_TEAM in roles}
    return [
        line for line in day.lines if line.outcome is Outcome.NOT_SEEN and line.release.series.producer_id in publishers
    ]


@dataclass(frozen=True, slots=True)
class UpcomingDay:
    """A coming day with releases.

    `releases` has the first releases of the day, each with labels for the information that is missing. `left_out` is
    the number of further releases.
    """

    on: date
    releases: list[tuple[UpcomingRelease, list[str]]]
    left_out: int

    @property
    def count(self) -> int:
        return len(self.releases) + self.left_out


def upcoming_days(
    upcoming: Iterable[UpcomingRelease], *, now: datetime, rehearsals: bool | None = None
) -> list[UpcomingDay]:
    """Return the next days with releases, at most three within two weeks.

    :param upcoming: the upcoming releases that the person may view, sorted by due time.
    """
    _today, start = london_day(calendar.local_date(now))
    end = start + timedelta(days=DAYS_AHEAD)
    ahead = [release for release in upcoming if start <= release.due_at < end]
    listed = [release for release in ahead if not release.rehearsal or _is_shown(release.slug, wanted=rehearsals)]
    by_day: dict[date, list[UpcomingRelease]] = defaultdict(list)
    for release in listed[:MOST_LINES]:
        by_day[calendar.local_date(release.due_at)].append(release)
    return [
        UpcomingDay(
            on,
            [(release, list(_missing_from(release))) for release in releases[:MOST_RELEASES_AHEAD]],
            max(0, len(releases) - MOST_RELEASES_AHEAD),
        )
        for on, releases in list(by_day.items())[:MOST_DAYS_AHEAD]
    ]


def _missing_from(release: UpcomingRelease) -> Iterable[str]:
    if release.page is None:
        yield _("No web page")
    if release.responsible is None:
        yield _("No contact")
    if release.head is None:
        yield _("No Head of Profession")
    if release.status == Status.PROVISIONAL:
        yield _("Date not confirmed")


def _time_of(release: Release) -> str:
    return calendar.format_time(release.due_at) if release.due_at else ""


def _name_exemptions(found: Iterable[tuple[Release, Verification | None]]) -> dict[int, str]:
    """Return a dict that maps the primary key of a release to the exemptions that cover its verdict.

    The exemptions are given as one text with their references, separated by commas. Releases without exemptions are
    left out.
    """
    verdicts = []
    for release, verdict in found:
        if verdict is not None:
            verdict.release = release  # avoids a query, because this object already has its series
            verdicts.append(verdict)
    covered = exemptions.find_exemptions(verdicts)
    return {
        verdict.release_id: ", ".join(exemption.reference for exemption in covered[verdict.pk])
        for verdict in verdicts
        if verdict.pk in covered
    }

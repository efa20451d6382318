"""The releases of a day with their checks and results, and the parts of the page that update automatically."""

import hashlib
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from django.db.models import F, Q
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from selectolax.lexbor import LexborHTMLParser

from breaches.permissions import Action as ReportAction
from breaches.permissions import reports_where
from releases import check_history, exemptions, outages
from releases.calls import NO_CALLS, CallList, find_call_lists
from releases.early_findings import mask_verdict
from releases.models import Address, Release, Verification
from releases.outages import Outage
from releases.overview import london_day, visible_releases
from releases.permissions import TABLE, Action, Person, roles_of
from releases.rules import calendar
from releases.rules.lifecycle import LEADS, Role, Status
from releases.rules.response import LONGEST
from releases.rules.time_axis import CheckStrip, strip_window
from releases.rules.web_address import telephone_uri
from releases.text.release import StatusLabel, publisher_note, status_of_release
from releases.verdict.address import SUSPICIOUS, Outcome
from statsoffice.fake_publisher import DEMO_PRODUCERS

# The bytes of the digests of the frame and of each part. They are few, so that the digests of a day with 200 releases
# fit into the address of a request.
FRAME = 12
PIECE = 3
# The characters of these digests in base64.
FRAME_LENGTH, PIECE_LENGTH = FRAME * 4 // 3, PIECE * 4 // 3


@dataclass(frozen=True, slots=True)
class LiveText:
    """The parts of a text that are updated on the page, by identifier; `shown` is their digest."""

    pieces: dict[str, SafeString]
    shown: str

    def since(self, shown: str) -> dict[str, SafeString] | None:
        """Return the parts that differ from a digest; None if the text around them differs too."""
        frame, theirs = shown[:FRAME_LENGTH], shown[FRAME_LENGTH:]
        if frame != self.shown[:FRAME_LENGTH] or len(shown) != len(self.shown):
            return None
        ours = self.shown[FRAME_LENGTH:]
        starts = range(0, len(ours), PIECE_LENGTH)
        return {
            name: piece
            for start, (name, piece) in zip(starts, self.pieces.items(), strict=True)
            if theirs[start : start + PIECE_LENGTH] != ours[start : start + PIECE_LENGTH]
        }


def split_live_text(text: SafeString) -> LiveText:
    """Extract the content of each element with an `id` and `data-changing`.

    The content of elements with `data-strip` counts as nothing: strips are sent when their release has a new check.
    """
    tree = LexborHTMLParser(text)
    for node in tree.css("[data-strip]"):
        node.inner_html = ""
    pieces = {}
    for node in tree.css("[data-changing]"):
        pieces[str(node.attributes["id"])] = SafeString(node.inner_html)
        node.inner_html = ""
    frame = _digest(str(tree.html), FRAME)
    return LiveText(pieces, frame + "".join(_digest(piece, PIECE) for piece in pieces.values()))


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()


MOST_LINES = 200
MOST_NEWS = 3
MOST_DAYS_AHEAD, MOST_RELEASES_AHEAD, DAYS_AHEAD = 3, 5, 14
DUE_SOON = timedelta(minutes=10)
"""How long before its due time a release moves to the top of the page."""
SETTLED_AFTER = timedelta(minutes=15)
"""How long after the end of the tolerance a release that went live on time stays in view."""
NEWS_FOR = timedelta(minutes=2)
"""How long the banner shows a result, counted from the fact that decided it."""


class Section(StrEnum):
    """A part of the page, in the order in which they are shown; finished releases are folded away."""

    DUE = "due"
    OPEN = "open"
    LATER = "later"
    FINISHED = "finished"


class Tally(StrEnum):
    """The counts at the top of the page. A release can be in several of them, or in none."""

    LIVE = "live"
    LATE = "late"
    CHECK = "check"


_TALLIES: Mapping[Outcome, frozenset[Tally]] = {
    Outcome.PENDING: frozenset(),
    Outcome.ON_TIME: frozenset({Tally.LIVE}),
    Outcome.EARLY: frozenset({Tally.LIVE}),
    Outcome.LATE: frozenset({Tally.LIVE, Tally.LATE}),
    Outcome.NOT_SEEN: frozenset({Tally.LATE}),
    Outcome.PARTIAL: frozenset({Tally.LATE}),
    Outcome.UNCERTAIN: frozenset({Tally.LIVE, Tally.CHECK}),
    Outcome.CANNOT_TELL: frozenset({Tally.CHECK}),
}
# The outcomes for which a contact is called: nothing shows that the release is live.
_TO_CALL = frozenset({Outcome.PENDING, Outcome.NOT_SEEN, Outcome.PARTIAL, Outcome.CANNOT_TELL})


@dataclass(frozen=True, slots=True)
class LineAction:
    """A link to act on a release, or only a text without an address; `about` completes it for screen readers.

    `contact` is the key of the contact whom a button at this address is about.
    """

    text: str
    address: str = ""
    about: str = ""
    is_external: bool = False
    contact: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One release on the dashboard; `exempted_by` names the exemptions that prevent a suspicion.

    `outcome` is that of the masked verdict. `news_at` is the instant of the fact that decided it, None if nothing did.
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
        """Whether it is near its due time or past it."""
        return self.is_checkable and self.section is not Section.LATER

    @property
    def key(self) -> str:
        """The beginning of the identifiers of its parts of the page."""
        return f"today-{self.release.pk}"

    @property
    def window(self) -> tuple[str, str]:
        """The times at the ends of the strip, without am and pm: "9:28" and "9:33"; empty without one."""
        if self.release.due_at is None or self.limit_at is None:
            return "", ""
        start, end = strip_window(self.release.due_at, self.limit_at)
        return calendar.format_time(start).rstrip("apm"), calendar.format_time(end).rstrip("apm")

    @property
    def counts_down(self) -> bool:
        """Whether its detail is the time that is left until it is due."""
        return self.is_checkable and not self.tallies and self.due_in_future

    @property
    def is_checkable(self) -> bool:
        return _is_checkable(self.release)


def _is_checkable(release: Release) -> bool:
    return release.status in {Status.CONFIRMED, Status.PUBLISHED} and release.due_at is not None


def section_of(release: Release, outcome: Outcome, *, limit_at: datetime | None, now: datetime) -> Section:
    """Return the part of the page for a release at an instant, by its masked outcome."""
    due_at = release.due_at
    if release.status == Status.CANCELLED:
        return Section.FINISHED
    if release.status == Status.PROVISIONAL or due_at is None or limit_at is None or now < due_at - DUE_SOON:
        return Section.LATER
    if now < limit_at + SETTLED_AFTER:
        return Section.DUE
    # A late release has a report to complete, so it stays in view for the day.
    return Section.FINISHED if outcome in {Outcome.ON_TIME, Outcome.EARLY} else Section.OPEN


@dataclass(frozen=True, slots=True)
class Group:
    """The releases of one part of the page that are due at the same time."""

    section: Section
    at: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Day:
    """The releases due on one London day; `left_out` counts those beyond the longest list.

    `rehearsals` is None if there are none, else whether they are shown.
    """

    on: date
    lines: list[Line]
    left_out: int = 0
    rehearsals: bool | None = None

    def count(self, tally: Tally) -> int:
        return sum(tally in line.tallies for line in self.lines)

    @property
    def has_several_producers(self) -> bool:
        return len({line.release.series.producer_id for line in self.lines}) > 1

    @property
    def due(self) -> int:
        return sum(line.is_checkable for line in self.lines)

    @property
    def live(self) -> int:
        return self.count(Tally.LIVE)

    @property
    def late(self) -> int:
        return self.count(Tally.LATE)

    @property
    def to_check(self) -> int:
        return self.count(Tally.CHECK)

    @property
    def groups(self) -> list[Group]:
        """The releases that are not finished, in the order of the page: due now first, each part by time."""
        order = list(Section)
        unfinished = (line for line in self.lines if line.section is not Section.FINISHED)
        ranked = sorted(unfinished, key=lambda line: order.index(line.section))
        return [
            Group(section, at, list(lines))
            for (section, at), lines in groupby(ranked, key=lambda line: (line.section, _time_of(line.release)))
        ]

    @property
    def finished(self) -> list[Line]:
        return [line for line in self.lines if line.section is Section.FINISHED]

    @property
    def is_any_due(self) -> bool:
        """Whether a release is due about now; its own line counts down."""
        return any(line.section is Section.DUE for line in self.lines)

    @property
    def next_due_at(self) -> datetime | None:
        """The due time of the next release, None if no other is due today."""
        return min(
            (line.release.due_at for line in self.lines if line.counts_down and line.release.due_at), default=None
        )

    @property
    def summary(self) -> str:
        """The counts in one sentence, for screen readers."""
        counts = {"due": self.due, "live": self.live, "late": self.late, "check": self.to_check}
        return _("%(due)s due, %(live)s live, %(late)s late, %(check)s need checking") % counts

    @property
    def title(self) -> str:
        """The title of the page, with the number of releases that are late or need checking."""
        if self.late:
            return _("(%(count)s late) Today’s releases") % {"count": self.late}
        if self.to_check:
            return _("(%(count)s to check) Today’s releases") % {"count": self.to_check}
        return _("Today’s releases")

    def news(self, pieces: Container[str]) -> str:
        """Name the first few releases whose result is new.

        :param pieces: the identifiers of new parts, as `LiveText.since` returns them.
        """
        new = [line for line in self.lines if line.tallies and standing_of(line.release) in pieces]
        parts = [f"{line.release.title}: {line.standing.label}" for line in new[:MOST_NEWS]]
        if len(new) > MOST_NEWS:
            parts.append(_("%(count)s more") % {"count": len(new) - MOST_NEWS})
        return ". ".join(parts)

    def banner(self, *, now: datetime) -> "Banner":
        """Return the results of the last two minutes, by the instant of the fact that decided each."""
        new = [line for line in self.lines if line.news_at and timedelta(0) <= now - line.news_at < NEWS_FOR]
        bad = [line for line in new if line.tallies & {Tally.LATE, Tally.CHECK}]
        return Banner(bad[:MOST_NEWS], max(0, len(bad) - MOST_NEWS), len(new) - len(bad))

    def find_outages(self, person: Person) -> list[Outage]:
        """Return the outages of websites of which a person may tell readers."""
        return outages.find_outages(person, [(line.release, line.verdict) for line in self.lines])

    def with_strips(self, *, now: datetime, only: Collection[int] | None = None) -> "Day":
        """Draw the strips of all releases that have one, or of some by key."""
        chosen = [
            (line.release, line.verdict)
            for line in self.lines
            if line.has_strip and (only is None or line.release.pk in only)
        ]
        strips = check_history.draw_strips(chosen, now=now) if chosen else {}
        return replace(self, lines=[replace(line, strip=strips.get(line.release.pk)) for line in self.lines])


@dataclass(frozen=True, slots=True)
class Banner:
    """New results: those that are late or need checking by name, the number of further ones, and of good ones."""

    lines: list[Line]
    left_out: int
    on_time: int

    def __bool__(self) -> bool:
        return bool(self.lines or self.on_time)

    @property
    def on_time_sentence(self) -> str:
        return ngettext("%(count)s release is live.", "%(count)s releases are live.", self.on_time) % {
            "count": self.on_time
        }


def standing_of(release: Release) -> str:
    """Return the identifier of the part of the page with the status of a release."""
    return f"today-{release.pk}-standing"


def today(person: Person, *, now: datetime, rehearsals: bool | None = None) -> Day:
    """Return the releases of the present London day.

    :param rehearsals: whether to list rehearsals; None lists those of the demonstration only.
    """
    on = calendar.local_date(now)
    due = visible_releases(person).on_london_day(*london_day(on))
    selected = due.select_related(
        "series__producer", "series__responsible", "series__head_of_profession"
    ).prefetch_related("addresses")
    # Rehearsals last, so that the longest list leaves out none of the others.
    found = list(selected.order_by("rehearsal", "due_at", "title", "pk")[: MOST_LINES + 1])
    left_out = due.count() - MOST_LINES if len(found) > MOST_LINES else 0
    found = found[:MOST_LINES]
    listed = [release for release in found if not release.rehearsal or _is_shown(release, wanted=rehearsals)]
    has_rehearsals = any(release.rehearsal for release in found)
    are_shown = any(release.rehearsal for release in listed)
    listed.sort(key=lambda release: (release.due_at, release.title, release.pk))
    return Day(on, _lines(person, listed, now=now), left_out, are_shown if has_rehearsals else None)


def _is_shown(rehearsal: Release, *, wanted: bool | None) -> bool:
    in_demo = rehearsal.series.producer.slug in DEMO_PRODUCERS
    return in_demo if wanted is None else wanted


def _lines(person: Person, releases: Sequence[Release], *, now: datetime) -> list[Line]:
    # The dashboard may be on a wall, so it shows no one that a release was found early.
    verdicts = {
        verification.release_id: mask_verdict(verification)
        for verification in Verification.objects.select_related("release").filter(
            release__in=[release.pk for release in releases], schedule_version=F("release__schedule_version")
        )
    }
    found = [(release, verdicts.get(release.pk)) for release in releases]
    exempted = _name_exemptions(found)
    suspected = [release.pk for release, verdict in found if verdict and verdict.outcome in SUSPICIOUS]
    reports = _find_reports(person, suspected)
    calls = find_call_lists([release for release in releases if release.due_at and now >= release.due_at - DUE_SOON])
    return [
        _line(
            person,
            release,
            verdict,
            exempted=exempted,
            report=reports.get(release.pk, ""),
            calls=calls.get(release.pk, NO_CALLS),
            now=now,
        )
        for release, verdict in found
    ]


def _line(
    person: Person,
    release: Release,
    verdict: Verification | None,
    *,
    exempted: Mapping[int, str],
    report: str,
    calls: CallList,
    now: datetime,
) -> Line:
    outcome = Outcome(verdict.outcome) if verdict else Outcome.PENDING
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
        standing=status_of_release(release, verdict, now=now),
        section=section_of(release, outcome, limit_at=limit_at, now=now),
        outcome=outcome,
        tallies=tallies,
        limit_at=limit_at,
        news_at=_decided_by(verdict) if tallies and verdict else None,
        publisher=publisher_note(verdict),
        exempted_by=exempted.get(release.pk, ""),
        due_in_future=release.due_at is not None and now < release.due_at,
        actions=tuple(_actions(person, release, outcome, limit_at=limit_at, report=report, calls=calls, now=now))
        if checkable
        else (),
        calls=calls,
    )


def _decided_by(verdict: Verification) -> datetime | None:
    """Return the instant of the check that decided a masked verdict, or the end of the tolerance.

    The instant at which we stored the verdict would differ for an early release.
    """
    outcome = Outcome(verdict.outcome)
    if outcome is Outcome.PENDING:
        return None
    if Tally.LIVE in _TALLIES[outcome] and verdict.first_live_at:
        return max(verdict.first_live_at, verdict.due_at)
    return verdict.limit_at


def _actions(
    person: Person,
    release: Release,
    outcome: Outcome,
    *,
    limit_at: datetime | None,
    report: str,
    calls: CallList,
    now: datetime,
) -> Iterable[LineAction]:
    due_at, title = release.due_at, release.title
    if due_at is None or limit_at is None or now < due_at - DUE_SOON:
        return
    page = next((address.url for address in release.addresses.all() if address.role == Address.Role.PAGE), "")
    # There is no link before the due time, because a link to a page that is out early would help it to spread.
    if page and now >= due_at:
        yield LineAction(_("Open page"), page, title, is_external=True)
    roles = roles_of(person, release.series.producer)
    if outcome in _TO_CALL:
        yield from _calls(release, calls, may_record=bool(TABLE[Action.RECORD_CALL] & roles))
    if LEADS & roles and outcome in _TO_CALL and release.status == Status.CONFIRMED:
        yield from _lead_actions(release, outcome, is_over=now >= limit_at)
    if report:
        yield LineAction(_("Open report"), reverse("breaches:report", args=[report]), title)


def _calls(release: Release, calls: CallList, *, may_record: bool) -> Iterable[LineAction]:
    contact, title = calls.next, release.title
    if not calls.contacts:
        yield LineAction(_("No contact"))
    elif contact is None:
        yield LineAction(_("None of the contacts answered"))
    else:
        names = {"name": contact.name, "title": title}
        if uri := telephone_uri(contact.telephone):
            yield LineAction(_("Call %(name)s") % names, uri, title)
        else:
            yield LineAction(_("No phone number for %(name)s") % names)
        if may_record:
            address = reverse("releases:no_answer", args=[release.reference])
            yield LineAction(_("No answer"), address, _("%(name)s, %(title)s") % names, contact=contact.pk)
    for attempt in calls.attempts:
        name, at = attempt.contact.name, calendar.format_time(attempt.at)
        yield LineAction(_("No answer from %(name)s at %(at)s") % {"name": name, "at": at})
        if may_record:
            address = reverse("releases:undo_no_answer", args=[release.reference])
            about = _("no answer from %(name)s, %(title)s") % {"name": name, "title": title}
            yield LineAction(_("Undo"), address, about, contact=attempt.contact.pk)


def _lead_actions(release: Release, outcome: Outcome, *, is_over: bool) -> Iterable[LineAction]:
    """Return what a lead can do about a release that is not live.

    :param is_over: whether the tolerance has ended.
    """
    if is_over and release.announced_at:
        address = reverse("releases:delay_notice", args=[release.reference])
        yield LineAction(_("Tell readers"), address, release.title)
    # A part of an incomplete release is out, so it can no longer be postponed.
    if outcome is not Outcome.PARTIAL:
        address = reverse("releases:decide_on_day", args=[release.reference])
        yield LineAction(_("Postpone or cancel"), address, release.title)


def _find_reports(person: Person, releases: Sequence[int]) -> dict[int, str]:
    """Return the reference of the last report about each release, by key, if the person may read it in lists."""
    about = reports_where(person, ReportAction.VIEW).listed().filter(suspicions__release__in=releases)
    return dict(about.order_by("drafted_at").values_list("suspicions__release", "reference")) if releases else {}


def not_live_releases(person: Person, day: Day) -> list[Line]:
    """Return the releases that are not live, of the producers for which a person publishes.

    The person has to call the contact before they publish such a release, because it may be held on purpose.
    """
    return [
        line
        for line in day.lines
        if line.outcome is Outcome.NOT_SEEN and Role.PUBLISHING_TEAM in roles_of(person, line.release.series.producer)
    ]


@dataclass(frozen=True, slots=True)
class UpcomingDay:
    """The releases of one day to come, each with what is missing; `left_out` counts those beyond the longest list."""

    on: date
    releases: list[tuple[Release, list[str]]]
    left_out: int

    @property
    def count(self) -> int:
        return len(self.releases) + self.left_out


def upcoming_days(person: Person, *, now: datetime, rehearsals: bool | None = None) -> list[UpcomingDay]:
    """Return the next days with releases, at most three within two weeks."""
    _today, start = london_day(calendar.local_date(now))
    ahead = visible_releases(person).on_london_day(start, start + timedelta(days=DAYS_AHEAD))
    if not rehearsals:
        of_demo = Q(series__producer__slug__in=DEMO_PRODUCERS) if rehearsals is None else Q(pk__in=[])
        ahead = ahead.filter(Q(rehearsal=False) | of_demo)
    found = ahead.exclude(status=Status.CANCELLED).select_related("series__producer").prefetch_related("addresses")
    by_day: dict[date, list[Release]] = defaultdict(list)
    for release in found.order_by("due_at", "title", "pk")[:MOST_LINES]:
        if release.due_at is not None:
            by_day[calendar.local_date(release.due_at)].append(release)
    return [
        UpcomingDay(
            on,
            [(release, list(_missing_from(release))) for release in releases[:MOST_RELEASES_AHEAD]],
            max(0, len(releases) - MOST_RELEASES_AHEAD),
        )
        for on, releases in list(by_day.items())[:MOST_DAYS_AHEAD]
    ]


def _missing_from(release: Release) -> Iterable[str]:
    if not any(address.role == Address.Role.PAGE for address in release.addresses.all()):
        yield _("No web page")
    if release.series.responsible_id is None:
        yield _("No contact")
    if release.series.head_of_profession_id is None:
        yield _("No Head of Profession")
    if release.status == Status.PROVISIONAL:
        yield _("Date not confirmed")


def _time_of(release: Release) -> str:
    return calendar.format_time(release.due_at) if release.due_at else ""


def _name_exemptions(found: Iterable[tuple[Release, Verification | None]]) -> dict[int, str]:
    """Return the names of the exemptions that cover verdicts, by the release's key."""
    verdicts = []
    for release, verdict in found:
        if verdict is not None:
            verdict.release = release  # the same object as in the list, with its series selected
            verdicts.append(verdict)
    covered = exemptions.find_exemptions(verdicts)
    return {
        verdict.release_id: ", ".join(exemption.reference for exemption in covered[verdict.pk])
        for verdict in verdicts
        if verdict.pk in covered
    }

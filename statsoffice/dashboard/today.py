"""The releases of a day, and the parts of the list that update automatically."""

import hashlib
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import F
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from selectolax.lexbor import LexborHTMLParser

from releases import exemptions
from releases.early_findings import mask_verdict
from releases.models import Release, RollCall, Verification
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, Person, producers_where
from releases.rules import calendar
from releases.text.release import StatusLabel, publisher_note, status_of_release

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
    """Extract the content of each element with an `id` and `data-changing`."""
    tree = LexborHTMLParser(text)
    pieces = {}
    for node in tree.css("[data-changing]"):
        pieces[str(node.attributes["id"])] = SafeString(node.inner_html)
        node.inner_html = ""
    frame = _digest(str(tree.html), FRAME)
    return LiveText(pieces, frame + "".join(_digest(piece, PIECE) for piece in pieces.values()))


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()


MOST_LINES = 200
MOST_LINES_AHEAD = 20
MOST_NEWS = 3
DAYS_AHEAD = 14


@dataclass(frozen=True, slots=True)
class Line:
    """One release on the dashboard; `exempted_by` names the exemptions that prevent a suspicion."""

    release: Release
    standing: StatusLabel
    publisher: str = ""
    exempted_by: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The releases due on one London day, with rehearsals; `left_out` counts those beyond the longest list."""

    on: date
    lines: list[Line]
    left_out: int = 0
    roll_calls: tuple[RollCall, ...] = ()

    @property
    def summary(self) -> str:
        """The number of releases by status, for screen readers."""
        counted = Counter(line.standing.label for line in self.lines)
        return ", ".join(f"{label}: {count}" for label, count in counted.items())

    def news(self, pieces: Container[str]) -> str:
        """Name the first few releases whose status is new.

        :param pieces: the identifiers of new parts, as `LiveText.since` returns them.
        """
        new = [line for line in self.lines if f"today-{line.release.pk}-standing" in pieces]
        parts = [f"{line.release.title}: {line.standing.label}" for line in new[:MOST_NEWS]]
        if len(new) > MOST_NEWS:
            parts.append(_("%(count)s more") % {"count": len(new) - MOST_NEWS})
        return ". ".join(parts)


def today(person: Person, *, now: datetime) -> Day:
    on = calendar.local_date(now)
    calls = RollCall.objects.filter(day=on, producer__in=producers_where(person, Action.VIEW))
    day = _day(_visible_releases(person), on, most=MOST_LINES, now=now)
    return replace(day, roll_calls=tuple(calls.select_related("producer")))


def tomorrow(person: Person, *, now: datetime) -> Day:
    return _day(_visible_releases(person), calendar.local_date(now) + timedelta(days=1), most=MOST_LINES_AHEAD, now=now)


def next_day(person: Person, *, now: datetime) -> Day | None:
    """Return the next day after tomorrow, within two weeks, with a release that the person may see."""
    start = _midnight(calendar.local_date(now) + timedelta(days=2))
    ahead = _visible_releases(person).on_london_day(start, start + timedelta(days=DAYS_AHEAD - 1))
    first = ahead.order_by("due_at").values_list("due_at", flat=True).first()
    return (
        _day(_visible_releases(person), calendar.local_date(first), most=MOST_LINES_AHEAD, now=now) if first else None
    )


def _visible_releases(person: Person) -> ReleaseQuerySet:
    return Release.objects.filter(series__producer__in=producers_where(person, Action.VIEW))


def _day(releases: ReleaseQuerySet, on: date, *, most: int, now: datetime) -> Day:
    due = releases.on_london_day(_midnight(on), _midnight(on + timedelta(days=1)))
    shown = list(due.select_related("series__producer").order_by("due_at", "title", "pk")[: most + 1])
    left_out = due.count() - most if len(shown) > most else 0
    shown = shown[:most]
    # The dashboard may be on a wall, so it shows no one that a release was found early.
    verdicts = {
        verification.release_id: mask_verdict(verification)
        for verification in Verification.objects.select_related("release").filter(
            release__in=[release.pk for release in shown], schedule_version=F("release__schedule_version")
        )
    }
    found = [(release, verdicts.get(release.pk)) for release in shown]
    exempted = _name_exemptions(found)
    lines = [
        Line(
            release,
            status_of_release(release, verdict, now=now),
            publisher_note(verdict),
            exempted.get(release.pk, ""),
        )
        for release, verdict in found
    ]
    return Day(on, lines, left_out)


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


def _midnight(on: date) -> datetime:
    return calendar.from_london(datetime.combine(on, time()))

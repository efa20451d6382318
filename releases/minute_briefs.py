"""Make one minute brief for each producer and due instant, and compute its content from the record."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from releases.early_findings import mask_verdict, outcome_from_due
from releases.exemptions import find_exemptions
from releases.models import (
    CheckSchedule,
    MinuteBrief,
    PublicationStatement,
    Release,
    ReleaseEvent,
    Verification,
)
from releases.models.producer import GREATEST_TOLERANCE_SECONDS
from releases.models.release import find_main_page
from releases.models.training import is_shown_to
from releases.permissions import Action, Person, producers_where
from releases.publication_statements import find_statements
from releases.rules.calendar import limit_at
from releases.rules.lifecycle import Status
from releases.rules.parts import LONGEST_FOLLOW, part_limit_at
from releases.rules.web_address import place_if_any
from releases.verdict.address import SUSPICIOUS, Outcome
from releases.verdict.minute_brief import (
    AFTER_LIMIT,
    AWAITED,
    NOT_LIVE_AT_LIMIT,
    Brief,
    BriefState,
    DueRelease,
    build_brief,
)

LATEST = timedelta(days=1)
"""How long after a limit a brief can still be made, for example if our own processes were down before."""
DECIDED_WITHIN = timedelta(minutes=10)
"""How long an existing brief can still be updated after a later limit, such as the limit of a part that may follow.

Verdicts that are stored after this time are only shown on the page of the brief.
"""
LATE_AFTER = timedelta(minutes=1)
"""A brief says that it is late if it was made more than this long after it could have been made."""
_EXPECTED = (Status.CONFIRMED, Status.PUBLISHED)


class _Key(NamedTuple):
    producer: int
    due_at: datetime
    rehearsal: bool
    training: int | None


def make_due_briefs(*, now: datetime) -> list[MinuteBrief]:
    """Make or update the briefs that are due, and return them.

    A brief is made if at least one release was not live at the limit and is not covered by exemptions. The brief is
    made five seconds after the limit, or when the verdict is stored if that is later. There is one brief for each
    producer and due instant. Rehearsals have separate briefs, and so does each training.

    A release can have a later limit, such as the limit of a part that may follow. If the release is not live at the
    later limit, the existing brief is updated. No brief is made twice, or updated twice for the same limit, even if
    this function runs repeatedly or in several processes at the same time.
    """
    verdicts = Verification.objects.filter(
        outcome__in=NOT_LIVE_AT_LIMIT,
        due_at__gt=now - LATEST - LONGEST_FOLLOW - timedelta(seconds=GREATEST_TOLERANCE_SECONDS),
        due_at__lte=now,
        decided_at__isnull=False,
    )
    columns = ("release__series__producer", "due_at", "release__rehearsal", "release__training", "tolerance_seconds")
    # This query runs every second, so it reads only the columns that are needed for the keys and limits of the briefs.
    times = verdicts.values_list(*columns, "release__addresses__may_follow_minutes").distinct()
    limits: dict[_Key, set[datetime]] = defaultdict(set)
    for producer, due_at, rehearsal, training, tolerance, follow_minutes in times:
        limit = limit_at(due_at, tolerance_seconds=tolerance)
        for one in {limit, part_limit_at(limit, may_follow=timedelta(minutes=follow_minutes or 0))}:
            if _is_due(one, now=now):
                limits[_Key(producer, due_at, rehearsal, training)].add(one)
    if not limits:
        return []
    rows = MinuteBrief.objects.filter(due_at__in={key.due_at for key in limits})
    made = {_Key(row.producer_id, row.due_at, row.rehearsal, row.training_id): row for row in rows}
    keys = {key for key, ends in limits.items() if any(_is_waiting(end, made.get(key), now=now) for end in ends)}
    if not keys:
        return []
    unmade = verdicts.filter(due_at__in={key.due_at for key in keys}).select_related("release__series__producer")
    waiting = [
        row
        for row in unmade
        if (key := _key_of(row)) in keys
        and _is_due(row.missed_limit_at, now=now)
        and _is_later(row.missed_limit_at, made.get(key))
    ]
    exempted = find_exemptions(waiting)
    groups: dict[_Key, list[Verification]] = defaultdict(list)
    for row in waiting:
        if row.pk not in exempted:
            groups[_key_of(row)].append(row)
    briefs = (_make_brief(key, rows, made.get(key), now=now) for key, rows in groups.items())
    return [brief for brief in briefs if brief is not None]


def _is_due(limit: datetime, *, now: datetime) -> bool:
    """Return whether a brief about a limit can be made now. The limit must be neither too recent nor too long ago."""
    return limit + AFTER_LIMIT <= now < limit + LATEST


def _is_waiting(limit: datetime, brief: MinuteBrief | None, *, now: datetime) -> bool:
    """Return whether a verdict about a limit may still lead to a new brief, or to an update of the given brief."""
    return brief is None or (_is_later(limit, brief) and now < limit + AFTER_LIMIT + DECIDED_WITHIN)


def _is_later(limit: datetime, brief: MinuteBrief | None) -> bool:
    """Return True if there is no brief, or if the brief was made too early to cover the limit."""
    return brief is None or limit + AFTER_LIMIT > brief.made_at


def _key_of(verdict: Verification) -> _Key:
    release = verdict.release
    return _Key(release.series.producer_id, verdict.due_at, release.rehearsal, release.training_id)


def _make_brief(
    key: _Key, verdicts: Collection[Verification], earlier: MinuteBrief | None, *, now: datetime
) -> MinuteBrief | None:
    """Make a brief, or update the earlier brief of the same instant.

    Return None if another process was faster.
    """
    first_limit_at = min(row.missed_limit_at for row in verdicts)
    ready_at = max(first_limit_at + AFTER_LIMIT, _first_found_at(verdicts))
    times = {"limit_at": first_limit_at, "ready_at": min(ready_at, now), "made_at": now}
    if earlier is not None:
        same = MinuteBrief.objects.filter(pk=earlier.pk)
        return same.get() if same.filter(made_at=earlier.made_at).update(**times) else None
    brief = MinuteBrief(
        producer_id=key.producer, due_at=key.due_at, rehearsal=key.rehearsal, training_id=key.training, **times
    )
    try:
        with transaction.atomic():
            brief.save(force_insert=True)
    except IntegrityError:
        return None
    return brief


def _first_found_at(verdicts: Collection[Verification]) -> datetime:
    """Return when one of the releases was first judged not live.

    This instant is read from the events, because a person's statement may have changed the verdict since.
    """
    found_at: dict[tuple[int, int], datetime] = {}
    releases = [verdict.release_id for verdict in verdicts]
    for event in ReleaseEvent.objects.filter(release__in=releases, kind="judged").order_by("position"):
        if event.facts["outcome"][1] in SUSPICIOUS:
            found_at.setdefault((event.release_id, event.facts["schedule_version"]), event.at)
    instants = (found_at.get((one.release_id, one.schedule_version), one.decided_at) for one in verdicts)
    return min(at for at in instants if at)  # each has an instant, because only decided verdicts are read


@dataclass(frozen=True, slots=True)
class BriefLine:
    """One release of a brief. `verdict` is the verdict for the instant of the brief, or None."""

    release: Release
    verdict: Verification | None
    state: BriefState
    is_over: bool
    publications: Sequence[PublicationStatement] = ()


@dataclass(frozen=True, slots=True)
class ReadBrief:
    """A brief that was computed from the present record. Its releases are sorted by title."""

    row: MinuteBrief
    brief: Brief
    lines: tuple[BriefLine, ...]

    def in_state(self, *states: BriefState) -> list[BriefLine]:
        return [line for line in self.lines if line.state in states]

    @property
    def not_live(self) -> list[BriefLine]:
        """The releases that are not live or not complete now."""
        return self.in_state(*AWAITED)

    @property
    def live_now(self) -> list[BriefLine]:
        return self.in_state(BriefState.LIVE_NOW)

    @property
    def live(self) -> list[BriefLine]:
        return self.in_state(BriefState.LIVE)

    @property
    def not_known(self) -> list[BriefLine]:
        return self.in_state(BriefState.NOT_KNOWN)

    @property
    def is_late(self) -> bool:
        """Whether our own processes delayed the brief. The time that it had to wait for a verdict does not count."""
        return self.row.made_at - self.row.ready_at > LATE_AFTER


type _Due = tuple[Release, Verification | None, DueRelease]


def read_brief(row: MinuteBrief, *, with_hosts: bool = True) -> ReadBrief:
    """Compute a brief from the present record, in a fixed number of queries.

    Releases of the brief's producer that were found early are left out, even if they are published.

    Announced releases of other producers are counted if they are on the same hosts. Their checks before the due time
    are ignored. Early releases of other producers are counted too. Otherwise the count would be smaller than in the
    public calendar, which would show that a release is early.

    :param with_hosts: whether to count the releases on each host. This can be slow, because many releases of other
        producers may be due at the same instant.
    """
    own = _read_due(
        row,
        Release.objects.filter(series__producer=row.producer_id, rehearsal=row.rehearsal, training=row.training_id),
        is_own=True,
    )
    others: list[_Due] = []
    if with_hosts and not row.rehearsal:
        elsewhere = Release.objects.public().exclude(series__producer=row.producer_id)
        others = _read_due(row, elsewhere.filter(due_at=row.due_at), is_own=False)
    brief = build_brief([due for _release, _verdict, due in own], [due for *_rest, due in others])
    stated = find_statements([release for release, _verdict, _due in own])
    lines = tuple(
        BriefLine(release, verdict, due.state, due.is_over, tuple(stated.get(release.pk, ())))
        for release, verdict, due in own
    )
    return ReadBrief(row, brief, lines)


def _read_due(row: MinuteBrief, among: QuerySet[Release], *, is_own: bool) -> list[_Due]:
    """Read the releases that are or were due at the instant of a brief.

    :param is_own: whether the releases belong to the brief's producer. If so, releases that were found early are left
        out.
    """
    verdicts = list(
        Verification.objects.filter(release__in=among, due_at=row.due_at).order_by("schedule_version", "pk")
    )
    is_due = Q(due_at=row.due_at, status__in=_EXPECTED) | Q(pk__in={verdict.release_id for verdict in verdicts})
    found: dict[int, Release] = {
        release.pk: release
        for release in among.filter(is_due)
        .select_related("series__producer", "series__responsible__user", "series__head_of_profession__user")
        .prefetch_related("addresses")
    }
    verdict_of: dict[int, Verification] = {}
    for verdict in verdicts:
        release = found.get(verdict.release_id)  # None if the release was changed after the query above
        if release and (verdict.schedule_version == release.schedule_version or verdict.outcome != Outcome.PENDING):
            verdict.release = release
            verdict_of[release.pk] = verdict
    left_out: set[int] = set()
    if is_own:
        early = Verification.objects.filter(release__in=found, outcome=Outcome.EARLY)
        left_out.update(early.values_list("release_id", flat=True))
    listed = [
        release
        for release in found.values()
        if release.pk not in left_out
        and (release.pk in verdict_of or (release.due_at == row.due_at and release.status in _EXPECTED))
    ]
    return [
        _describe_due(release, verdict_of.get(release.pk), row, is_own=is_own)
        for release in sorted(listed, key=lambda one: (one.title, one.pk))
    ]


def _describe_due(release: Release, verdict: Verification | None, row: MinuteBrief, *, is_own: bool) -> _Due:
    shown = mask_verdict(verdict) if verdict else None
    outcome = Outcome.PENDING
    if shown:
        # For a release of another producer, ignore the checks before the due time. Otherwise the count would change
        # when an early release is published and is no longer hidden.
        outcome = Outcome(shown.outcome) if is_own else outcome_from_due(shown)
    is_moved = release.due_at != row.due_at
    required = (address for address in release.addresses.all() if address.required)
    due = DueRelease(
        key=release.pk,
        host=place_if_any(page.url) if (page := find_main_page(required)) else "",
        outcome=outcome,
        limit_at=shown.missed_limit_at if shown else release.limit_at,
        complete_at=_complete_at(shown) if shown else None,
        is_published=release.status == Status.PUBLISHED,
        is_over=is_moved or release.status == Status.CANCELLED,
    )
    return release, shown, due


def _complete_at(verdict: Verification) -> datetime | None:
    """Return when the last required part was first found live, or None if a required part was not found live."""
    required = [result.verdict.first_live_at for result in verdict.results if result.required]
    found = [at for at in required if at]
    return max(found) if found and len(found) == len(required) else None


def briefs_known_to(person: Person) -> QuerySet[MinuteBrief]:
    """Return the briefs of the producers that a person leads. Trainings are included only if the person takes part.

    Only people who may know of early releases may read a brief. A release that was found early is missing from its
    producer's brief, so other people could conclude that it was found early (decision 100).
    """
    own = MinuteBrief.objects.filter(is_shown_to(person), producer__in=producers_where(person, Action.READ_BRIEF))
    return own.select_related("producer", "training")


def find_next_check(releases: Iterable[Release]) -> datetime | None:
    """Return the time of the next planned check, or None. Addresses that were found live are ignored."""
    planned = CheckSchedule.objects.filter(
        address__release__in=[release.pk for release in releases],
        schedule_version=F("address__release__schedule_version"),
        live_since__isnull=True,
    )
    return planned.exclude(next_check_at=None).order_by("next_check_at").values_list("next_check_at", flat=True).first()

"""Near misses: what nearly became a breach, read from what is on record; nothing of it is stored a second time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from releases.models import PreflightRun, Producer, Release, Series, Statement, Verification
from releases.rules.london import from_london
from releases.verdict.address import SUSPICIOUS, Outcome

# On these the looks are silent, so that a person's word is all there is.
UNTOLD_BY_LOOKS = (Outcome.UNCERTAIN, Outcome.CANNOT_TELL)


@dataclass(frozen=True, slots=True)
class Mended:
    """Problems that a check before a release found, and the last check before it was due, which found none."""

    found: PreflightRun
    mended: PreflightRun


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One release that nearly became a breach, and why.

    `within_tolerance` is the verdict of one that came late within its tolerance; `stated` are people's statements that
    it was live in time, of which the looks could not tell; `mended` tells of problems that were mended before.
    """

    release: Release
    within_tolerance: Verification | None = None
    stated: tuple[Statement, ...] = field(default=())
    mended: Mended | None = None


def releases_of(
    producers: Iterable[Producer] | QuerySet[Producer],
    *,
    now: datetime,
    series: Series | None = None,
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[Release]:
    """Return the releases of some producers that were near misses, the latest first; rehearsals are none.

    :param now: the aware instant of asking; what is due later is not judged yet.
    :param first: the first day, in London, on which they were due.
    :param last: the last such day.
    """
    judged = Verification.objects.filter(release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"))
    due = Release.objects.filter(series__producer__in=producers, rehearsal=False, due_at__lte=now)
    if series is not None:
        due = due.filter(series=series)
    if first is not None:
        due = due.filter(due_at__gte=_at(first, time.min))
    if last is not None:
        due = due.filter(due_at__lte=_at(last, time.max))
    near = Q(Exists(judged.filter(outcome=Outcome.ON_TIME, delay_from__gt=0)))
    near |= Q(pk__in=_stated_in_time(due))
    near |= Q(Exists(_with_problems())) & Q(Exists(_without_problems())) & Q(Exists(judged))
    listed = due.filter(near).exclude(Exists(judged.filter(outcome__in=SUSPICIOUS)))
    return listed.select_related("series__producer").order_by("-due_at", "-pk")


def told(releases: Sequence[Release]) -> list[NearMiss]:
    """Say of each release why it was a near miss, in a fixed number of queries.

    :param releases: as `releases_of` gives them.
    """
    keys = [release.pk for release in releases]
    of_present = Q(schedule_version=F("release__schedule_version"))
    verdicts = {one.release_id: one for one in Verification.objects.filter(of_present, release__in=keys)}
    said: dict[int, list[Statement]] = defaultdict(list)
    stated = Statement.objects.filter(of_present, release__in=keys, kind=Statement.Kind.WAS_LIVE)
    for statement in stated.select_related("stated_by"):
        said[statement.release_id].append(statement)
    runs: dict[int, list[PreflightRun]] = defaultdict(list)
    done = PreflightRun.objects.filter(of_present, release__in=keys, done_at__lt=F("release__due_at"))
    for run in done.order_by("done_at", "pk"):
        runs[run.release_id].append(run)
    return [_near_miss(one, verdicts.get(one.pk), said[one.pk], runs[one.pk]) for one in releases]


def _near_miss(
    release: Release, verdict: Verification | None, said: Collection[Statement], runs: Sequence[PreflightRun]
) -> NearMiss:
    late = verdict is not None and verdict.outcome == Outcome.ON_TIME and (verdict.delay_from or 0) > 0
    silent = verdict is not None and verdict.outcome in UNTOLD_BY_LOOKS
    problems = [run for run in runs if run.problems]
    mended = problems and not runs[-1].problems
    return NearMiss(
        release=release,
        within_tolerance=verdict if late else None,
        stated=tuple(one for one in said if silent and verdict and _in_time(one, verdict)),
        mended=Mended(problems[-1], runs[-1]) if mended else None,
    )


def _in_time(statement: Statement, verdict: Verification) -> bool:
    assert statement.live_at is not None  # noqa: S101  # of this kind of statement it is never empty
    return verdict.due_at <= statement.live_at <= verdict.limit_at


def _stated_in_time(due: QuerySet[Release]) -> set[int]:
    """Return those of some releases, by key, that were live in time by a person's word where looks could not tell."""
    said = Statement.objects.filter(release__in=due, kind=Statement.Kind.WAS_LIVE)
    silent = Verification.objects.filter(
        release__in=said.values("release"), schedule_version=F("release__schedule_version"), outcome__in=UNTOLD_BY_LOOKS
    )
    verdicts = {(one.release_id, one.schedule_version): one for one in silent}
    of_silent = said.filter(release__in=[release for release, _ in verdicts])
    return {
        one.release_id
        for one in of_silent
        if (verdict := verdicts.get((one.release_id, one.schedule_version))) and _in_time(one, verdict)
    }


def _runs() -> QuerySet[PreflightRun]:
    return PreflightRun.objects.filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), done_at__lt=OuterRef("due_at")
    )


def _with_problems() -> QuerySet[PreflightRun]:
    return _runs().filter(problems__gt=0)


def _without_problems() -> QuerySet[PreflightRun]:
    """Return the last run before the due time if it found no problem."""
    newer = PreflightRun.objects.filter(
        release=OuterRef("release"),
        schedule_version=OuterRef("schedule_version"),
        done_at__gt=OuterRef("done_at"),
        done_at__lt=OuterRef("release__due_at"),
    )
    return _runs().filter(~Exists(newer), problems=0)


def _at(on: date, clock: time) -> datetime:
    return from_london(datetime.combine(on, clock))

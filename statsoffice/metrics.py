"""Metrics for Prometheus: counts and ages from the database, without names."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Count, F, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily

from releases.detection.finding import LookResult
from releases.evidence import coverage
from releases.models import ChainHead, Coverage, Observation, Verification
from releases.monitoring import targets
from releases.verdict.address import Outcome
from statsoffice import health
from statsoffice.notifications.history import CONDITIONS, State
from statsoffice.notifications.models import Message
from statsoffice.self_monitoring import status

NO_HASH = ""


class CountedLooks:
    """The checks on record up to a position, counted by their result in the memory of this process.

    Checks are only added, so earlier counts stay right. If another check has that position, as after a restore,
    everything is counted again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = 0
        self._row_hash = NO_HASH
        self._counted: Counter[str] = Counter()

    def by_result(self) -> dict[str, int]:
        with self._lock:
            head = ChainHead.objects.filter(chain=Observation.CHAIN).first()
            if not self._is_still_there():
                self._position, self._row_hash, self._counted = 0, NO_HASH, Counter()
            if head and head.position > self._position:
                self._count_up_to(head)
            return dict(self._counted)

    def _is_still_there(self) -> bool:
        if not self._position:
            return True
        return Observation.objects.filter(position=self._position, row_hash=self._row_hash).exists()

    def _count_up_to(self, head: ChainHead) -> None:
        added = Observation.objects.filter(position__gt=self._position, position__lte=head.position)
        self._counted.update(dict(added.order_by().values_list("result").annotate(Count("pk"))))
        self._position, self._row_hash = head.position, head.row_hash


COVERED = {"1h": timedelta(hours=1), "24h": timedelta(hours=24)}
"""Over which times before now it is told what part was watched."""

_looks = CountedLooks()


def figures(*, now: datetime) -> Iterator[Metric]:
    """Return every figure at one instant; without a database, only whether each check of health is well."""
    checks = {check.name: float(check.well) for check in health.checks_at(now)}
    yield _gauge("check_well", "1 while a check of /health/ready is well, else 0", "check", checks)
    if not checks["database"]:
        return
    try:
        measured = list(_from_database(now))
    except Error:
        return  # it went away this very moment; the next time the check says so
    yield from measured


def _from_database(now: datetime) -> Iterator[Metric]:
    looks = dict.fromkeys(map(str, LookResult), 0) | _looks.by_result()
    yield _counter("looks", "Looks on record, by what they showed", "result", looks)
    yield _gauge("verdicts", "Releases by their verdict, without rehearsals", "verdict", _verdicts())
    yield _gauge("sweep_lag_seconds", "How long the look that is most overdue by the plan waits", of=_lag(now))
    beat = status.pulse_of(status.SWEEP)
    yield from _age("sweep_finished_age_seconds", "Since a sweep last finished", beat.finished_at, now=now)
    alive_at = status.last_alive_at(beat, now=now)
    yield from _age("watcher_alive_age_seconds", "Since a watcher last showed that it is at work", alive_at, now=now)
    yield _gauge("watchers", "Watchers that marked themselves alive lately", of=_watchers(now))
    yield _gauge("coverage_ratio", "The part of the time before now that was watched", "over", _covered(now))
    yield from _outbox(now)


def _verdicts() -> Mapping[str, float]:
    standing = Verification.objects.filter(
        release__rehearsal=False, schedule_version=F("release__schedule_version")
    ).order_by()
    return dict.fromkeys(map(str, Outcome), 0) | dict(standing.values_list("outcome").annotate(Count("pk")))


def _lag(now: datetime) -> float:
    overdue = targets.watched_addresses(now=now).filter(
        watch__next_look_at__lt=now, watch__schedule_version=F("release__schedule_version")
    )
    oldest = overdue.aggregate(oldest=Min("watch__next_look_at"))["oldest"]
    return (now - oldest).total_seconds() if oldest else 0.0


def _watchers(now: datetime) -> float:
    lately = Coverage.objects.filter(ended_at__gte=now - status.MARKED_ALIVE_WITHIN, ended_at__lte=now)
    return lately.values("watcher").distinct().count()


def _covered(now: datetime) -> Mapping[str, float]:
    def covered(length: timedelta) -> float:
        holes = coverage.find_gaps(start=now - length, end=now)
        return 1 - sum((end - start for start, end in holes), timedelta()) / length

    return {name: covered(length) for name, length in COVERED.items()}


def _outbox(now: datetime) -> Iterator[Metric]:
    unsent = {state: Message.objects.filter(CONDITIONS[state]) for state in (State.WAITING, State.LEFT)}
    waiting = unsent[State.WAITING]
    counted = {str(state): messages.count() for state, messages in unsent.items()}
    yield _gauge("outbox_messages", "Messages that wait to be sent, or were left with their reason", "state", counted)
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield _gauge("outbox_age_seconds", "How long the oldest message that was not sent yet waits", of=age)


def _age(name: str, meaning: str, at: datetime | None, *, now: datetime) -> Iterable[Metric]:
    """Return the time since an instant; nothing if there is none."""
    return [_gauge(name, meaning, of=(now - at).total_seconds())] if at else []


def _gauge(
    name: str, meaning: str, label: str = "", by: Mapping[str, float] | None = None, *, of: float | None = None
) -> Metric:
    family = GaugeMetricFamily(f"statsoffice_{name}", f"{meaning}.", value=of, labels=[label] if label else None)
    for word, value in (by or {}).items():
        family.add_metric([str(word)], value)
    return family


def _counter(name: str, meaning: str, label: str, by: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"statsoffice_{name}", f"{meaning}.", labels=[label])
    for word, value in by.items():
        family.add_metric([str(word)], value)
    return family


class _Measured:
    """A collector of figures that were measured before."""

    def __init__(self, measured: Iterable[Metric]) -> None:
        self._measured = list(measured)

    def collect(self) -> Iterable[Metric]:
        return self._measured


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to a request with the token.

    :raises Http404: if no token is set, or the request has another one.
    """
    if not settings.METRICS_TOKEN or not constant_time_compare(_brought(request), settings.METRICS_TOKEN):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(figures(now=timezone.now())))
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(write(registry), content_type=content_type)


def _brought(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""

"""Metrics for Prometheus about monitoring and the outbox.

The metrics contain only numbers, and no names of people or releases.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Mapping
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
from prometheus_client.registry import Collector

from releases.detection.finding import CheckOutcome
from releases.early_findings import shown_outcome
from releases.evidence import coverage, repository
from releases.models import ChainHead, Coverage, Observation, Verification
from releases.monitoring import targets
from releases.verdict.address import Outcome
from statsoffice import health
from statsoffice.notifications.models import CONDITIONS, DeliveryState, Message
from statsoffice.self_monitoring import status

COVERAGE_PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24)}


class ObservationCounter:
    """Counts the checks for each result, and caches the counts in the memory of this process.

    Checks are append-only, so only the checks after the last counted check are read from the database. If the last
    counted check is no longer stored at its position, for example after a restore, all checks are counted again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = 0
        self._row_hash = ""
        self._counts: Counter[str] = Counter()

    def count_by_result(self) -> dict[str, int]:
        with self._lock:
            head = ChainHead.objects.filter(chain=Observation.CHAIN).first()
            if self._position and not repository.is_stored(self._position, self._row_hash):
                self._position, self._row_hash, self._counts = 0, "", Counter()
            if head and head.position > self._position:
                self._counts.update(repository.count_by_result(after=self._position, until=head.position))
                self._position, self._row_hash = head.position, head.row_hash
            return dict(self._counts)


_observations = ObservationCounter()


def measure(*, now: datetime) -> list[Metric]:
    """Return all metrics at one instant.

    If the database is unavailable, return only the results of the health checks.
    """
    checks = {check.name: float(check.well) for check in health.check_health(now)}
    measured = [
        _gauge(
            "check_well",
            "1 if a health check of /health/ready passes, otherwise 0",
            dimension="check",
            values=checks,
        )
    ]
    if checks["database"]:
        # Ignore errors if the database has just become unavailable. The health check of the next request reports them.
        with contextlib.suppress(Error):
            measured += [*_measure_monitoring(now), *_measure_outbox(now)]
    return measured


def _measure_monitoring(now: datetime) -> list[Metric]:
    results = dict.fromkeys([*map(str, CheckOutcome), repository.BEFORE_DUE], 0) | _observations.count_by_result()
    by_result = CounterMetricFamily("statsoffice_looks", "Checks on record, by their result.", labels=["result"])
    for result, count in results.items():
        by_result.add_metric([result], count)
    current = Verification.objects.filter(
        release__rehearsal=False, schedule_version=F("release__schedule_version")
    ).order_by()
    counted = current.annotate(shown=shown_outcome()).values_list("shown").annotate(Count("pk"))
    verdicts = dict.fromkeys(map(str, Outcome), 0) | dict(counted)
    overdue = targets.monitored_addresses(now=now).filter(
        schedule__next_check_at__lt=now, schedule__schedule_version=F("release__schedule_version")
    )
    oldest = overdue.aggregate(oldest=Min("schedule__next_check_at"))["oldest"]
    lag = (now - oldest).total_seconds() if oldest else 0.0
    heartbeat = status.find_heartbeat(status.SWEEP)
    active = Coverage.objects.filter(ended_at__gte=now - status.MARKED_ALIVE_WITHIN, ended_at__lte=now)
    processes = active.values("watcher").distinct().count()
    coverages = {}
    for name, length in COVERAGE_PERIODS.items():
        gaps = coverage.find_gaps(start=now - length, end=now)
        coverages[name] = 1 - sum((end - start for start, end in gaps), timedelta()) / length
    return [
        by_result,
        _gauge("verdicts", "Releases by their verdict, without rehearsals", dimension="verdict", values=verdicts),
        _gauge("sweep_lag_seconds", "How long the most overdue planned check has waited", lag),
        *_age("sweep_finished_age_seconds", "Seconds since a sweep last finished", heartbeat.finished_at, now=now),
        *_age(
            "watcher_alive_age_seconds",
            "Seconds since a monitoring process last updated its heartbeat",
            status.last_alive_at(heartbeat, now=now),
            now=now,
        ),
        _gauge("watchers", "Monitoring processes that are running", processes),
        _gauge(
            "coverage_ratio",
            "The share of the last hour and day that was monitored",
            dimension="over",
            values=coverages,
        ),
    ]


def _measure_outbox(now: datetime) -> list[Metric]:
    unsent = {state: Message.objects.filter(CONDITIONS[state]) for state in (DeliveryState.WAITING, DeliveryState.LEFT)}
    counts = {str(state): messages.count() for state, messages in unsent.items()}
    oldest = unsent[DeliveryState.WAITING].aggregate(oldest=Min("created_at"))["oldest"]
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    meaning = "Messages that are waiting to be sent, and messages that could not be delivered"
    return [
        _gauge("outbox_messages", meaning, dimension="state", values=counts),
        _gauge("outbox_age_seconds", "How long the oldest unsent message has waited", age),
    ]


def _age(name: str, meaning: str, at: datetime | None, *, now: datetime) -> list[Metric]:
    """Return a list with one gauge: the seconds since an instant. If the instant is None, return an empty list."""
    return [_gauge(name, meaning, (now - at).total_seconds())] if at else []


def _gauge(
    name: str,
    meaning: str,
    value: float | None = None,
    *,
    dimension: str = "",
    values: Mapping[str, float] | None = None,
) -> Metric:
    """Return a gauge with one value, or with one value for each value of a label.

    :param dimension: the name of the label, or "" for a gauge without a label.
    :param values: maps each value of the label to the value of the gauge.
    """
    family = GaugeMetricFamily(
        f"statsoffice_{name}", f"{meaning}.", value=value, labels=[dimension] if dimension else None
    )
    for labelled, one in (values or {}).items():
        family.add_metric([str(labelled)], one)
    return family


class _Measured(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics if the request has the bearer token from the settings.

    :raises Http404: if the settings have no token, or if the token of the request is missing or wrong.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else ""
    if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(measure(now=timezone.now())))
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(write(registry), content_type=content_type)

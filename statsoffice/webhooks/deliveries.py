"""Create, send and retry webhook deliveries, and turn off endpoints that fail."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from breaches.models import ReportEvent
from releases.models import ChainHead, ReleaseEvent
from releases.models.claim import is_unclaimed
from releases.permissions import User
from releases.probe.post import PostResponse, post_json
from statsoffice.fault_isolation import run_each
from statsoffice.webhooks.events import WebhookEvent, find_events
from statsoffice.webhooks.models import OffReason, WebhookChange, WebhookDelivery, WebhookEndpoint
from statsoffice.webhooks.signatures import make_message_id, signed_headers

# The time to wait after each failed attempt. The first attempt is immediate. Source: Standard Webhooks, "Retries".
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(WAITS) + 1
FAILING = timedelta(days=5)
"""If every attempt fails for this long, the endpoint is turned off."""
LONGEST_QUIET = max(WAITS) * 2
"""If there was no attempt for longer than this, the time for which an endpoint has been failing begins again."""
GONE = 410
BATCH_SIZE = 100
"""The most deliveries that a run sends to one endpoint."""
RUN_LASTS = timedelta(minutes=10)
"""After this time, a run sends only the first delivery of each endpoint."""
# A claim lasts longer than any request can take. If a claim has expired, the process that made the claim must have
# died, so another process sends the delivery.
CLAIM = timedelta(minutes=2)
# The number of positions of a chain that are read at a time. This avoids a very large query after a large import.
POSITIONS = 5000

type Post = Callable[..., PostResponse]

logger = logging.getLogger(__name__)


def active_endpoints() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(off_at__isnull=True)


def lock_active(key: int) -> WebhookEndpoint | None:
    """Lock a webhook until the end of the transaction, so that no one can turn it off. Return None if it is off."""
    return active_endpoints().select_for_update(no_key=True).filter(pk=key).first()


def chain_positions() -> tuple[int, int]:
    """Return the last position in the chain of release events, and the last position in the chain of report events."""
    heads = dict(
        ChainHead.objects.filter(chain__in=[ReleaseEvent.CHAIN, ReportEvent.CHAIN]).values_list("chain", "position")
    )
    return heads.get(ReleaseEvent.CHAIN, 0), heads.get(ReportEvent.CHAIN, 0)


def create_deliveries(*, now: datetime) -> int:
    """Create deliveries for the new events of each active endpoint.

    Repeated and simultaneous runs create no duplicates. If there are no active endpoints, only one query is made.

    :return: the number of events found.
    :raises ExceptionGroup: if this failed for some endpoints. It is raised after all other endpoints are done.
    """
    endpoints = list(active_endpoints())
    if not endpoints:
        return 0
    # Read the positions first. Events that are written later have higher positions, and the next run finds them.
    release_head, report_head = chain_positions()

    def read(endpoint: WebhookEndpoint) -> int:
        release_until = min(release_head, endpoint.release_position + POSITIONS)
        report_until = min(report_head, endpoint.report_position + POSITIONS)
        if (release_until, report_until) == (endpoint.release_position, endpoint.report_position):
            return 0
        with transaction.atomic():
            # If the webhook was turned off and on again meanwhile, it gets only later events. So this run skips it.
            locked = lock_active(endpoint.pk)
            if locked is None or locked.since != endpoint.since:
                return 0
            events = find_events(endpoint, release_until=release_until, report_until=report_until)
            write_deliveries(endpoint, events, now=now)
            unread = WebhookEndpoint.objects.filter(
                pk=endpoint.pk, release_position__lte=release_until, report_position__lte=report_until
            )
            unread.update(release_position=release_until, report_position=report_until)
        return len(events)

    return sum(run_each(endpoints, read, failed="webhooks could not be read"))


def write_deliveries(endpoint: WebhookEndpoint, events: Sequence[WebhookEvent], *, now: datetime) -> None:
    rows = [
        WebhookDelivery(
            endpoint=endpoint,
            key=event.key,
            message_id=make_message_id(),
            event_type=event.event_type,
            body=event.body,
            created_at=now,
            due_at=now,
        )
        for event in events
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def due_deliveries(at: datetime) -> QuerySet[WebhookDelivery]:
    # Filter by `endpoint__in`, because a filter by a field of the endpoint would need a join. With a join, the UPDATE
    # in `_claim` would use a subquery. PostgreSQL would then not check again whether another process has claimed the
    # row in the meantime.
    return WebhookDelivery.objects.filter(
        is_unclaimed(CLAIM, now=at),
        delivered_at__isnull=True,
        given_up_at__isnull=True,
        due_at__lte=at,
        endpoint__in=active_endpoints(),
    ).order_by("due_at", "pk")


def deliver(*, now: datetime, post: Post = post_json, stop: Callable[[], bool] = lambda: False) -> int:
    """Send the deliveries that are due.

    Each delivery is claimed before it is sent, so that two processes never send the same attempt. The endpoints take
    turns, and endpoints that are failing come last. If an attempt fails, the other deliveries to this endpoint wait for
    the next run. So a system that does not respond delays the deliveries to other systems by at most one attempt, even
    if many deliveries to it are due.

    :return: the number of deliveries that were accepted.
    """
    begun, accepted, failed = time.monotonic(), 0, set[int]()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    for key, endpoint, turn in _take_turns(now):
        if stop():
            break
        if endpoint in failed or (turn > 1 and at() >= now + RUN_LASTS):
            continue
        delivery = _claim(key, at=at())
        if delivery is None:
            continue
        if _attempt(delivery, at=at, post=post):
            accepted += 1
        else:
            failed.add(endpoint)
    return accepted


def _take_turns(now: datetime) -> list[tuple[int, int, int]]:
    """Return the deliveries that a run sends, in this order, each as (delivery, endpoint, turn).

    The first turn is 1.
    """
    turn = Window(RowNumber(), partition_by=F("endpoint"), order_by=("due_at", "pk"))
    due = due_deliveries(now).annotate(turn=turn, is_failing=Q(endpoint__failing_since__isnull=False))
    in_order = due.filter(turn__lte=BATCH_SIZE).order_by("is_failing", "turn", "due_at", "pk")
    return list(in_order.values_list("pk", "endpoint_id", "turn"))


def _claim(key: int, *, at: datetime) -> WebhookDelivery | None:
    claimed = (
        due_deliveries(at)
        .order_by()
        .filter(pk=key)
        .update(claimed_until=at + CLAIM, attempts=F("attempts") + 1, tried_at=at)
    )
    return WebhookDelivery.objects.select_related("endpoint").get(pk=key) if claimed else None


def _attempt(delivery: WebhookDelivery, *, at: Callable[[], datetime], post: Post) -> bool:
    """Send a claimed delivery once, and record the result."""
    begun, body = at(), delivery.body.encode()
    try:
        keys = delivery.endpoint.secrets_at(begun)
    except InvalidToken:
        posted = PostResponse(None, "The secret cannot be read, because SECRET_KEY was replaced. Replace the secret.")
    else:
        headers = signed_headers(body, message_id=delivery.message_id, at=begun, with_secrets=keys)
        posted = post(delivery.endpoint.url, body, headers, now=at)
    if posted.status is not None and 200 <= posted.status < 300:
        _record_accepted(delivery, posted, at=at())
        return True
    _record_failed(delivery, posted, at=at())
    return False


def _of_this_attempt(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """Return a query for the row of a delivery. If there was a later attempt, the query finds nothing.

    This prevents a process that took longer than its claim from overwriting the result of the later attempt.
    """
    return WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, tried_at=delivery.tried_at)


def _record_accepted(delivery: WebhookDelivery, posted: PostResponse, *, at: datetime) -> None:
    _of_this_attempt(delivery).update(
        delivered_at=at, given_up_at=None, claimed_until=None, last_status=posted.status, last_fault=""
    )
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__isnull=False).update(failing_since=None)


def _record_failed(delivery: WebhookDelivery, posted: PostResponse, *, at: datetime) -> None:
    # If this was the last attempt, give up the delivery. Otherwise do not change `given_up_at`, because it is already
    # set if the webhook was turned off during the attempt.
    is_last = delivery.attempts >= MOST_ATTEMPTS
    next_step = {"given_up_at": at} if is_last else {"due_at": at + WAITS[delivery.attempts - 1]}
    _of_this_attempt(delivery).update(
        **next_step,
        claimed_until=None,
        last_status=posted.status,
        last_fault=posted.fault[:300],
    )
    # The address is not logged, because it may contain a secret.
    logger.warning(
        "Webhook %s: attempt %s of delivery %s failed: %s",
        delivery.endpoint_id,
        delivery.attempts,
        delivery.pk,
        posted.status or posted.fault,
    )
    began = Q(failing_since__isnull=True) if _was_tried_lately(delivery, at=at) else Q()
    WebhookEndpoint.objects.filter(began, pk=delivery.endpoint_id).update(failing_since=at)
    if posted.status == GONE:
        turn_off(delivery.endpoint, OffReason.GONE, at=at)
        return
    is_over = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__lte=at - FAILING).exists()
    if is_over:
        turn_off(delivery.endpoint, OffReason.FAILING, at=at)


def _was_tried_lately(delivery: WebhookDelivery, *, at: datetime) -> bool:
    """Return whether this delivery, or another of its endpoint, had an earlier attempt within the longest quiet time.

    An endpoint with rare events can have failed weeks ago, and have had nothing to send since.
    """
    # `due_at` of a further attempt is at most the longest wait after the attempt before it.
    was_tried = delivery.last_status is not None or bool(delivery.last_fault)
    if was_tried and delivery.due_at >= at - max(WAITS):
        return True
    # An attempt that another process makes at the same time has no result yet.
    others = WebhookDelivery.objects.filter(endpoint=delivery.endpoint_id, claimed_until__isnull=True)
    return others.filter(tried_at__gte=at - LONGEST_QUIET).exclude(pk=delivery.pk).exists()


def turn_off(endpoint: WebhookEndpoint, reason: OffReason, *, at: datetime, by: User | None = None) -> bool:
    """Turn an endpoint off and give up its waiting deliveries. Return False if it is off already.

    :param by: the person, or None for the service itself.
    """
    with transaction.atomic():
        turned = active_endpoints().filter(pk=endpoint.pk).update(off_at=at, off_reason=reason)
        if turned:
            waiting = WebhookDelivery.objects.filter(
                endpoint=endpoint, delivered_at__isnull=True, given_up_at__isnull=True
            )
            waiting.update(given_up_at=at, claimed_until=None)
            WebhookChange.objects.create(
                endpoint=endpoint,
                producer_id=endpoint.producer_id,
                kind=WebhookChange.Kind.TURNED_OFF,
                actor=by,
                at=at,
            )
    return bool(turned)


def remove_old_deliveries(*, now: datetime, retention: timedelta) -> int:
    """Remove the deliveries that ended longer ago than the retention period.

    A removed delivery is not created again. The events before an endpoint's positions are not read again, and later
    events of the same release create deliveries only for what they change or disclose.
    """
    old = Q(delivered_at__lt=now - retention) | Q(given_up_at__lt=now - retention)
    removed, _by_model = WebhookDelivery.objects.filter(old).delete()
    return removed

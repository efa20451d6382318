"""Anchors of the record, and requests for their time stamps."""

import time
from datetime import datetime

import requests
from django.conf import settings

from breaches.models import RegisterEvent, ReportEvent, ReportRowRecord
from breaches.rules.lifecycle import APPROVE, PAST_TENSE
from releases import morning_summary
from releases.evidence import anchors
from releases.evidence.anchors import NotStamped
from releases.models import (
    Anchor,
    MonitoringRowRecord,
    Observation,
    ReleaseEvent,
    ReleaseRowRecord,
    RollCall,
    TimeStamp,
)
from releases.models.append_only import ChainedRow
from releases.models.event import RowRecord
from releases.rules import calendar
from statsoffice.accounts.models import AccountRowRecord
from statsoffice.audit.models import AccountEvent
from statsoffice.notifications.models import MessageRowRecord

ROW_RECORDS: tuple[type[RowRecord], ...] = (
    ReleaseRowRecord,
    MonitoringRowRecord,
    ReportRowRecord,
    AccountRowRecord,
    MessageRowRecord,
)
CHAINS: tuple[type[ChainedRow], ...] = (
    ReleaseEvent,
    Observation,
    ReportEvent,
    RegisterEvent,
    AccountEvent,
    *ROW_RECORDS,
    Anchor,
    TimeStamp,
)
"""Each anchor combines the heads of these chains."""

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 20.0
LARGEST_RESPONSE = 200_000
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


def make_due(*, now: datetime) -> Anchor | None:
    """Make an anchor if one is due, and return it.

    An anchor is due if none was made today, or if the last anchor does not cover the latest approval or a morning
    summary of today. Return None if no anchor is due, or if another process has just made the anchor.
    """
    last = Anchor.in_order().last()
    why = _why_due(last, now)
    return _make(why, now=now, after=last.position if last else 0) if why else None


def make_now(*, now: datetime) -> Anchor | None:
    """Make an anchor even if none is due, and return it.

    Return None if there are no rows yet, or if another process has just made an anchor.
    """
    # If there is no new approval or morning summary, this anchor counts as the daily anchor.
    return _make(_why_due(Anchor.in_order().last(), now) or Anchor.Why.DAILY, now=now)


def stamp_anchors(*, now: datetime) -> None:
    if settings.TIMESTAMP_AUTHORITY:
        anchors.stamp_due(
            send_query=lambda query: send_timestamp_query(settings.TIMESTAMP_AUTHORITY, query),
            authority=settings.TIMESTAMP_AUTHORITY,
            certificates=settings.TIMESTAMP_CERTIFICATES,
            now=now,
        )


def send_timestamp_query(address: str, query: bytes) -> bytes:
    """Send a query to a time-stamp authority over HTTP (RFC 3161, section 3.4), and return the response.

    :raises NotStamped: if the authority cannot be reached, or if the response is not a time-stamp reply, is too long or
        is not complete after 25 seconds.
    """
    ends = time.monotonic() + CONNECT_SECONDS + ANSWER_SECONDS
    try:
        with requests.post(
            address,
            data=query,
            headers={"Content-Type": QUERY, "Accept": REPLY, "User-Agent": settings.OFFICE_NAME},
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise NotStamped(f"The authority answered with status {response.status_code}.")
            if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() != REPLY:
                raise NotStamped("The authority answered with something other than a time-stamp reply.")
            content = b""
            # The timeout applies to each read, so a server that sends one byte at a time would never exceed it.
            for chunk in response.iter_content(4096):
                content += chunk
                if len(content) > LARGEST_RESPONSE or time.monotonic() > ends:
                    raise NotStamped("The response of the authority is too long, or came too slowly.")
            return content
    except requests.RequestException as fault:
        raise NotStamped(f"The authority cannot be reached: {type(fault).__name__}.") from fault


def _make(why: Anchor.Why, *, now: datetime, after: int | None = None) -> Anchor | None:
    with_timestamp = bool(settings.TIMESTAMP_AUTHORITY)
    return anchors.make_anchor(CHAINS, why=why, at=now, with_timestamp=with_timestamp, after=after)


def _why_due(last: Anchor | None, now: datetime) -> Anchor.Why | None:
    if last is None:
        return Anchor.Why.DAILY
    anchored = next((head.position for head in last.combined() if head.chain == ReportEvent.CHAIN), 0)
    if ReportEvent.objects.filter(position__gt=anchored, kind=PAST_TENSE[APPROVE]).exists():
        return Anchor.Why.APPROVAL
    today = calendar.local_date(now)
    # By this time, all morning summaries of the day have been recorded, so one anchor covers them all.
    morning_is_over = now >= morning_summary.standard_time(today) + morning_summary.LONGEST_WAIT
    if morning_is_over and RollCall.objects.filter(day=today, called_at__gt=last.made_at).exists():
        return Anchor.Why.MORNING
    return Anchor.Why.DAILY if calendar.local_date(last.made_at) < today else None

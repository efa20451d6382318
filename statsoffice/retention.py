"""Remove evidence, personal details and sessions at the end of their retention periods."""

import json
import logging
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from breaches import attachments, facts
from releases import open_files, pre_release_access, preflight
from releases.evidence.store import PruneResult, prune_bodies
from releases.models.append_only import allow_redaction, new_salt, overwrite, redaction_marker, redaction_marker_start
from releases.models.event import RETENTION
from releases.models.producer import erase_former_contact_details
from releases.monitoring.clock import Clock
from releases.pre_release_access import ErasureResult
from statsoffice.accounts.models import Invitation
from statsoffice.notifications.access_links import events_of_erased_names
from statsoffice.notifications.models import Channel, Message, MessageRowRecord
from statsoffice.office_api.models import StoredAnswer
from statsoffice.self_monitoring import status

logger = logging.getLogger(__name__)

MESSAGES_AT_A_TIME = 500
"""This number is small, so that the delivery of messages does not wait long for locked rows."""
LOG_ROWS_AT_A_TIME = 200
# How long answers are stored for repeated requests. Programs stop retrying much earlier. If a key is used again after
# this period, the request counts as a new change.
API_ANSWERS_KEPT = timedelta(days=30)

# Recipients must be unique within an event and channel, so each redacted row gets a different text as its recipient.
# The name of a webhook is not redacted, because a webhook is not a person.
_REMOVED = Concat(Value("removed-"), Cast("pk", CharField()), output_field=CharField())
_RECIPIENT = Case(When(channel=Channel.WEBHOOK, then=F("recipient")), default=_REMOVED)


def redact_old_messages(*, now: datetime, dry_run: bool = False) -> int:
    """Remove the recipient, subject and text of messages that were sent more than MESSAGES_KEPT ago.

    The rows still show the kind of message, what it was about, the channel and the times. Unsent messages are not
    redacted, because they are still to be sent, or because someone must see that they failed.

    Messages with a link for a person with pre-release access are an exception. If the name of the person was erased
    from the list, these messages are redacted, whether they were sent or not. An unsent message can then no longer be
    sent.

    :return: the number of redacted messages.
    """
    is_old = Q(sent_at__lt=now - settings.MESSAGES_KEPT) | Q(event__in=events_of_erased_names())
    old = Message.objects.filter(is_old, erased_at__isnull=True)
    if dry_run:
        return old.count()
    erased = 0
    while keys := list(old.order_by("sent_at").values_list("pk", flat=True)[:MESSAGES_AT_A_TIME]):
        with transaction.atomic():
            erased += old.filter(pk__in=keys).update(
                recipient=_RECIPIENT,
                subject="",
                text="",
                reply_to="",
                last_error="",
                salt=new_salt(),  # the same salt for all rows, because there is no text left to protect
                erased_at=now,
            )
            MessageRowRecord.record({Message: keys}, why=RETENTION)
    return erased


def redact_old_invitations(*, now: datetime, dry_run: bool = False) -> int:
    """Remove the name and email address from invitations that expired more than FORMER_DETAILS_KEPT ago.

    If an invitation was accepted, the account is not changed.

    :return: the number of redacted invitations.
    """
    old = Invitation.objects.filter(expires_at__lt=now - settings.FORMER_DETAILS_KEPT, erased_at=None)
    return old.count() if dry_run else old.update(name=redaction_marker(now), email="", erased_at=now)


PEOPLE = (
    Q(content_type__app_label__in=["accounts", "account", "auth", "mfa", "socialaccount", "usersessions"])
    | Q(content_type__app_label="releases", content_type__model__in=["contact", "membership"])
    | Q(content_type__app_label="outbox", content_type__model="preference")
)
"""Log entries about rows of people. The name of the row contains a name or an email address."""

ROTAS = Q(content_type__app_label="releases", content_type__model="series", change_message__contains='"object": ')
"""Log entries about series whose rota was edited on the same page. Only the message contains the names of contacts.

All other entries name releases, series, producers and exemptions, and no people.
"""


def redact_admin_log(*, now: datetime, dry_run: bool = False) -> int:
    """Remove the names of people from old log entries of the admin site.

    The entries still show who changed which fields of which row, and when. Entries about series still name the series.

    :return: the number of redacted entries.
    """
    old = LogEntry.objects.filter(action_time__lt=now - settings.FORMER_DETAILS_KEPT)
    marker, start = redaction_marker(now), redaction_marker_start()
    # Django's log has no column that marks a row as redacted, so redacted rows are recognised by their text.
    of_people = old.filter(PEOPLE).exclude(object_repr__startswith=start)
    of_rotas = old.filter(ROTAS).exclude(change_message__contains=start)
    if dry_run:
        return of_people.count() + of_rotas.count()
    return _redact_entries(of_people, marker=marker, object_repr=marker) + _redact_entries(of_rotas, marker=marker)


def _redact_entries(entries: QuerySet[LogEntry], *, marker: str, **values: str) -> int:
    """Remove the names from the messages of log entries, and overwrite the other values. Return the number of entries.

    Each entry is read once, so that an entry that still matches the query afterwards does not cause an endless loop.
    """
    changed = last = 0
    while rows := list(entries.filter(pk__gt=last).order_by("pk")[:LOG_ROWS_AT_A_TIME]):
        with allow_redaction():
            for row in rows:
                overwrite(row, change_message=remove_names(row.change_message, marker=marker), **values)
        changed, last = changed + len(rows), rows[-1].pk
    return changed


def remove_names(message: str, *, marker: str) -> str:
    """Replace the names of objects in the change message of a log entry with a marker.

    The message contains names if objects were edited inline on the page of another object. If the message is not the
    JSON that Django writes, return an empty string, because free text may contain any name.
    """
    try:
        changes: Any = json.loads(message)
    except ValueError:
        return ""
    if not isinstance(changes, list):
        return ""
    for change in changes:
        for what in change.values():
            if "object" in what:
                what["object"] = marker
    return json.dumps(changes)


def remove_expired_sessions(*, now: datetime) -> int:
    """Remove expired sessions, and return the number of removed sessions.

    This also removes the network addresses and browsers of expired and ended sessions, expired counts of sign-in
    attempts, and old answers that the API stores for repeated requests. The record of sign-ins and changes is not
    affected.
    """
    # A sign-in writes the session and its `UserSession` one after the other. So a new `UserSession` may not have its
    # session yet. Therefore rows that were last seen at `now` or later are not removed.
    ended = UserSession.objects.filter(last_seen_at__lt=now).exclude(session_key__in=Session.objects.values("pk"))
    with transaction.atomic():
        removed, _ = Session.objects.filter(expire_date__lt=now).delete()
        ended.delete()
    _forget_attempts(now=now)
    StoredAnswer.objects.filter(stored_at__lt=now - API_ANSWERS_KEPT).delete()
    if removed:
        logger.info("expired sessions removed: %s", removed)
    return removed


def _forget_attempts(*, now: datetime) -> None:
    """Remove expired counts of sign-in attempts. There is one count for each network address.

    Django's database cache removes expired rows only when the cache is full.
    """
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE expires < %s",  # noqa: S608  # the settings' own name
            [connection.ops.adapt_datetimefield_value(now)],
        )


def redact_pre_release_names(*, now: datetime, dry_run: bool = False) -> ErasureResult:
    """Remove the names on the pre-release access lists of old releases.

    A release is old if it was due or cancelled more than PRE_RELEASE_NAMES_KEPT ago. The names are not removed while a
    report about the list is undecided.
    """
    return pre_release_access.erase_old_names(
        now=now,
        retention=settings.PRE_RELEASE_NAMES_KEPT,
        needed=facts.releases_with_needed_names,
        dry_run=dry_run,
    )


PRUNE = "prune"


def prune_evidence(*, now: datetime, dry_run: bool = False, stop: Callable[[], bool] = lambda: False) -> PruneResult:
    """Remove the bodies that are older than EVIDENCE_KEPT.

    Bodies are not removed if their release has a suspicion or a report, unless the report was dismissed.
    """
    return prune_bodies(
        now=now,
        retention=settings.EVIDENCE_KEPT,
        needed=facts.releases_with_needed_evidence,
        dry_run=dry_run,
        stop=stop,
    )


def delete_old_attachments(*, now: datetime, dry_run: bool = False) -> int:
    """Delete the attached files that are older than EVIDENCE_KEPT and belong to a dismissed report."""
    return attachments.delete_old_files(now=now, retention=settings.EVIDENCE_KEPT, dry_run=dry_run)


def prune_evidence_daily(*, clock: Clock, by: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Prune bodies and attached files, unless this was already completed within the last day.

    If a release is due soon or was due recently, stop and leave the rest for the next call. Two processes can safely
    prune at the same time.
    """
    now = clock.now()
    finished_at = status.find_heartbeat(PRUNE).finished_at
    if finished_at is not None and timedelta(0) <= now - finished_at < timedelta(days=1):
        return
    interrupted = False

    def interrupt() -> bool:
        nonlocal interrupted
        interrupted = stop() or not preflight.is_quiet_time(now=clock.now())
        return interrupted

    status.record_heartbeat(PRUNE, begun_at=now, begun_by=by)
    pruned = prune_evidence(now=now, stop=interrupt)
    if not interrupted:
        status.record_heartbeat(PRUNE, finished_at=clock.now())
        if deleted := delete_old_attachments(now=now):
            logger.info("deleted %s attached files at the end of the retention period", deleted)
    if pruned.bodies:
        logger.info(
            "removed %s bodies of %s releases at the end of the retention period", pruned.bodies, pruned.releases
        )


@dataclass(frozen=True, slots=True)
class RemovedDetails:
    """For each kind of row, the number of rows from which personal details were removed."""

    messages: int
    contacts: int
    log: int
    invitations: int
    host_owners: int


def redact_old_details(*, now: datetime, dry_run: bool = False) -> RemovedDetails:
    """Remove old personal details from messages, contact histories, the admin log, invitations and host owners."""
    removed = RemovedDetails(
        messages=redact_old_messages(now=now, dry_run=dry_run),
        contacts=erase_former_contact_details(now=now, retention=settings.FORMER_DETAILS_KEPT, dry_run=dry_run),
        log=redact_admin_log(now=now, dry_run=dry_run),
        invitations=redact_old_invitations(now=now, dry_run=dry_run),
        host_owners=open_files.erase_owner_names(now=now, retention=settings.FORMER_DETAILS_KEPT, dry_run=dry_run),
    )
    if any(astuple(removed)) and not dry_run:
        logger.info("removed personal details at the end of the retention period: %s", removed)
    return removed

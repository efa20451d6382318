"""Queries for notifications about pre-release access: links, lists to confirm, answers and disclosures."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache

from releases import receipts
from releases.models import AccessReceipt, Release
from releases.rules import calendar
from releases.rules.receipts import Answer, Purpose
from statsoffice.notifications.access_links import event_of_link, link_placeholder
from statsoffice.notifications.notification import MAX_AGE, Notification, one_line
from statsoffice.notifications.recipients import DISCLOSURE, incident_addresses, responsible_addresses
from statsoffice.notifications.release_queries import add_reminder, address_of_number

# Reports are drafted every two seconds. If there is no draft after this time, people are notified without the number
# of the report.
DRAFTED_WITHIN = timedelta(seconds=30)


def find_access_links(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the pre-release access links to send. Each goes to one recipient, who has no account."""
    recipients_of = cache(receipts.recipients_of)  # a release can have several links
    for link in receipts.links_to_send(now=now, since=now - MAX_AGE):
        if (event := event_of_link(link.pk)) not in known and link.entry.email:
            release, entry = link.entry.release, link.entry
            begins_at, contact = entry.begins_at, release.series.responsible
            answered = recipients_of(release)[entry.pk].answered
            assert begins_at is not None and release.due_at is not None  # noqa: S101, PT018  # the link is open
            yield Notification(
                event=event,
                recipients=frozenset([entry.email.strip().lower()]),
                context={
                    "person": one_line(entry.person),
                    "post": str(entry),
                    "producer": one_line(release.series.producer),
                    "begins": calendar.format_moment(begins_at),
                    "due": calendar.format_moment(release.due_at),
                    "link": link_placeholder(link.pk),
                    "is_handling": link.purpose == Purpose.HANDLING,
                    "is_confirmed": Answer.CONFIRMED in answered,
                    "contact": contact,
                },
                release=release,
                is_confidential=True,
            )


def find_lists_to_confirm(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the pre-release access lists to confirm.

    Ten working days before a release, the owner of the list is asked whether the list is right.
    """
    for release in receipts.lists_to_confirm(now=now):
        event = f"access-list-{release.pk}-{release.schedule_version}"
        if event not in known and release.due_at is not None:
            asked_from = receipts.terms_asked_from(release)
            yield Notification(
                event=event,
                recipients=responsible_addresses(release),
                context={
                    "due": calendar.format_moment(release.due_at),
                    "asked_from": asked_from and calendar.format_moment(asked_from),
                    "are_asked_now": asked_from is not None and asked_from <= now,
                },
                release=release,
            )


def find_recipients_without_need(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the recipients who said that they no longer need access."""
    for receipt in _recent(Answer.NOT_NEEDED, now=now):
        if (event := f"access-not-needed-{receipt.pk}") not in known:
            release = _release_of(receipt)
            yield Notification(
                event=event,
                recipients=responsible_addresses(release),
                context={"post": str(receipt.link.entry)},
                release=release,
            )


def find_disclosures(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the disclosures that recipients of pre-release access have reported.

    Only the leads and the incident contact are notified. If no one is assigned to the draft report, the leads and the
    incident contact are reminded once. The message names neither the release nor the recipient of pre-release access,
    because not everyone who reads a mailbox may know of the disclosure. The message waits a few seconds until the
    report is drafted, so that the message can contain the number of the report.
    """
    for receipt in _recent(Answer.DISCLOSURE, now=now):
        started = getattr(receipt, "started_report", None)  # missing until the report is drafted
        report = started.report if started else None
        event, is_reminder = add_reminder(
            f"{DISCLOSURE}{receipt.pk}", report=report, since=receipt.at, known=known, now=now
        )
        if event not in known and (report is not None or now - receipt.at >= DRAFTED_WITHIN):
            producer = _release_of(receipt).series.producer
            yield Notification(
                event=event,
                recipients=incident_addresses(producer),
                context={
                    "producer": one_line(producer),
                    "moment": calendar.format_moment(receipt.at),
                    "report_number": report.number if report else "",
                    "address": address_of_number(report) if report else "",
                    "is_reminder": is_reminder,
                },
                of_producer=producer.pk,
                is_confidential=True,
            )


def _recent(answer: Answer, *, now: datetime) -> Iterator[AccessReceipt]:
    recent = AccessReceipt.objects.filter(answer=answer, at__gt=now - MAX_AGE)
    yield from recent.select_related(
        "link__entry__release__series__producer", "link__entry__release__series__responsible", "started_report__report"
    )


def _release_of(receipt: AccessReceipt) -> Release:
    return receipt.link.entry.release

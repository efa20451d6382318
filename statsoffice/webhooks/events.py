"""Find the new events for each webhook, and write their payloads.

An event in the chain of releases or of reports only says that something may have changed. The payload is written from
the same data as the public change feed and the verdicts on our pages. So a webhook never sends anything before the feed
and the pages show it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import override

from breaches.models import Report, ReportEvent, StartedReport, Suspicion
from breaches.permissions import is_restricted
from breaches.rules.lifecycle import APPROVE, PAST_TENSE, ReportKind
from releases.early_findings import is_hidden, mask_before_publication, unpublished_early_releases
from releases.models import Release, ReleaseEvent, Verification
from releases.public.calendar import announced_facts_of, date_answer
from releases.public.feeds import absolute_address
from releases.rules.calendar import in_london
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CANCEL_ONCE_DUE, CHANGE_DATE, PUBLISH, TO_COME, Status
from releases.rules.public_calendar import Change, PublicEvent, changes_of
from releases.text.languages import ENGLISH
from releases.verdict.address import Outcome
from statsoffice.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint

JUDGED = "judged"
APPROVED = PAST_TENSE[APPROVE]
_TYPES = {
    PublicEvent.ANNOUNCED: EventType.ANNOUNCED,
    PublicEvent.MOVED: EventType.MOVED,
    PublicEvent.CANCELLED: EventType.CANCELLED,
    PublicEvent.PUBLISHED: EventType.PUBLISHED,
}
_MOVES = {
    ANNOUNCE: PublicEvent.ANNOUNCED,
    CHANGE_DATE: PublicEvent.MOVED,
    CANCEL: PublicEvent.CANCELLED,
    CANCEL_ONCE_DUE: PublicEvent.CANCELLED,
    PUBLISH: PublicEvent.PUBLISHED,
}
# After these changes, findings from before the due time are no longer hidden.
_DISCLOSING = frozenset({PublicEvent.PUBLISHED, PublicEvent.CANCELLED})
KINDS = (*_MOVES, JUDGED)


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event to send. `body` is the exact payload. An endpoint never gets two events with the same `key`."""

    key: str
    event_type: str
    body: str


@dataclass(slots=True)
class _NewEvents:
    """What the new events of one release are about.

    `changes` contains the kind and the instant of each public change. `judged` contains the schedule versions whose
    verdict has changed, or whose masked result was reached.
    """

    changes: set[tuple[PublicEvent, datetime]] = field(default_factory=set)
    judged: set[int] = field(default_factory=set)

    @property
    def is_disclosing(self) -> bool:
        return any(kind in _DISCLOSING for kind, _at in self.changes)


def write_payload(event_type: str, *, at: datetime, data: dict[str, Any]) -> str:
    """Write the payload of an event as one line of JSON.

    :param at: when the event happened.
    """
    payload = {"type": event_type, "timestamp": write_instant(at), "data": data}
    return json.dumps(payload, ensure_ascii=False, default=str, separators=(",", ":"))


def write_instant(at: datetime) -> str:
    """Write an aware instant in UTC to the second: "2026-06-16T08:30:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_events(endpoint: WebhookEndpoint, *, release_until: int, report_until: int) -> list[WebhookEvent]:
    """Return the new events for an endpoint, up to the given positions in the two chains.

    The new events are those after the positions that are stored with the endpoint.
    """
    happened = ReleaseEvent.objects.filter(
        position__gt=endpoint.release_position,
        position__lte=release_until,
        kind__in=KINDS,
        release__series__producer=endpoint.producer_id,
        at__gte=endpoint.since,
    )
    new: dict[int, _NewEvents] = defaultdict(_NewEvents)
    for release, kind, at, facts in happened.values_list("release_id", "kind", "at", "facts"):
        if kind == JUDGED:
            new[release].judged.add(facts["schedule_version"])
        else:
            new[release].changes.add((_MOVES[kind], at))
    for release, version in _masked_results(endpoint, until=report_until):
        new[release].judged.add(version)
    approved = _approved_reports(endpoint).filter(
        position__gt=endpoint.report_position, position__lte=report_until, at__gte=endpoint.since
    )
    # Payloads are always in English, whichever language is active.
    with override(ENGLISH):
        found = [
            *_public_changes(new),
            *_results(new, endpoint),
            *_approvals(_with_disclosed(approved, endpoint, new), with_rehearsals=endpoint.with_rehearsals),
        ]
    return [event for event in found if event.event_type in endpoint.event_types]


def _masked_results(endpoint: WebhookEndpoint, *, until: int) -> Iterable[tuple[int, int]]:
    """Return the masked results that were reached after the endpoint's position, each as (release, schedule version).

    Most people see only the masked result of an unpublished early release, for example that it is late. The events of
    the release do not show when the masked result was reached. So we search for reports of other kinds than EARLY that
    were drafted after this position.
    """
    drafted = ReportEvent.objects.filter(
        position__gt=endpoint.report_position, position__lte=until, at__gte=endpoint.since, kind="drafted"
    )
    early = unpublished_early_releases().filter(series__producer=endpoint.producer_id)
    masked = Suspicion.objects.filter(release__in=early, report__in=drafted.values("report"))
    return masked.exclude(kind=ReportKind.EARLY).values_list("release_id", "schedule_version")


def _public_changes(new: dict[int, _NewEvents]) -> Iterator[WebhookEvent]:
    """Yield the changes in the public feed that were caused by new events of releases.

    :param new: maps the primary key of each release to its new events.
    """
    changed = [release for release, events in new.items() if events.changes]
    keys = dict(Release.objects.filter(pk__in=changed).values_list("public_id", "pk"))
    for release in announced_facts_of(changed):
        made = new[keys[release.public_id]].changes
        kinds = {kind for kind, _at in made}
        for change in changes_of(release):
            # The `at` of a publication is the announced time, and not the time of the event. A release is published
            # only once.
            is_publication = change.kind is PublicEvent.PUBLISHED and change.kind in kinds
            if is_publication or (change.kind, change.at) in made:
                yield _change_event(change)


def _change_event(change: Change) -> WebhookEvent:
    release, event_type = change.release, _TYPES[change.kind]
    data = {
        "id": release.public_id,
        "reference": release.reference,
        "title": release.title,
        "producer": release.producer.slug,
        "series": release.series.slug,
        "status": release.status,
        "date": date_answer(change.slot),
        "earlier_date": date_answer(change.was) if change.was else None,
        "reason": change.reason or None,
        "url": absolute_address("releases:release", release.reference),
    }
    return WebhookEvent(f"{event_type}:{change.id}", event_type, write_payload(event_type, at=change.at, data=data))


def _results(new: dict[int, _NewEvents], endpoint: WebhookEndpoint) -> Iterator[WebhookEvent]:
    """Yield the current verdicts that new events have changed, and those that new events have disclosed.

    If a release was found live before it was due, the verdict on this date is masked until the release is published or
    cancelled. Until then, an early finding must not cause any event. So the verdicts on other dates are not sent again,
    and neither is a masked result that stays the same.
    """
    wanted = [release for release, events in new.items() if events.judged or events.is_disclosing]
    if not wanted:
        return
    shown = Q(announced_at__isnull=False, rehearsal=False)
    if endpoint.with_rehearsals:
        shown |= Q(rehearsal=True)
    releases = {
        release.pk: release
        for release in Release.objects.filter(shown, pk__in=wanted)
        .without_trainings()
        .select_related("series__producer")
    }
    for verdict in Verification.objects.filter(release__in=releases).order_by("release_id", "schedule_version"):
        release, events = releases[verdict.release_id], new[verdict.release_id]
        verdict.release = release
        is_judged = verdict.schedule_version in events.judged
        if not is_judged and not (events.is_disclosing and _was_hidden(verdict)):
            continue
        is_masked = is_hidden(release, [verdict])
        seen_by_all = mask_before_publication(verdict) if is_masked else verdict
        decided_at = _decided_at(verdict)
        if decided_at is None or seen_by_all.outcome == Outcome.PENDING:
            continue
        event = _result_event(seen_by_all, decided_at=decided_at, is_masked=is_masked)
        has_changed = is_judged and release.status not in TO_COME
        if has_changed or not _is_repeated(event, verdict, endpoint):
            yield event


def _was_hidden(verdict: Verification) -> bool:
    """Return whether a verdict was hidden before its release was published or cancelled."""
    # `is_hidden` reads only the status of the release.
    return is_hidden(Release(status=Status.CONFIRMED), [verdict])


def _is_repeated(event: WebhookEvent, verdict: Verification, endpoint: WebhookEndpoint) -> bool:
    """Return whether the last result on the same date that an endpoint got is the same, apart from the revision."""
    queued = WebhookDelivery.objects.filter(
        endpoint=endpoint, key__startswith=_key_of_date(verdict), created_at__gte=endpoint.since
    )
    last = queued.order_by("-pk").values_list("body", flat=True).first()
    return last is not None and _without_revision(last) == _without_revision(event.body)


def _without_revision(body: str) -> dict[str, Any]:
    return {**json.loads(body)["data"], "revision": None}


def _key_of_date(verdict: Verification) -> str:
    return f"{EventType.RESULT}:{verdict.release.public_id}:{verdict.schedule_version}:"


def _decided_at(verdict: Verification) -> datetime | None:
    """Return when a verdict was reached, or None if it has not been reached yet.

    If an early release is still to be published, return when its masked result was reached, because most people see
    only the masked result.
    """
    if verdict.outcome != Outcome.EARLY or verdict.release.status not in TO_COME:
        return verdict.decided_at
    raised = verdict.suspicions.exclude(kind=ReportKind.EARLY).first()
    return raised.raised_at if raised else None


def _result_event(verdict: Verification, *, decided_at: datetime, is_masked: bool) -> WebhookEvent:
    release = verdict.release
    is_interval = verdict.delay_from is not None and verdict.delay_to is not None
    data = {
        "id": release.public_id,
        "reference": release.reference,
        "producer": release.series.producer.slug,
        "series": release.series.slug,
        "due_at": write_instant(verdict.due_at),
        "schedule_version": verdict.schedule_version,
        "outcome": verdict.outcome,
        "delay_seconds": [verdict.delay_from, verdict.delay_to] if is_interval else None,
        "revision": verdict.revision,
        "rehearsal": release.rehearsal,
    }
    event_type = EventType.RESULT
    # The masked and the unmasked result of a revision are two different events, so they need different keys.
    suffix = ":masked" if is_masked else ""
    key = f"{_key_of_date(verdict)}{verdict.revision}{suffix}"
    return WebhookEvent(key, event_type, write_payload(event_type, at=decided_at, data=data))


def _approved_reports(endpoint: WebhookEndpoint) -> QuerySet[ReportEvent]:
    events = ReportEvent.objects.filter(kind=APPROVED, report__producer=endpoint.producer_id)
    return events.filter(report__training__isnull=True).select_related("report__producer")


def _with_disclosed(
    approved: Iterable[ReportEvent], endpoint: WebhookEndpoint, new: dict[int, _NewEvents]
) -> Iterator[ReportEvent]:
    """Yield the new approvals, and some earlier approvals.

    The earlier approvals are of reports about early releases that have now been published or cancelled. Before that,
    only a few people were allowed to know of these reports.
    """
    found = list(approved)
    yield from found
    disclosed = [release for release, events in new.items() if events.is_disclosing]
    reports = _early_reports_about(disclosed) - {event.report_id for event in found}
    if reports:
        yield from _approved_reports(endpoint).filter(report__in=reports, at__gte=endpoint.since)


def _early_reports_about(releases: Collection[int]) -> set[int]:
    """Return the reports about releases that `Report.objects.about_unpublished_early` selected before publication."""
    if not releases:
        return set()
    suspected = Suspicion.objects.filter(release__in=releases, kind=ReportKind.EARLY, report__isnull=False)
    started = StartedReport.objects.filter(release__in=releases, report__kind=ReportKind.EARLY)
    return {
        *suspected.values_list("report_id", flat=True),
        *started.values_list("report_id", flat=True),
    }


def _approvals(approved: Iterable[ReportEvent], *, with_rehearsals: bool) -> Iterator[WebhookEvent]:
    for event in approved:
        report: Report = event.report
        if is_restricted(report) or (report.rehearsal and not with_rehearsals):
            continue
        data = {
            "reference": report.reference,
            "producer": report.producer.slug,
            "number": report.number,
            "approved_on": in_london(event.at).date().isoformat(),
            "rehearsal": report.rehearsal,
        }
        event_type = EventType.APPROVED
        key = f"{event_type}:{sha256_hex(report.reference.encode())[:16]}:{event.position}"
        yield WebhookEvent(key, event_type, write_payload(event_type, at=event.at, data=data))

"""Queries for notifications about releases: suspected breaches, releases to check, summaries, differences."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.early_releases import reported_early_releases
from breaches.models import Report, StartedReport, Suspicion
from breaches.rules.answers import KINDS_BEFORE_RELEASE
from breaches.rules.lifecycle import UNDECIDED, ReportKind
from breaches.rules.report_number import IN_ORDER, NumberSeries
from releases import announcements, statements
from releases.early_findings import (
    mask_verdict,
    preflights_before_finding,
    shows_announced_early,
    unpublished_early_releases,
)
from releases.models import Contact, Release, RollCall, Verification
from releases.rules import calendar
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import TO_COME, Status
from releases.text.release import clock_of_response, known_sentence
from releases.verdict.address import NEEDS_CHECKING, Outcome
from statsoffice.notifications.models import NotifiedSuspicion, NotifiedVerdict
from statsoffice.notifications.notification import MAX_AGE, WINDOW, Notification, combine, name_in_mail, one_line
from statsoffice.notifications.recipients import (
    ANNOUNCED_EARLY,
    EARLY_RELEASE,
    LIVE_AT_LAST,
    REMINDER,
    REPORTED_INCIDENT,
    SUSPECTED,
    approver_addresses,
    contact_addresses,
    event_of_suspicions,
    incident_addresses,
    lead_addresses,
    people_notified_of,
    responsible_addresses,
    series_addresses,
)

SUSPICION_SENTENCES = {
    ReportKind.LATE: lazy(
        "%(release)s was due at %(moment)s (London time). It was not live at its announced web address by the "
        "end of its tolerance."
    ),
    ReportKind.EARLY: lazy("%(release)s was due at %(moment)s (London time). We found it live before that time."),
    ReportKind.PARTIAL: lazy(
        "%(release)s was due at %(moment)s (London time). A required page or file was not live by the end of its "
        "tolerance."
    ),
}
SUBJECTS = {ReportKind.LATE: lazy("Late"), ReportKind.EARLY: lazy("Early"), ReportKind.PARTIAL: lazy("Incomplete")}


def find_early_releases(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the early releases that are still to be published.

    The leads and the incident contact are notified of each early release at once. They get a reminder every
    STATSOFFICE_EARLY_RELEASE_REMINDER_MINUTES. The reminders end when a decision is made, when the release no longer
    counts as early, or at the due time that applied when the release was found live. If several reminders are missed
    in an outage, only one is sent.

    No message names the release or its page, because not everyone who reads a mailbox may know of an early release
    (decision 73). While an early release of a producer awaits a decision, no text messages are sent about further early
    releases of the producer, because hundreds can be found at once.
    """
    recent = Suspicion.objects.unpublished_early().filter(raised_at__gt=now - MAX_AGE).prefetch_related("decisions")
    waiting: set[tuple[int, bool, int | None]] = set()
    for suspicion in recent.select_related("release__series__producer", "verification").order_by("raised_at", "pk"):
        first = event_of_early_release(suspicion)
        verdict = suspicion.verification
        # If a person has corrected an answer, the verdict may no longer be that the release is early.
        is_waiting = not suspicion.decisions.all() and verdict.outcome == Outcome.EARLY and now < verdict.due_at
        release, producer = suspicion.release, suspicion.release.series.producer
        of_producer = producer.pk, release.rehearsal, release.training_id
        has_text_message = of_producer not in waiting
        if is_waiting:
            waiting.add(of_producer)
        number = (now - suspicion.raised_at) // settings.EARLY_RELEASE_REMINDER if is_waiting else 0
        is_reminder = first in known and number > 0
        event = f"{first}{REMINDER}{number}" if is_reminder else first
        if event in known:
            continue
        yield Notification(
            event=event,
            recipients=_incident_recipients(release),
            context={"key": suspicion.pk, "producer": one_line(producer), "is_reminder": is_reminder},
            of_producer=producer.pk,
            is_confidential=True,
            rehearsal=release.rehearsal,
            of_training=release.training_id,
            has_text_message=has_text_message,
        )


def find_reported_incidents(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the reports that people started because something became known before a release that is still to come.

    The leads and the incident contact are notified, except the person who started the report. If the report is about an
    early release, and no one is assigned to the report, they are reminded once.

    A report may be about a series. It is included if a release of the series is still to come, and no release of the
    series was published after the day of the incident.

    The message does not contain the title of the release. It does not contain the reference of the report either,
    because the reference contains the title.
    """
    of_series = Release.objects.filter(series=OuterRef("series"))
    published = of_series.alias(day=TruncDate("published_at", tzinfo=calendar.LONDON))
    published_since = published.filter(day__gt=OuterRef("report__occurred_on"))
    is_to_come = Q(release__status__in=TO_COME)
    is_to_come |= Q(Exists(of_series.filter(status__in=TO_COME)), ~Exists(published_since))
    disclosed = Report.objects.official().undecided().filter(kind__in=list(KINDS_BEFORE_RELEASE))
    started = StartedReport.objects.filter(
        Q(report__in=reported_early_releases().official().values("pk"))
        | Q(is_to_come, report__in=disclosed.values("pk")),
        started_by__isnull=False,
        started_at__gt=now - MAX_AGE,
    )
    for one in started.select_related("report__producer", "started_by").order_by("pk"):
        report, producer, is_reminder = one.report, one.report.producer, False
        event, is_early = f"{REPORTED_INCIDENT}{report.pk}", report.kind == ReportKind.EARLY
        if is_early:
            event = f"{EARLY_RELEASE}reported-{report.pk}"
            event, is_reminder = add_reminder(event, report=report, since=one.started_at, known=known, now=now)
        if event not in known:
            starter = frozenset([one.started_by.email.lower()] if one.started_by else [])
            yield Notification(
                event=event,
                recipients=incident_addresses(producer) - starter,
                not_to=starter,
                context={
                    "producer": one_line(producer),
                    "moment": calendar.format_moment(one.started_at),
                    "kind": report.get_kind_display(),
                    "report_number": report.number,
                    "address": address_of_number(report),
                    "is_early": is_early,
                    "is_reminder": is_reminder,
                },
                of_producer=producer.pk,
                is_confidential=True,
            )


def address_of_number(report: Report) -> str:
    """Return the address of a search for a report's number.

    This address is used because the report's own address contains the title of the release.
    """
    return reverse("breaches:report_list", query={"number": report.number})


def add_reminder(
    event: str, *, report: Report | None, since: datetime, known: Collection[str], now: datetime
) -> tuple[str, bool]:
    """Return the event of the notification of a reported incident, and whether the notification is a reminder.

    Only one reminder is sent. It is due STATSOFFICE_ACKNOWLEDGE_MINUTES after `since` if the report is drafted but not
    decided, and no one is assigned to the report. A report that was sent counts as decided while it is corrected
    (decision 160). Until the reminder is due, the event of the first notification is returned.

    :param event: the event of the first notification.
    """
    is_taken = report is None or report.status not in UNDECIDED or report.person_dealing_id is not None
    is_due = event in known and not is_taken and now - since >= settings.ACKNOWLEDGED_WITHIN
    is_reminder = is_due and report is not None and not report.dispatches.reported().exists()
    return (f"{event}{REMINDER}1", True) if is_reminder else (event, False)


def event_of_early_release(suspicion: Suspicion) -> str:
    """Return the event of the first notification. A reminder's event is this event, `REMINDER` and a number."""
    return f"{EARLY_RELEASE}{suspicion.pk}"


def find_suspected_breaches(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    # Most people are notified of an early release only when the release is published. If the release is cancelled, they
    # are notified when the due time has passed.
    is_over = Q(release__status=Status.PUBLISHED) | Q(release__status=Status.CANCELLED, verification__due_at__lte=now)
    is_recent = Q(raised_at__gt=now - MAX_AGE) | Q(kind=ReportKind.EARLY, release__published_at__gt=now - MAX_AGE)
    notified = NotifiedSuspicion.objects.filter(suspicion=OuterRef("pk"), event__startswith=SUSPECTED)
    recent = Suspicion.objects.filter(is_recent, ~Q(kind=ReportKind.EARLY) | is_over, ~Exists(notified))
    # Older messages were about one suspicion each. They may have no `NotifiedSuspicion`, so their event is looked up.
    new = [key for key in recent.values_list("pk", flat=True) if event_of_suspicions(SUSPECTED, [key]) not in known]
    suspicions = Suspicion.objects.filter(pk__in=new).select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
        "report",
        "verification",
    )
    groups = combine(
        suspicions.prefetch_related("release__series__publishing_contacts__user", "release__series__deputies__user"),
        since=lambda suspicion: suspicion.raised_at,
        recipients=lambda suspicion: series_addresses(suspicion.release),
        earlier=_earlier_messages(SUSPECTED, now=now),
        now=now,
    )
    for group, recipients in groups:
        sentences = [
            SUSPICION_SENTENCES[ReportKind(suspicion.kind)]
            % {
                "release": name_in_mail(suspicion.release),
                "moment": calendar.format_moment(suspicion.verification.due_at),
            }
            for suspicion in group
        ]
        days = {calendar.local_date(suspicion.verification.due_at) for suspicion in group}
        kinds = {ReportKind(suspicion.kind) for suspicion in group}
        due_at = group[0].verification.due_at
        is_today = calendar.local_date(due_at) == calendar.local_date(now)
        context = {
            "sentences": sentences,
            "is_early": kinds == {ReportKind.EARLY},
            "kind": SUBJECTS[kinds.pop()] if len(kinds) == 1 else _("Suspected breach"),
            "due": calendar.format_time(due_at) if is_today else calendar.format_moment(due_at),
            "day": days.pop() if len(days) == 1 else None,
            "slug": group[0].release.series.producer.slug,
            "decided": dict.fromkeys(one.report for one in group if one.report and one.report.decided_at),
            "has_draft": any(one.report is None or one.report.decided_at is None for one in group),
        }
        yield _suspicion_notification(SUSPECTED, group, recipients, context)


def _earlier_messages(kind: str, *, now: datetime) -> QuerySet[NotifiedSuspicion, tuple[str, int]]:
    rows = NotifiedSuspicion.objects.filter(
        at__gt=now - WINDOW, event__startswith=kind, suspicion__release__rehearsal=False
    )
    return rows.values_list("event", "suspicion__release__series__producer")


def _number_for_subject(report: Report | None, suspicions: Iterable[Suspicion]) -> str:
    """Return the number of a report for the subject of a message, or "" if the subject may not show the number.

    The number of a confidential report is not shown. If the message is about an early release, the number is not shown,
    because no subject may connect an early release with its report.
    """
    if report is None or report.number_position is None:
        return ""
    is_early = any(suspicion.kind == ReportKind.EARLY for suspicion in suspicions)
    return "" if is_early or NumberSeries(report.number_series) not in IN_ORDER else report.number


def _suspicion_notification(
    kind: str, suspicions: list[Suspicion], recipients: frozenset[str], context: Mapping[str, object]
) -> Notification:
    first = suspicions[0]
    is_of_one = len({suspicion.release_id for suspicion in suspicions}) == 1
    report = first.report if is_of_one and len({one.report_id for one in suspicions}) == 1 else None
    return Notification(
        event=event_of_suspicions(kind, [suspicion.pk for suspicion in suspicions]),
        recipients=recipients,
        context={
            **context,
            "number": len(suspicions),
            "producer": one_line(first.release.series.producer),
            "report_number": _number_for_subject(report, suspicions),
        },
        release=first.release if is_of_one else None,
        report=report,
        of_producer=first.release.series.producer_id,
        suspicions=suspicions,
    )


def find_releases_to_check(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the verdicts for which a person must check the page.

    Verdicts with a `NotifiedVerdict` row are left out, because people were already notified of them.
    """
    verdicts = Verification.objects.filter(
        ~statements.is_answered(), outcome__in=NEEDS_CHECKING, decided_at__gt=now - MAX_AGE, notifications__isnull=True
    ).exclude(release__in=unpublished_early_releases().values("pk"))
    verdicts = verdicts.select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
    )
    earlier = NotifiedVerdict.objects.filter(at__gt=now - WINDOW, verdict__release__rehearsal=False)
    groups = combine(
        verdicts.prefetch_related("release__series__publishing_contacts__user", "release__series__deputies__user"),
        since=_decided_at,
        recipients=lambda verdict: series_addresses(verdict.release),
        earlier=earlier.values_list("event", "verdict__release__series__producer"),
        now=now,
    )
    for group, recipients in groups:
        keys, release = tuple(verdict.pk for verdict in group), group[0].release
        yield Notification(
            event=f"needs-checking-{keys[0] if len(keys) == 1 else sha256_hex(repr(keys).encode())[:32]}",
            recipients=recipients,
            context={
                "sentences": [_sentences(verdict) for verdict in group],
                "number": len(group),
                "producer": one_line(release.series.producer),
            },
            release=release if len(group) == 1 else None,
            of_producer=release.series.producer_id,
            verdicts=group,
        )


def _decided_at(verdict: Verification) -> datetime:
    assert verdict.decided_at is not None  # noqa: S101  # the query asked for it
    return verdict.decided_at


def _sentences(verdict: Verification) -> str:
    due = _("%(release)s was due at %(moment)s (London time).") % {
        "release": name_in_mail(verdict.release),
        "moment": calendar.format_moment(verdict.due_at),
    }
    return " ".join(filter(None, (due, known_sentence(mask_verdict(verdict)))))


def find_late_releases_now_live(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the late releases that are live now.

    Only people who were notified that the release was late are notified that it is live.
    """
    is_live = Q(verification__outcome=Outcome.LATE, verification__first_live_at__gt=now - MAX_AGE)
    # A release can be both early and late, if it was found early, taken down, and published after its tolerance.
    is_live |= Q(
        verification__outcome=Outcome.EARLY,
        release__status=Status.PUBLISHED,
        schedule_version=F("release__schedule_version"),
        raised_at__gt=now - MAX_AGE,
    )
    late = Suspicion.objects.filter(is_live, kind=ReportKind.LATE).exclude(
        notifications__event__startswith=LIVE_AT_LAST
    )
    new = [key for key in late.values_list("pk", flat=True) if event_of_suspicions(LIVE_AT_LAST, [key]) not in known]
    if not new:
        return
    recipients = people_notified_of(new)
    suspicions = Suspicion.objects.filter(pk__in=list(recipients))
    groups = combine(
        suspicions.select_related("release__series__producer", "report", "verification"),
        since=_live_since,
        recipients=lambda suspicion: frozenset(recipients[suspicion.pk]),
        earlier=_earlier_messages(LIVE_AT_LAST, now=now),
        now=now,
    )
    for group, people in groups:
        found_at = {suspicion.release: _write_first_live(suspicion) for suspicion in group}
        releases = [(name_in_mail(release), at) for release, at in found_at.items()]
        yield _suspicion_notification(LIVE_AT_LAST, group, people, {"releases": releases, "found_at": releases[0][1]})


def _write_first_live(suspicion: Suspicion) -> str:
    """Return when a late release was first found live, as a text.

    Return "" if the release was also found early and taken down, because `first_live_at` is then before the due time.
    """
    verdict = suspicion.verification
    if verdict.outcome == Outcome.EARLY or verdict.first_live_at is None:
        return ""
    return clock_of_response(verdict.first_live_at, due_at=verdict.due_at)


def _live_since(suspicion: Suspicion) -> datetime:
    # If the release was found early, `first_live_at` is the time at which it was found early, so it is not used here.
    if suspicion.verification.outcome == Outcome.EARLY:
        return suspicion.raised_at
    first_live_at = suspicion.verification.first_live_at
    assert first_live_at is not None  # noqa: S101  # the query asked for it
    return first_live_at


def find_preflight_problems(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the preflights with new problems.

    Releases whose due time has passed are left out, because the problems cannot be corrected in time. If an
    announcement already leads to another page, the release may have been published early, so only the recipients of
    incidents are notified.
    """
    recent = preflights_before_finding().filter(done_at__gt=now - MAX_AGE, news__gt=0, release__due_at__gt=now)
    runs = recent.select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
    )
    for run in runs.order_by("done_at", "pk"):
        is_incident, name = shows_announced_early(run), f"preflight-{run.pk}"
        # A run that was an incident is none after its release was cancelled, and no one is notified of it again.
        if name not in known and f"{ANNOUNCED_EARLY}{name}" not in known:
            problems = ngettext("%(count)s problem", "%(count)s problems", run.problems) % {"count": run.problems}
            yield Notification(
                event=f"{ANNOUNCED_EARLY}{name}" if is_incident else name,
                recipients=_incident_recipients(run.release) if is_incident else responsible_addresses(run.release),
                context={"problems": problems, "is_incident": is_incident},
                release=run.release,
                is_confidential=is_incident,
            )


def _incident_recipients(release: Release) -> frozenset[str]:
    return approver_addresses(release) if release.rehearsal else incident_addresses(release.series.producer)


def find_announcement_differences(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the announcements of future releases that have new differences from our calendar.

    Announcements whose differences no longer exist are left out. If an announcement already leads to published
    statistics, the release may have been published early, so only the recipients of incidents are notified.
    """
    recent = announcements.announcements_to_come(now=now).filter(comparison__news_at__gt=now - MAX_AGE)
    related = ("release__series__responsible__user", "release__series__head_of_profession__user", "comparison")
    for address in recent.select_related("release__series__producer", *related):
        name = f"{address.comparison.pk}-{address.comparison.news}"
        event, event_of_incident = f"comparison-{name}", f"{ANNOUNCED_EARLY}{name}"
        is_new = event not in known and event_of_incident not in known
        compared = announcements.compare_with_latest([address]) if is_new else []
        if any(each.differences for each in compared):
            release = address.release
            is_incident = any(each.shows_publication for each in compared)
            yield Notification(
                event=event_of_incident if is_incident else event,
                recipients=incident_addresses(release.series.producer)
                if is_incident
                else responsible_addresses(release),
                context={"is_incident": is_incident},
                release=release,
                is_confidential=is_incident,
            )


def find_morning_summaries(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the release summaries that have no message yet.

    The recipients are the Heads of Profession and deputies of the series in the summary. If none of them can be
    reached, the recipients are the producer's leads.
    """
    for call in RollCall.objects.filter(called_at__gt=now - MAX_AGE).select_related("producer"):
        if (event := f"roll-call-{call.pk}") not in known:
            references = [release["reference"] for release in call.releases]
            heads = Contact.objects.filter(series_headed__releases__reference__in=references)
            deputies = Contact.objects.filter(series_deputised__releases__reference__in=references)
            contacts = (heads.distinct() | deputies.distinct()).select_related("user")
            yield Notification(
                event=event,
                recipients=contact_addresses(contacts) or lead_addresses(call.producer_id),
                context={"call": call, "day": calendar.format_day(call.day)},
                of_producer=call.producer_id,
            )

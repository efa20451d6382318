"""Queries for notifications about reports: steps, deadlines, dispatches, overdue actions, unassigned reports."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from breaches.models import CorrectiveAction, Dispatch, JoinedDraft, Report, ReportEvent
from breaches.permissions import Action, may_act_on
from breaches.register import has_decision
from breaches.rules import lifecycle
from breaches.rules.content import content_from_json
from breaches.rules.facts import join_words
from breaches.rules.lifecycle import (
    APPROVE,
    EMAIL_ACCEPTED,
    PAST_TENSE,
    RESTRICTED,
    RETURN,
    SUBMIT,
    TAKE_BACK,
    Nature,
    ReportStatus,
)
from breaches.text import ROLES
from releases.models import Release, Series
from releases.rules import calendar
from releases.rules.calendar import Nation, format_day, local_date
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, Role
from statsoffice.deadlines import find_target_date
from statsoffice.notifications.models import Message, NotifiedSuspicion, failed_messages
from statsoffice.notifications.notification import MAX_AGE, Notification, one_line
from statsoffice.notifications.recipients import (
    approver_addresses,
    contact_addresses,
    find_report_people,
    open_memberships,
    people_notified_of,
)

STEPS = [PAST_TENSE[move] for move in (SUBMIT, TAKE_BACK, RETURN, APPROVE)]


def find_report_steps(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the reports that were submitted, taken back, returned or approved.

    The Heads of Profession and deputies are notified of every step except a return. The last person who submitted the
    report and the people dealing with the report are notified if it is returned or approved. No one is notified of a
    step they took themselves. Except for approvals, no one is notified of a step if a later one has followed it.
    """
    later = ReportEvent.objects.filter(report=OuterRef("report"), kind__in=STEPS, position__gt=OuterRef("position"))
    recent = ReportEvent.objects.filter(
        Q(kind=PAST_TENSE[APPROVE]) | ~Exists(later), kind__in=STEPS, at__gt=now - MAX_AGE
    ).order_by("position")
    recent = recent.exclude(report__in=Report.objects.about_unpublished_early().values("pk"))
    new = [key for key, kind in recent.values_list("pk", "kind") if _name_step(kind, key) not in known]
    if not new:
        return
    found = ReportEvent.objects.filter(pk__in=new).select_related("report__producer", "actor")
    events = list(found.order_by("position"))
    people = find_report_people([event.report for event in events])
    for event in events:
        yield Notification(
            event=_name_step(event.kind, event.pk),
            recipients=people[event.report_id].addresses_for(event),
            not_to=frozenset([event.actor.email.lower()] if event.actor else []),
            context={"step": event.kind},
            report=event.report,
        )


def _name_step(kind: str, key: int) -> str:
    return f"report-{kind.replace('_', '-')}-{key}"


# The London time from which reminders are sent, so that no one is reminded at night.
REMINDERS_FROM = time(9, 0)


def find_due_reports(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the reminders about undecided reports that should be sent now.

    Reports about rehearsals have no reminders, and neither have reports that were sent and are being corrected. The
    leads are reminded. If the report is not submitted yet, the statisticians are reminded too. If a report was merged
    from drafts, and a reminder was already sent about one of the drafts, this reminder is not sent again.
    """
    for report in (
        Report.objects.official()
        .listed()
        .filter(has_decision(lifecycle.Decision.UNDECIDED))
        .select_related("producer")
        .prefetch_related("producer__non_working_days")
        .order_by("pk")
    ):
        drafted_on = local_date(report.drafted_at)
        due_on = find_target_date(report.producer, drafted_on=drafted_on)
        for reminder in lifecycle.reminders(
            due_on,
            days_after=settings.REPORT_REMINDERS,
            drafted_on=drafted_on,
            nation=Nation(report.producer.nation),
            closed=report.producer.closed_days(),
        ):
            begins = calendar.from_london(datetime.combine(reminder.on, REMINDERS_FROM))
            event = _name_reminder(report.pk, reminder)
            if event in known or not begins <= now < begins + MAX_AGE:
                continue
            drafts = JoinedDraft.objects.in_force().filter(joint=report).values_list("draft", flat=True)
            if any(_name_reminder(draft, reminder) in known for draft in drafts):
                continue
            is_submitted = report.status == ReportStatus.WITH_HOP
            roles = LEADS if is_submitted else LEADS | {Role.STATISTICIAN}
            memberships = open_memberships([report.producer_id], roles).select_related("user")
            yield Notification(
                event=event,
                # Some people who write reports may not read a report about pre-release access or a leak.
                recipients=frozenset(
                    user.email.lower()
                    for user in {membership.user for membership in memberships}
                    if may_act_on(user, Action.VIEW, report)
                ),
                context={"day": format_day(due_on), "is_submitted": is_submitted},
                report=report,
            )


def _name_reminder(report: int, reminder: lifecycle.Reminder) -> str:
    return f"report-due-{report}-{reminder.days_after}"


def find_reports_to_send(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the reports and notices that a person sent by email, and whose turn it is (`_select_next`).

    A dispatch is a person's decision and does not become outdated. So this query covers twice `MAX_AGE`, while the
    other queries cover `MAX_AGE`. `known` contains the events of twice `MAX_AGE` too. A notice can wait longer for its
    report. So the query also covers the notices of reports that were accepted within this time.
    """
    since = now - 2 * MAX_AGE
    accepted = ReportEvent.objects.filter(report=OuterRef("report"), kind=EMAIL_ACCEPTED, at__gt=since)
    recent = Dispatch.objects.by_mail().filter(Q(at__gt=since) | ~Q(nature=Nature.REPORT) & Exists(accepted))
    new = {key for key in recent.values_list("pk", flat=True) if event_of_dispatch(key) not in known}
    if not new:
        return
    of_reports = Dispatch.objects.by_mail().filter(report__in=Dispatch.objects.filter(pk__in=new).values("report"))
    by_report: dict[int, list[Dispatch]] = defaultdict(list)
    for dispatch in of_reports.select_related("report__producer", "document", "by").defer("document__pdf"):
        by_report[dispatch.report_id].append(dispatch)
    turns = [_select_next(dispatches, new=new, now=now) for dispatches in by_report.values()]
    for dispatch in filter(None, turns):
        report, document = dispatch.report, dispatch.document
        version = report.versions.get(number=document.version)
        earlier = Dispatch.objects.filter(report=report, at__lt=dispatch.at).reported()
        replaced = earlier.select_related("document").defer("document__pdf").last()
        yield Notification(
            event=event_of_dispatch(dispatch.pk),
            recipients=frozenset([dispatch.recipient]),
            context={
                "dispatch": dispatch,
                "approved_on": format_day(local_date(document.approved_at)),
                "outputs": join_words(f"‘{output.title}’" for output in content_from_json(version.content).outputs),
                "replaced": replaced,
                "replaced_on": replaced and format_day(replaced.reported_on),
                "role": ROLES[Role(dispatch.role)],
            },
            report=report,
            document=document.pk if dispatch.nature == Nature.REPORT else None,
            reply_to=dispatch.by.email,
        )


def _select_next(dispatches: Sequence[Dispatch], *, new: Collection[int], now: datetime) -> Dispatch | None:
    """Return the dispatch of a report whose email is to be written now, or None.

    Emails must not overtake each other. So each email waits until the mail server has accepted the earlier emails about
    the report, or has refused them for good. A notice about a report that was refused for good waits until a person
    sends this report again, because its recipient has nothing to correct or to withdraw.

    :param dispatches: all dispatches of the report by email, in order.
    :param new: the primary keys of the dispatches that may be written.
    """
    events = [event_of_dispatch(dispatch.pk) for dispatch in dispatches]
    written = dict(Message.objects.filter(event__in=events).values_list("event", "sent_at"))
    failed = set(failed_messages(at=now).filter(event__in=events).values_list("event", flat=True))
    without_report: set[int] = set()
    for dispatch, event in zip(dispatches, events, strict=True):
        if event in failed or (event not in written and dispatch.pk not in new):
            if dispatch.nature == Nature.REPORT:
                without_report.add(dispatch.document_id)
        elif event not in written:
            if dispatch.nature == Nature.REPORT or dispatch.document_id not in without_report:
                return dispatch
        elif written[event] is None:
            return None
        elif dispatch.nature == Nature.REPORT:
            without_report.discard(dispatch.document_id)
    return None


DISPATCH = "report-sent-"


def event_of_dispatch(dispatch: int) -> str:
    """Return the `Message.event` of the email that sends a dispatch.

    :param dispatch: the primary key.
    """
    return f"{DISPATCH}{dispatch}"


def dispatch_of(message: Message) -> Dispatch | None:
    """Return the dispatch that a message sends, or None."""
    if not message.event.startswith(DISPATCH):
        return None
    dispatches = Dispatch.objects.select_related("report__producer", "document").defer("document__pdf")
    return dispatches.get(pk=message.event.removeprefix(DISPATCH))


def is_without_report(notice: Dispatch, *, now: datetime) -> bool:
    """Return whether a notice waits because the last email with its report failed for good."""
    last = Dispatch.objects.by_mail().filter(document=notice.document_id, nature=Nature.REPORT).last()
    return last is not None and failed_messages(at=now).filter(event=event_of_dispatch(last.pk)).exists()


def retryable_emails(dispatch: Dispatch, *, now: datetime) -> QuerySet[Message]:
    """Return the email of a dispatch if it failed for good and can be sent again, or an empty queryset.

    After a later version of the report was sent, or an earlier version was withdrawn, it cannot be sent again. A notice
    cannot be sent again after a person has recorded that they sent it.
    """
    failed = failed_messages(at=now).filter(event=event_of_dispatch(dispatch.pk), erased_at__isnull=True)
    of_report = Dispatch.objects.filter(report=dispatch.report_id)
    same = Q(document=dispatch.document_id, nature=dispatch.nature)
    later = of_report.filter(Q(nature=Nature.REPORT) | same, pk__gt=dispatch.pk)
    withdrawn = of_report.filter(nature=Nature.WITHDRAWAL_NOTICE).exclude(document=dispatch.document_id)
    return failed.none() if later.exists() or withdrawn.exists() else failed


WITHOUT_REMINDERS = (ReportStatus.DISMISSED, ReportStatus.WITHDRAWN)


def find_overdue_actions(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the open corrective actions whose due day has passed.

    Actions of rehearsals are omitted. An action has one reminder, and another one if its due day changes and the new
    day passes too. The reminder goes to the responsible statisticians and Heads of Profession of the series. If there
    are none, or the report is restricted, the reminder goes to the producer's leads.

    The corrective actions of a dismissed or withdrawn report need not be completed. So there are no reminders if the
    report is dismissed or withdrawn, or if it was merged into a report that is.
    """
    today = local_date(now)
    overdue = CorrectiveAction.objects.overdue(on=today).filter(due__gt=today - MAX_AGE, report__rehearsal=False)
    overdue = overdue.exclude(report__in=Report.objects.about_unpublished_early().values("pk"))
    overdue = overdue.exclude(report__status__in=WITHOUT_REMINDERS).select_related("report__producer")
    actions = [action for action in overdue.order_by("due", "pk") if _name_overdue_action(action) not in known]
    merged = {action.report_id for action in actions if action.report.status == ReportStatus.JOINED}
    joints = JoinedDraft.objects.in_force().last_joints_of(merged)
    for action in actions:
        if joints.get(action.report_id, action.report).status not in WITHOUT_REMINDERS:
            assert action.due is not None  # noqa: S101  # an action without a day is never overdue
            yield Notification(
                event=_name_overdue_action(action),
                recipients=_action_recipients(action.report),
                context={"day": format_day(action.due)},
                report=action.report,
            )


def _name_overdue_action(action: CorrectiveAction) -> str:
    return f"overdue-action-{action.pk}-{action.due}"


def _action_recipients(report: Report) -> frozenset[str]:
    series = Series.objects.filter(pk__in=report.find_series().values("pk"))
    contacts = [
        contact
        for one in series.select_related("responsible__user", "head_of_profession__user")
        for contact in (one.responsible, one.head_of_profession)
        if contact
    ]
    # The contacts of the series may not read a report about pre-release access or a leak.
    if report.kind not in RESTRICTED and (found := contact_addresses(contacts)):
        return found
    return frozenset(open_memberships([report.producer_id]).values_list("user__email", flat=True))


UNACKNOWLEDGED = "unacknowledged-"


def find_unacknowledged_reports(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the reports that are still unassigned STATSOFFICE_ACKNOWLEDGE_MINUTES after the suspicion.

    The contacts for a report are the Head of Profession, the deputies and the producer's leads, in this order. The
    first contact who was not notified of the suspicion is notified now. If all contacts were already notified, the
    first contact is notified again. If a person is notified of several reports of a producer, they get one message.
    Each rehearsal has a separate message. A report that was sent has no reminder while it is corrected, because its
    breach is no longer only suspected.
    """
    reminded = NotifiedSuspicion.objects.filter(suspicion__report=OuterRef("pk"), event__startswith=UNACKNOWLEDGED)
    unacknowledged = (
        Report.objects.listed()
        .filter(
            ~Exists(reminded),
            has_decision(lifecycle.Decision.UNDECIDED),
            person_dealing__isnull=True,
            suspicions__raised_at__gt=now - MAX_AGE,
            suspicions__raised_at__lte=now - settings.ACKNOWLEDGED_WITHIN,
        )
        .distinct()
    )
    reports = list(
        Report.objects.filter(pk__in=unacknowledged.values("pk"))
        .order_by("drafted_at", "pk")
        .select_related("producer")
        .prefetch_related(
            "suspicions__release__series__producer",
            "suspicions__release__series__head_of_profession__user",
            "suspicions__release__series__deputies__user",
        )
    )
    if not reports:
        return
    notified = people_notified_of([suspicion.pk for report in reports for suspicion in report.suspicions.all()])
    leads: dict[int, list[str]] = defaultdict(list)
    memberships = open_memberships({report.producer_id for report in reports}).order_by("pk")
    for producer, email in memberships.values_list("producer_id", "user__email"):
        leads[producer].append(email.strip().lower())
    groups: dict[tuple[int, str, int | None], list[Report]] = defaultdict(list)
    for report in reports:
        suspicions = report.suspicions.all()
        in_turn = [address for suspicion in suspicions for address in _contacts_in_turn(suspicion.release)]
        if report.training_id:
            in_turn = [address for suspicion in suspicions for address in sorted(approver_addresses(suspicion.release))]
        candidates = in_turn if report.rehearsal else [*in_turn, *leads[report.producer_id]]
        already = {address for suspicion in suspicions for address in notified.get(suspicion.pk, ())}
        next_contact = next((one for one in candidates if one not in already), next(iter(candidates), None))
        if next_contact:
            groups[report.producer_id, next_contact, report.pk if report.rehearsal else None].append(report)
    for (producer, recipient, _rehearsal), group in groups.items():
        names = " ".join(report.reference for report in group)
        yield Notification(
            event=f"{UNACKNOWLEDGED}{sha256_hex(names.encode())[:32]}",
            recipients=frozenset([recipient]),
            context={
                "reports": group,
                "producer": one_line(group[0].producer),
                "minutes": int(settings.ACKNOWLEDGED_WITHIN.total_seconds() // 60),
            },
            report=group[0] if len(group) == 1 else None,
            of_producer=producer,
            suspicions=[suspicion for report in group for suspicion in report.suspicions.all()],
        )


def _contacts_in_turn(release: Release) -> Iterator[str]:
    """Return the addresses of the Head of Profession and then of the deputies.

    In a rehearsal, contacts without an account are omitted.
    """
    series = release.series
    for contact in (series.head_of_profession, *series.deputies.all()):
        if contact and (contact.user or not release.rehearsal):
            yield from contact_addresses([contact])

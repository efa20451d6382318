"""The rules for each kind of notification, and functions that write the messages to the outbox."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.rules.lifecycle import RESTRICTED
from releases.models.event import lock_heads
from releases.trainings import participant_addresses
from statsoffice.env import PAGERDUTY
from statsoffice.fault_isolation import run_each
from statsoffice.notifications import brief_queries, office_queries, receipt_queries, release_queries, report_queries
from statsoffice.notifications.access_links import ACCESS_LINK
from statsoffice.notifications.html import render_text
from statsoffice.notifications.models import (
    KINDS,
    Channel,
    Message,
    MessageRowRecord,
    NotifiedSuspicion,
    NotifiedVerdict,
    Preference,
    available_channels,
)
from statsoffice.notifications.notification import (
    LONGEST_SUBJECT,
    MAX_AGE,
    Notification,
    name_in_mail,
    one_line,
    shorten,
    write_text_message,
)
from statsoffice.notifications.recipients import (
    ANNOUNCED_EARLY,
    DISCLOSURE,
    EARLY_RELEASE,
    MINUTE_BRIEF,
    OPEN_FILE,
    PROBLEM,
    REPORTED_INCIDENT,
    RESTORED,
    add_covers,
    find_cover_addresses,
    find_mobile_numbers,
)

BEFORE = lazy("This is a rehearsal. There is nothing to release.")
AFTER = lazy("This is a rehearsal. No statistics were released and there is nothing to report.")
TRAINING = lazy(
    "This is a training session. No real release or breach has happened. If you call a contact, say that it is a "
    "training session."
)
# This text is not translated, because it is part of an official email in the language of the report.
NO_BREACH = "This is a rehearsal: no real release and no real breach."

# The last paragraph of most messages is one of these texts. It says why a person gets the message and how to stop such
# messages.
CONTACT = lazy(
    "You get this email because you are a contact for the release, or a Head of Profession or deputy of its "
    "producer. To stop these emails, ask your calendar manager to remove you from the contacts of the series."
)
LEAD = lazy(
    "You get this email because you are a Head of Profession or deputy. To stop these emails, ask an administrator to "
    "change your role."
)
REQUESTER = lazy("You get this email because you made the request. We send one email for each result.")
REPORT_PERSON = lazy(
    "You get this email because you are a Head of Profession, a deputy or a contact for the release, or you work "
    "on the report. To stop these emails, ask your Head of Profession to assign the report to someone else, or "
    "an administrator to change your role."
)
INCIDENT_PERSON = lazy(
    "You get this email because you are a Head of Profession, a deputy or the incident contact. To stop these emails, "
    "ask your Head of Profession to name another incident contact, or an administrator to change your role."
)
RECIPIENT = lazy(
    "You get this email because you are on a list of people with access to statistics before their "
    "release. To stop these emails, open the link and select ‘I no longer need access’. If this email is not for you, "
    "do not open the link."
)
MONITORING_PERSON = lazy(
    "You get this email because you run this service, or because a release for which you have a role is due within a "
    "day. To stop these emails, ask an administrator to change your role or the list of operators."
)

PARTICIPANT = lazy(
    "You get this email because you take part in a training session. To stop these emails, ask your calendar manager, "
    "a Head of Profession or a deputy to remove you from the training session."
)


def _name_of(notification: Notification) -> str:
    if notification.release:
        return name_in_mail(notification.release)
    if "producer" in notification.context:
        return str(notification.context["producer"])
    return one_line(notification.report.producer) if notification.report else settings.OFFICE_NAME


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of notification, or a few kinds with the same query and template.

    :ivar kinds: maps the event prefix of each kind to the label of the kind. The label is shown instead of the subject
        if a message was redacted.
    :ivar query: a function that returns the notifications that are due. Its arguments are `known`, the events that
        already have a message, and `now`.
    :ivar template: the name of the template. The first paragraph of the template is the subject, and the rest is the
        text.
    :ivar reason: says why a person gets the message and how to stop such messages. None if the template says this
        itself, or if the message is sent by a person. Messages about a training have a different reason.
    :ivar rehearsal: the first paragraph of a message about a rehearsal. Messages about a training have a different
        first paragraph.
    :ivar covered: whether people who cover for a recipient get the message too.
    :ivar has_text_message: whether recipients who are contacts with a UK mobile number also get a text message.
    """

    kinds: Mapping[str, Promise]
    query: Callable[..., Iterator[Notification]]
    template: str
    reason: Promise | None = CONTACT
    rehearsal: Promise | str = AFTER
    covered: bool = True
    has_text_message: bool = False

    def render(self, notification: Notification) -> tuple[str, str]:
        """Return the subject and the text of a message. The subject is one line of at most 78 characters.

        The template has two variables for the name of the release. `name` is for the subject, and is shortened if the
        subject is too long. `full_name` is for the text. If the notification is not about a release, both contain the
        name of the producer or the office. A template about a report shows both the number and the producer of the
        report, because different producers use the same numbers.
        """
        name = _name_of(notification)
        subject, text = self._fill(notification, name=name, full_name=name)
        if (excess := len(subject) - LONGEST_SUBJECT) > 0:
            subject, _text = self._fill(notification, name=shorten(name, len(name) - excess), full_name=name)
        reason = PARTICIPANT if notification.training else self.reason
        return shorten(subject), f"{text}\n---\n\n{reason}\n" if reason else text

    def _fill(self, notification: Notification, *, name: str, full_name: str) -> tuple[str, str]:
        context = {
            **notification.context,
            "name": name,
            "full_name": full_name,
            "release": notification.release,
            "report": notification.report,
        }
        subject, text = render_text(f"notifications/{self.template}.txt", context)
        if notification.training:
            return _("Training: %(subject)s") % {"subject": subject}, f"{TRAINING}\n\n{text}"
        if notification.is_rehearsal:
            return _("Rehearsal: %(subject)s") % {"subject": subject}, f"{self.rehearsal}\n\n{text}"
        return subject, text


MINUTE_BRIEF_RULE = Rule(
    {MINUTE_BRIEF: lazy("Minute brief")},
    brief_queries.find_minute_briefs,
    "minute_brief",
    LEAD,
    has_text_message=True,
)

# Messages are written in the order of these rules, so urgent kinds come first.
RULES = (
    Rule(
        {EARLY_RELEASE: lazy("Early release")},
        release_queries.find_early_releases,
        "early_release",
        INCIDENT_PERSON,
        has_text_message=True,
    ),
    Rule(
        {EARLY_RELEASE: lazy("Early release"), REPORTED_INCIDENT: lazy("Report of a possible disclosure")},
        release_queries.find_reported_incidents,
        "incident_reported",
        INCIDENT_PERSON,
        has_text_message=True,
    ),
    Rule(
        {DISCLOSURE: lazy("Possible disclosure")},
        receipt_queries.find_disclosures,
        "access_disclosure",
        INCIDENT_PERSON,
        has_text_message=True,
    ),
    Rule(
        {ACCESS_LINK: lazy("Link for pre-release access")},
        receipt_queries.find_access_links,
        "access_link",
        RECIPIENT,
        BEFORE,
        covered=False,
    ),
    MINUTE_BRIEF_RULE,
    Rule({"suspected-breach": lazy("Suspected breach")}, release_queries.find_suspected_breaches, "suspected_breach"),
    Rule(
        {"needs-checking-": lazy("Release that needs checking")},
        release_queries.find_releases_to_check,
        "release_to_check",
    ),
    Rule(
        {"live-at-last": lazy("Late release now live")},
        release_queries.find_late_releases_now_live,
        "late_release_seen_live",
    ),
    Rule(
        {
            "report-submitted-": lazy("Report submitted"),
            "report-taken-back-": lazy("Report taken back"),
            "report-returned-": lazy("Report returned"),
            "report-approved-": lazy("Report approved"),
        },
        report_queries.find_report_steps,
        "report_step",
        REPORT_PERSON,
    ),
    Rule(
        {"unacknowledged-": lazy("Suspected breach not assigned")},
        report_queries.find_unacknowledged_reports,
        "unacknowledged_report",
        LEAD,
    ),
    Rule(
        {
            "preflight-": lazy("Problems found before release"),
            f"{ANNOUNCED_EARLY}preflight-": lazy("Problems found before release"),
        },
        release_queries.find_preflight_problems,
        "preflight_problem",
        CONTACT,
        BEFORE,
    ),
    Rule(
        {"comparison-": lazy("Announcement differs"), ANNOUNCED_EARLY: lazy("Announcement differs")},
        release_queries.find_announcement_differences,
        "announcement_difference",
    ),
    Rule({"roll-call-": lazy("Release summary")}, release_queries.find_morning_summaries, "morning_summary", LEAD),
    Rule(
        {"date-request-": lazy("Date change request")}, office_queries.find_date_requests, "date_request", LEAD, BEFORE
    ),
    Rule(
        {"date-request-": lazy("Date change request")},
        office_queries.find_date_decisions,
        "date_decision",
        REQUESTER,
        BEFORE,
    ),
    Rule(
        {"access-request-": lazy("Pre-release access request")},
        office_queries.find_access_requests,
        "access_request",
        LEAD,
        BEFORE,
    ),
    Rule(
        {"access-request-": lazy("Pre-release access request")},
        office_queries.find_access_decisions,
        "access_decision",
        REQUESTER,
        BEFORE,
    ),
    Rule(
        {OPEN_FILE: lazy("Dummy file check result")},
        office_queries.find_open_files,
        "open_file",
        REQUESTER,
        covered=False,
    ),
    Rule(
        {"access-list-": lazy("Pre-release access list to confirm")},
        receipt_queries.find_lists_to_confirm,
        "access_list_to_confirm",
        CONTACT,
        BEFORE,
    ),
    Rule(
        {"access-not-needed-": lazy("Pre-release access not needed")},
        receipt_queries.find_recipients_without_need,
        "access_not_needed",
        CONTACT,
        BEFORE,
    ),
    Rule(
        {PROBLEM: lazy("Monitoring has a problem"), RESTORED: lazy("Monitoring is working again")},
        office_queries.find_incidents,
        "incident",
        MONITORING_PERSON,
    ),
    Rule(
        {report_queries.DISPATCH: lazy("Report sent")},
        report_queries.find_reports_to_send,
        "report_to_send",
        None,
        NO_BREACH,
        covered=False,
    ),
    Rule(
        {"report-due-": lazy("Report target date reminder")},
        report_queries.find_due_reports,
        "report_due",
        REPORT_PERSON,
    ),
    Rule(
        {"overdue-action-": lazy("Corrective action overdue")},
        report_queries.find_overdue_actions,
        "overdue_action",
        REPORT_PERSON,
    ),
    Rule({"anchor-": lazy("Anchor of the record")}, office_queries.find_anchors, "anchor", None),
)
KINDS.update({kind: label for rule in RULES for kind, label in rule.kinds.items()})


# Maps email addresses in lower case to the channels that each person has chosen for one producer. The key "" has the
# producer's default channels for people who have not chosen. The second item of a pair is the name of a webhook, or "".
type Choices = dict[str, set[tuple[Channel, str]]]


# Notifications are written in batches, because after a large outage there may be a thousand suspicions at once.
BATCH_SIZE = 100


def create_missing(*, now: datetime, rules: Sequence[Rule] | None = None) -> int:
    """Write the messages that are due and do not exist yet, one kind after the other.

    :param rules: the rules of the kinds to write, or None to write all kinds.
    :return: the number of messages that were missing.
    :raises ExceptionGroup: if some kinds could not be written. All other kinds are written first.
    """
    known = set(Message.objects.filter(created_at__gt=now - 2 * MAX_AGE).values_list("event", flat=True))

    covers = find_cover_addresses(now=now)

    def with_covers(one: Notification) -> Notification:
        of_producer = covers.get(one.producer, ()) if one.producer else ()
        return replace(one, recipients=add_covers(one.recipients, of_producer)) if of_producer else one

    def write_kind(rule: Rule) -> int:
        found = rule.query(known=known, now=now)
        addressed = map(_limit_recipients, map(with_covers, found) if rule.covered else found)
        return sum(_write(rule, batch, now=now) for batch in _batches(addressed))

    return sum(
        run_each(RULES if rules is None else rules, write_kind, failed="kinds of notifications could not be written")
    )


def _limit_recipients(one: Notification) -> Notification:
    """Remove the people who caused the event. If it is about a training, remove people who do not participate too."""
    recipients = one.recipients - one.not_to
    if one.training is not None:
        recipients &= participant_addresses(one.training)
    return replace(one, recipients=recipients)


def _batches(notifications: Iterable[Notification]) -> Iterator[list[Notification]]:
    """Split notifications into batches. All notifications about the same suspicion or verdict are in the same batch.

    Between two notifications about the same suspicion or verdict, the queries yield only notifications of the same
    producer.
    """
    batch: list[Notification] = []
    for one in notifications:
        may_share = bool(batch and (one.suspicions or one.verdicts) and one.producer == batch[-1].producer)
        if len(batch) >= BATCH_SIZE and not may_share:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _write(rule: Rule, notifications: Sequence[Notification], *, now: datetime) -> int:
    """Write the messages of some notifications in one transaction.

    If one message of an event exists, later runs assume that all messages of the event were written. So either all
    messages must be written or none.

    Two processes may write messages at the same time. If they read different suspicions, they group them differently,
    so their messages have different events. In this case, only the first process writes its messages. The next run
    groups the remaining suspicions again.

    :return: the number of messages that were missing, or 0 if another process was first.
    """
    with transaction.atomic():
        events = [one.event for one in notifications]
        existing = set(Message.objects.filter(event__in=events).values_list("event", "channel", "recipient"))
        missing = [
            message
            for message in _make_messages(rule, notifications, now=now)
            if (message.event, message.channel, message.recipient) not in existing
        ]
        Message.objects.bulk_create(missing, ignore_conflicts=True)
        sent = [one for one in notifications if one.recipients]
        suspicions = [
            NotifiedSuspicion(suspicion=row, event=one.event, at=now) for one in sent for row in one.suspicions
        ]
        NotifiedSuspicion.objects.bulk_create(suspicions, ignore_conflicts=True)
        verdicts = [NotifiedVerdict(verdict=row, event=one.event, at=now) for one in sent for row in one.verdicts]
        NotifiedVerdict.objects.bulk_create(verdicts, ignore_conflicts=True)
        if suspicions or verdicts:
            # Wait until other processes have committed their messages. The head is locked only now, because all writers
            # lock rows before the heads of chains. A redaction, for example, locks its report before this head.
            lock_heads(MessageRowRecord)
            if _were_notified_meanwhile(rule, sent):
                # All notifications of the batch wait for the next run. If only some of them were written, the others
                # would never be written, because their suspicions would be recorded as notified.
                transaction.set_rollback(True)  # the positional boolean is Django's own signature
                return 0
        if missing:
            written = Message.objects.filter(event__in=events, created_at=now).values_list("pk", flat=True)
            MessageRowRecord.record({Message: list(written)})
    return len(missing)


def _were_notified_meanwhile(rule: Rule, notifications: Sequence[Notification]) -> bool:
    """Return whether another process has notified people of some of the suspicions or verdicts, in another grouping."""
    is_of_kind = Q()
    for kind in rule.kinds:
        is_of_kind |= Q(event__startswith=kind)
    is_of_others = is_of_kind & ~Q(event__in=[one.event for one in notifications])
    suspicions = [row for one in notifications for row in one.suspicions]
    verdicts = [row for one in notifications for row in one.verdicts]
    return bool(
        (suspicions and NotifiedSuspicion.objects.filter(is_of_others, suspicion__in=suspicions).exists())
        or (verdicts and NotifiedVerdict.objects.filter(is_of_others, verdict__in=verdicts).exists())
    )


def _make_messages(rule: Rule, notifications: Sequence[Notification], *, now: datetime) -> Iterator[Message]:
    """Yield a message for each recipient and channel, and for each webhook that was chosen.

    If a person has not chosen a channel, the default channels of the producer are used. If the producer has none, email
    is used. Webhooks get messages in addition to people, because a webhook does not belong to one person.

    A message to a webhook has only the reference and a link. Webhooks get no messages about rehearsals or restricted
    reports, and no confidential messages. Notifications for operators also go to every PagerDuty webhook, and their
    messages to webhooks have the subject instead of the reference.

    If a notification has a document or a reply address, a person is sending it. It always goes by email.
    """
    choices_by_producer = _choices_of({one.producer for one in notifications})
    available = available_channels()
    for one in notifications:
        subject, text = rule.render(one)
        reference = _name_subject(one)
        choices = choices_by_producer[one.producer]
        addressed: list[tuple[Channel, str]] = []
        webhooks: set[str] = set()
        for recipient in sorted(one.recipients):
            if one.document or one.reply_to:
                addressed.append((Channel.MAIL, recipient))
                continue
            own, general = choices.get(recipient.lower(), set()), choices.get("", set())
            personal = _personal_channels(own, available) or _personal_channels(general, available) or {Channel.MAIL}
            addressed += [(channel, recipient) for channel in sorted(personal)]
            webhooks |= {webhook for channel, webhook in own | general if channel == Channel.WEBHOOK}
        if one.is_for_operators:
            webhooks |= {name for name, address in settings.WEBHOOKS.items() if address.startswith(f"{PAGERDUTY}:")}
        is_restricted = one.report is not None and one.report.kind in RESTRICTED
        if not one.is_rehearsal and not one.is_confidential and not is_restricted:
            addressed += [(Channel.WEBHOOK, webhook) for webhook in sorted(webhooks) if webhook in settings.WEBHOOKS]
        if rule.has_text_message and one.has_text_message and one.producer and settings.NOTIFY_TEXT_TEMPLATE:
            numbers = find_mobile_numbers(one.recipients, one.producer)
            addressed += [(Channel.TEXT, number) for number in sorted(numbers)]
        link = _last_link(text)
        short = {Channel.WEBHOOK: link, Channel.TEXT: one.text_message or write_text_message(subject, link)}
        for channel, recipient in addressed:
            is_webhook = channel == Channel.WEBHOOK
            yield Message(
                event=one.event,
                channel=channel,
                recipient=recipient,
                subject=reference if is_webhook and not one.is_for_operators else subject,
                text=short.get(channel, text),
                producer_id=one.producer,
                release=one.release,
                report=one.report,
                document_id=one.document,
                reply_to=one.reply_to,
                created_at=now,
                due_at=now,
            )


def _name_subject(notification: Notification) -> str:
    """Return the subject for a webhook: the report's number, the release's reference, or the office's name."""
    if notification.report:
        return notification.report.number
    return notification.release.reference if notification.release else settings.OFFICE_NAME


def _personal_channels(choices: set[tuple[Channel, str]], available: list[Channel]) -> set[Channel]:
    return {channel for channel, _ in choices if channel != Channel.WEBHOOK and channel in available}


def _choices_of(producers: set[int | None]) -> dict[int | None, Choices]:
    found: dict[int | None, Choices] = defaultdict(dict)
    rows = Preference.objects.filter(producer__in=producers - {None}).values_list(
        "producer_id", "person__email", "channel", "webhook"
    )
    for producer, email, channel, webhook in rows:
        found[producer].setdefault((email or "").lower(), set()).add((Channel(channel), webhook))
    return found


def _last_link(text: str) -> str:
    """Return the last link to this service in a text, or the address of the service if there is no link.

    The link leads to the details. People must sign in to see them.
    """
    links = re.findall(rf"{re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*", text)
    return links[-1] if links else settings.ADDRESS

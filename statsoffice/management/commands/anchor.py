"""The command that makes an anchor of the record now."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from releases.management.base import PlainCommand
from releases.models import Anchor, TimeStamp, TimeStampRequest
from releases.rules import calendar
from statsoffice import anchors
from statsoffice.notifications import delivery, office_queries, outbox
from statsoffice.notifications.models import Message


class Command(PlainCommand):
    help = """\
Make an anchor of the record now, to test the settings.

The worker makes anchors every day, after each morning of releases and after each
approved report. This makes one more, requests its time stamp from
STATSOFFICE_TIMESTAMP_AUTHORITY, and sends it to STATSOFFICE_ANCHOR_RECIPIENTS.
It also sends the other messages that are waiting, as the worker does.

The exit code is 1 if the authority does not confirm the anchor, or an email cannot be
sent. The worker then tries again."""

    NEEDS_A_DATABASE = True

    def handle(self, *args: Any, **options: Any) -> None:
        made = anchors.make_now(now=timezone.now())
        if made is None:
            raise CommandError(
                "We made no anchor: the record is empty, or another process is making one at the moment. Try again."
            )
        self.stdout.write(f"We made anchor {made.position}. Its root is {made.root}.")
        anchors.stamp_anchors(now=timezone.now())
        outbox.create_missing(now=timezone.now())
        delivery.deliver_messages(now=timezone.now())
        faults = [*self._report_stamp(made), *self._report_emails(made)]
        if faults:
            raise CommandError(" ".join(faults))

    def _report_stamp(self, anchor: Anchor) -> list[str]:
        if not settings.TIMESTAMP_AUTHORITY:
            self.stdout.write("No time-stamp authority is set (STATSOFFICE_TIMESTAMP_AUTHORITY).")
            return []
        stamp = TimeStamp.objects.filter(anchor=anchor).first()
        if stamp is None:
            request = TimeStampRequest.objects.filter(anchor=anchor).first()
            why = request.last_error if request and request.last_error else "It has not answered yet."
            return [f"{settings.TIMESTAMP_AUTHORITY} did not confirm the anchor: {why}"]
        self.stdout.write(
            f"{stamp.authority} confirmed it at {calendar.format_moment(stamp.stamped_at)} (London time)."
        )
        return []

    def _report_emails(self, anchor: Anchor) -> list[str]:
        if not settings.ANCHOR_RECIPIENTS:
            self.stdout.write("No recipient is set (STATSOFFICE_ANCHOR_RECIPIENTS).")
            return []
        messages = list(Message.objects.filter(event=office_queries.event_of_anchor(anchor)).order_by("recipient"))
        if not messages:
            minutes = office_queries.WAIT_FOR_TIME_STAMP.seconds // 60
            return [f"The worker sends the email when the anchor has its time stamp, or after {minutes} minutes."]
        faults = []
        for message in messages:
            if message.sent_at:
                self.stdout.write(f"We sent it to {message.recipient}.")
            else:
                faults.append(f"We did not send it to {message.recipient}: {message.last_error or 'it is waiting.'}")
        return faults

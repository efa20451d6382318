"""What became of the mail by which a report was sent, for the pages of reports."""

from django import template

from breaches.models import Dispatch
from statsoffice.notifications.models import Message
from statsoffice.notifications.report_rules import event_of_dispatch

register = template.Library()


@register.simple_tag
def mail_of(dispatch: Dispatch) -> Message | None:
    """Return the mail of a dispatch as the outbox holds it; None if it is not there yet, or was sent outside."""
    return Message.objects.filter(event=event_of_dispatch(dispatch.pk)).first()

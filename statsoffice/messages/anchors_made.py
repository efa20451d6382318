"""Who receives the anchors of the record by email, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from releases.evidence.anchors import anchor_text
from releases.models import Anchor, TimeStamp
from releases.rules import london
from releases.rules.calendar import time_of_day
from statsoffice.messages.owed import NEWS, Owed

WAIT_FOR_TIME_STAMP = timedelta(minutes=10)


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give one email for each anchor, to the people whom the settings name.

    It waits for the time stamp for ten minutes. The root counts without one.

    :param told: the events that were told already.
    :param now: the aware instant of asking; anchors of the last seven days are sent.
    """
    if not settings.ANCHOR_RECIPIENTS:
        return
    anchors = Anchor.in_order().filter(made_at__gt=now - NEWS)
    for anchor in anchors.select_related("time_stamp", "time_stamp_request"):
        is_waiting = hasattr(anchor, "time_stamp_request") and now < anchor.made_at + WAIT_FOR_TIME_STAMP
        if event_of(anchor) not in told and not is_waiting:
            yield Owed(
                event=event_of(anchor),
                recipients=frozenset(settings.ANCHOR_RECIPIENTS),
                subject=_("Save this email: anchor %(number)s of the release record of %(office)s")
                % {"number": anchor.position, "office": settings.OFFICE_NAME},
                text=_text(anchor),
            )


def event_of(anchor: Anchor) -> str:
    """Return the event of the messages that bring an anchor."""
    return f"anchor-{anchor.position}"


def _text(anchor: Anchor) -> str:
    said = {
        "office": settings.OFFICE_NAME,
        "moment": _moment(anchor.made_at),
        "contact": settings.SECURITY_CONTACT,
    }
    paragraphs = [
        _(
            "You get this email because %(office)s asked you to store proof of its record of statistics releases. "
            "You do not need to reply."
        ),
        _(
            "Save this email unchanged, where the office cannot delete it. Save every one: a newer email does not "
            "replace an older one."
        ),
        _(
            "The lines at the end are a fingerprint of the record at %(moment)s (London time). They do not show what "
            "the record says. We make one every day, after each morning of releases and after each approved report."
        ),
        _(
            "If a row that the lines cover is changed or deleted later, the record no longer matches them. New rows "
            "make no difference. Notes, comments and corrective actions are not covered."
        ),
    ]
    if settings.SECURITY_CONTACT:
        paragraphs += [
            _(
                "To check the record, send this email as an attachment (.eml) to %(contact)s, and ask for the output "
                "of: manage.py verify_evidence --anchor FILE"
            ),
            _("If the record does not match, or if you get no email for 2 days, contact %(contact)s."),
        ]
    written = [*(paragraph % said for paragraph in paragraphs), _stamp(anchor), "\n".join(anchor_text(anchor))]
    return "\n\n".join(filter(None, written)) + "\n"


def _stamp(anchor: Anchor) -> str:
    stamp: TimeStamp | None = getattr(anchor, "time_stamp", None)
    if stamp is not None:
        return _(
            "A time-stamp authority (%(authority)s) confirmed the root in these lines at %(moment)s (London time)."
        ) % {
            "authority": stamp.authority,
            "moment": _moment(stamp.stamped_at),
        }
    if settings.TIMESTAMP_AUTHORITY and hasattr(anchor, "time_stamp_request"):
        return _("The time-stamp authority has not answered yet. You do not need to do anything.")
    return ""


def _moment(instant: datetime) -> str:
    return f"{time_of_day(london.in_london(instant).time())} on {london.format_day(instant)}"

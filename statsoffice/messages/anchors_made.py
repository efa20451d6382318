"""Who receives the anchors of the record by email, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from releases.core.dates import london
from releases.models import Anchor, TimeStamp
from releases.record.anchors import text_of
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
        if _event(anchor) not in told and not is_waiting:
            yield Owed(
                event=_event(anchor),
                recipients=frozenset(settings.ANCHOR_RECIPIENTS),
                subject=_("Anchor %(number)s of the record of %(office)s")
                % {"number": anchor.position, "office": settings.OFFICE_NAME},
                text=_text(anchor),
            )


def _event(anchor: Anchor) -> str:
    return f"anchor-{anchor.position}"


def _text(anchor: Anchor) -> str:
    paragraphs = [
        _("This email fixes the release record of %(office)s as it was at %(moment)s (London time). Keep it.")
        % {"office": settings.OFFICE_NAME, "moment": london.moment(anchor.made_at)},
        _("Reason: %(reason)s.") % {"reason": anchor.get_why_display()},
        _(
            "The record no longer fits the lines below if any part of it is changed later. To check it, save this "
            "email to a file. An operator of the office then runs: manage.py verify_evidence --anchor FILE"
        ),
        _stamp(getattr(anchor, "time_stamp", None)),
        "\n".join(text_of(anchor)),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _stamp(stamp: TimeStamp | None) -> str:
    if stamp is None:
        return _("There is no time stamp of an authority.")
    return _("%(authority)s stamped the root at %(moment)s (London time).") % {
        "authority": stamp.authority,
        "moment": london.moment(stamp.stamped_at),
    }

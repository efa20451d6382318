"""Who is told of a morning's roll call, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from releases.models import Contact, RollCall
from releases.rules import london
from statsoffice.messages.owed import NEWS, About, Owed, addresses_of, lead_addresses


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for roll calls of which nobody was told: one message to each lead of the morning's series.

    Where none of them can be reached, those are told who lead the producer.

    :param told: the events that were told already.
    :param now: the aware instant of asking; roll calls of the last seven days are told.
    """
    for call in RollCall.objects.filter(called_at__gt=now - NEWS).select_related("producer"):
        if _event(call) not in told:
            yield Owed(
                event=_event(call),
                recipients=_recipients(call),
                subject=_("Roll call of %(day)s: %(live)s of %(due)s live")
                % {"day": london.format_day(call.day), "live": call.live, "due": call.due},
                text=_text(call),
                about=About(producer=call.producer_id),
            )


def _event(call: RollCall) -> str:
    return f"roll-call-{call.pk}"


def _recipients(call: RollCall) -> frozenset[str]:
    references = [release["reference"] for release in call.releases]
    series = {"releases__reference__in": references}
    heads = Contact.objects.filter(**{f"series_headed__{name}": value for name, value in series.items()})
    deputies = Contact.objects.filter(**{f"series_deputised__{name}": value for name, value in series.items()})
    told = addresses_of((heads.distinct() | deputies.distinct()).select_related("user"))
    # Where no series names anybody who is still there, the producer's own leads learn how the morning went.
    return told or lead_addresses(call.producer_id)


def _text(call: RollCall) -> str:
    first = _(
        "Releases of %(producer)s that were due at 9.30am on %(day)s (London time), as our automatic check recorded "
        "them:"
    )
    lines = [
        first % {"producer": call.producer, "day": london.format_day(call.day)},
        "",
        _("due: %(count)s") % {"count": call.due},
        _("live: %(count)s") % {"count": call.live},
        _("not live or not whole: %(count)s") % {"count": call.not_live},
        _("cannot tell: %(count)s") % {"count": call.cannot_tell},
        "",
        _("The releases by name are here, after signing in:"),
        "",
        f"{settings.ADDRESS}{reverse('desk')}",
    ]
    return "\n".join(lines) + "\n"

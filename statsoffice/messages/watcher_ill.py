"""Who is told that the watcher cannot be relied on, and that it can again, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from releases.models import Contact, Membership, Release
from releases.rules import london
from releases.rules.lifecycle import LEADS, Role, Status
from statsoffice.canary import words
from statsoffice.canary.condition import problem_from
from statsoffice.canary.models import Illness
from statsoffice.messages.models import Message
from statsoffice.messages.owed import NEWS, Owed, addresses_of

NEAR = timedelta(hours=24)
STALE = timedelta(hours=1)
"""An alarm that could not be written for so long is told by nobody any more."""
TOLD_BY_ROLE = LEADS | {Role.CALENDAR_MANAGER}


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for illnesses of the watcher: one alarm, and after it one message that it is well again.

    The alarm goes to the operators of the settings, and to those who lead, or keep the calendar of, a producer with a
    release that is due within a day or was not seen yet. That it is well again is told to those who had the alarm, and
    to nobody else.

    :param told: the events that were told already.
    :param now: the aware instant of asking.
    """
    for illness in Illness.objects.filter(alarmed_at__gt=now - NEWS).order_by("alarmed_at"):
        if _alarm(illness) not in told and illness.alarmed_at and now - illness.alarmed_at < STALE:
            yield Owed(
                event=_alarm(illness),
                recipients=_concerned(now=now),
                subject=_("The watcher of releases is not well"),
                text=_alarm_text(illness),
            )
        if illness.ended_at and _restored(illness) not in told:
            alarms = Message.objects.filter(event=_alarm(illness), erased_at__isnull=True)
            recipients = alarms.values_list("recipient", flat=True)
            yield Owed(
                event=_restored(illness),
                recipients=frozenset(recipients),
                subject=_("The watcher of releases is restored"),
                text=_restored_text(illness),
            )


def _alarm(illness: Illness) -> str:
    return f"watcher-ill-{illness.pk}"


def _restored(illness: Illness) -> str:
    return f"watcher-restored-{illness.pk}"


def _concerned(*, now: datetime) -> frozenset[str]:
    # One that is due and still confirmed was not seen yet, and is looked for.
    near = Release.objects.official().filter(status=Status.CONFIRMED, due_at__gt=now - NEAR, due_at__lte=now + NEAR)
    leading = Contact.objects.filter(series_headed__releases__in=near) | Contact.objects.filter(
        series_deputised__releases__in=near
    )
    members = Membership.objects.filter(
        role__in=TOLD_BY_ROLE, producer__series__releases__in=near, user__is_active=True
    ).values_list("user__email", flat=True)
    return (
        frozenset(settings.OPERATORS)
        | addresses_of(leading.distinct().select_related("user"))
        | frozenset(email.strip().lower() for email in members.distinct())
    )


def _alarm_text(illness: Illness) -> str:
    assert illness.alarmed_at is not None  # noqa: S101  # only illnesses with an alarm are told
    problems = [problem_from(kept) for kept in illness.why]
    return "\n".join(
        [
            _("At %(moment)s (London time) our own check of the watcher found:")
            % {"moment": london.format_moment(illness.alarmed_at)},
            "",
            *(f"- {words.problem_in_words(problem, now=illness.alarmed_at)}" for problem in problems),
            "",
            str(words.TO_BE_DONE),
            _("Nothing is recorded against any release because of this: what was not observed is said to be so."),
            "",
            _("The desk says how it stands: %(address)s") % {"address": f"{settings.ADDRESS}{reverse('desk')}"},
            "",
        ]
    )


def _restored_text(illness: Illness) -> str:
    assert illness.ended_at is not None  # noqa: S101  # asked for ended ones alone
    return "\n".join(
        [
            _("The watcher has been well again since %(moment)s (London time).")
            % {"moment": london.format_moment(illness.ended_at)},
            _("It was found not to be well at %(moment)s.") % {"moment": london.format_moment(illness.began_at)},
            _("What was not observed meanwhile is shown as such with each release."),
            "",
            f"{settings.ADDRESS}{reverse('desk')}",
            "",
        ]
    )

"""Putting the public reason of a change of date right: a further row, and the first one stays."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from releases.core.lifecycle import FieldRefused, MoveRefused, SomebodyWasFaster
from releases.models import DateChange, ReasonCorrection
from releases.models.event import hold, record
from releases.permissions import Action, check_may

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class ReasonRefused(FieldRefused):
    """A correction that cannot be taken; `field` names what is wrong."""


class NothingPublic(MoveRefused):
    """The change has no reason that anybody outside has read."""


def present(change: DateChange) -> str:
    """Return the public reason of a change as readers see it now."""
    last = change.last_correction
    return last.public_reason if last else change.public_reason


def check_correctable(change: DateChange, *, by: "User") -> None:
    """Require that a person may put the public reason of a change right.

    :raises NotYours: if none of the person's roles allows it.
    :raises NothingPublic: if it has no reason that is public.
    """
    check_may(by, Action.CORRECT_REASON, change.release.series.producer)
    if change.announced_at is None or not change.public_reason:
        raise NothingPublic(_("This change of date has no public reason that could be put right."))


def correct(change: DateChange, *, reason: str, by: "User", at: datetime, seen: int) -> ReasonCorrection:
    """Put the public reason of a change of date right; a Head of Profession or deputy agrees by doing so.

    :param reason: the whole reason as readers are to see it.
    :param at: the aware instant of the correction.
    :param seen: how many corrections of it there were when the person read it.
    :raises NotYours: if none of the person's roles allows it.
    :raises NothingPublic: if the change has no reason that is public.
    :raises ReasonRefused: if the reason is empty, or is what stands there already.
    :raises SomebodyWasFaster: if somebody else corrected it meanwhile.
    """
    check_correctable(change, by=by)
    if not reason.strip():
        raise ReasonRefused("reason", _("Give the reason as readers are to see it."))
    with transaction.atomic():
        release = hold(change.release_id)
        stored = DateChange.objects.get(pk=change.pk)
        number = stored.corrections.count() + 1
        if seen != number - 1:
            sentence = _(
                "We did not save your answer, because another person changed this release. "
                "Check it before you try again."
            )
            raise SomebodyWasFaster(sentence)
        if reason.strip() == present(stored):
            raise ReasonRefused("reason", _("This is the reason that stands there already."))
        correction = ReasonCorrection.objects.create(
            change=stored, number=number, public_reason=reason.strip(), agreed_by=by, agreed_at=at
        )
        facts = {"schedule_version": stored.schedule_version, "number": number}
        record(release, "reason_corrected", at=at, by=by, words=correction.public_reason, **facts)
    return correction

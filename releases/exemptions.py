"""Exemptions approved in advance: recorded, ended, and found for a verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from releases.models import Exemption, Producer, Series, Verification
from releases.permissions import Action, check_may
from releases.rules import london
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused
from releases.verdict.address import SUSPICIOUS, Outcome
from releases.verdict.exemption import Covers, faults_to_cover, find_covering

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class ExemptionRefused(FieldRefused):
    """An exemption that cannot be so; `field` names what is wrong."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What the Director General for Regulation has approved, in writing: days in London, both included."""

    reference: str
    approved_on: date
    covers_from: date
    covers_to: date
    covers: frozenset[Covers]
    words: str


def check_exemption(producer: Producer, series: Series | None, approval: Approval, *, at: datetime) -> None:
    """Require that an approval can be recorded as it is.

    :param at: the aware instant of recording.
    :raises ExemptionRefused: if it covers nothing, was not approved yet, or the series is another producer's.
    """
    if series is not None and series.producer_id != producer.pk:
        raise ExemptionRefused("series", _("This series belongs to another producer."))
    if approval.approved_on > london.local_date(at):
        raise ExemptionRefused("approved_on", _("This day is still to come."))
    if approval.covers_to < approval.covers_from:
        raise ExemptionRefused("covers_to", _("The last day lies before the first."))
    if not approval.covers:
        raise ExemptionRefused("covers_late", _("Say what it covers: late, early, or parts missing."))
    for field, value in (("reference", approval.reference), ("words", approval.words)):
        if not value.strip():
            raise ExemptionRefused(field, _("This is needed to find the approval again."))


def record_exemption(
    producer: Producer, series: Series | None, approval: Approval, *, by: "User", at: datetime
) -> Exemption:
    """Record an exemption; it covers only what happens after this instant, whatever its days.

    :param series: the one series that it is for, or None for every one of the producer.
    :param at: the aware instant of recording.
    :raises NotYours: if the person is no Head of Profession or deputy of the producer.
    :raises ExemptionRefused: if it covers nothing, was not approved yet, or the series is another producer's.
    """
    check_may(by, Action.KEEP_EXEMPTIONS, producer)
    check_exemption(producer, series, approval, at=at)
    return Exemption.objects.create(
        producer=producer,
        series=series,
        reference=approval.reference.strip(),
        approved_on=approval.approved_on,
        covers_from=approval.covers_from,
        covers_to=approval.covers_to,
        covers_late=Covers.LATE in approval.covers,
        covers_early=Covers.EARLY in approval.covers,
        covers_partial=Covers.PARTIAL in approval.covers,
        words=approval.words.strip(),
        recorded_by=by,
        recorded_at=at,
    )


def end_exemption(exemption: Exemption, how: str, *, words: str, by: "User", at: datetime) -> Exemption:
    """End an exemption: from now on, or, where it was recorded in error, altogether.

    What it had covered in error raises its suspicion at the next run.

    :param how: a value of `Exemption.End`.
    :param at: the aware instant of ending it.
    :raises NotYours: if the person is no Head of Profession or deputy of the producer.
    :raises ExemptionRefused: if it is not said why.
    :raises SomebodyWasFaster: if it was ended already.
    """
    check_may(by, Action.KEEP_EXEMPTIONS, exemption.producer)
    if not words.strip():
        raise ExemptionRefused("end_words", _("Say why it ends."))
    with transaction.atomic():
        stored = Exemption.objects.select_for_update().get(pk=exemption.pk)
        if stored.end:
            raise ChangedMeanwhile(_("This exemption has ended already."))
        stored.end, stored.end_words = Exemption.End(how), words.strip()
        stored.ended_by, stored.ended_at = by, at
        stored.save(update_fields=["end", "end_words", "ended_by", "ended_at"])
    return stored


def find_covered(verifications: Iterable[Verification]) -> dict[int, list[Exemption]]:
    """Find the verdicts that would raise a suspicion and are covered, in one query at the most.

    :param verifications: read with their release and its series.
    :return: by the verification's key, the exemptions that together cover all of it.
    """
    suspicious = [verification for verification in verifications if verification.outcome in SUSPICIOUS]
    if not suspicious:
        return {}
    series = {verification.release.series_id for verification in suspicious}
    producers = {verification.release.series.producer_id for verification in suspicious}
    known = list(Exemption.objects.filter(Q(series__in=series) | Q(series__isnull=True, producer__in=producers)))
    found = {verification.pk: _covering(verification, known) for verification in suspicious} if known else {}
    return {key: exemptions for key, exemptions in found.items() if exemptions}


def _covering(verification: Verification, known: list[Exemption]) -> list[Exemption]:
    series = verification.release.series
    theirs = [(exemption, exemption.terms) for exemption in known if _is_for(exemption, series)]
    required = ((result.role, result.verdict.from_due) for result in verification.results if result.required)
    return find_covering(
        theirs,
        what=faults_to_cover(Outcome(verification.outcome), required),
        due_at=verification.due_at,
        occurred_at=verification.occurred_at,
    )


def _is_for(exemption: Exemption, series: Series) -> bool:
    if exemption.series_id is not None:
        return exemption.series_id == series.pk
    return exemption.producer_id == series.producer_id

"""Record and end exemptions, and find the exemptions that cover a verdict."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from releases.detection.finding import AddressRole
from releases.models import Exemption, Producer, Verification
from releases.permissions import Action, User, check_may
from releases.rules import calendar
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused
from releases.verdict.address import SUSPICIOUS, Outcome
from releases.verdict.release import Covers, Terms, faults_to_cover, find_covering_exemptions, find_main_pages


class ExemptionRefused(FieldRefused):
    """The exemption cannot be accepted. `field` is the name of the invalid field."""


def check_exemption(exemption: Exemption, *, at: datetime) -> None:
    if exemption.series is not None and exemption.series.producer_id != exemption.producer_id:
        raise ExemptionRefused("series", _("This series belongs to another producer."))
    if exemption.approved_on > calendar.local_date(at):
        raise ExemptionRefused("approved_on", _("The date must not be in the future."))
    if exemption.covers_to < exemption.covers_from:
        raise ExemptionRefused("covers_to", _("The last day must be the same as or after the first day."))
    if not (exemption.covers_late or exemption.covers_early or exemption.covers_partial):
        raise ExemptionRefused(
            "covers_late", _("Select what the exemption covers: late, early or incomplete releases.")
        )
    for field in ("reference", "words"):
        if not getattr(exemption, field).strip():
            raise ExemptionRefused(field, _("Enter the reference of the approval."))


def record_exemption(exemption: Exemption, *, by: User, at: datetime) -> Exemption:
    """Save a new exemption. It covers only breaches after `at`, even if its first day is earlier."""
    check_may(by, Action.KEEP_EXEMPTIONS, exemption.producer)
    check_exemption(exemption, at=at)
    exemption.reference, exemption.words = exemption.reference.strip(), exemption.words.strip()
    exemption.recorded_by, exemption.recorded_at = by, at
    exemption.save()
    return exemption


def end_exemption(exemption: Exemption, how: str, *, words: str, by: User, at: datetime) -> Exemption:
    """End an exemption.

    If the exemption was recorded in error, it never applied. So the breaches that it covered become suspected breaches
    at the next run of the job that drafts reports.
    """
    check_may(by, Action.KEEP_EXEMPTIONS, exemption.producer)
    if not words.strip():
        raise ExemptionRefused("end_words", _("Enter why the exemption ends."))
    with transaction.atomic():
        stored = Exemption.objects.select_for_update().get(pk=exemption.pk)
        if stored.end:
            raise ChangedMeanwhile(_("This exemption has already ended."))
        stored.end, stored.end_words = Exemption.End(how), words.strip()
        stored.ended_by, stored.ended_at = by, at
        stored.save(update_fields=["end", "end_words", "ended_by", "ended_at"])
    return stored


def producers_with_exemptions() -> QuerySet[Producer]:
    return Producer.objects.filter(pk__in=Exemption.objects.values("producer"))


def find_exemptions(verifications: Iterable[Verification]) -> dict[int, list[Exemption]]:
    """Return the exemptions that prevent verdicts from raising suspected breaches, using at most one query.

    If a verdict has several faults, it may need several exemptions.

    :return: the exemptions, keyed by verification. Verifications with a fault that is not covered are left out.
    """
    suspicious = [verification for verification in verifications if verification.outcome in SUSPICIOUS]
    if not suspicious:
        return {}
    series = {verification.release.series_id for verification in suspicious}
    producers = {verification.release.series.producer_id for verification in suspicious}
    known = list(Exemption.objects.filter(Q(series__in=series) | Q(series__isnull=True, producer__in=producers)))
    found = {verification.pk: _exemptions_of(verification, known) for verification in suspicious} if known else {}
    return {key: exemptions for key, exemptions in found.items() if exemptions}


def _exemptions_of(verification: Verification, known: list[Exemption]) -> list[Exemption]:
    series = verification.release.series
    results, main_pages = verification.results, find_main_pages(verification.results)
    required = (
        (AddressRole.PAGE if result in main_pages else AddressRole.ATTACHMENT, result.verdict.from_due)
        for result in results
        if result.required
    )
    return find_covering_exemptions(
        [
            (exemption, exemption_terms(exemption))
            for exemption in known
            if exemption.series_id == series.pk
            or (exemption.series_id is None and exemption.producer_id == series.producer_id)
        ],
        what=faults_to_cover(Outcome(verification.outcome), required),
        due_at=verification.due_at,
        occurred_at=verification.occurred_at,
    )


def exemption_terms(exemption: Exemption) -> Terms:
    columns = {
        Covers.LATE: exemption.covers_late,
        Covers.EARLY: exemption.covers_early,
        Covers.PARTIAL: exemption.covers_partial,
    }
    return Terms(
        covers=frozenset(fault for fault, is_covered in columns.items() if is_covered),
        covers_from=exemption.covers_from,
        covers_to=exemption.covers_to,
        approved_on=exemption.approved_on,
        recorded_at=exemption.recorded_at,
        ended_at=exemption.ended_at,
        in_error=exemption.end == Exemption.End.IN_ERROR,
    )

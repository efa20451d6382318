"""Who is told next of a suspected breach that nobody says they are dealing with, and in which words."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import Report
from releases.models import Membership, Release
from releases.roles import LEADS
from statsoffice.messages.heard import of_suspicions
from statsoffice.messages.owed import NEWS, Owed, about_report, addresses_of


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for suspected breaches with which nobody is dealing after STATSOFFICE_ACKNOWLEDGE_MINUTES.

    One message for each report, to the next contact: the first of Head of Profession, deputies and the producer's
    leads who was not told of the suspicion, or else the first of them once more.

    :param told: the events that were told already.
    :param now: the aware instant of asking; suspicions of the last seven days are told.
    """
    waiting = _unacknowledged(now=now).values_list("pk", "reference").distinct()
    missing = [key for key, reference in waiting if _event(reference) not in told]
    reports = list(
        Report.objects.filter(pk__in=missing)
        .order_by("drafted_at", "pk")
        .prefetch_related(
            "suspicions__release__series__producer",
            "suspicions__release__series__head_of_profession__user",
            "suspicions__release__series__deputies__user",
        )
    )
    first_told, leads = _first_told(reports), _leads(reports)
    for report in reports:
        in_turn = [one for suspicion in report.suspicions.all() for one in _in_turn(suspicion.release)]
        asked = list(dict.fromkeys([*in_turn, *([] if report.rehearsal else leads[report.producer_id])]))
        fresh = [address for address in asked if address not in first_told[report.pk]]
        if asked:
            next_contact = frozenset([(fresh or asked)[0]])
            yield Owed(
                _event(report.reference), next_contact, _subject(report), _text(report), about=about_report(report)
            )


def _event(reference: str) -> str:
    return f"unacknowledged-{reference}"


def _unacknowledged(*, now: datetime) -> QuerySet[Report]:
    return Report.objects.undecided().filter(
        person_dealing__isnull=True,
        suspicions__raised_at__gt=now - NEWS,
        suspicions__raised_at__lte=now - settings.ACKNOWLEDGED_WITHIN,
    )


def _first_told(reports: Collection[Report]) -> dict[int, set[str]]:
    """Return whom the outbox has told of the suspicions of each report, by the report's key."""
    suspicions = {suspicion.pk: report.pk for report in reports for suspicion in report.suspicions.all()}
    told: dict[int, set[str]] = defaultdict(set)
    for suspicion, people in of_suspicions(suspicions).items():
        told[suspicions[suspicion]] |= people
    return told


def _leads(reports: Collection[Report]) -> dict[int, list[str]]:
    """Return the addresses of the Heads of Profession and deputies of each report's producer, by its key."""
    leads: dict[int, list[str]] = defaultdict(list)
    held = Membership.objects.filter(
        producer__in={report.producer_id for report in reports}, role__in=list(LEADS), user__is_active=True
    )
    for producer, email in held.order_by("pk").values_list("producer_id", "user__email"):
        leads[producer].append(email.strip().lower())
    return leads


def _in_turn(release: Release) -> Iterator[str]:
    """Give the addresses of those who answer for a release's series, in the order in which they are asked."""
    series = release.series
    for contact in (series.head_of_profession, *series.deputies.all()):
        # Of a rehearsal only those are told who take part in it, with an account.
        if contact and (contact.user or not release.rehearsal):
            yield from addresses_of([contact])


def _subject(report: Report) -> str:
    words = _("Nobody is dealing with a suspected breach: %(reference)s") % {"reference": report.reference}
    return _("Rehearsal: %(subject)s") % {"subject": words} if report.rehearsal else words


def _text(report: Report) -> str:
    minutes = int(settings.ACKNOWLEDGED_WITHIN.total_seconds() // 60)
    path = reverse("breaches:report", args=[report.reference])
    paragraphs = [
        *([_("This is a rehearsal: nothing was released and nothing is to be reported.")] if report.rehearsal else []),
        _(
            "Our automatic check suspected a breach more than %(minutes)s minutes ago, and nobody has said that they "
            "are dealing with it. You are told as the next contact."
        )
        % {"minutes": minutes},
        _("Say here, after signing in, that you are dealing with it, or who is:"),
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(paragraphs) + "\n"

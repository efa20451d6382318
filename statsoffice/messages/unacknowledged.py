"""Who is told next of a suspected breach that nobody says they are dealing with, and in which words."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import Report
from releases.models import Release
from releases.rules.canonical import sha256_hex
from statsoffice.messages import rehearsed
from statsoffice.messages.heard import of_suspicions
from statsoffice.messages.models import ToldSuspicion
from statsoffice.messages.owed import NEWS, About, Owed, about_report, addresses_of, open_memberships

UNACKNOWLEDGED = "unacknowledged-"


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for suspected breaches with which nobody is dealing after STATSOFFICE_ACKNOWLEDGE_MINUTES.

    One message to the next contact for all such reports of a producer: the first of Head of Profession, deputies and
    the producer's leads who was not told of the suspicion, or else the first of them once more. A rehearsal is told by
    itself.

    :param told: the events that were told already.
    :param now: the aware instant of asking; suspicions of the last seven days are told.
    """
    reports = list(
        Report.objects.filter(pk__in=_unacknowledged(now=now).values("pk"))
        .order_by("drafted_at", "pk")
        .select_related("producer")
        .prefetch_related(
            "suspicions__release__series__producer",
            "suspicions__release__series__head_of_profession__user",
            "suspicions__release__series__deputies__user",
        )
    )
    if not reports:
        return
    first_told, leads = _first_told(reports), _leads(reports)
    together: dict[tuple[int, str, int | None], list[Report]] = defaultdict(list)
    for report in reports:
        in_turn = [one for suspicion in report.suspicions.all() for one in _in_turn(suspicion.release)]
        asked = list(dict.fromkeys([*in_turn, *([] if report.rehearsal else leads[report.producer_id])]))
        fresh = [address for address in asked if address not in first_told[report.pk]]
        if asked:
            by_itself = report.pk if report.rehearsal else None
            together[report.producer_id, (fresh or asked)[0], by_itself].append(report)
    for (_producer, recipient, _report), waiting in together.items():
        yield _owed(waiting, recipient)


def _owed(reports: Sequence[Report], recipient: str) -> Owed:
    names = " ".join(report.reference for report in reports)
    return Owed(
        event=f"{UNACKNOWLEDGED}{sha256_hex(names.encode())[:32]}",
        recipients=frozenset([recipient]),
        subject=_subject(reports),
        text=_text(reports),
        about=about_report(reports[0]) if len(reports) == 1 else About(producer=reports[0].producer_id),
        suspicions=tuple(suspicion.pk for report in reports for suspicion in report.suspicions.all()),
    )


def _unacknowledged(*, now: datetime) -> QuerySet[Report]:
    said = ToldSuspicion.objects.filter(suspicion__report=OuterRef("pk"), event__startswith=UNACKNOWLEDGED)
    return (
        Report.objects.undecided()
        .filter(
            ~Exists(said),
            person_dealing__isnull=True,
            suspicions__raised_at__gt=now - NEWS,
            suspicions__raised_at__lte=now - settings.ACKNOWLEDGED_WITHIN,
        )
        .distinct()
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
    held = open_memberships({report.producer_id for report in reports})
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


def _subject(reports: Sequence[Report]) -> str:
    if len(reports) == 1:
        words = _("Nobody is dealing with a suspected breach: %(reference)s") % {"reference": reports[0].reference}
        return rehearsed.subject(words, rehearsal=reports[0].rehearsal)
    counted = {"number": len(reports), "producer": " ".join(str(reports[0].producer).split())}
    return _("Nobody is dealing with %(number)s suspected breaches: %(producer)s") % counted


def _text(reports: Sequence[Report]) -> str:
    minutes = int(settings.ACKNOWLEDGED_WITHIN.total_seconds() // 60)
    paragraphs = [
        *rehearsed.opening(rehearsed.AFTERWARDS, rehearsal=reports[0].rehearsal),
        _(
            "Our automatic check suspected a breach more than %(minutes)s minutes ago, and nobody has said that they "
            "are dealing with it. You are told as the next contact."
        )
        % {"minutes": minutes},
        _("Say here, after signing in, that you are dealing with it, or who is:"),
        *(f"{settings.ADDRESS}{reverse('breaches:report', args=[report.reference])}" for report in reports),
    ]
    return "\n\n".join(paragraphs) + "\n"

"""Who is told of suspected breaches, and in which words: one producer's of a quarter of an hour in one message."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Suspicion
from breaches.rules.lifecycle import ReportKind
from releases.rules import london
from statsoffice.messages import heard, rehearsed
from statsoffice.messages.gathering import Untold, by_recipients, ready
from statsoffice.messages.heard import News, event_of
from statsoffice.messages.owed import (
    NEWS,
    About,
    Owed,
    about_release,
    about_report,
    everyone_concerned,
    name_in_mail,
)

WORDS = {
    ReportKind.LATE: lazy(
        "%(release)s, due at %(moment)s (London time), was not seen at its announced address by the end of its "
        "tolerance."
    ),
    ReportKind.EARLY: lazy("%(release)s, due at %(moment)s (London time), was seen before it was due."),
    ReportKind.PARTIAL: lazy(
        "%(release)s, due at %(moment)s (London time), lacked a part that belongs to it at the end of its tolerance."
    ),
}


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for suspected breaches of which nobody was told.

    Suspicions of one producer that come close together make one message for each person. For a rehearsal, which is
    told by itself, only contacts with an account are told, and the subject says that it is a rehearsal. Where nobody
    who is named can be reached, the producer's leads are told.

    :param told: the events that were told already.
    :param now: the aware instant of asking; suspicions of the last seven days are told.
    """
    by_producer: dict[int, list[Suspicion]] = defaultdict(list)
    for suspicion in _untold(told, now=now):
        if suspicion.release.rehearsal:
            yield _owed([suspicion], everyone_concerned(suspicion.release))
        else:
            by_producer[suspicion.release.series.producer_id].append(suspicion)
    told_lately = heard.lately(News.SUSPECTED, now=now) if by_producer else {}
    for producer, suspicions in by_producer.items():
        untold = [Untold(one.pk, one.raised_at, everyone_concerned(one.release)) for one in suspicions]
        now_told = ready(untold, told_lately=told_lately.get(producer, ()), now=now)
        found = {suspicion.pk: suspicion for suspicion in suspicions}
        for keys, recipients in by_recipients(now_told).items():
            yield _owed([found[key] for key in keys], recipients)


def _untold(told: Collection[str], *, now: datetime) -> Iterator[Suspicion]:
    recent = Suspicion.objects.filter(raised_at__gt=now - NEWS, tellings__isnull=True)
    # Before messages named several suspicions, each had an event of its own.
    missing = [key for key in recent.values_list("pk", flat=True) if event_of(News.SUSPECTED, [key]) not in told]
    suspicions = Suspicion.objects.filter(pk__in=missing).select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
        "report",
        "verification",
    )
    yield from suspicions.prefetch_related(
        "release__series__publishing_contacts__user", "release__series__deputies__user"
    )


def _owed(suspicions: Sequence[Suspicion], recipients: frozenset[str]) -> Owed:
    return Owed(
        event=event_of(News.SUSPECTED, [suspicion.pk for suspicion in suspicions]),
        recipients=recipients,
        subject=_subject(suspicions),
        text=_text(suspicions),
        about=_about(suspicions),
        suspicions=tuple(suspicion.pk for suspicion in suspicions),
    )


def _about(suspicions: Sequence[Suspicion]) -> About:
    first = suspicions[0]
    if len({suspicion.release_id for suspicion in suspicions}) > 1:
        return About(producer=first.release.series.producer_id)
    if first.report:
        return about_report(first.report, release=first.release_id)
    return about_release(first.release)


def _subject(suspicions: Sequence[Suspicion]) -> str:
    release = suspicions[0].release
    if len({suspicion.release_id for suspicion in suspicions}) == 1:
        subject = _("Suspected breach: %(reference)s") % {"reference": release.reference}
    else:
        counted = {"number": len(suspicions), "producer": release.series.producer}
        subject = _("%(number)s suspected breaches: %(producer)s") % counted
    # Line ends in a title would end the header; every run of white space becomes one space.
    return rehearsed.subject(" ".join(subject.split()), rehearsal=release.rehearsal)


def _text(suspicions: Sequence[Suspicion]) -> str:
    rehearsal = rehearsed.opening(rehearsed.AFTERWARDS, rehearsal=suspicions[0].release.rehearsal)
    lines = [
        *(line for told in (*rehearsal, *map(_told, suspicions)) for line in (told, "")),
        _("This is what our automatic check recorded. Whether it is a breach is for the Head of Profession to decide."),
        *_where(suspicions),
    ]
    return "\n".join(lines) + "\n"


def _told(suspicion: Suspicion) -> str:
    release = suspicion.release
    due = london.format_moment(suspicion.verification.due_at)
    return WORDS[ReportKind(suspicion.kind)] % {"release": name_in_mail(release), "moment": due}


def _where(suspicions: Sequence[Suspicion]) -> Iterator[str]:
    first = suspicions[0]
    if len({suspicion.release_id for suspicion in suspicions}) > 1:
        yield _("The drafts are here, after signing in, with what is to be done:")
        yield from ("", f"{settings.ADDRESS}{reverse('breaches:report_list')}")
        days = {london.local_date(suspicion.verification.due_at) for suspicion in suspicions}
        if len(days) == 1:
            yield from ("", _("Those who write reports can join them into one report with several outputs:"))
            path = reverse("breaches:join", args=[first.release.series.producer.slug, days.pop()])
            yield from ("", f"{settings.ADDRESS}{path}")
        return
    if first.report:
        path = reverse("breaches:report", args=[first.report.reference])
        yield _("A report is drafted; the record and what is to be done are here, after signing in:")
    else:
        path = reverse("releases:release", args=[first.release.reference])
        yield _("A report is being drafted; the record and what is to be done are here, after signing in:")
    yield from ("", f"{settings.ADDRESS}{path}")

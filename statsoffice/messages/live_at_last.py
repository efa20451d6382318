"""Who is told that releases which were suspected to be late have been seen live, and in which words."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import Suspicion
from breaches.rules.lifecycle import ReportKind
from releases.verdict.address import Outcome
from statsoffice.messages import heard, rehearsed
from statsoffice.messages.gathering import Untold, by_recipients, ready
from statsoffice.messages.heard import News, event_of
from statsoffice.messages.owed import NEWS, About, Owed, about_release, about_report


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for releases that were not seen in time and were seen since: to whoever heard of the suspicion.

    It goes to nobody else, and before the suspicion itself was told to nobody at all. What one producer's releases
    have of it within a few minutes makes one message for each person, as suspicions do; rehearsals are told one by
    one. It names a release by its reference alone.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was seen live in the last seven days is told.
    """
    untold = [key for key in _seen(now).values_list("pk", flat=True) if event_of(News.SEEN_LIVE, [key]) not in told]
    if not untold:
        return
    who = heard.of_suspicions(untold)
    by_producer: dict[int, dict[int, Suspicion]] = defaultdict(dict)
    suspicions = Suspicion.objects.filter(pk__in=list(who))
    for suspicion in suspicions.select_related("release__series__producer", "report", "verification"):
        if suspicion.release.rehearsal:
            yield _owed([suspicion], frozenset(who[suspicion.pk]))
        else:
            by_producer[suspicion.release.series.producer_id][suspicion.pk] = suspicion
    told_lately = heard.lately(News.SEEN_LIVE, now=now) if by_producer else {}
    for producer, found in by_producer.items():
        news = [Untold(one.pk, _seen_at(one), frozenset(who[one.pk])) for one in found.values()]
        now_told = ready(news, told_lately=told_lately.get(producer, ()), now=now)
        for keys, recipients in by_recipients(now_told).items():
            yield _owed([found[key] for key in keys], recipients)


def _seen(now: datetime) -> "QuerySet[Suspicion]":
    seen = Suspicion.objects.filter(
        kind=ReportKind.LATE, verification__outcome=Outcome.LATE, verification__first_live_at__gt=now - NEWS
    )
    return seen.exclude(tellings__event__startswith=News.SEEN_LIVE)


def _seen_at(suspicion: Suspicion) -> datetime:
    first_live_at = suspicion.verification.first_live_at
    assert first_live_at is not None  # noqa: S101  # the query asked for it
    return first_live_at


def _owed(suspicions: Sequence[Suspicion], recipients: frozenset[str]) -> Owed:
    keys = tuple(suspicion.pk for suspicion in suspicions)
    return Owed(
        event=event_of(News.SEEN_LIVE, keys),
        recipients=recipients,
        subject=_subject(suspicions),
        text=_text(suspicions),
        about=_about(suspicions),
        suspicions=keys,
    )


def _references(suspicions: Sequence[Suspicion]) -> list[str]:
    # Line ends would end the header; every run of white space becomes one space.
    return list(dict.fromkeys(" ".join(suspicion.release.reference.split()) for suspicion in suspicions))


def _about(suspicions: Sequence[Suspicion]) -> About:
    first = suspicions[0]
    if len(_references(suspicions)) > 1:
        return About(producer=first.release.series.producer_id)
    if first.report:
        return about_report(first.report, release=first.release_id)
    return about_release(first.release)


def _subject(suspicions: Sequence[Suspicion]) -> str:
    release, references = suspicions[0].release, _references(suspicions)
    if len(references) > 1:
        counted = {"number": len(references), "producer": " ".join(str(release.series.producer).split())}
        return _("Seen live: %(number)s releases of %(producer)s") % counted
    subject = _("Seen live: %(reference)s") % {"reference": references[0]}
    return rehearsed.subject(subject, rehearsal=release.rehearsal)


def _text(suspicions: Sequence[Suspicion]) -> str:
    release, references = suspicions[0].release, _references(suspicions)
    if len(references) > 1:
        lines = [
            _("These releases, which were not seen by the end of their tolerance, have been seen live:"),
            "\n".join(f"- {reference}" for reference in references),
            _("When each was seen, and what is to be done, is here, after signing in:"),
            f"{settings.ADDRESS}{reverse('breaches:report_list')}",
        ]
        return "\n\n".join(lines) + "\n"
    lines = [
        *rehearsed.opening(rehearsed.AFTERWARDS, rehearsal=release.rehearsal),
        _("The release %(reference)s, which was not seen by the end of its tolerance, has been seen live.")
        % {"reference": release.reference},
        _("When it was seen, and what is to be done, is here, after signing in:"),
        f"{settings.ADDRESS}{_path(suspicions[0])}",
    ]
    return "\n\n".join(lines) + "\n"


def _path(suspicion: Suspicion) -> str:
    if suspicion.report:
        return reverse("breaches:report", args=[suspicion.report.reference])
    return reverse("releases:release", args=[suspicion.release.reference])

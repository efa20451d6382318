"""Notifications about releases: suspected breaches, questions, summaries, preflights, announcements."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.models import Suspicion
from breaches.rules.lifecycle import ReportKind
from releases import announcements
from releases.models import Address, Contact, PreflightRun, Release, RollCall, Verification
from releases.rules import london
from releases.rules.canonical import sha256_hex
from releases.text.release import known_sentence
from releases.verdict.address import ASKS_A_PERSON, Outcome
from statsoffice.notifications import base
from statsoffice.notifications.base import (
    NEWS,
    WINDOW,
    About,
    News,
    NewSuspicion,
    Notification,
    about_release,
    about_report,
    addresses_of,
    by_recipients,
    event_of,
    everyone_concerned,
    lead_addresses,
    name_in_mail,
    people_concerned,
    select_ready,
)
from statsoffice.notifications.models import ToldVerdict

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


def find_suspected(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
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
    told_lately = base.lately(News.SUSPECTED, now=now) if by_producer else {}
    for producer, suspicions in by_producer.items():
        untold = [NewSuspicion(one.pk, one.raised_at, everyone_concerned(one.release)) for one in suspicions]
        now_told = select_ready(untold, told_lately=told_lately.get(producer, ()), now=now)
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


def _owed(suspicions: Sequence[Suspicion], recipients: frozenset[str]) -> Notification:
    return Notification(
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
    return base.rehearsal_subject(" ".join(subject.split()), rehearsal=release.rehearsal)


def _text(suspicions: Sequence[Suspicion]) -> str:
    rehearsal = base.rehearsal_opening(base.AFTERWARDS, rehearsal=suspicions[0].release.rehearsal)
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


EVENT = "needs-checking"


def find_needing_checks(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for verdicts that ask a person, of which nobody was notified.

    Those of one producer that come close together make one message for each person, as suspicions do. The people are
    those who are notified of a late release.

    :param told: not needed here: each verdict of which people were notified has rows of its own.
    :param now: the aware instant of asking; verdicts of the last seven days count.
    """
    by_producer: dict[int, dict[int, Verification]] = defaultdict(dict)
    for verdict in _needing_checks(now):
        if verdict.release.rehearsal:
            yield _question([verdict], everyone_concerned(verdict.release))
        else:
            by_producer[verdict.release.series.producer_id][verdict.pk] = verdict
    lately = _notified_lately(now) if by_producer else {}
    for producer, found in by_producer.items():
        untold = [NewSuspicion(one.pk, _decided_at(one), everyone_concerned(one.release)) for one in found.values()]
        for keys, recipients in by_recipients(
            select_ready(untold, told_lately=lately.get(producer, ()), now=now)
        ).items():
            yield _question([found[key] for key in keys], recipients)


def _needing_checks(now: datetime) -> Iterator[Verification]:
    verdicts = Verification.objects.filter(outcome__in=ASKS_A_PERSON, decided_at__gt=now - NEWS, tellings__isnull=True)
    yield from verdicts.select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
    ).prefetch_related("release__series__publishing_contacts__user", "release__series__deputies__user")


def _decided_at(verdict: Verification) -> datetime:
    assert verdict.decided_at is not None  # noqa: S101  # the query asked for it
    return verdict.decided_at


def _notified_lately(now: datetime) -> dict[int, set[str]]:
    recent = ToldVerdict.objects.filter(at__gt=now - WINDOW, verdict__release__rehearsal=False)
    return base.recipients_of(dict(recent.values_list("event", "verdict__release__series__producer")))


def _question(verdicts: Sequence[Verification], recipients: frozenset[str]) -> Notification:
    release, keys = verdicts[0].release, tuple(verdict.pk for verdict in verdicts)
    together = len(verdicts) > 1
    return Notification(
        event=f"{EVENT}-{keys[0]}" if not together else f"{EVENT}-{sha256_hex(repr(keys).encode())[:32]}",
        recipients=recipients,
        subject=_question_subject(verdicts),
        text=_question_text(verdicts),
        about=About(producer=release.series.producer_id) if together else about_release(release),
        verdicts=keys,
    )


def _question_subject(verdicts: Sequence[Verification]) -> str:
    release = verdicts[0].release
    if len(verdicts) > 1:
        subject = _("%(number)s releases need checking: %(producer)s") % {
            "number": len(verdicts),
            "producer": release.series.producer,
        }
    else:
        subject = _("Needs checking: %(reference)s") % {"reference": release.reference}
    # Line ends in a name would end the header; every run of white space becomes one space.
    return base.rehearsal_subject(" ".join(subject.split()), rehearsal=release.rehearsal)


def _question_text(verdicts: Sequence[Verification]) -> str:
    release = verdicts[0].release
    if len(verdicts) > 1:
        path = reverse("desk")
        action = _("Check each page. Then tell us what you found, or start a breach report:")
    else:
        path = reverse("releases:release", args=[release.reference])
        action = _("Check the page. Then tell us what you found, or start a breach report:")
    paragraphs = [
        *base.rehearsal_opening(base.AFTERWARDS, rehearsal=release.rehearsal),
        *map(_paragraph, verdicts),
        _("We cannot tell whether it was on time, so we have not drafted a report.")
        if len(verdicts) == 1
        else _("We cannot tell whether they were on time, so we have not drafted reports."),
        action,
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(paragraphs) + "\n"


def _paragraph(verdict: Verification) -> str:
    due = _("%(release)s was due at %(moment)s (London time).") % {
        "release": name_in_mail(verdict.release),
        "moment": london.format_moment(verdict.due_at),
    }
    return " ".join(filter(None, (due, known_sentence(verdict))))


def find_live_at_last(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
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
    who = base.of_suspicions(untold)
    by_producer: dict[int, dict[int, Suspicion]] = defaultdict(dict)
    suspicions = Suspicion.objects.filter(pk__in=list(who))
    for suspicion in suspicions.select_related("release__series__producer", "report", "verification"):
        if suspicion.release.rehearsal:
            yield _live_notification([suspicion], frozenset(who[suspicion.pk]))
        else:
            by_producer[suspicion.release.series.producer_id][suspicion.pk] = suspicion
    told_lately = base.lately(News.SEEN_LIVE, now=now) if by_producer else {}
    for producer, found in by_producer.items():
        news = [NewSuspicion(one.pk, _seen_at(one), frozenset(who[one.pk])) for one in found.values()]
        now_told = select_ready(news, told_lately=told_lately.get(producer, ()), now=now)
        for keys, recipients in by_recipients(now_told).items():
            yield _live_notification([found[key] for key in keys], recipients)


def _seen(now: datetime) -> "QuerySet[Suspicion]":
    seen = Suspicion.objects.filter(
        kind=ReportKind.LATE, verification__outcome=Outcome.LATE, verification__first_live_at__gt=now - NEWS
    )
    return seen.exclude(tellings__event__startswith=News.SEEN_LIVE)


def _seen_at(suspicion: Suspicion) -> datetime:
    first_live_at = suspicion.verification.first_live_at
    assert first_live_at is not None  # noqa: S101  # the query asked for it
    return first_live_at


def _live_notification(suspicions: Sequence[Suspicion], recipients: frozenset[str]) -> Notification:
    keys = tuple(suspicion.pk for suspicion in suspicions)
    return Notification(
        event=event_of(News.SEEN_LIVE, keys),
        recipients=recipients,
        subject=_live_subject(suspicions),
        text=_live_text(suspicions),
        about=_live_releases(suspicions),
        suspicions=keys,
    )


def _references(suspicions: Sequence[Suspicion]) -> list[str]:
    # Line ends would end the header; every run of white space becomes one space.
    return list(dict.fromkeys(" ".join(suspicion.release.reference.split()) for suspicion in suspicions))


def _live_releases(suspicions: Sequence[Suspicion]) -> About:
    first = suspicions[0]
    if len(_references(suspicions)) > 1:
        return About(producer=first.release.series.producer_id)
    if first.report:
        return about_report(first.report, release=first.release_id)
    return about_release(first.release)


def _live_subject(suspicions: Sequence[Suspicion]) -> str:
    release, references = suspicions[0].release, _references(suspicions)
    if len(references) > 1:
        counted = {"number": len(references), "producer": " ".join(str(release.series.producer).split())}
        return _("Seen live: %(number)s releases of %(producer)s") % counted
    subject = _("Seen live: %(reference)s") % {"reference": references[0]}
    return base.rehearsal_subject(subject, rehearsal=release.rehearsal)


def _live_text(suspicions: Sequence[Suspicion]) -> str:
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
        *base.rehearsal_opening(base.AFTERWARDS, rehearsal=release.rehearsal),
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


def find_morning_summaries(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for roll calls of which nobody was told: one message to each lead of the morning's series.

    Where none of them can be reached, those are told who lead the producer.

    :param told: the events that were told already.
    :param now: the aware instant of asking; roll calls of the last seven days are told.
    """
    for call in RollCall.objects.filter(called_at__gt=now - NEWS).select_related("producer"):
        if _event(call) not in told:
            yield Notification(
                event=_event(call),
                recipients=_recipients(call),
                subject=_("Roll call of %(day)s: %(live)s of %(due)s live")
                % {"day": london.format_day(call.day), "live": call.live, "due": call.due},
                text=_summary_text(call),
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


def _summary_text(call: RollCall) -> str:
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


def find_preflight_problems(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for checks that found something new: one message to each person concerned.

    It names the release by its reference alone: nothing of its title, its address or what was seen is written into
    mail. For a rehearsal only contacts with an account are told, and the subject says that it is a rehearsal.

    :param told: the events that were told already.
    :param now: the aware instant of asking; once a release is due there is nothing left to mend.
    """
    recent = PreflightRun.objects.filter(done_at__gt=now - NEWS, news__gt=0, release__due_at__gt=now)
    runs = recent.select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
    )
    for run in runs.order_by("done_at", "pk"):
        if _preflight_event(run) not in told:
            told_to = people_concerned(run.release)
            yield Notification(
                _preflight_event(run),
                told_to,
                _preflight_subject(run),
                _preflight_text(run),
                about_release(run.release),
            )


def _preflight_event(run: PreflightRun) -> str:
    return f"preflight-{run.pk}"


def _preflight_subject(run: PreflightRun) -> str:
    words = {"problems": _problems(run), "reference": run.release.reference}
    subject = _("Pre-flight: %(problems)s with %(reference)s") % words
    return base.rehearsal_subject(subject, rehearsal=run.release.rehearsal)


def _problems(run: PreflightRun) -> str:
    return ngettext("%(count)s problem", "%(count)s problems", run.problems) % {"count": run.problems}


def _preflight_text(run: PreflightRun) -> str:
    path = reverse("releases:release", args=[run.release.reference])
    paragraphs = [
        *base.rehearsal_opening(base.BEFOREHAND, rehearsal=run.release.rehearsal),
        _("The check before the release %(reference)s found %(problems)s.")
        % {"reference": run.release.reference, "problems": _problems(run)},
        _("What was found, and what there is to do before the release is due, is here, after signing in:"),
        f"{settings.ADDRESS}{path}#preflight",
    ]
    return "\n\n".join(paragraphs) + "\n"


def find_announcement_differences(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for announcements that were found to differ in something new, and still do.

    A message names the release by its reference alone: the comparison is read here, after signing in.

    :param told: the events that were told already.
    :param now: the aware instant of asking; once a release is due there is nothing left to bring together.
    """
    recent = announcements.announcements_to_come(now=now).filter(comparison__news_at__gt=now - NEWS)
    related = ("release__series__responsible__user", "release__series__head_of_profession__user", "comparison")
    for address in recent.select_related("release__series__producer", *related):
        if _difference_event(address) not in told and any(
            each.differences for each in announcements.latest_comparison([address])
        ):
            told_to, release = people_concerned(address.release), address.release
            yield Notification(
                _difference_event(address),
                told_to,
                _difference_subject(release),
                _difference_text(release),
                about_release(release),
            )


def _difference_event(address: Address) -> str:
    return f"comparison-{address.comparison.pk}-{address.comparison.news}"


def _difference_subject(release: Release) -> str:
    return _("GOV.UK announces %(reference)s otherwise") % {"reference": release.reference}


def _difference_text(release: Release) -> str:
    path = reverse("releases:release", args=[release.reference])
    lines = [
        _("The announcement of the release %(reference)s on GOV.UK differs from our calendar.")
        % {"reference": release.reference},
        "",
        _("In what it differs is here, after signing in:"),
        "",
        f"{settings.ADDRESS}{path}#announced",
    ]
    return "\n".join(lines) + "\n"

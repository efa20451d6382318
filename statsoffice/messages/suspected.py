"""Who is told of a suspected breach, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Suspicion
from breaches.status import Kind
from releases import london
from releases.models import Contact, Release
from statsoffice.messages.owed import NEWS, Owed, concerned_or_leads

WORDS = {
    Kind.LATE: lazy(
        "%(release)s, due at %(moment)s (London time), was not seen at its announced address by the end of its "
        "tolerance."
    ),
    Kind.EARLY: lazy("%(release)s, due at %(moment)s (London time), was seen before it was due."),
    Kind.PARTIAL: lazy(
        "%(release)s, due at %(moment)s (London time), lacked a part that belongs to it at the end of its tolerance."
    ),
}


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for suspected breaches of which nobody was told.

    For a rehearsal only contacts with an account are told, and the subject says that it is a rehearsal. Where nobody
    who is named can be reached, the producer's leads are told.

    :param told: the events that were told already.
    :param now: the aware instant of asking; suspicions of the last seven days are told.
    """
    recent = Suspicion.objects.filter(raised_at__gt=now - NEWS)
    missing = [key for key in recent.values_list("pk", flat=True) if event_of(key) not in told]
    suspicions = Suspicion.objects.filter(pk__in=missing).select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
        "report",
        "verification",
    )
    for suspicion in suspicions.prefetch_related(
        "release__series__publishing_contacts__user", "release__series__deputies__user"
    ):
        yield Owed(
            event=event_of(suspicion.pk),
            recipients=_recipients(suspicion.release),
            subject=_subject(suspicion.release),
            text=_text(suspicion),
        )


def event_of(suspicion: int) -> str:
    """Name the event of which the people concerned with a suspicion are told first."""
    return f"suspected-breach-{suspicion}"


def _recipients(release: Release) -> frozenset[str]:
    series = release.series
    concerned: list[Contact | None] = [
        series.responsible,
        series.head_of_profession,
        *series.publishing_contacts.all(),
        *series.deputies.all(),
    ]
    return concerned_or_leads(release, concerned)


def _subject(release: Release) -> str:
    # Line ends in a title would end the header; every run of white space becomes one space.
    words = " ".join((_("Suspected breach: %(reference)s") % {"reference": release.reference}).split())
    return _("Rehearsal: %(subject)s") % {"subject": words} if release.rehearsal else words


def _text(suspicion: Suspicion) -> str:
    release = suspicion.release
    # What nobody outside knows yet is not written into mail: the title only of what was announced or rehearsed.
    named = " ".join(release.title.split()) if release.announced_at or release.rehearsal else release.reference
    due = london.moment(suspicion.verification.due_at)
    if suspicion.report:
        path = reverse("breaches:report", args=[suspicion.report.reference])
        what = _("A report is drafted; the record and what is to be done are here, after signing in:")
    else:
        path = reverse("releases:release", args=[release.reference])
        what = _("A report is being drafted; the record and what is to be done are here, after signing in:")
    lines = [
        *(
            [_("This is a rehearsal: nothing was released and nothing is to be reported."), ""]
            if release.rehearsal
            else []
        ),
        WORDS[Kind(suspicion.kind)] % {"release": named, "moment": due},
        "",
        _("This is what our automatic check recorded. Whether it is a breach is for the Head of Profession to decide."),
        what,
        "",
        f"{settings.ADDRESS}{path}",
    ]
    return "\n".join(lines) + "\n"

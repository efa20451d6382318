"""Who is told that a release which was suspected to be late has been seen live, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from breaches.models import Suspicion
from breaches.status import Kind
from releases.verdict import Outcome
from statsoffice.messages.heard import of_suspicions
from statsoffice.messages.owed import NEWS, About, Owed, about_release, about_report


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for releases that were not seen in time and were seen since: to whoever heard of the suspicion.

    It goes to nobody else, and before the suspicion itself was told to nobody at all. It names the release by its
    reference alone.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was seen live in the last seven days is told.
    """
    seen = Suspicion.objects.filter(
        kind=Kind.LATE, verification__outcome=Outcome.LATE, verification__first_live_at__gt=now - NEWS
    )
    missing = [key for key in seen.values_list("pk", flat=True) if _event(key) not in told]
    if not missing:
        return
    heard = of_suspicions(missing)
    for suspicion in Suspicion.objects.filter(pk__in=list(heard)).select_related("release__series", "report"):
        yield Owed(
            event=_event(suspicion.pk),
            recipients=frozenset(heard[suspicion.pk]),
            subject=_subject(suspicion),
            text=_text(suspicion),
            about=_about(suspicion),
        )


def _event(suspicion: int) -> str:
    return f"live-at-last-{suspicion}"


def _about(suspicion: Suspicion) -> About:
    if suspicion.report:
        return about_report(suspicion.report, release=suspicion.release_id)
    return about_release(suspicion.release)


def _subject(suspicion: Suspicion) -> str:
    subject = _("Seen live: %(reference)s") % {"reference": " ".join(suspicion.release.reference.split())}
    return _("Rehearsal: %(subject)s") % {"subject": subject} if suspicion.release.rehearsal else subject


def _text(suspicion: Suspicion) -> str:
    release = suspicion.release
    if suspicion.report:
        path = reverse("breaches:report", args=[suspicion.report.reference])
    else:
        path = reverse("releases:release", args=[release.reference])
    rehearsal = (
        [_("This is a rehearsal: nothing was released and nothing is to be reported.")] if release.rehearsal else []
    )
    lines = [
        *rehearsal,
        _("The release %(reference)s, which was not seen by the end of its tolerance, has been seen live.")
        % {"reference": release.reference},
        _("When it was seen, and what is to be done, is here, after signing in:"),
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(lines) + "\n"

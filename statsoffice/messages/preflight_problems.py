"""Who is told of what the check before a release found, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.models import PreflightRun
from statsoffice.messages import rehearsed
from statsoffice.messages.owed import NEWS, Owed, about_release, people_concerned


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
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
        if _event(run) not in told:
            told_to = people_concerned(run.release)
            yield Owed(_event(run), told_to, _subject(run), _text(run), about_release(run.release))


def _event(run: PreflightRun) -> str:
    return f"preflight-{run.pk}"


def _subject(run: PreflightRun) -> str:
    words = {"problems": _problems(run), "reference": run.release.reference}
    subject = _("Pre-flight: %(problems)s with %(reference)s") % words
    return rehearsed.subject(subject, rehearsal=run.release.rehearsal)


def _problems(run: PreflightRun) -> str:
    return ngettext("%(count)s problem", "%(count)s problems", run.problems) % {"count": run.problems}


def _text(run: PreflightRun) -> str:
    path = reverse("releases:release", args=[run.release.reference])
    paragraphs = [
        *rehearsed.opening(rehearsed.BEFOREHAND, rehearsal=run.release.rehearsal),
        _("The check before the release %(reference)s found %(problems)s.")
        % {"reference": run.release.reference, "problems": _problems(run)},
        _("What was found, and what there is to do before the release is due, is here, after signing in:"),
        f"{settings.ADDRESS}{path}#preflight",
    ]
    return "\n\n".join(paragraphs) + "\n"

"""Who is told of a change of a pre-release access list that waits, and of its answer, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from releases.models import PreReleaseRequest
from releases.rules.pre_release import RequestStatus
from statsoffice.messages import rehearsed
from statsoffice.messages.owed import NEWS, Owed, about_release, those_who_agree

# Who took a request back knows it.
TOLD_TO_THE_ASKER = (RequestStatus.AGREED, RequestStatus.REFUSED)
WAITS = lazy("Pre-release access of %(reference)s: a change waits for agreement")
WAITS_TEXT = (
    lazy(
        "Somebody has asked for a change of the pre-release access list of the release %(reference)s, which is within "
        "a day of being due or later. The list stays as it is until the Head of Profession or a deputy has agreed."
    ),
    lazy("Agree to it or refuse it here, after signing in:"),
)
DECIDED = lazy("Pre-release access of %(reference)s: a change was decided")
DECIDED_TEXT = (
    lazy(
        "There is an answer to your request for a change of the pre-release access list of the release %(reference)s."
    ),
    lazy("See the list here, after signing in:"),
)


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for requests: one message to those who may agree, and one to who asked once it is decided.

    They name the release by its reference alone: nothing of the list, and nobody on it, is written into mail.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was asked for or decided in the last seven days is told.
    """
    requests = PreReleaseRequest.objects.select_related("release__series__producer", "asked_by")
    waiting = requests.filter(status=RequestStatus.WAITING, asked_at__gt=now - NEWS)
    for request in waiting.order_by("asked_at", "pk"):
        if _asked(request) not in told:
            told_to, about = those_who_agree(request.release), about_release(request.release)
            yield Owed(_asked(request), told_to, _subject(request, WAITS), _text(request, *WAITS_TEXT), about)
    decided = requests.filter(status__in=TOLD_TO_THE_ASKER, decided_at__gt=now - NEWS)
    for request in decided.order_by("decided_at", "pk"):
        if _decided(request) not in told:
            about = about_release(request.release)
            asker = frozenset([request.asked_by.email.lower()] if request.asked_by.is_active else [])
            yield Owed(_decided(request), asker, _subject(request, DECIDED), _text(request, *DECIDED_TEXT), about)


def _asked(request: PreReleaseRequest) -> str:
    return f"access-request-{request.pk}"


def _decided(request: PreReleaseRequest) -> str:
    return f"access-request-{request.pk}-decided"


def _subject(request: PreReleaseRequest, words: Promise) -> str:
    told = str(words) % {"reference": request.release.reference}
    return rehearsed.subject(told, rehearsal=request.release.rehearsal)


def _text(request: PreReleaseRequest, what: Promise, where: Promise) -> str:
    release = request.release
    rehearsal = rehearsed.opening(rehearsed.BEFOREHAND, rehearsal=release.rehearsal)
    path = reverse("releases:pre_release_list", args=[release.reference])
    lines = [*rehearsal, str(what) % {"reference": release.reference}, str(where), f"{settings.ADDRESS}{path}"]
    return "\n\n".join(lines) + "\n"

"""Who is told of a change of date that was asked for, and of what became of it, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from releases.models import DateChangeRequest
from releases.rules.date_change import RequestState
from statsoffice.messages import rehearsed
from statsoffice.messages.owed import NEWS, Owed, about_release, those_who_agree

# Who withdrew a request knows it.
TOLD_TO_THE_ASKER = (RequestState.AGREED, RequestState.REFUSED, RequestState.LAPSED)


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for requests: one message to those who may agree, and one to who asked once it is decided.

    They name the release by its reference alone: nothing of its title, its dates or the reason is written into mail.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was asked for or decided in the last seven days is told.
    """
    requests = DateChangeRequest.objects.select_related("release__series__producer", "requested_by")
    for request in requests.waiting().filter(requested_at__gt=now - NEWS).order_by("requested_at", "pk"):
        if _asked(request) not in told:
            told_to, about = those_who_agree(request.release), about_release(request.release)
            yield Owed(_asked(request), told_to, _subject(request, "waits for agreement"), _asked_text(request), about)
    decided = requests.filter(state__in=TOLD_TO_THE_ASKER, decided_at__gt=now - NEWS)
    for request in decided.order_by("decided_at", "pk"):
        if _decided(request) not in told:
            asker, about = _asker(request), about_release(request.release)
            yield Owed(_decided(request), asker, _subject(request, "was decided"), _decided_text(request), about)


def _asked(request: DateChangeRequest) -> str:
    return f"date-request-{request.pk}"


def _decided(request: DateChangeRequest) -> str:
    return f"date-request-{request.pk}-decided"


def _asker(request: DateChangeRequest) -> frozenset[str]:
    asker = request.requested_by
    return frozenset([asker.email.lower()] if asker.is_active else [])


def _subject(request: DateChangeRequest, what: str) -> str:
    subject = f"Change of date of {request.release.reference} {what}"
    return rehearsed.subject(subject, rehearsal=request.release.rehearsal)


def _asked_text(request: DateChangeRequest) -> str:
    return _text(
        request,
        f"Somebody has asked for another date of the release {request.release.reference}. The date stays until the "
        "Head of Profession or a deputy has agreed.",
        "Agree to it or refuse it here, after signing in:",
        reverse("releases:changes_waiting"),
    )


def _decided_text(request: DateChangeRequest) -> str:
    return _text(
        request,
        f"There is an answer to your request for another date of the release {request.release.reference}.",
        "Read it here, after signing in:",
        reverse("releases:release", args=[request.release.reference]) + "#date-request",
    )


def _text(request: DateChangeRequest, *lines_and_path: str) -> str:
    *lines, path = lines_and_path
    rehearsal = rehearsed.opening(rehearsed.BEFOREHAND, rehearsal=request.release.rehearsal)
    return "\n\n".join([*rehearsal, *lines, f"{settings.ADDRESS}{path}"]) + "\n"

"""Notifications about requests, anchors of the record, and incidents of monitoring."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.evidence.anchors import anchor_text
from releases.models import Anchor, Contact, DateChangeRequest, Membership, PreReleaseRequest, Release, TimeStamp
from releases.rules import london
from releases.rules.calendar import time_of_day
from releases.rules.date_change import RequestState
from releases.rules.lifecycle import LEADS, Role, Status
from releases.rules.pre_release import RequestStatus
from statsoffice.notifications import base
from statsoffice.notifications.base import NEWS, Notification, about_release, addresses_of, those_who_agree
from statsoffice.notifications.models import Message
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Illness
from statsoffice.self_monitoring.status import problem_from

# Who took a request back knows it.
ACCESS_ANSWERS = (RequestStatus.AGREED, RequestStatus.REFUSED)
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


def find_access_requests(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
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
            yield Notification(_asked(request), told_to, _subject(request, WAITS), _text(request, *WAITS_TEXT), about)
    decided = requests.filter(status__in=ACCESS_ANSWERS, decided_at__gt=now - NEWS)
    for request in decided.order_by("decided_at", "pk"):
        if _decided(request) not in told:
            about = about_release(request.release)
            asker = frozenset([request.asked_by.email.lower()] if request.asked_by.is_active else [])
            yield Notification(
                _decided(request), asker, _subject(request, DECIDED), _text(request, *DECIDED_TEXT), about
            )


def _asked(request: PreReleaseRequest) -> str:
    return f"access-request-{request.pk}"


def _decided(request: PreReleaseRequest) -> str:
    return f"access-request-{request.pk}-decided"


def _subject(request: PreReleaseRequest, words: Promise) -> str:
    told = str(words) % {"reference": request.release.reference}
    return base.rehearsal_subject(told, rehearsal=request.release.rehearsal)


def _text(request: PreReleaseRequest, what: Promise, where: Promise) -> str:
    release = request.release
    rehearsal = base.rehearsal_opening(base.BEFOREHAND, rehearsal=release.rehearsal)
    path = reverse("releases:pre_release_list", args=[release.reference])
    lines = [*rehearsal, str(what) % {"reference": release.reference}, str(where), f"{settings.ADDRESS}{path}"]
    return "\n\n".join(lines) + "\n"


# Who withdrew a request knows it.
DATE_ANSWERS = (RequestState.AGREED, RequestState.REFUSED, RequestState.LAPSED)


def find_date_requests(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for requests: one message to those who may agree, and one to who asked once it is decided.

    They name the release by its reference alone: nothing of its title, its dates or the reason is written into mail.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was asked for or decided in the last seven days is told.
    """
    requests = DateChangeRequest.objects.select_related("release__series__producer", "requested_by")
    for request in requests.waiting().filter(requested_at__gt=now - NEWS).order_by("requested_at", "pk"):
        if _date_requested(request) not in told:
            told_to, about = those_who_agree(request.release), about_release(request.release)
            yield Notification(
                _date_requested(request),
                told_to,
                _date_subject(request, "waits for agreement"),
                _asked_text(request),
                about,
            )
    decided = requests.filter(state__in=DATE_ANSWERS, decided_at__gt=now - NEWS)
    for request in decided.order_by("decided_at", "pk"):
        if _date_decided(request) not in told:
            asker, about = _asker(request), about_release(request.release)
            yield Notification(
                _date_decided(request), asker, _date_subject(request, "was decided"), _decided_text(request), about
            )


def _date_requested(request: DateChangeRequest) -> str:
    return f"date-request-{request.pk}"


def _date_decided(request: DateChangeRequest) -> str:
    return f"date-request-{request.pk}-decided"


def _asker(request: DateChangeRequest) -> frozenset[str]:
    asker = request.requested_by
    return frozenset([asker.email.lower()] if asker.is_active else [])


def _date_subject(request: DateChangeRequest, what: str) -> str:
    subject = f"Change of date of {request.release.reference} {what}"
    return base.rehearsal_subject(subject, rehearsal=request.release.rehearsal)


def _asked_text(request: DateChangeRequest) -> str:
    return _date_text(
        request,
        f"Somebody has asked for another date of the release {request.release.reference}. The date stays until the "
        "Head of Profession or a deputy has agreed.",
        "Agree to it or refuse it here, after signing in:",
        reverse("releases:changes_waiting"),
    )


def _decided_text(request: DateChangeRequest) -> str:
    return _date_text(
        request,
        f"There is an answer to your request for another date of the release {request.release.reference}.",
        "Read it here, after signing in:",
        reverse("releases:release", args=[request.release.reference]) + "#date-request",
    )


def _date_text(request: DateChangeRequest, *lines_and_path: str) -> str:
    *lines, path = lines_and_path
    rehearsal = base.rehearsal_opening(base.BEFOREHAND, rehearsal=request.release.rehearsal)
    return "\n\n".join([*rehearsal, *lines, f"{settings.ADDRESS}{path}"]) + "\n"


WAIT_FOR_TIME_STAMP = timedelta(minutes=10)


def find_anchors(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give one email for each anchor, to the people whom the settings name.

    It waits for the time stamp for ten minutes. The root counts without one.

    :param told: the events that were told already.
    :param now: the aware instant of asking; anchors of the last seven days are sent.
    """
    if not settings.ANCHOR_RECIPIENTS:
        return
    anchors = Anchor.in_order().filter(made_at__gt=now - NEWS)
    for anchor in anchors.select_related("time_stamp", "time_stamp_request"):
        is_waiting = hasattr(anchor, "time_stamp_request") and now < anchor.made_at + WAIT_FOR_TIME_STAMP
        if event_of_anchor(anchor) not in told and not is_waiting:
            yield Notification(
                event=event_of_anchor(anchor),
                recipients=frozenset(settings.ANCHOR_RECIPIENTS),
                subject=_("Save this email: anchor %(number)s of the release record of %(office)s")
                % {"number": anchor.position, "office": settings.OFFICE_NAME},
                text=_anchor_text(anchor),
            )


def event_of_anchor(anchor: Anchor) -> str:
    """Return the event of the messages that bring an anchor."""
    return f"anchor-{anchor.position}"


def _anchor_text(anchor: Anchor) -> str:
    said = {
        "office": settings.OFFICE_NAME,
        "moment": _moment(anchor.made_at),
        "contact": settings.SECURITY_CONTACT,
    }
    paragraphs = [
        _(
            "You get this email because %(office)s asked you to store proof of its record of statistics releases. "
            "You do not need to reply."
        ),
        _(
            "Save this email unchanged, where the office cannot delete it. Save every one: a newer email does not "
            "replace an older one."
        ),
        _(
            "The lines at the end are a fingerprint of the record at %(moment)s (London time). They do not show what "
            "the record says. We make one every day, after each morning of releases and after each approved report."
        ),
        _(
            "If a row that the lines cover is changed or deleted later, the record no longer matches them. New rows "
            "make no difference. Notes, comments and corrective actions are not covered."
        ),
    ]
    if settings.SECURITY_CONTACT:
        paragraphs += [
            _(
                "To check the record, send this email as an attachment (.eml) to %(contact)s, and ask for the output "
                "of: manage.py verify_evidence --anchor FILE"
            ),
            _("If the record does not match, or if you get no email for 2 days, contact %(contact)s."),
        ]
    written = [*(paragraph % said for paragraph in paragraphs), _stamp(anchor), "\n".join(anchor_text(anchor))]
    return "\n\n".join(filter(None, written)) + "\n"


def _stamp(anchor: Anchor) -> str:
    stamp: TimeStamp | None = getattr(anchor, "time_stamp", None)
    if stamp is not None:
        return _(
            "A time-stamp authority (%(authority)s) confirmed the root in these lines at %(moment)s (London time)."
        ) % {
            "authority": stamp.authority,
            "moment": _moment(stamp.stamped_at),
        }
    if settings.TIMESTAMP_AUTHORITY and hasattr(anchor, "time_stamp_request"):
        return _("The time-stamp authority has not answered yet. You do not need to do anything.")
    return ""


def _moment(instant: datetime) -> str:
    return f"{time_of_day(london.in_london(instant).time())} on {london.format_day(instant)}"


NEAR = timedelta(hours=24)
STALE = timedelta(hours=1)
"""An alarm that could not be written for so long is told by nobody any more."""
TOLD_BY_ROLE = LEADS | {Role.CALENDAR_MANAGER}


def find_incidents(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for illnesses of the watcher: one alarm, and after it one message that it is well again.

    The alarm goes to the operators of the settings, and to those who lead, or keep the calendar of, a producer with a
    release that is due within a day or was not seen yet. That it is well again is told to those who had the alarm, and
    to nobody else.

    :param told: the events that were told already.
    :param now: the aware instant of asking.
    """
    for illness in Illness.objects.filter(alarmed_at__gt=now - NEWS).order_by("alarmed_at"):
        if _alarm(illness) not in told and illness.alarmed_at and now - illness.alarmed_at < STALE:
            yield Notification(
                event=_alarm(illness),
                recipients=_concerned(now=now),
                subject=_("The watcher of releases is not well"),
                text=_alarm_text(illness),
            )
        if illness.ended_at and _restored(illness) not in told:
            alarms = Message.objects.filter(event=_alarm(illness), erased_at__isnull=True)
            recipients = alarms.values_list("recipient", flat=True)
            yield Notification(
                event=_restored(illness),
                recipients=frozenset(recipients),
                subject=_("The watcher of releases is restored"),
                text=_restored_text(illness),
            )


def _alarm(illness: Illness) -> str:
    return f"watcher-ill-{illness.pk}"


def _restored(illness: Illness) -> str:
    return f"watcher-restored-{illness.pk}"


def _concerned(*, now: datetime) -> frozenset[str]:
    # One that is due and still confirmed was not seen yet, and is looked for.
    near = Release.objects.official().filter(status=Status.CONFIRMED, due_at__gt=now - NEAR, due_at__lte=now + NEAR)
    leading = Contact.objects.filter(series_headed__releases__in=near) | Contact.objects.filter(
        series_deputised__releases__in=near
    )
    members = Membership.objects.filter(
        role__in=TOLD_BY_ROLE, producer__series__releases__in=near, user__is_active=True
    ).values_list("user__email", flat=True)
    return (
        frozenset(settings.OPERATORS)
        | addresses_of(leading.distinct().select_related("user"))
        | frozenset(email.strip().lower() for email in members.distinct())
    )


def _alarm_text(illness: Illness) -> str:
    assert illness.alarmed_at is not None  # noqa: S101  # only illnesses with an alarm are told
    problems = [problem_from(kept) for kept in illness.why]
    return "\n".join(
        [
            _("At %(moment)s (London time) our own check of the watcher found:")
            % {"moment": london.format_moment(illness.alarmed_at)},
            "",
            *(f"- {status.describe_problem(problem, now=illness.alarmed_at)}" for problem in problems),
            "",
            str(status.TO_BE_DONE),
            _("Nothing is recorded against any release because of this: what was not observed is said to be so."),
            "",
            _("The desk says how it stands: %(address)s") % {"address": f"{settings.ADDRESS}{reverse('desk')}"},
            "",
        ]
    )


def _restored_text(illness: Illness) -> str:
    assert illness.ended_at is not None  # noqa: S101  # asked for ended ones alone
    return "\n".join(
        [
            _("The watcher has been well again since %(moment)s (London time).")
            % {"moment": london.format_moment(illness.ended_at)},
            _("It was found not to be well at %(moment)s.") % {"moment": london.format_moment(illness.began_at)},
            _("What was not observed meanwhile is shown as such with each release."),
            "",
            f"{settings.ADDRESS}{reverse('desk')}",
            "",
        ]
    )

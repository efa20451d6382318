"""Post and withdraw delay notices for readers.

`post_notice` and `withdraw_notice` raise NotYours if none of the person's roles allows the action. They raise
ChangedMeanwhile if the release or its notices changed since the person read the page.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releases.models import DelayNotice, Release
from releases.models.event import lock_release, record_event
from releases.permissions import Action, User, check_may
from releases.rules import calendar
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused, Status

Kind = DelayNotice.Kind


class NoticeRefused(FieldRefused):
    """The content of a notice is not valid. `field` is the name of the invalid field."""


class NothingToSay(MoveRefused):
    """The release is not confirmed, not announced or not due today or earlier, or it has no notice to withdraw."""


def post_notice(
    release: Release,
    *,
    wording: str = "",
    expected_at: datetime | None = None,
    expected_words: str = "",
    contact_name: str,
    contact_email: str,
    by: User,
    at: datetime,
    seen: int,
) -> DelayNotice:
    """Post a delay notice, which replaces the previous notice of the release.

    Readers see the notice at once. It does not change the date or the verdict of the release, and it contains no
    results of our checks. A notice may be posted from the London day of the release on, also before the due time.

    :param wording: the text of a notice about an outage of the website. All other notices have no wording.
    :param seen: the number of notices that the release had when the person read the page.
    """
    check_postable(release, by=by, at=at)
    check_notice(
        release,
        wording=wording,
        expected_at=expected_at,
        expected_words=expected_words,
        contact_name=contact_name,
        contact_email=contact_email,
        at=at,
    )
    return _add_row(
        release,
        Kind.POSTED,
        by=by,
        at=at,
        seen=seen,
        wording=wording.strip(),
        expected_at=expected_at,
        expected_words=expected_words.strip(),
        contact_name=contact_name.strip(),
        contact_email=contact_email.strip(),
    )


def check_notice(
    release: Release,
    *,
    wording: str = "",
    expected_at: datetime | None,
    expected_words: str,
    contact_name: str,
    contact_email: str,
    at: datetime,
) -> None:
    """Check the content of a notice that a person wants to post at the instant `at`.

    :raises NoticeRefused: if the notice has neither an expected time nor a wording, if the contact is incomplete, or if
        the expected time is not later than `at` or not later than the due instant.
    """
    if expected_at is None and not expected_words.strip() and not wording.strip():
        raise NoticeRefused(
            "expected_words", _("Enter when you expect the release: a date and time, or a description in words.")
        )
    if expected_at is not None and expected_at <= at:
        raise NoticeRefused("expected_on", _("The expected time must be in the future."))
    if expected_at is not None and release.due_at is not None and expected_at <= release.due_at:
        sentence = _("The expected time must be after the announced time, %(slot)s.")
        raise NoticeRefused("expected_on", sentence % {"slot": release.slot})
    for field, value in (("contact_name", contact_name), ("contact_email", contact_email)):
        if not value.strip():
            raise NoticeRefused(field, _("Enter a contact for readers."))


def withdraw_notice(release: Release, *, by: User, at: datetime, seen: int) -> DelayNotice:
    """Withdraw the current delay notice. Readers can still see that a notice was posted.

    :param seen: the number of notices that the release had when the person read the page.
    """
    check_may(by, Action.POST_DELAY_NOTICE, release.series.producer)
    rows = list(release.delay_notices.all())
    if seen == len(rows) and current_notice(release, rows) is None:
        raise NothingToSay(_("There is no delay notice to withdraw."))
    return _add_row(release, Kind.WITHDRAWN, by=by, at=at, seen=seen)


def is_postable(release: Release, *, at: datetime) -> bool:
    """Return whether a person may post a notice about a release now.

    Before its day, a release that cannot be published in time is not delayed: its date changes.
    """
    return (
        release.status == Status.CONFIRMED
        and release.announced_at is not None
        and release.due_at is not None
        and calendar.is_due_day_reached(release.due_at, at=at)
    )


def check_postable(release: Release, *, by: User, at: datetime) -> None:
    check_may(by, Action.POST_DELAY_NOTICE, release.series.producer)
    if release.status != Status.CONFIRMED:
        sentence = _("You can only tell readers about a delay to a confirmed release. This release is %(status)s.")
        raise NothingToSay(sentence % {"status": release.status})
    if release.announced_at is None:
        raise NothingToSay(_("This release is not announced, so there are no readers to tell about a delay."))
    if not is_postable(release, at=at):
        sentence = _(
            "You can tell readers about a delay from the day of the release, %(day)s. If you already know "
            "that it will be late, change its date instead."
        )
        raise NothingToSay(sentence % {"day": calendar.format_day(release.planned_on)})


def current_notice(release: Release, rows: list[DelayNotice]) -> DelayNotice | None:
    """Return the delay notice that readers of a release see now, or None.

    A notice is no longer shown if it was withdrawn, or if the release has since been rescheduled, published or
    cancelled.

    :param rows: all notices of the release, oldest first.
    """
    last = rows[-1] if rows else None
    if last is None or last.kind != Kind.POSTED or release.status != Status.CONFIRMED:
        return None
    return last if last.schedule_version == release.schedule_version else None


def _add_row(
    release: Release, kind: DelayNotice.Kind, *, by: User, at: datetime, seen: int, **said: object
) -> DelayNotice:
    with transaction.atomic():
        stored = lock_release(release.pk)
        there = stored.delay_notices.count()
        unchanged = (stored.status, stored.schedule_version) == (release.status, release.schedule_version)
        if there != seen or not unchanged:
            sentence = _(
                "We did not save your changes, because another person changed this release. "
                "Check the release before you try again."
            )
            raise ChangedMeanwhile(sentence)
        notice = DelayNotice.objects.create(
            release=stored,
            number=there + 1,
            schedule_version=stored.schedule_version,
            kind=kind,
            posted_by=by,
            posted_at=at,
            **said,
        )
        words = " ".join(filter(None, (notice.wording, notice.expected_words)))
        record_event(
            stored, f"delay_notice_{kind}", at=at, by=by, words=words, number=notice.number,
            expected_at=notice.expected_at.isoformat() if notice.expected_at else None,
        )  # fmt: skip
    return notice

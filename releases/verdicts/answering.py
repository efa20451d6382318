"""What people say of a release: "is this it?" and "it was live at", kept as statements beside the looks."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from releases.calendar import scheduling
from releases.core.dates import london
from releases.core.lifecycle import FieldRefused
from releases.core.looks.errand import LONGEST
from releases.core.status import PUBLISH, RELEASE
from releases.models import Address, Observation, Release, Statement
from releases.models.event import hold, record, record_rows
from releases.permissions import Action, check_may, roles_of
from releases.verdicts import judging

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

TEXT_KINDS = (Statement.Kind.THIS_IS_IT, Statement.Kind.PREVIOUS_EDITION, Statement.Kind.NOT_IT)


class AnswerRefused(FieldRefused):
    """The answer cannot be taken as it is; `field` names what is wrong with it."""


def say(
    release: Release,
    address: Address,
    kind: str,
    *,
    text_digest: str,
    by: "User",
    at: datetime,
    words: str = "",
) -> Statement:
    """Keep what a person says of a text that was seen at an address, and judge the release anew.

    The looks stay as they were kept; in judging, every look that saw this text counts as the person says.

    :param kind: one of the kinds of `Statement` that are about a text.
    :param text_digest: the digest of the text, as the looks that saw it carry it.
    :param at: the aware instant of saying.
    :raises NotYours: if the person's roles do not allow it.
    :raises AnswerRefused: if no look of the present schedule saw this text at this address, or kind is another.
    """
    check_may(by, Action.ANSWER, release.series.producer)
    if kind not in TEXT_KINDS:
        raise AnswerRefused("kind", _("Say what this text is: the release, the previous edition or something else."))
    seen = Observation.objects.to_judge(release).filter(address=address, text_digest=text_digest)
    if not text_digest or not seen.exists():
        sentence = _("No look at this address under the present date saw that text; look at the release again.")
        raise AnswerRefused("kind", sentence)
    with transaction.atomic():
        hold(release.pk)
        statement = _keep(
            release, kind, by=by, at=at, words=words, address=address, text_digest=text_digest, live_at=None
        )
        _judge(release, now=at)
    return statement


def was_live(release: Release, *, live_at: datetime, by: "User", at: datetime, words: str = "") -> Statement:
    """Keep that a person says a release was live at a time; a confirmed one past its due time becomes published.

    The verdict rests on looks and does not change; the statement stands beside it.

    :param live_at: the aware instant at which the person says that it was live.
    :param at: the aware instant of saying.
    :raises NotYours: if the person's roles do not allow it.
    :raises AnswerRefused: if that instant is still to come, or the release has no exact date.
    """
    check_may(by, Action.ANSWER, release.series.producer)
    if release.due_at is None:
        raise AnswerRefused("live_on", _("This release has no exact date yet, so nobody can have seen it live."))
    if live_at > at:
        sentence = _("%(moment)s is still to come; give a time at which it was already live.") % {
            "moment": london.moment(live_at)
        }
        raise AnswerRefused("live_on" if london.local_date(live_at) > london.local_date(at) else "live_time", sentence)
    with transaction.atomic():
        hold(release.pk)
        statement = _keep(
            release,
            Statement.Kind.WAS_LIVE,
            by=by,
            at=at,
            words=words,
            address=None,
            text_digest="",
            live_at=live_at,
        )
        _judge(release, now=at)
        release.refresh_from_db()
        may_publish = PUBLISH in RELEASE.available(source=release.status, roles=roles_of(by, release.series.producer))
        if may_publish and at >= release.due_at:
            scheduling.publish(release, by=by, at=at, published_at=live_at)
    return statement


def _keep(
    release: Release,
    kind: str,
    *,
    by: "User",
    at: datetime,
    words: str,
    address: Address | None,
    text_digest: str,
    live_at: datetime | None,
) -> Statement:
    statement = Statement.objects.create(
        release=release,
        address=address,
        schedule_version=release.schedule_version,
        kind=kind,
        text_digest=text_digest,
        live_at=live_at,
        words=words.strip(),
        stated_by=by,
        stated_at=at,
    )
    facts = {"said": kind, "text_digest": text_digest, "live_at": live_at.isoformat() if live_at else None}
    record(release, "stated", at=at, by=by, words=words.strip(), **facts)
    record_rows({Statement: [statement.pk]})
    return statement


def _judge(release: Release, *, now: datetime) -> None:
    # A look that was planned up to the limit may still be under way; only the watcher knows.
    judging.judge(release, now=now, answered_until=lambda _: now - LONGEST)

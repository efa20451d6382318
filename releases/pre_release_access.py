"""The list of people with pre-release access: grant, change, withdraw, request, copy, and record times."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.models.event import hold, record
from releases.models.pre_release import AccessDetails, columns_of
from releases.permissions import Action, Person, check_may, producers_with, roles_of
from releases.rules import london
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, MissingFields, MoveRefused, Status
from releases.rules.pre_release import (
    ACCESS,
    AGREE,
    BEGIN,
    CHANGE,
    END,
    ON_THE_LIST,
    PUBLIC,
    REFUSE,
    REQUEST,
    TAKE_BACK,
    WITHDRAW,
    AccessStatus,
    Asked,
    Details,
    Objection,
    RequestStatus,
    find_objections,
    needs_agreement_for,
)

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


GRANTED = "pre_release_granted"
CHANGED = "pre_release_changed"
WITHDRAWN = "pre_release_withdrawn"


class ListRefused(MoveRefused):
    """The list cannot be changed in this way; `field` names what is wrong with what was written, if anything."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Objected(ListRefused):
    """What was written cannot stay as it is; `objections` says why, field by field."""

    def __init__(self, found: Iterable[Objection]) -> None:
        self.objections = tuple(found)
        super().__init__(" ".join(objection.sentence for objection in self.objections), self.objections[0].field)


def hold_list(release: Release, *, by: "User") -> Release:
    """Return a release as it is stored, locked, so that two who change its list do so one after the other.

    :raises NotYours: if the person does not keep the lists of its producer.
    """
    stored = hold(release.pk)
    check_may(by, Action.KEEP_ACCESS_LIST, stored.series.producer)
    return stored


def hold_entry(
    entry: PreReleaseAccess, *, by: "User", expected_version: int | None = None
) -> tuple[Release, PreReleaseAccess]:
    """Return an entry and its release as they are stored, the release locked.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry is not the expected version any more.
    """
    release = hold_list(entry.release, by=by)
    stored = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
    if expected_version not in {None, stored.version}:
        raise _was_faster()
    return release, stored


def check_open(release: Release, *, at: datetime, or_cancelled: bool = False) -> None:
    """Require that access before the release can still be given or taken away.

    :raises ListRefused: if it is out, due or, unless that is no hindrance, cancelled.
    """
    if release.status == Status.CANCELLED and not or_cancelled:
        sentence = _("This release is cancelled: there is nothing to have access to.")
        raise ListRefused(sentence)
    if release.status == Status.PUBLISHED or (release.due_at is not None and at >= release.due_at):
        sentence = _("This release has been due: access before it can no longer be granted or withdrawn.")
        raise ListRefused(sentence)


def only_words_are_open(entry: PreReleaseAccess, *, at: datetime) -> bool:
    """Tell whether of an entry only post and organisation can still be put right.

    Once access began, or the release is due, who had it and for how long is a fact.
    """
    due_at = entry.release.due_at
    return entry.status != AccessStatus.GRANTED or (due_at is not None and at >= due_at)


def as_may_be_changed(entry: PreReleaseAccess, details: Details, *, at: datetime) -> Details:
    """Return what an entry would say: everything as written, or post and organisation alone once access is a fact."""
    if only_words_are_open(entry, at=at):
        return replace(entry.details, **{field: getattr(details, field) for field in PUBLIC})
    return details


def is_on_list(release: Release, details: Details, *, but: PreReleaseAccess | None = None) -> bool:
    """Tell whether a person is on the list in the same post already, or waits to be; without a name nobody is.

    :param but: an entry that does not count.
    """
    if not details.person:
        return False
    same = {f"{name}__iexact": getattr(details, name) for name in ("post", "organisation", "person")}
    entries = release.pre_release_access.filter(**same, status__in=ON_THE_LIST, erased_at__isnull=True)
    waiting = release.pre_release_requests.filter(**same, kind=Asked.ADD, status=RequestStatus.WAITING)
    if but is not None:
        return entries.exclude(pk=but.pk).exists()
    return entries.exists() or waiting.exists()


def put_on_list(
    release: Release, details: Details, *, granted_by: "User", agreed_by: "User | None", at: datetime
) -> PreReleaseAccess:
    """Write an entry and its event; whoever calls has checked, in the same transaction, that it may be.

    :param granted_by: who keeps the list and wrote the entry.
    :param agreed_by: the Head of Profession or deputy who agreed, where that was needed.
    """
    entry = PreReleaseAccess.objects.create(
        release=release,
        granted_by=granted_by,
        granted_at=at,
        agreed_by=agreed_by,
        agreed_at=at if agreed_by else None,
        **columns_of(details),
    )
    record(release, GRANTED, at=at, by=agreed_by or granted_by, **facts_of(entry))
    return entry


def apply_change(entry: PreReleaseAccess, details: Details, *, by: "User", at: datetime) -> PreReleaseAccess:
    """Write a change of an entry and its event; whoever calls has checked that it may be.

    :raises SomebodyWasFaster: if the entry was changed since it was read; nothing is changed then.
    """
    was, new = columns_of(entry.details), columns_of(details)
    fields = [name for name in new if new[name] != was[name]]
    entry = advance(entry, entry.status, **new)
    earlier: dict[str, Any] = {"was": [was[field] for field in PUBLIC]} if {*fields} & {*PUBLIC} else {}
    record(entry.release, CHANGED, at=at, by=by, fields=fields, **earlier, **facts_of(entry))
    return entry


def apply_withdrawal(entry: PreReleaseAccess, *, by: "User", at: datetime) -> PreReleaseAccess:
    """Write that access was withdrawn before it began, and the event; whoever calls has checked that it may be.

    :raises SomebodyWasFaster: if the entry was changed since it was read; nothing is changed then.
    """
    entry = advance(entry, AccessStatus.WITHDRAWN, withdrawn_at=at)
    record(entry.release, WITHDRAWN, at=at, by=by, **facts_of(entry))
    return entry


def advance(entry: PreReleaseAccess, status: str, **values: Any) -> PreReleaseAccess:
    """Move an entry on by compare-and-set on the status and version with which it was read.

    :raises SomebodyWasFaster: if it has moved on since; nothing is changed then.
    """
    unchanged = PreReleaseAccess.objects.filter(pk=entry.pk, status=entry.status, version=entry.version)
    if not unchanged.update(status=status, version=F("version") + 1, **values):
        raise _was_faster()
    return PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)


def facts_of(row: AccessDetails) -> dict[str, str]:
    """Return what an event says of an entry: what the published list says of it, and nothing of the person."""
    return {"post": row.post, "organisation": row.organisation, "period": str(row.period)}


def _was_faster() -> ChangedMeanwhile:
    sentence = _("Somebody else changed this entry meanwhile; look at it again before you go on.")
    return ChangedMeanwhile(sentence)


ASKED = "pre_release_asked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act came to: the entry as it is now, or the request that waits for the Head of Profession."""

    entry: PreReleaseAccess | None = None
    request: PreReleaseRequest | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody has to agree first."""
        return self.request is not None


def grant_access(release: Release, details: Details, *, by: "User", at: datetime) -> Outcome:
    """Grant pre-release access to a post, or ask the Head of Profession for it within a day before the release.

    :param at: the aware instant of granting.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises Objected: if something is missing or wrong, field by field.
    :raises ListRefused: if the release is out, due or cancelled, or the person is on the list already.
    """
    with transaction.atomic():
        release = hold_list(release, by=by)
        check_open(release, at=at)
        _check(details, release)
        return grant_held(release, details, by=by, at=at)


def grant_held(release: Release, details: Details, *, by: "User", at: datetime) -> Outcome:
    """Grant access to a release that is held and open, or ask for it; what is written is not checked again.

    :raises ListRefused: if the person is on the list already.
    """
    if is_on_list(release, details):
        sentence = _("The list holds this person as %(post)s, %(organisation)s.") % {
            "post": details.post,
            "organisation": details.organisation,
        }
        raise ListRefused(sentence, "person")
    shortly, leads = needs_agreement_for(release.due_at, at=at), _leads(release, by)
    if shortly and not leads:
        return Outcome(request=_ask(release, Asked.ADD, details, by=by, at=at))
    agreed_by = by if shortly else None
    return Outcome(entry=put_on_list(release, details, granted_by=by, agreed_by=agreed_by, at=at))


def change_access(
    entry: PreReleaseAccess, details: Details, *, by: "User", at: datetime, expected_version: int
) -> Outcome:
    """Change an entry of the list, or ask the Head of Profession for it within a day before the release.

    Once access began or the release is due only post and organisation are put right; the rest stays as it was.

    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since.
    :raises Objected: if something is missing or wrong, field by field.
    :raises ListRefused: if nothing would change, a change waits already, or the release is cancelled.
    :raises WrongState: if the access was withdrawn.
    """
    with transaction.atomic():
        release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.find(CHANGE, source=entry.status)
        if release.status == Status.CANCELLED:
            sentence = _("This release is cancelled; its list stays as it was.")
            raise ListRefused(sentence)
        details = as_may_be_changed(entry, details, at=at)
        if details == entry.details:
            sentence = _("Nothing is changed: the entry says this already.")
            raise ListRefused(sentence)
        _check(details, release, only=PUBLIC if only_words_are_open(entry, at=at) else ())
        if is_on_list(release, details, but=entry):
            sentence = _("The list holds this person as %(post)s, %(organisation)s already.") % {
                "post": details.post,
                "organisation": details.organisation,
            }
            raise ListRefused(sentence, "person")
        if waits := _ask_unless_agreed(entry, CHANGE, Asked.CHANGE, details, by=by, at=at):
            return waits
        return Outcome(entry=apply_change(entry, details, by=by, at=at))


def withdraw_access(entry: PreReleaseAccess, *, by: "User", at: datetime, expected_version: int) -> Outcome:
    """Withdraw access that has not begun, or ask the Head of Profession for it within a day before the release.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the release is out or due, or a change of the entry waits already.
    :raises WrongState: if access began, ended or was withdrawn.
    """
    with transaction.atomic():
        release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.find(WITHDRAW, source=entry.status)
        check_open(release, at=at, or_cancelled=True)
        # Whose access is to end is told by the entry; the request needs no second copy of the name.
        nobody = replace(entry.details, person="", email="")
        if waits := _ask_unless_agreed(entry, WITHDRAW, Asked.WITHDRAW, nobody, by=by, at=at):
            return waits
        return Outcome(entry=apply_withdrawal(entry, by=by, at=at))


def _check(details: Details, release: Release, *, only: tuple[str, ...] = ()) -> None:
    usual = release.series.producer.usual_pre_release().period
    found = [objection for objection in find_objections(details, usual=usual) if not only or objection.field in only]
    if found:
        raise Objected(found)


def _leads(release: Release, by: "User") -> bool:
    return bool(LEADS & roles_of(by, release.series.producer))


def _ask_unless_agreed(
    entry: PreReleaseAccess, move: str, kind: Asked, details: Details, *, by: "User", at: datetime
) -> Outcome | None:
    """Return the request that has to wait, or None if the table lets this person make the move at once."""
    release = entry.release
    agreed = _leads(release, by) or not needs_agreement_for(release.due_at, at=at)
    roles = roles_of(by, release.series.producer)
    try:
        ACCESS.check(move, source=entry.status, roles=roles, given={"agreement"} if agreed else ())
    except MissingFields:
        return Outcome(request=_ask(release, kind, details, entry=entry, by=by, at=at))
    return None


def _ask(
    release: Release,
    kind: Asked,
    details: Details,
    *,
    by: "User",
    at: datetime,
    entry: PreReleaseAccess | None = None,
) -> PreReleaseRequest:
    if entry and entry.requests.filter(status=RequestStatus.WAITING).exists():
        sentence = _("A change of this entry waits for the Head of Profession already.")
        raise ListRefused(sentence)
    request = PreReleaseRequest.objects.create(
        release=release,
        kind=kind,
        entry=entry,
        entry_version=entry.version if entry else None,
        asked_by=by,
        asked_at=at,
        **columns_of(details),
    )
    record(release, ASKED, at=at, by=by, asked=kind, **facts_of(request))
    return request


AGREED = "pre_release_agreed"
REFUSED = "pre_release_refused"
REQUEST_TAKEN_BACK = "pre_release_request_taken_back"
KINDS = {AGREE: AGREED, REFUSE: REFUSED, TAKE_BACK: REQUEST_TAKEN_BACK}


def requests_waiting_for(person: Person) -> QuerySet[PreReleaseRequest]:
    """Return the requests that wait for a person to agree, the oldest first."""
    theirs = Release.objects.filter(series__producer__in=producers_with(person, LEADS))
    return PreReleaseRequest.objects.filter(status=RequestStatus.WAITING, release__in=theirs).order_by("asked_at", "pk")


def agree_to_access(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Agree to a change of a list, and make it.

    :param at: the aware instant of agreeing.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if it is decided already.
    :raises ListRefused: if it can no longer be made; then it waits as before, and can be refused.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        decided = _decide(release, request, AGREE, by=by, at=at)
        _make(release, request, by=by, at=at)
    return decided


def refuse_access(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Refuse a change of a list; the list stays as it is.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if it is decided already.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        return _decide(release, request, REFUSE, by=by, at=at)


def take_back_request(request: PreReleaseRequest, *, by: "User", at: datetime) -> PreReleaseRequest:
    """Take back a change that was asked for and waits.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises WrongState: if it is decided already.
    """
    with transaction.atomic():
        release, request = _held(request, by=by)
        return _decide(release, request, TAKE_BACK, by=by, at=at)


def _held(request: PreReleaseRequest, *, by: "User") -> tuple[Release, PreReleaseRequest]:
    release = hold_list(request.release, by=by)
    return release, PreReleaseRequest.objects.select_related("release", "asked_by").get(pk=request.pk)


def _decide(release: Release, request: PreReleaseRequest, name: str, *, by: "User", at: datetime) -> PreReleaseRequest:
    move = REQUEST.check(name, source=request.status, roles=roles_of(by, release.series.producer))
    # The name goes with the decision: it is on the list, or it has no purpose.
    still_waits = PreReleaseRequest.objects.filter(pk=request.pk, status=move.source)
    if not still_waits.update(status=move.target, decided_by=by, decided_at=at, person="", email=""):
        sentence = _("Somebody else decided this meanwhile.")
        raise ChangedMeanwhile(sentence)
    record(release, KINDS[name], at=at, by=by, asked=request.kind, **facts_of(request))
    return PreReleaseRequest.objects.get(pk=request.pk)


def _make(release: Release, request: PreReleaseRequest, *, by: "User", at: datetime) -> None:
    """Make the change that was agreed to, as it was asked for."""
    if request.kind == Asked.ADD:
        check_open(release, at=at)
        if is_on_list(release, request.details):
            sentence = _("The list holds this person as %(request)s already; refuse the request.") % {
                "request": request
            }
            raise ListRefused(sentence)
        put_on_list(release, request.details, granted_by=request.asked_by, agreed_by=by, at=at)
        return
    assert request.entry is not None  # noqa: S101  # so says the database
    entry = _as_it_was(request.entry, request)
    if request.kind == Asked.WITHDRAW:
        check_open(release, at=at, or_cancelled=True)
        roles = roles_of(by, release.series.producer)
        ACCESS.check(WITHDRAW, source=entry.status, roles=roles, given=("agreement",))
        apply_withdrawal(entry, by=by, at=at)
    elif release.status == Status.CANCELLED:
        sentence = _("This release is cancelled; its list stays as it was.")
        raise ListRefused(sentence)
    else:
        details = as_may_be_changed(entry, request.details, at=at)
        if details == entry.details:
            sentence = _("The release has been due meanwhile: what was asked for can no longer be changed. Refuse it.")
            raise ListRefused(sentence)
        apply_change(entry, details, by=by, at=at)


def _as_it_was(entry: PreReleaseAccess, request: PreReleaseRequest) -> PreReleaseAccess:
    entry = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
    if entry.version != request.entry_version:
        sentence = _("The entry was changed since this was asked for; refuse it, and have it asked for again.")
        raise ListRefused(sentence)
    return entry


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to, in numbers of entries: granted, waiting for agreement, and on the list already."""

    source: Release
    granted: int = 0
    waiting: int = 0
    there_already: int = 0


def previous_with_list(release: Release) -> Release | None:
    """Return the last release of the same series planned before this one that has anybody on its list, or None."""
    earlier = Release.objects.filter(
        series=release.series_id, rehearsal=release.rehearsal, planned_on__lt=release.planned_on
    )
    with_list = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    return earlier.filter(pk__in=with_list).order_by("-planned_on", "-pk").first()


def copy_list(release: Release, *, source: Release, by: "User", at: datetime) -> Copied:
    """Put everybody on a release's list who was on the earlier one, for the usual period; who is there already stays.

    Within a day before the release each of them waits for the Head of Profession to agree. Where a name was erased,
    the post is taken over without one.

    :param source: the release whose list is copied, as the person has seen it.
    :param at: the aware instant of copying.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises ListRefused: if the release is out, due or cancelled, or that is not the list to copy.
    """
    with transaction.atomic():
        release = hold_list(release, by=by)
        check_open(release, at=at)
        if source != previous_with_list(release):
            sentence = _("That is not the list of the release before this one; look at the page again.")
            raise ListRefused(sentence)
        usual = release.series.producer.usual_pre_release().period
        granted = waiting = there_already = 0
        nameless: Counter[tuple[str, str]] = Counter()
        for entry in source.pre_release_access.filter(status__in=ON_THE_LIST).order_by("pk"):
            details = replace(entry.details, period=usual, period_reason="")
            post = (details.post.casefold(), details.organisation.casefold())
            nameless[post] += not details.person
            if _is_there(release, details, holders=nameless[post]):
                there_already += 1
                continue
            outcome = grant_held(release, details, by=by, at=at)
            granted, waiting = granted + (not outcome.waits), waiting + outcome.waits
        return Copied(source, granted=granted, waiting=waiting, there_already=there_already)


def _is_there(release: Release, details: Details, *, holders: int) -> bool:
    """Tell whether somebody is on the list, or, where no name is left, as many holders of the post as there were."""
    if details.person:
        return is_on_list(release, details)
    same = {"post__iexact": details.post, "organisation__iexact": details.organisation}
    there = release.pre_release_access.filter(**same, status__in=ON_THE_LIST).count()
    waiting = release.pre_release_requests.filter(**same, kind=Asked.ADD, status=RequestStatus.WAITING).count()
    return there + waiting >= holders


BEGAN = "pre_release_began"
ENDED = "pre_release_ended"
TIMES_TAKEN_BACK = "pre_release_record_taken_back"


def record_begin(
    entry: PreReleaseAccess, *, began_at: datetime, by: "User", at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record that access began. Outside its period it is recorded all the same: what happened is what happened.

    :param began_at: the aware instant at which it began, as the person says.
    :param at: the aware instant of recording.
    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the time is in the future, or the release was out by then.
    :raises WrongState: if it began already or was withdrawn.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.check(BEGIN, source=entry.status, roles=_roles(entry, by), given=("time",))
        _check_time(entry, began_at, at=at)
        return _recorded(entry, AccessStatus.BEGUN, BEGAN, by=by, at=at, began_at=began_at)


def record_end(
    entry: PreReleaseAccess, *, ended_at: datetime, by: "User", at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record that access ended before the release was out.

    :param ended_at: the aware instant at which it ended, as the person says.
    :param at: the aware instant of recording.
    :param expected_version: the version of the entry that the person has read.
    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises ListRefused: if the time is in the future, before the access began, or the release was out by then.
    :raises WrongState: if it has not begun, or ended already.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        ACCESS.check(END, source=entry.status, roles=_roles(entry, by), given=("time",))
        _check_time(entry, ended_at, at=at)
        if entry.began_at and ended_at < entry.began_at:
            sentence = _("The access began at %(moment)s: it cannot have ended before that.") % {
                "moment": london.format_moment(entry.began_at)
            }
            raise ListRefused(sentence, "time")
        return _recorded(entry, AccessStatus.ENDED, ENDED, by=by, at=at, ended_at=ended_at)


def take_back_times(entry: PreReleaseAccess, *, by: "User", at: datetime, expected_version: int) -> PreReleaseAccess:
    """Take back the last thing that was recorded of an access, because it was recorded by mistake.

    What was taken back stays among the events of the release.

    :raises NotYours: if the person does not keep the lists of its producer.
    :raises SomebodyWasFaster: if the entry was changed since it was read.
    :raises WrongRole: if they are neither Head of Profession nor deputy.
    :raises WrongState: if nothing is recorded of it.
    """
    with transaction.atomic():
        _release, entry = hold_entry(entry, by=by, expected_version=expected_version)
        move = ACCESS.check(TAKE_BACK, source=entry.status, roles=_roles(entry, by))
        column = "began_at" if entry.status == AccessStatus.BEGUN else "ended_at"
        moved = advance(entry, move.target, **{column: None})
        said = {column: getattr(entry, column).isoformat()}
        record(moved.release, TIMES_TAKEN_BACK, at=at, by=by, **said, **facts_of(moved))
        return moved


def _roles(entry: PreReleaseAccess, by: "User") -> Any:
    return roles_of(by, entry.release.series.producer)


def _check_time(entry: PreReleaseAccess, time: datetime, *, at: datetime) -> None:
    if time > at:
        sentence = _("%(moment)s is still to come: record it once it has happened.") % {
            "moment": london.format_moment(time)
        }
        raise ListRefused(sentence, "time")
    published_at = entry.release.published_at
    if published_at is not None and time > published_at:
        sentence = _("The release was out at %(moment)s; from then on everybody had access.") % {
            "moment": london.format_moment(published_at)
        }
        raise ListRefused(sentence, "time")


def _recorded(
    entry: PreReleaseAccess, status: AccessStatus, kind: str, *, by: "User", at: datetime, **times: datetime
) -> PreReleaseAccess:
    moved = advance(entry, status, **times)
    instants = {name: instant.isoformat() for name, instant in times.items()}
    record(moved.release, kind, at=at, by=by, **instants, **facts_of(moved))
    return moved

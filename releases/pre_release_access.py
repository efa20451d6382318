"""Manage pre-release access lists: entries, requests, access times, publication and the erasure of names.

A lead is a Head of Profession or a deputy.

The functions that change a list raise:

- NotYours if the person may not edit the producer's lists;
- WrongState or WrongRole if the table `ACCESS` or `REQUEST` does not allow the change;
- ChangedMeanwhile if the entry has changed since the person read it;
- ListRefused if the list cannot be changed in this way.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases import receipts
from releases.models import AccessLink, PreReleaseAccess, PreReleaseRequest, Producer, Release
from releases.models.event import lock_release, record_event
from releases.models.pre_release import AccessDetails, columns_of
from releases.permissions import Action, Person, User, check_may, producers_with, roles_of
from releases.rules import calendar
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, MissingFields, MoveRefused, Role, Status
from releases.rules.pre_release import (
    A_DAY,
    ACCESS,
    AGREE,
    BEGIN,
    CHANGE,
    END,
    NO_ACCESS,
    ON_THE_LIST,
    PUBLIC,
    REFUSE,
    REQUEST,
    TAKE_BACK,
    WITHDRAW,
    AccessStatus,
    Details,
    Objection,
    RequestKind,
    RequestStatus,
    find_objections,
    needs_agreement_for,
)

# The result of a change: the changed entry or, if a lead has to agree first, a request.
type EntryOrRequest = PreReleaseAccess | PreReleaseRequest
# A function that takes keys of releases, and returns the keys of those that have an undecided report. The names of
# people on the lists of these releases are not erased, however old the releases are.
type Needed = Callable[[Collection[int]], Collection[int]]

DECISION_EVENTS = {
    AGREE: "pre_release_agreed",
    REFUSE: "pre_release_refused",
    TAKE_BACK: "pre_release_request_taken_back",
}
# If one of these fields changes, the links and answers of the recipient are no longer valid (see releases/receipts.py).
OF_RECIPIENT = frozenset({"person", "email", "length", "unit"})


class ListRefused(MoveRefused):
    """The list cannot be changed in this way; `field` names the invalid field, if any."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Objected(ListRefused):
    """The given details are invalid. Each of the `objections` names a field and a reason."""

    def __init__(self, found: Iterable[Objection]) -> None:
        self.objections = tuple(found)
        super().__init__(" ".join(objection.sentence for objection in self.objections), self.objections[0].field)


def lock_list(release: Release, *, by: User) -> Release:
    """Lock the stored release and return it. The lock prevents simultaneous changes to its list."""
    stored = lock_release(release.pk)
    check_may(by, Action.KEEP_ACCESS_LIST, stored.series.producer)
    return stored


def _lock_entry(entry: PreReleaseAccess, *, by: User, expected_version: int) -> tuple[Release, PreReleaseAccess]:
    """Lock the release of an entry. Return the stored release and the stored entry.

    :raises ChangedMeanwhile: if the stored entry does not have the expected version.
    """
    release = lock_list(entry.release, by=by)
    stored = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
    if expected_version != stored.version:
        raise _was_faster()
    return release, stored


def check_list_open(release: Release, *, at: datetime, or_cancelled: bool = False) -> None:
    """Raise ListRefused if access to the release can no longer be granted or withdrawn."""
    if release.status == Status.CANCELLED and not or_cancelled:
        raise ListRefused(_("You cannot grant access, because this release is cancelled."))
    if release.status == Status.PUBLISHED or (release.due_at is not None and at >= release.due_at):
        raise ListRefused(_("You cannot grant or withdraw access, because the release time has passed."))


def check_lawful_access(release: Release) -> None:
    """Raise ListRefused if the law allows no pre-release access to the statistics."""
    if release.series.pre_release_terms().usual is None:
        raise ListRefused(_(NO_ACCESS))


def only_words_are_open(entry: PreReleaseAccess, *, at: datetime) -> bool:
    """Return whether only the post and the organisation can still be corrected.

    This is the case once access has begun or the release is due.
    """
    due_at = entry.release.due_at
    return entry.status != AccessStatus.GRANTED or (due_at is not None and at >= due_at)


def _changeable_details(entry: PreReleaseAccess, details: Details, *, at: datetime) -> Details:
    """Return the details to store.

    If only the post and the organisation can still be corrected, the other details stay unchanged.
    """
    if only_words_are_open(entry, at=at):
        return replace(entry.details, **{field: getattr(details, field) for field in PUBLIC})
    return details


def _is_on_list(release: Release, details: Details, *, but: PreReleaseAccess | None = None) -> bool:
    """Return whether the list already has this person with this post. An open request to add the person counts too.

    If the details have no name, return False.

    :param but: an entry to ignore. If it is given, requests are ignored too.
    """
    if not details.person:
        return False
    same = {f"{name}__iexact": getattr(details, name) for name in ("post", "organisation", "person")}
    entries = release.pre_release_access.filter(**same, status__in=ON_THE_LIST, erased_at__isnull=True)
    waiting = release.pre_release_requests.filter(**same, kind=RequestKind.ADD, status=RequestStatus.WAITING)
    if but is not None:
        return entries.exclude(pk=but.pk).exists()
    return entries.exists() or waiting.exists()


def _add_entry(
    release: Release, details: Details, *, granted_by: User, agreed_by: User | None, at: datetime
) -> PreReleaseAccess:
    entry = PreReleaseAccess.objects.create(
        release=release,
        granted_by=granted_by,
        granted_at=at,
        agreed_by=agreed_by,
        agreed_at=at if agreed_by else None,
        **columns_of(details),
    )
    by = agreed_by or granted_by
    record_event(release, "pre_release_granted", at=at, by=by, words=entry.public_benefit, **_facts_of(entry))
    return entry


def _change_entry(entry: PreReleaseAccess, details: Details, *, by: User, at: datetime) -> PreReleaseAccess:
    was, new = columns_of(entry.details), columns_of(details)
    fields = [name for name in new if new[name] != was[name]]
    entry = _move_entry(entry, entry.status, **new)
    if {*fields} & OF_RECIPIENT:
        # The existing links were sent to the previous recipient, or state the previous period.
        AccessLink.objects.filter(entry=entry, revoked_at__isnull=True).update(revoked_at=at)
        AccessLink.objects.filter(entry=entry, is_void=False).update(is_void=True)
        receipts.take_back_phone_confirmation(entry, by=by, at=at)
    earlier: dict[str, Any] = {"was": [was[field] for field in PUBLIC]} if {*fields} & {*PUBLIC} else {}
    facts = {"fields": fields, **earlier, **_facts_of(entry)}
    record_event(entry.release, "pre_release_changed", at=at, by=by, words=entry.public_benefit, **facts)
    return entry


def _withdraw_entry(entry: PreReleaseAccess, *, by: User, at: datetime) -> PreReleaseAccess:
    entry = _move_entry(entry, AccessStatus.WITHDRAWN, withdrawn_at=at)
    record_event(entry.release, "pre_release_withdrawn", at=at, by=by, **_facts_of(entry))
    return entry


def _move_entry(entry: PreReleaseAccess, status: str, **values: Any) -> PreReleaseAccess:
    """Change the status and the given values of an entry, and return the stored entry.

    :raises ChangedMeanwhile: if the status or the version of the stored entry has changed since it was read.
    """
    unchanged = PreReleaseAccess.objects.filter(pk=entry.pk, status=entry.status, version=entry.version)
    if not unchanged.update(status=status, version=F("version") + 1, **values):
        raise _was_faster()
    return PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)


def _facts_of(row: AccessDetails) -> dict[str, str]:
    """Return the published facts about an entry, to record them in an event. They do not include the person."""
    facts = {"post": row.post, "organisation": row.organisation, "period": str(row.period)}
    if row.authority_notified_on:
        facts["authority_notified_on"] = row.authority_notified_on.isoformat()
    return facts


def _was_faster() -> ChangedMeanwhile:
    sentence = _("Another person changed this entry. Check it before you try again.")
    return ChangedMeanwhile(sentence)


@transaction.atomic
def grant_access(release: Release, details: Details, *, by: User, at: datetime) -> EntryOrRequest:
    """Grant pre-release access to a post.

    From 24 hours before the release, only a lead can grant access. If the person is not a lead, a request is created
    instead.
    """
    release = lock_list(release, by=by)
    check_list_open(release, at=at)
    _check(details, release, at=at)
    return _grant(release, details, by=by, at=at)


def _grant(release: Release, details: Details, *, by: User, at: datetime) -> EntryOrRequest:
    """Grant or request access.

    The caller must lock the release, check that the list is open, and check the details.
    """
    if _is_on_list(release, details):
        sentence = _("This person is already on the list as %(post)s, %(organisation)s.")
        raise ListRefused(sentence % {"post": details.post, "organisation": details.organisation}, "person")
    shortly = needs_agreement_for(release.due_at, at=at)
    if shortly and not LEADS & roles_of(by, release.series.producer):
        return _create_request(release, RequestKind.ADD, details, by=by, at=at)
    agreed_by = by if shortly else None
    return _add_entry(release, details, granted_by=by, agreed_by=agreed_by, at=at)


@transaction.atomic
def change_access(
    entry: PreReleaseAccess, details: Details, *, by: User, at: datetime, expected_version: int
) -> EntryOrRequest:
    """Change an entry of the list.

    From 24 hours before the release, only a lead can change an entry. If the person is not a lead, a request is created
    instead. Once access has begun or the release is due, only the post and the organisation can be corrected.

    :param expected_version: the version of the entry that the person has read.
    """
    release, entry = _lock_entry(entry, by=by, expected_version=expected_version)
    ACCESS.find(CHANGE, source=entry.status)
    if release.status == Status.CANCELLED:
        raise ListRefused(_("You cannot change the list, because this release is cancelled."))
    details = _changeable_details(entry, details, at=at)
    if details == entry.details:
        raise ListRefused(_("You did not make any changes."))
    _check(details, release, at=at, only=PUBLIC if only_words_are_open(entry, at=at) else ())
    if _is_on_list(release, details, but=entry):
        sentence = _("This person is already on the list as %(post)s, %(organisation)s.")
        raise ListRefused(sentence % {"post": details.post, "organisation": details.organisation}, "person")
    if waits := _request_unless_agreed(entry, CHANGE, RequestKind.CHANGE, details, by=by, at=at):
        return waits
    return _change_entry(entry, details, by=by, at=at)


@transaction.atomic
def withdraw_access(entry: PreReleaseAccess, *, by: User, at: datetime, expected_version: int) -> EntryOrRequest:
    """Withdraw access that has not begun.

    From 24 hours before the release, only a lead can withdraw access. If the person is not a lead, a request is created
    instead.
    """
    release, entry = _lock_entry(entry, by=by, expected_version=expected_version)
    ACCESS.find(WITHDRAW, source=entry.status)
    check_list_open(release, at=at, or_cancelled=True)
    # The entry already has the name of the person, so the request does not store the name again.
    nobody = replace(entry.details, person="", email="")
    if waits := _request_unless_agreed(entry, WITHDRAW, RequestKind.WITHDRAW, nobody, by=by, at=at):
        return waits
    return _withdraw_entry(entry, by=by, at=at)


def _check(details: Details, release: Release, *, at: datetime, only: tuple[str, ...] = ()) -> None:
    terms, today = release.series.pre_release_terms(), calendar.local_date(at)
    objections = find_objections(details, terms=terms, due_at=release.due_at, today=today)
    found = [objection for objection in objections if not only or objection.field in only]
    if found:
        raise Objected(found)


def _request_unless_agreed(
    entry: PreReleaseAccess, move: str, kind: RequestKind, details: Details, *, by: User, at: datetime
) -> PreReleaseRequest | None:
    """Create and return a request if a lead has to agree to the move. Return None if no agreement is needed."""
    release = entry.release
    roles = roles_of(by, release.series.producer)
    agreed = LEADS & roles or not needs_agreement_for(release.due_at, at=at)
    try:
        ACCESS.check(move, source=entry.status, roles=roles, given={"agreement"} if agreed else ())
    except MissingFields:
        return _create_request(release, kind, details, entry=entry, by=by, at=at)
    return None


def _create_request(
    release: Release,
    kind: RequestKind,
    details: Details,
    *,
    by: User,
    at: datetime,
    entry: PreReleaseAccess | None = None,
) -> PreReleaseRequest:
    if entry and entry.requests.filter(status=RequestStatus.WAITING).exists():
        raise ListRefused(
            _(
                "There is already a request to change this entry. Wait for the decision on it before you request "
                "another change."
            )
        )
    request = PreReleaseRequest.objects.create(
        release=release,
        kind=kind,
        entry=entry,
        entry_version=entry.version if entry else None,
        asked_by=by,
        asked_at=at,
        **columns_of(details),
    )
    record_event(release, "pre_release_asked", at=at, by=by, asked=kind, **_facts_of(request))
    return request


def requests_waiting_for(person: Person) -> QuerySet[PreReleaseRequest]:
    """Return the open requests that a person may decide, oldest first."""
    theirs = Release.objects.filter(series__producer__in=producers_with(person, LEADS)).shown_to(person)
    return PreReleaseRequest.objects.filter(status=RequestStatus.WAITING, release__in=theirs).order_by("asked_at", "pk")


@transaction.atomic
def decide_request(request: PreReleaseRequest, name: str, *, by: User, at: datetime) -> None:
    """Record the decision on a request to change a list.

    If the person agrees, the change is made. If the change can no longer be made, an exception is raised. Then the
    request stays open and can be refused.

    :param name: AGREE, REFUSE or TAKE_BACK.
    """
    release = lock_list(request.release, by=by)
    # Read the request first, because the update removes the name.
    request = PreReleaseRequest.objects.select_related("release", "asked_by").get(pk=request.pk)
    move = REQUEST.check(name, source=request.status, roles=roles_of(by, release.series.producer))
    still_waits = PreReleaseRequest.objects.filter(pk=request.pk, status=move.source)
    # Delete the name from the request. If a lead agrees to the request, the name is stored in the list. Otherwise the
    # name is no longer needed.
    if not still_waits.update(status=move.target, decided_by=by, decided_at=at, person="", email=""):
        raise ChangedMeanwhile(_("Another person has already decided this request."))
    record_event(release, DECISION_EVENTS[name], at=at, by=by, asked=request.kind, **_facts_of(request))
    if name == AGREE:
        _make_change(release, request, by=by, at=at)


def _make_change(release: Release, request: PreReleaseRequest, *, by: User, at: datetime) -> None:
    if request.kind == RequestKind.ADD:
        check_list_open(release, at=at)
        if _is_on_list(release, request.details):
            sentence = _("This person is already on the list as %(request)s. Refuse the request.")
            raise ListRefused(sentence % {"request": request})
        _add_entry(release, request.details, granted_by=request.asked_by, agreed_by=by, at=at)
        return
    assert request.entry is not None  # noqa: S101  # a database constraint requires it
    entry = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=request.entry.pk)
    if entry.version != request.entry_version:
        raise ListRefused(_("The entry has changed since this request. Refuse the request and ask for a new one."))
    if request.kind == RequestKind.WITHDRAW:
        check_list_open(release, at=at, or_cancelled=True)
        roles = roles_of(by, release.series.producer)
        ACCESS.check(WITHDRAW, source=entry.status, roles=roles, given=("agreement",))
        _withdraw_entry(entry, by=by, at=at)
    elif release.status == Status.CANCELLED:
        raise ListRefused(_("You cannot change the list, because this release is cancelled."))
    else:
        details = _changeable_details(entry, request.details, at=at)
        if details == entry.details:
            sentence = _("The release became due before this request was decided. You can only refuse the request.")
            raise ListRefused(sentence)
        _change_entry(entry, details, by=by, at=at)


@dataclass(frozen=True, slots=True)
class CopyResult:
    """The result of copying a list: how many entries were granted, were requested, or were already on the list."""

    source: Release
    granted: int = 0
    waiting: int = 0
    there_already: int = 0


def previous_with_list(release: Release) -> Release | None:
    """Return the latest earlier release of the same series that has entries on its list, or None."""
    earlier = Release.objects.filter(
        series=release.series_id, rehearsal=release.rehearsal, planned_on__lt=release.planned_on
    )
    with_list = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    return earlier.filter(pk__in=with_list).order_by("-planned_on", "-pk").first()


@transaction.atomic
def copy_list(release: Release, *, source: Release, by: User, at: datetime) -> CopyResult:
    """Copy the entries of the previous release's list to the list of a release.

    Copied entries have the usual period. Entries that are already on the list do not change. From 24 hours before the
    release, each entry becomes a request, unless the person is a lead. If a name was erased, the post is copied without
    a name.
    """
    release = lock_list(release, by=by)
    check_list_open(release, at=at)
    if source != previous_with_list(release):
        sentence = _("The previous release has changed since you opened this page. Reload the page and try again.")
        raise ListRefused(sentence)
    check_lawful_access(release)
    usual = release.series.pre_release_terms().usual or A_DAY
    granted = waiting = there_already = 0
    nameless: Counter[tuple[str, str]] = Counter()
    for entry in source.pre_release_access.filter(status__in=ON_THE_LIST).order_by("pk"):
        details = replace(entry.details, period=usual, period_reason="", public_benefit="", authority_notified_on=None)
        post = (details.post.casefold(), details.organisation.casefold())
        nameless[post] += not details.person
        if _has_entry(release, details, holders=nameless[post]):
            there_already += 1
            continue
        outcome = _grant(release, details, by=by, at=at)
        if isinstance(outcome, PreReleaseRequest):
            waiting += 1
        else:
            granted += 1
    return CopyResult(source, granted=granted, waiting=waiting, there_already=there_already)


def _has_entry(release: Release, details: Details, *, holders: int) -> bool:
    """Return whether the list already has this person with this post. An open request to add the person counts too.

    If the details have no name, return whether there are at least `holders` entries and requests with the same post and
    organisation.
    """
    if details.person:
        return _is_on_list(release, details)
    same = {"post__iexact": details.post, "organisation__iexact": details.organisation}
    there = release.pre_release_access.filter(**same, status__in=ON_THE_LIST).count()
    waiting = release.pre_release_requests.filter(**same, kind=RequestKind.ADD, status=RequestStatus.WAITING).count()
    return there + waiting >= holders


@transaction.atomic
def record_begin(
    entry: PreReleaseAccess, *, began_at: datetime, by: User, at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record when access began. The time may be outside the period of access."""
    release, entry = _lock_entry(entry, by=by, expected_version=expected_version)
    move = ACCESS.check(BEGIN, source=entry.status, roles=roles_of(by, release.series.producer), given=("time",))
    _check_time(release, began_at, at=at)
    began = _move_entry(entry, move.target, began_at=began_at)
    facts = {"began_at": began_at.isoformat(), **_facts_of(began)}
    record_event(release, "pre_release_began", at=at, by=by, **facts)
    return began


@transaction.atomic
def record_end(
    entry: PreReleaseAccess, *, ended_at: datetime, by: User, at: datetime, expected_version: int
) -> PreReleaseAccess:
    """Record when access ended. The time must not be after the publication of the release."""
    release, entry = _lock_entry(entry, by=by, expected_version=expected_version)
    move = ACCESS.check(END, source=entry.status, roles=roles_of(by, release.series.producer), given=("time",))
    _check_time(release, ended_at, at=at)
    if entry.began_at and ended_at < entry.began_at:
        sentence = _("Access began at %(moment)s. Enter a later time.")
        raise ListRefused(sentence % {"moment": calendar.format_moment(entry.began_at)}, "time")
    ended = _move_entry(entry, move.target, ended_at=ended_at)
    facts = {"ended_at": ended_at.isoformat(), **_facts_of(ended)}
    record_event(release, "pre_release_ended", at=at, by=by, **facts)
    return ended


@transaction.atomic
def take_back_times(entry: PreReleaseAccess, *, by: User, at: datetime, expected_version: int) -> PreReleaseAccess:
    """Remove the last recorded time of an entry, to correct a mistake. The event that recorded the time stays."""
    release, entry = _lock_entry(entry, by=by, expected_version=expected_version)
    move = ACCESS.check(TAKE_BACK, source=entry.status, roles=roles_of(by, release.series.producer))
    column = "began_at" if entry.status == AccessStatus.BEGUN else "ended_at"
    restored = _move_entry(entry, move.target, **{column: None})
    facts = {column: getattr(entry, column).isoformat(), **_facts_of(restored)}
    record_event(release, "pre_release_record_taken_back", at=at, by=by, **facts)
    return restored


def _check_time(release: Release, time: datetime, *, at: datetime) -> None:
    if time > at:
        sentence = _("%(moment)s is in the future. Enter a time in the past.")
        raise ListRefused(sentence % {"moment": calendar.format_moment(time)}, "time")
    if release.published_at is not None and time > release.published_at:
        sentence = _("The release was published at %(moment)s. Enter an earlier time.")
        raise ListRefused(sentence % {"moment": calendar.format_moment(release.published_at)}, "time")


@dataclass(frozen=True, slots=True)
class ListRow:
    entry: PreReleaseAccess
    moves: tuple[str, ...]
    waiting: PreReleaseRequest | None


def list_rows_of(release: Release, *, roles: Collection[Role], now: datetime) -> list[ListRow]:
    """Return a row for each entry of a list, with the moves that the roles allow. Withdrawn entries come last.

    The number of queries does not depend on the number of entries.
    """
    waiting = {request.entry_id: request for request in waiting_rows_of(release)}
    cancelled = release.status == Status.CANCELLED
    may_withdraw = cancelled or is_list_open(release, now=now)
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    entries = entries.prefetch_related("release__date_changes")
    rows = []
    for entry in sorted(entries, key=lambda entry: entry.status == AccessStatus.WITHDRAWN):
        request = waiting.get(entry.pk)
        hindered = {CHANGE: request or cancelled, WITHDRAW: request or not may_withdraw}
        moves = (move for move in ACCESS.available(source=entry.status, roles=roles) if not hindered.get(move))
        rows.append(ListRow(entry, tuple(moves), request))
    return rows


def waiting_rows_of(release: Release) -> list[PreReleaseRequest]:
    """Return the open requests, oldest first."""
    waiting = release.pre_release_requests.filter(status=RequestStatus.WAITING)
    return list(waiting.select_related("release__series__producer", "entry", "asked_by"))


def is_list_open(release: Release, *, now: datetime) -> bool:
    try:
        check_list_open(release, at=now)
    except ListRefused:
        return False
    return True


def is_shortly(release: Release, *, now: datetime) -> bool:
    return needs_agreement_for(release.due_at, at=now)


def published_entries(release: Release) -> QuerySet[PreReleaseAccess]:
    """Return the entries for the published list. Entries whose access was withdrawn are left out."""
    return release.pre_release_access.filter(status__in=ON_THE_LIST).order_by("organisation", "post", "pk")


def is_list_public(release: Release, *, now: datetime) -> bool:
    """Return whether the public may read the list of a release.

    The release must be announced, due and published, and must not be a rehearsal.
    """
    if release.rehearsal or release.announced_at is None or release.due_at is None:
        return False
    return release.status == Status.PUBLISHED and now >= release.due_at


def has_published_list(release: Release, *, now: datetime) -> bool:
    return is_list_public(release, now=now) and published_entries(release).exists()


def releases_with_list(producer: Producer, *, now: datetime) -> QuerySet[Release]:
    """Return the releases of a producer that have a public list, the latest first."""
    listed = PreReleaseAccess.objects.filter(release=OuterRef("pk"), status__in=ON_THE_LIST)
    out = Release.objects.public().filter(series__producer=producer, status=Status.PUBLISHED, due_at__lte=now)
    return out.filter(Exists(listed)).order_by("-due_at", "title", "pk")


@dataclass(frozen=True, slots=True)
class ErasureResult:
    names: int
    releases: int
    spared: int


def may_be_erased(release: Release, *, now: datetime) -> bool:
    """Return whether the names on a release's list may be erased.

    The release must be past its due time or cancelled.
    """
    return release.status == Status.CANCELLED or (release.due_at is not None and release.due_at <= now)


def check_erasable(release: Release, *, now: datetime) -> None:
    if not may_be_erased(release, now=now):
        raise ListRefused(
            _("You can delete names after the release time. Until then, the list must show who has access.")
        )


@transaction.atomic
def erase_name(release: Release, *, by: User, at: datetime, entry: PreReleaseAccess | None = None) -> int:
    """Erase all names on a release's list or, if `entry` is given, the name of this entry.

    In both cases, the names in all requests of the release are erased too.

    :return: the number of erased names.
    :raises ListRefused: if the release is neither past its due time nor cancelled.
    """
    release = lock_list(release, by=by)
    check_erasable(release, now=at)
    entries = release.pre_release_access.all()
    return _erase(release, entries.filter(pk=entry.pk) if entry else entries, by=by, at=at)


def erase_old_names(*, now: datetime, retention: timedelta, needed: Needed, dry_run: bool = False) -> ErasureResult:
    """Erase the names on the lists of all releases that were due or cancelled longer ago than `retention`.

    :param needed: a function that takes the keys of releases, and returns the keys of the releases that have an
        undecided report. The names of these releases are not erased.
    """
    before = now - retention
    over = Q(due_at__lt=before) | Q(status=Status.CANCELLED, cancelled_at__lt=before)
    named = Q(pk__in=_named(PreReleaseAccess.objects.all()).values("release"))
    with_requests = Q(pk__in=_named(PreReleaseRequest.objects.all()).values("release"))
    old = list(Release.objects.filter(over & (named | with_requests)).order_by("pk"))
    in_use = set(needed([release.pk for release in old]))
    names = releases = 0
    for release in old:
        if release.pk in in_use:
            continue
        if dry_run:
            gone = _named(release.pre_release_access.all()).count()
            gone += _named(release.pre_release_requests.all()).count()
        else:
            with transaction.atomic():
                stored = lock_release(release.pk)
                gone = _erase(stored, stored.pre_release_access.all(), by=None, at=now)
        names, releases = names + gone, releases + bool(gone)
    return ErasureResult(names=names, releases=releases, spared=len(in_use))


def _named[R: (PreReleaseAccess, PreReleaseRequest)](rows: QuerySet[R]) -> QuerySet[R]:
    return rows.exclude(person="", email="")


def _erase(release: Release, entries: QuerySet[PreReleaseAccess], *, by: User | None, at: datetime) -> int:
    named = _named(entries)
    posts = sorted(str(entry) for entry in named)
    gone = named.update(person="", email="", erased_at=at, version=F("version") + 1)
    waiting = _named(release.pre_release_requests.all())
    gone += waiting.update(person="", email="")
    if gone:
        record_event(release, "pre_release_names_erased", at=at, by=by, posts=posts)
    return gone

"""Handling receipts for pre-release access: one-person links, the answers of recipients, and confirmed lists.

A recipient has no account. A person who has a link may answer, and nothing else. Links and answers belong to one date
of a release: they do not count for a new date, and recipients are asked again.
"""

import base64
import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases.models import (
    AccessLink,
    AccessReceipt,
    ListConfirmation,
    PhoneConfirmation,
    PreReleaseAccess,
    Producer,
    Release,
    ReleaseEvent,
)
from releases.models.append_only import new_salt
from releases.models.event import lock_release, record_event, record_rows
from releases.models.receipt import digest_token
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules.canonical import digest_json
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Status
from releases.rules.pre_release import LONGEST, ON_THE_LIST, AccessStatus, Unit
from releases.rules.receipts import (
    ANSWERS,
    DAYS_FOR_TERMS,
    UNCONFIRMED,
    Answer,
    Disclosure,
    Purpose,
    ReceiptStatus,
    Window,
    find_receipt_status,
    list_asked_at,
    name_terms,
)

# How far ahead releases are read: more days than the longest period of access and the working days before it can take,
# with all holidays between them.
_HORIZON = timedelta(days=2 * (DAYS_FOR_TERMS + LONGEST[Unit.WORKING_DAYS]))
_WITH_ACCESS = (AccessStatus.GRANTED, AccessStatus.BEGUN)
# Events of a list after which an earlier confirmation no longer counts. This includes corrections of a post's name.
_LIST_CHANGES = ("pre_release_granted", "pre_release_changed", "pre_release_withdrawn")
# The event of a release for each answer. A reported disclosure has none, because few people may know of it. Its breach
# report has an event instead.
_EVENTS = {
    Answer.CONFIRMED: "pre_release_terms_confirmed",
    Answer.ACKNOWLEDGED: "pre_release_received",
    Answer.NOT_NEEDED: "pre_release_not_needed",
    Answer.SILENT: "pre_release_no_answer",
}


class LinkUnusable(Exception):
    """A link must not be sent: it or the access has ended, or its token cannot be made any more."""


class AlreadyReported(Exception):
    """Another disclosure was reported with this link before. The new report is not stored."""


def token_of(link: AccessLink) -> str:
    """Make the token of a link from its seed. Tokens are not stored.

    :raises LinkUnusable: if no secret key of the office makes the token whose digest is stored.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _sign(link.seed, key=key)
        if digest_token(token) == link.digest:
            return token
    raise LinkUnusable(
        _("We cannot send this link, because the secret key of this service has changed. Send a new link.")
    )


def _sign(seed: str, *, key: str) -> str:
    signed = hmac.new(sha256(f"releases.receipts:{key}".encode()).digest(), seed.encode(), sha256).digest()
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def window_of(entry: PreReleaseAccess) -> Window | None:
    """Return the times of an entry; None without an exact date.

    :param entry: with its release, series and producer selected.
    """
    begins_at, due_at = entry.begins_at, entry.release.due_at
    if begins_at is None or due_at is None:
        return None
    return Window(begins_at, due_at, entry.release.series.order_nation)


def is_link_open(link: AccessLink, *, now: datetime) -> bool:
    """Return whether a link works at an instant.

    It never works before its time, even if a process with a wrong clock made the link too early.
    """
    release, window = link.entry.release, window_of(link.entry)
    if window is None or link.revoked_at is not None or link.schedule_version != release.schedule_version:
        return False
    purpose, access = Purpose(link.purpose), link.entry.status
    return window.is_link_open(purpose, status=release.status, access=access, now=now)


def find_link(token: str, *, now: datetime) -> AccessLink | None:
    """Return the link of a token if it works now."""
    links = AccessLink.objects.select_related("entry__release__series__producer", "entry__release__series__responsible")
    found = links.filter(digest=digest_token(token)).first()
    return found if found and is_link_open(found, now=now) else None


def _asking(*, now: datetime) -> QuerySet[Release]:
    """Return the releases whose recipients are asked, because their producers ask recipients."""
    return _to_come(now=now).filter(series__producer__asks_recipients=True)


def _to_come(*, now: datetime) -> QuerySet[Release]:
    """Return the releases whose recipients can be asked: announced, confirmed and still to come.

    Rehearsals are left out, because we do not write to people outside the office about them.
    """
    to_come = Release.objects.public().filter(status=Status.CONFIRMED, due_at__gt=now, due_at__lte=now + _HORIZON)
    return to_come.select_related("series__producer", "series__responsible")


def make_due_links(*, now: datetime) -> int:
    """Make the links that are due and do not exist yet, and return their number.

    Repeated and simultaneous runs make no link twice.
    """
    return sum(_make_link(entry, purpose, now=now) for entry, purpose in _find_due_links(_asking(now=now), now=now))


@dataclass(frozen=True, slots=True)
class DueRequests:
    """How many emails to recipients are due, and for how many of them access has begun."""

    emails: int
    begun: int


def count_due_requests(producer: Producer, *, now: datetime) -> DueRequests:
    """Count the emails to recipients that are due now, even if the producer does not ask recipients yet."""
    of_producer = _to_come(now=now).filter(series__producer=producer)
    purposes = [purpose for _entry, purpose in _find_due_links(of_producer, now=now)]
    return DueRequests(len(purposes), purposes.count(Purpose.HANDLING))


def _find_due_links(releases: QuerySet[Release], *, now: datetime) -> Iterator[tuple[PreReleaseAccess, Purpose]]:
    """Yield the entries that are missing a link that is due now, and the purpose of that link."""
    in_force = AccessLink.objects.filter(
        entry=OuterRef("pk"), schedule_version=OuterRef("release__schedule_version"), revoked_at__isnull=True
    )
    entries = PreReleaseAccess.objects.filter(
        # The link for handling has the terms too, so a recipient who has it needs no other link.
        ~Exists(in_force.filter(purpose=Purpose.HANDLING)),
        release__in=releases,
        status__in=_WITH_ACCESS,
    ).exclude(email="")
    for entry in entries.select_related("release__series__producer").prefetch_related("links"):
        window = window_of(entry)
        purpose = window.due_purpose(now=now) if window else None
        if purpose is not None and purpose not in {link.purpose for link in links_in_force(entry)}:
            yield entry, purpose


def _make_link(entry: PreReleaseAccess, purpose: Purpose, *, now: datetime) -> bool:
    with transaction.atomic():
        release = lock_release(entry.release_id)
        # The entry, or the date of the release, may have changed since it was read.
        entry = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
        window = window_of(entry)
        if window is None or window.due_purpose(now=now) != purpose or release.status != Status.CONFIRMED:
            return False
        if entry.status not in _WITH_ACCESS or not entry.email:
            return False
        seed = new_salt()
        link = AccessLink(
            entry=entry,
            purpose=purpose,
            schedule_version=release.schedule_version,
            seed=seed,
            digest=digest_token(_sign(seed, key=settings.SECRET_KEY)),
            made_at=now,
        )
        return bool(AccessLink.objects.bulk_create([link], ignore_conflicts=True))


def links_in_force(entry: PreReleaseAccess) -> list[AccessLink]:
    """Return the links of an entry for the present date of its release that are not revoked."""
    version = entry.release.schedule_version
    return [link for link in entry.links.all() if link.schedule_version == version and link.revoked_at is None]


def links_to_send(*, now: datetime, since: datetime) -> Iterator[AccessLink]:
    """Yield the links that were made since an instant, are not sent yet, and work now.

    Once access has begun, a link for the terms is not sent any more, because the link for handling has the terms too.
    After access has ended, no link is sent: only a link that was sent before is of use, to report a disclosure.
    """
    links = AccessLink.objects.filter(
        sent_at__isnull=True, revoked_at__isnull=True, made_at__gt=since, entry__status__in=_WITH_ACCESS
    )
    related = ("entry__release__series__producer", "entry__release__series__responsible")
    for link in links.select_related(*related):
        window = window_of(link.entry)
        if window and is_link_open(link, now=now) and (link.purpose == Purpose.HANDLING or now < window.begins_at):
            yield link


def token_to_send(key: int, *, now: datetime) -> str:
    """Return the token of a link, by its key, at the moment of sending.

    :raises LinkUnusable: if the link or the access has ended since its message was written, or it is not open yet.
    """
    related = ("entry__release__series__producer",)
    link = AccessLink.objects.select_related(*related).filter(pk=key).first()
    if link is None or link.entry.status not in _WITH_ACCESS or not is_link_open(link, now=now):
        raise LinkUnusable(
            _("Not sent, because access has ended or changed, or the release was published, moved or cancelled.")
        )
    return token_of(link)


def record_send_time(key: int, *, at: datetime) -> None:
    AccessLink.objects.filter(pk=key, sent_at__isnull=True).update(sent_at=at)


def renew_links(entry: PreReleaseAccess, *, by: User, at: datetime) -> int:
    """Revoke the links of an entry, so that the recipient gets new ones; earlier answers still count.

    :raises NotYours: if the person may not edit the list.
    """
    with transaction.atomic():
        release = lock_release(entry.release_id)
        check_may(by, Action.KEEP_ACCESS_LIST, release.series.producer)
        revoked = AccessLink.objects.filter(
            entry=entry, schedule_version=release.schedule_version, revoked_at__isnull=True
        ).update(revoked_at=at)
        if revoked:
            record_event(release, "pre_release_links_revoked", at=at, by=by, **_facts_of(entry))
    return revoked


def answer_link(
    token: str,
    answer: Answer,
    *,
    at: datetime,
    what: Disclosure | None = None,
    happened_at: datetime | None = None,
) -> AccessReceipt | None:
    """Record the answer of the person who holds a link. The same answer again changes nothing.

    :param what: what is reported; only for Answer.DISCLOSURE.
    :param happened_at: when the disclosure happened, if the recipient knows.
    :return: the first such answer; None if the link does not work, or does not offer this answer.
    :raises AlreadyReported: if an earlier report of a disclosure says something else.
    """
    link = find_link(token, now=at)
    if link is None or answer not in ANSWERS[Purpose(link.purpose)]:
        return None
    with transaction.atomic():
        release = lock_release(link.entry.release_id)
        # The list or the release may have changed since the link was read without a lock.
        link = find_link(token, now=at)
        if link is None:
            return None
        if (earlier := link.receipts.filter(answer=answer).first()) is not None:
            if (earlier.what, earlier.happened_at) != (what or "", happened_at):
                raise AlreadyReported(
                    _(
                        "We did not record this report, because we already have one from you. Call the contact on this "
                        "page immediately."
                    )
                )
            return earlier
        terms = name_terms(release.series.order_nation) if answer is Answer.CONFIRMED else ""
        receipt = AccessReceipt.objects.create(
            link=link, answer=answer, terms=terms, what=what or "", happened_at=happened_at, at=at
        )
        _record(release, [receipt], at=at)
    return receipt


def _record(release: Release, receipts: Sequence[AccessReceipt], *, at: datetime) -> None:
    for receipt in receipts:
        link = receipt.link
        if (kind := _EVENTS.get(Answer(receipt.answer))) is not None:
            version, facts = link.schedule_version, _facts_of(link.entry)
            record_event(release, kind, at=at, link=link.purpose, schedule_version=version, **facts)
    record_rows({AccessReceipt: [receipt.pk for receipt in receipts]})


def _facts_of(entry: PreReleaseAccess) -> dict[str, str]:
    """Return the published facts of an entry, without the person."""
    return {"post": entry.post, "organisation": entry.organisation}


def record_silent(*, now: datetime) -> int:
    """Record as evidence that recipients gave no answer, and return the number of recorded rows.

    The time to confirm the terms ends when access begins, and the time for the receipt when the release is published.
    Only links that were sent and are not revoked count, for the present date of a release that is not cancelled. An
    answer to a revoked link still counts as an answer, unless the entry was given another person or period.
    """
    answered = AccessReceipt.objects.filter(
        link__entry=OuterRef("entry"), link__schedule_version=OuterRef("schedule_version"), link__is_void=False
    )
    waiting = AccessLink.objects.filter(
        Q(purpose=Purpose.TERMS) & ~Exists(answered.filter(answer__in=[Answer.CONFIRMED, Answer.NOT_NEEDED]))
        | Q(purpose=Purpose.HANDLING, entry__release__status=Status.PUBLISHED)
        & ~Exists(answered.filter(answer__in=[Answer.ACKNOWLEDGED, Answer.NOT_NEEDED])),
        ~Exists(answered.filter(link=OuterRef("pk"), answer=Answer.SILENT)),
        sent_at__isnull=False,
        revoked_at__isnull=True,
        schedule_version=F("entry__release__schedule_version"),
    )
    open_ones = waiting.exclude(entry__status=AccessStatus.WITHDRAWN).exclude(entry__release__status=Status.CANCELLED)
    by_release: dict[int, list[AccessLink]] = defaultdict(list)
    for link in open_ones.select_related("entry__release__series__producer"):
        window = window_of(link.entry)
        if link.purpose == Purpose.HANDLING or (window and now >= window.begins_at):
            by_release[link.entry.release_id].append(link)
    return sum(_record_silent_links(key, links, now=now) for key, links in by_release.items())


def _record_silent_links(release: int, links: Collection[AccessLink], *, now: datetime) -> int:
    with transaction.atomic():
        locked = lock_release(release)
        # Another process may have recorded some of them since they were read.
        done = set(AccessReceipt.objects.filter(link__in=links, answer=Answer.SILENT).values_list("link_id", flat=True))
        rows = [AccessReceipt(link=link, answer=Answer.SILENT, at=now) for link in links if link.pk not in done]
        for row in rows:
            row.save()
        if rows:
            _record(locked, rows, at=now)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One entry of a list with its status, and when the recipient was asked and answered for the present date.

    `by_phone` is the confirmation by phone that staff recorded, if it still counts.
    """

    entry: PreReleaseAccess
    status: ReceiptStatus
    window: Window | None
    made: dict[Purpose, AccessLink] = field(default_factory=dict)
    answered: dict[Answer, datetime] = field(default_factory=dict)
    by_phone: PhoneConfirmation | None = None

    @property
    def asked_at(self) -> datetime | None:
        """When the first message with a link in force was sent."""
        return min((link.sent_at for link in self.made.values() if link.sent_at), default=None)

    @property
    def is_unsent(self) -> bool:
        """Whether a link was made whose message is still to be sent."""
        return self.entry.status in _WITH_ACCESS and any(link.sent_at is None for link in self.made.values())


def recipients_of(release: Release, *, with_withdrawn: bool = False) -> dict[int, Recipient]:
    """Return the recipients on a release's list by the key of their entry, in a fixed number of queries.

    :param with_withdrawn: whether to return those whose access was withdrawn as well.
    """
    found = find_recipients([release.pk], with_withdrawn=with_withdrawn)
    return {recipient.entry.pk: recipient for recipient in found}


def find_recipients(releases: Collection[int], *, with_withdrawn: bool = False) -> list[Recipient]:
    """Find the recipients on the lists of releases, by key, in a fixed number of queries.

    :param with_withdrawn: whether to return those whose access was withdrawn as well.
    """
    of_date = {"entry__release__in": releases, "schedule_version": F("entry__release__schedule_version")}
    links = AccessLink.objects.filter(**of_date, is_void=False)
    of_entry: dict[int, list[AccessLink]] = defaultdict(list)
    for link in links.prefetch_related("receipts"):
        of_entry[link.entry_id].append(link)
    calls = PhoneConfirmation.objects.filter(**of_date).select_related("recorded_by").order_by("recorded_at", "pk")
    last_calls = {call.entry_id: call for call in calls}
    found = []
    entries = PreReleaseAccess.objects.filter(release__in=releases)
    if not with_withdrawn:
        entries = entries.filter(status__in=ON_THE_LIST)
    for entry in entries.select_related("release__series__producer"):
        answered: dict[Answer, datetime] = {}
        for receipt in sorted(
            (receipt for link in of_entry[entry.pk] for receipt in link.receipts.all()),
            key=lambda row: (row.at, row.pk),
        ):
            answered.setdefault(Answer(receipt.answer), receipt.at)
        made = {Purpose(link.purpose): link for link in of_entry[entry.pk] if link.revoked_at is None}
        call = last_calls.get(entry.pk)
        by_phone = call if call and call.is_confirmed else None
        status = find_receipt_status(
            has_address=bool(entry.email),
            asked=any(link.sent_at or entry.status in _WITH_ACCESS for link in of_entry[entry.pk]),
            answers=answered,
            by_phone=by_phone is not None,
        )
        found.append(Recipient(entry, status, window_of(entry), made, answered, by_phone))
    return found


def may_confirm_by_phone(recipient: Recipient, *, now: datetime) -> bool:
    """Return whether staff can record a call: from when recipients are asked until the release is due."""
    release, window = recipient.entry.release, recipient.window
    return (
        asks_recipients(release)
        and release.status == Status.CONFIRMED
        and window is not None
        and recipient.status in UNCONFIRMED
        and window.asked_at <= now < window.due_at
    )


def record_phone_confirmation(entry: PreReleaseAccess, *, by: User, at: datetime) -> PhoneConfirmation:
    """Record that a recipient confirmed the terms by phone, as the statement of the person who records it.

    :raises NotYours: if the person may not edit the list.
    :raises MoveRefused: if no call can be recorded now, for example because the recipient has confirmed meanwhile.
    """
    with transaction.atomic():
        recipient = _lock_recipient(entry, by=by)
        if recipient is not None and recipient.by_phone is not None:
            return recipient.by_phone  # a second click, or a second person
        if recipient is None or not may_confirm_by_phone(recipient, now=at):
            raise MoveRefused(
                _(
                    "You can record a confirmation by phone from 5 working days before the access begins until the "
                    "release is due, for a person who has not confirmed yet."
                )
            )
        terms = name_terms(recipient.entry.release.series.order_nation)
        return _record_call(recipient.entry, terms=terms, by=by, at=at)


def take_back_phone_confirmation(entry: PreReleaseAccess, *, by: User, at: datetime) -> PhoneConfirmation | None:
    """Record that a confirmation by phone was a mistake, or belongs to another person or period.

    :return: None if there is none that counts.
    :raises NotYours: if the person may not edit the list.
    """
    with transaction.atomic():
        recipient = _lock_recipient(entry, by=by)
        if recipient is None or recipient.by_phone is None:
            return None
        return _record_call(recipient.entry, terms="", by=by, at=at)


def _lock_recipient(entry: PreReleaseAccess, *, by: User) -> Recipient | None:
    release = lock_release(entry.release_id)
    check_may(by, Action.KEEP_ACCESS_LIST, release.series.producer)
    return recipients_of(release).get(entry.pk)


def _record_call(entry: PreReleaseAccess, *, terms: str, by: User, at: datetime) -> PhoneConfirmation:
    row = PhoneConfirmation.objects.create(
        entry=entry, schedule_version=entry.release.schedule_version, terms=terms, recorded_by=by, recorded_at=at
    )
    kind = "pre_release_confirmed_by_phone" if terms else "pre_release_phone_call_taken_back"
    record_event(entry.release, kind, at=at, by=by, schedule_version=row.schedule_version, **_facts_of(entry))
    record_rows({PhoneConfirmation: [row.pk]})
    return row


def asks_recipients(release: Release) -> bool:
    """Return whether the recipients of a release are asked: its producer asks them, and it is not a rehearsal."""
    return release.series.producer.asks_recipients and not release.rehearsal


def set_recipient_requests(producer: Producer, *, asks: bool, by: User) -> bool:
    """Turn the requests to recipients on or off for a producer, with a row of its history.

    :return: whether that changed anything.
    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.ASK_RECIPIENTS, producer)
    if producer.asks_recipients == asks:
        return False
    producer.asks_recipients = asks
    producer._history_user = by  # type: ignore[attr-defined]  # django-simple-history's way
    producer.save(update_fields=["asks_recipients"])
    return True


def confirmation_of(release: Release) -> ListConfirmation | None:
    """Return the last confirmation of the list for the present date of a release; None if the list changed since."""
    return find_confirmations([release.pk]).get(release.pk)


def find_confirmations(releases: Collection[int]) -> dict[int, ListConfirmation]:
    """Find the confirmations of lists of releases, as `confirmation_of` does, by the key of the release."""
    changed = ReleaseEvent.objects.filter(
        release=OuterRef("release"), kind__in=_LIST_CHANGES, at__gt=OuterRef("confirmed_at")
    )
    confirmations = ListConfirmation.objects.filter(
        ~Exists(changed), release__in=releases, schedule_version=F("release__schedule_version")
    )
    in_order = confirmations.select_related("confirmed_by").order_by("confirmed_at", "pk")
    return {confirmation.release_id: confirmation for confirmation in in_order}


def confirmation_due_at(release: Release) -> datetime | None:
    """Return when the owner of a list is asked whether it is right; None if they are not asked."""
    if release.due_at is None or not asks_recipients(release):
        return None
    return list_asked_at(release.due_at, nation=release.series.order_nation)


def terms_asked_from(release: Release) -> datetime | None:
    """Return when the first person on a list is asked to confirm the terms; None if no one has an email address."""
    entries = release.pre_release_access.filter(status__in=_WITH_ACCESS).exclude(email="")
    windows = map(window_of, entries.select_related("release__series__producer"))
    return min((window.asked_at for window in windows if window), default=None)


def lists_to_confirm(*, now: datetime) -> Iterator[Release]:
    """Yield the releases whose lists are not empty, and whose owners are to be asked now to confirm them.

    If a list changed after it was confirmed, its owner is not asked again, because a person who may edit the list made
    the change.
    """
    with_posts = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    for release in _asking(now=now).filter(pk__in=with_posts):
        asked_at = confirmation_due_at(release)
        confirmed = release.list_confirmations.filter(schedule_version=release.schedule_version)
        if asked_at is not None and now >= asked_at and not confirmed.exists():
            yield release


@dataclass(frozen=True, slots=True)
class ListTask:
    """What is left to do about one pre-release access list before the release.

    `is_unconfirmed`: no one has confirmed that the list is right. `to_call` are the recipients near the beginning of
    their access, or after it, who have not confirmed the terms. `read_at` is when the task was read.
    """

    release: Release
    is_unconfirmed: bool
    to_call: tuple[Recipient, ...]
    read_at: datetime

    @property
    def begins_at(self) -> datetime | None:
        """When the first of the recipients to call has access."""
        return min((one.window.begins_at for one in self.to_call if one.window), default=None)

    @property
    def has_begun(self) -> bool:
        """Whether the first of the recipients to call already has access."""
        return self.begins_at is not None and self.begins_at <= self.read_at


def find_list_tasks(person: Person, *, now: datetime) -> list[ListTask]:
    """Find the lists that a person edits with something left to do, the next release first."""
    own = producers_where(person, Action.KEEP_ACCESS_LIST)
    with_posts = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    releases = list(_asking(now=now).filter(series__producer__in=own, pk__in=with_posts).order_by("due_at", "pk"))
    if not releases:
        return []
    to_call: dict[int, list[Recipient]] = defaultdict(list)
    for recipient in find_recipients([release.pk for release in releases]):
        if recipient.status in UNCONFIRMED and recipient.window and recipient.window.are_calls_due(now=now):
            to_call[recipient.entry.release_id].append(recipient)
    to_confirm = {release.pk for release in releases if may_confirm_list(release, now=now)}
    unconfirmed = to_confirm - find_confirmations(to_confirm).keys()
    return [
        ListTask(release, release.pk in unconfirmed, tuple(to_call[release.pk]), now)
        for release in releases
        if release.pk in unconfirmed or to_call[release.pk]
    ]


def may_confirm_list(release: Release, *, now: datetime) -> bool:
    """Return whether the list can be confirmed: from ten working days before the release until it is due."""
    asked_at, due_at = confirmation_due_at(release), release.due_at
    return (
        release.status == Status.CONFIRMED and asked_at is not None and due_at is not None and asked_at <= now < due_at
    )


def digest_list(release: Release, entries: Iterable[PreReleaseAccess]) -> str:
    """Digest a list as a person reads it: its entries with their versions and times, and the version of the date.

    :param entries: all entries of the release; withdrawn ones do not count.
    """
    on_list = sorted((entry for entry in entries if entry.status in ON_THE_LIST), key=lambda entry: entry.pk)
    return digest_json([release.schedule_version, [[entry.pk, entry.version, entry.begins_at] for entry in on_list]])


def confirm_list(release: Release, *, seen: str, by: User, at: datetime) -> ListConfirmation:
    """Record that a person who edits the list confirms that it is right.

    :param seen: the digest of the list that the person read.
    :raises NotYours: if the person may not edit the list.
    :raises ChangedMeanwhile: if the list has changed since the person read it.
    :raises MoveRefused: if it is too early, or the release is published, cancelled or due.
    """
    with transaction.atomic():
        release = lock_release(release.pk)
        check_may(by, Action.KEEP_ACCESS_LIST, release.series.producer)
        if not may_confirm_list(release, now=at):
            raise MoveRefused(_("You can confirm the list from ten working days before the release until it is due."))
        entries = release.pre_release_access.filter(status__in=ON_THE_LIST)
        if digest_list(release, entries) != seen:
            raise ChangedMeanwhile(_("Another person changed the list. Check it before you try again."))
        if (last := confirmation_of(release)) is not None:
            return last  # a second click, or a second person
        posts = len(entries)
        row = ListConfirmation.objects.create(
            release=release,
            schedule_version=release.schedule_version,
            posts=posts,
            confirmed_by=by,
            confirmed_at=at,
        )
        record_event(release, "pre_release_list_confirmed", at=at, by=by, posts=posts)
        record_rows({ListConfirmation: [row.pk]})
    return row


def disclosures() -> QuerySet[AccessReceipt]:
    """Return the reported disclosures, oldest first, with their releases."""
    found = AccessReceipt.objects.filter(answer=Answer.DISCLOSURE)
    related = found.select_related(
        "link__entry__release__series__producer",
        "link__entry__release__series__responsible",
        "link__entry__release__series__head_of_profession",
    )
    return related.order_by("at", "pk")

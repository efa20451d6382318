"""Handling receipts for pre-release access: one-person links, recipients' answers and confirmed lists.

Recipients have no accounts. A person who has a link can only use it to answer. Links and answers are valid for one date
of a release. If the date changes, recipients are asked again.
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
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

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

# How far ahead releases are read. Recipients are asked DAYS_FOR_TERMS working days before their access begins, and the
# access begins at most LONGEST working days before the release. The factor of 2 allows for weekends and holidays.
_HORIZON = timedelta(days=2 * (DAYS_FOR_TERMS + LONGEST[Unit.WORKING_DAYS]))
_WITH_ACCESS = (AccessStatus.GRANTED, AccessStatus.BEGUN)
# After one of these events, an earlier confirmation of the list no longer counts, even if only the name of a post was
# corrected.
_LIST_CHANGES = ("pre_release_granted", "pre_release_changed", "pre_release_withdrawn")
_LIST_CONFIRMED = "pre_release_list_confirmed"
# Maps each answer to the event that is recorded for the release. A reported disclosure is recorded as an event of its
# breach report and not of the release, because few people may know of the disclosure.
_EVENTS = {
    Answer.CONFIRMED: "pre_release_terms_confirmed",
    Answer.ACKNOWLEDGED: "pre_release_received",
    Answer.NOT_NEEDED: "pre_release_not_needed",
    Answer.SILENT: "pre_release_no_answer",
}


NO_NEW_LINK = lazy(
    "You cannot send a new link, because this person answered that they no longer need access. If this was a mistake, "
    "withdraw the access and add the person again."
)


class LinkUnusable(Exception):
    """A link must not be sent, because the link or the access is not valid, or the token cannot be computed."""


class AlreadyReported(Exception):
    """A different disclosure was already reported with this link. The new report is not stored."""


def token_of(link: AccessLink) -> str:
    """Compute the token of a link from its seed, because tokens are not stored.

    :raises LinkUnusable: if none of the secret keys in the settings gives a token that matches the stored digest.
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


def _not_needed(entry: OuterRef | PreReleaseAccess, version: OuterRef | int) -> QuerySet[AccessReceipt]:
    """Return the answers that the access of an entry is no longer needed. An answer to a revoked link counts too."""
    return AccessReceipt.objects.filter(
        answer=Answer.NOT_NEEDED, link__entry=entry, link__schedule_version=version, link__is_void=False
    )


def window_of(entry: PreReleaseAccess) -> Window | None:
    """Return the access times of an entry, or None if the release has no exact date.

    :param entry: should be read with `select_related` for its release, series and producer.
    """
    begins_at, due_at = entry.begins_at, entry.release.due_at
    if begins_at is None or due_at is None:
        return None
    return Window(begins_at, due_at, entry.release.series.order_nation)


def is_link_open(link: AccessLink, *, now: datetime) -> bool:
    """Return whether a link works at `now`.

    If a process with a wrong clock makes a link too early, the link still does not work before the right time.
    """
    release, window = link.entry.release, window_of(link.entry)
    if window is None or link.revoked_at is not None or link.schedule_version != release.schedule_version:
        return False
    purpose, access = Purpose(link.purpose), link.entry.status
    return window.is_link_open(purpose, status=release.status, access=access, now=now)


def find_link(token: str, *, now: datetime) -> AccessLink | None:
    """Return the link that a token belongs to, or None if there is no link or it does not work now."""
    links = AccessLink.objects.select_related("entry__release__series__producer", "entry__release__series__responsible")
    found = links.filter(digest=digest_token(token)).first()
    return found if found and is_link_open(found, now=now) else None


def _asking(*, now: datetime) -> QuerySet[Release]:
    """Return the releases from `_to_come` for which the producer has turned on requests to recipients."""
    return _to_come(now=now).filter(series__producer__asks_recipients=True)


def _to_come(*, now: datetime) -> QuerySet[Release]:
    """Return the releases whose recipients can be asked.

    These are the announced and confirmed releases that are due within `_HORIZON`. Rehearsals are left out, because we
    do not write to people outside the office about rehearsals.
    """
    to_come = Release.objects.public().filter(status=Status.CONFIRMED, due_at__gt=now, due_at__lte=now + _HORIZON)
    return to_come.select_related("series__producer", "series__responsible")


def make_due_links(*, now: datetime) -> int:
    """Create the links that are due and do not exist yet, and return the number of new links.

    Repeated or simultaneous runs do not create duplicate links.
    """
    return sum(_make_link(entry, purpose, now=now) for entry, purpose in _find_due_links(_asking(now=now), now=now))


@dataclass(frozen=True, slots=True)
class DueRequests:
    """The number of emails to recipients that are due now.

    `begun` counts only the emails to recipients whose access has already begun.
    """

    emails: int
    begun: int


def count_due_requests(producer: Producer, *, now: datetime) -> DueRequests:
    """Count the emails that are due to a producer's recipients, even if the producer does not ask recipients yet."""
    of_producer = _to_come(now=now).filter(series__producer=producer)
    purposes = [purpose for _entry, purpose in _find_due_links(of_producer, now=now)]
    return DueRequests(len(purposes), purposes.count(Purpose.HANDLING))


def _find_due_links(releases: QuerySet[Release], *, now: datetime) -> Iterator[tuple[PreReleaseAccess, Purpose]]:
    """Yield an (entry, purpose) pair for each link that is due now and does not exist yet."""
    in_force = AccessLink.objects.filter(
        entry=OuterRef("pk"), schedule_version=OuterRef("release__schedule_version"), revoked_at__isnull=True
    )
    entries = PreReleaseAccess.objects.filter(
        # A handling link also asks the recipient to confirm the terms, so a recipient who has one needs no other link.
        ~Exists(in_force.filter(purpose=Purpose.HANDLING)),
        ~Exists(_not_needed(OuterRef("pk"), OuterRef("release__schedule_version"))),
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
        # The entry, its answers or the release date may have changed since they were read without a lock.
        entry = PreReleaseAccess.objects.select_related("release__series__producer").get(pk=entry.pk)
        window = window_of(entry)
        if window is None or window.due_purpose(now=now) != purpose or release.status != Status.CONFIRMED:
            return False
        if entry.status not in _WITH_ACCESS or not entry.email:
            return False
        if _not_needed(entry, release.schedule_version).exists():
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
    """Return the links of an entry that belong to the current release date and are not revoked."""
    version = entry.release.schedule_version
    return [link for link in entry.links.all() if link.schedule_version == version and link.revoked_at is None]


def links_to_send(*, now: datetime, since: datetime) -> Iterator[AccessLink]:
    """Yield the links that were made after `since`, have not been sent yet, and work now.

    Once access has begun, only handling links are sent, because a handling link also asks the recipient to confirm the
    terms. After access has ended, no link is sent. Recipients who already have a link can still use it to report a
    disclosure. The same is true for recipients who answered that they no longer need access.
    """
    links = AccessLink.objects.filter(
        ~Exists(_not_needed(OuterRef("entry"), OuterRef("schedule_version"))),
        sent_at__isnull=True,
        revoked_at__isnull=True,
        made_at__gt=since,
        entry__status__in=_WITH_ACCESS,
        entry__release__series__producer__asks_recipients=True,
    )
    related = ("entry__release__series__producer", "entry__release__series__responsible")
    for link in links.select_related(*related):
        window = window_of(link.entry)
        if window and is_link_open(link, now=now) and (link.purpose == Purpose.HANDLING or now < window.begins_at):
            yield link


def token_to_send(key: int, *, now: datetime) -> str:
    """Return the token of the link with this primary key, just before the link is sent.

    :raises LinkUnusable: if the link or the access has ended since the message was written, if the link does not work
        yet, if the recipient answered that they no longer need access, or if the producer no longer asks recipients.
    """
    related = ("entry__release__series__producer",)
    link = AccessLink.objects.select_related(*related).filter(pk=key).first()
    if link is None or link.entry.status not in _WITH_ACCESS or not is_link_open(link, now=now):
        raise LinkUnusable(
            _("Not sent, because access has ended or changed, or the release was published, moved or cancelled.")
        )
    if _not_needed(link.entry, link.schedule_version).exists():
        raise LinkUnusable(_("Not sent, because the person answered that they no longer need access."))
    if not asks_recipients(link.entry.release):
        raise LinkUnusable(_("Not sent, because requests to recipients were turned off."))
    return token_of(link)


def record_send_time(key: int, *, at: datetime) -> None:
    AccessLink.objects.filter(pk=key, sent_at__isnull=True).update(sent_at=at)


def renew_links(entry: PreReleaseAccess, *, by: User, at: datetime) -> int:
    """Revoke the links of an entry, so that the recipient gets new links. Earlier answers still count.

    :raises NotYours: if the person may not edit the list.
    :raises MoveRefused: if the recipient answered that they no longer need access, because they get no new links.
    """
    with transaction.atomic():
        release = lock_release(entry.release_id)
        check_may(by, Action.KEEP_ACCESS_LIST, release.series.producer)
        if _not_needed(entry, release.schedule_version).exists():
            raise MoveRefused(NO_NEW_LINK)
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
    """Record the answer of the person who has a link. Repeating an answer changes nothing.

    :param what: the kind of disclosure; only for Answer.DISCLOSURE.
    :param happened_at: when the disclosure happened, if the recipient knows.
    :return: the stored answer, or None if the link does not work or does not accept this answer.
    :raises AlreadyReported: if a different disclosure was already reported with this link.
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
    """Return the published facts about an entry, which do not include the name of the person."""
    return {"post": entry.post, "organisation": entry.organisation}


def record_silent(*, now: datetime) -> int:
    """Record as evidence which recipients gave no answer, and return the number of new rows.

    The time to confirm the terms ends when access begins, and the time to acknowledge receipt ends when the release is
    published. A missing answer is recorded only for links that were sent, are not revoked, and belong to the current
    release date. Cancelled releases and withdrawn entries are skipped.

    An answer to a revoked link still counts, unless the entry has since been given another person or period.
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
        # Another process may have recorded some of these links since they were read.
        done = set(AccessReceipt.objects.filter(link__in=links, answer=Answer.SILENT).values_list("link_id", flat=True))
        rows = [AccessReceipt(link=link, answer=Answer.SILENT, at=now) for link in links if link.pk not in done]
        for row in rows:
            row.save()
        if rows:
            _record(locked, rows, at=now)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Recipient:
    """An entry of a pre-release access list, with the recipient's status and answers for the current release date.

    `made` contains the links that are in force, keyed by purpose. `answered` maps each answer (also `SILENT`) to the
    time when it was first recorded. `by_phone` is the confirmation by phone that staff recorded, or None if there is
    none or it was taken back.
    """

    entry: PreReleaseAccess
    status: ReceiptStatus
    window: Window | None
    made: dict[Purpose, AccessLink] = field(default_factory=dict)
    answered: dict[Answer, datetime] = field(default_factory=dict)
    by_phone: PhoneConfirmation | None = None

    @property
    def asked_at(self) -> datetime | None:
        """The earliest time at which one of the links in force was sent, or None."""
        return min((link.sent_at for link in self.made.values() if link.sent_at), default=None)

    @property
    def may_get_links(self) -> bool:
        return Answer.NOT_NEEDED not in self.answered

    @property
    def is_unsent(self) -> bool:
        """Whether a link was made and is still to be sent."""
        has_access = self.entry.status in _WITH_ACCESS
        return has_access and self.may_get_links and any(link.sent_at is None for link in self.made.values())


def recipients_of(release: Release, *, with_withdrawn: bool = False) -> dict[int, Recipient]:
    """Return a dict that maps the keys of entries on a release's list to their recipients.

    The number of queries does not depend on the length of the list.

    :param with_withdrawn: whether to include recipients whose access was withdrawn.
    """
    found = find_recipients([release.pk], with_withdrawn=with_withdrawn)
    return {recipient.entry.pk: recipient for recipient in found}


def find_recipients(releases: Collection[int], *, with_withdrawn: bool = False) -> list[Recipient]:
    """Return the recipients on the lists of several releases.

    The number of queries does not depend on the number of releases.

    :param releases: the keys of the releases.
    :param with_withdrawn: whether to include recipients whose access was withdrawn.
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
    """Return whether staff can now record that a recipient confirmed the terms by phone.

    They can do this from the time when the recipient is asked until the release is due, if the recipient has not
    confirmed yet.
    """
    release, window = recipient.entry.release, recipient.window
    return (
        asks_recipients(release)
        and release.status == Status.CONFIRMED
        and window is not None
        and recipient.status in UNCONFIRMED
        and window.asked_at <= now < window.due_at
    )


def record_phone_confirmation(entry: PreReleaseAccess, *, by: User, at: datetime) -> PhoneConfirmation:
    """Record a staff member's statement that a recipient confirmed the terms by phone.

    :raises NotYours: if the person may not edit the list.
    :raises MoveRefused: if no call can be recorded now, for example because the recipient has already confirmed.
    """
    with transaction.atomic():
        recipient = _lock_recipient(entry, by=by)
        if recipient is not None and recipient.by_phone is not None:
            return recipient.by_phone  # already recorded, by this person or another
        if recipient is None or not may_confirm_by_phone(recipient, now=at):
            raise MoveRefused(
                _(
                    "You can only record a confirmation by phone if the person has not confirmed yet. You can do so "
                    "from 5 working days before the access begins until the release is due."
                )
            )
        terms = name_terms(recipient.entry.release.series.order_nation)
        return _record_call(recipient.entry, terms=terms, by=by, at=at)


def take_back_phone_confirmation(entry: PreReleaseAccess, *, by: User, at: datetime) -> PhoneConfirmation | None:
    """Record that a confirmation by phone was a mistake, or belongs to another person or period.

    :return: None if there is no confirmation by phone to take back.
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
    """Return True if the producer has turned on requests to recipients, and the release is not a rehearsal."""
    return release.series.producer.asks_recipients and not release.rehearsal


def set_recipient_requests(producer: Producer, *, asks: bool, by: User) -> bool:
    """Turn requests to recipients on or off for a producer, and record this in the producer's history.

    :return: whether the setting has changed.
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
    """Return the last valid confirmation of a release's list, or None.

    A confirmation is no longer valid if the list or the release date has changed since.
    """
    return find_confirmations([release.pk]).get(release.pk)


def find_confirmations(releases: Collection[int]) -> dict[int, ListConfirmation]:
    """Return a dict that maps the keys of releases to the last valid confirmations of their lists.

    The order of confirmations and changes is that of their events. Their times are not compared, because the time of a
    change may have been read before another transaction confirmed the list.
    """
    of_release = ReleaseEvent.objects.filter(release=OuterRef("release"))
    confirmed = of_release.filter(kind=_LIST_CONFIRMED).order_by("-position").values("position")[:1]
    changed = of_release.filter(kind__in=_LIST_CHANGES, position__gt=Subquery(confirmed))
    confirmations = ListConfirmation.objects.filter(
        ~Exists(changed), release__in=releases, schedule_version=F("release__schedule_version")
    )
    in_order = confirmations.select_related("confirmed_by").order_by("pk")
    return {confirmation.release_id: confirmation for confirmation in in_order}


def confirmation_due_at(release: Release) -> datetime | None:
    """Return when the owner of a list is asked to confirm that the list is right, or None if the owner is not asked."""
    if release.due_at is None or not asks_recipients(release):
        return None
    return list_asked_at(release.due_at, nation=release.series.order_nation)


def terms_asked_from(release: Release) -> datetime | None:
    """Return when the first person on a list is asked to confirm the terms.

    Return None if no one on the list has an email address.
    """
    entries = release.pre_release_access.filter(status__in=_WITH_ACCESS).exclude(email="")
    windows = map(window_of, entries.select_related("release__series__producer"))
    return min((window.asked_at for window in windows if window), default=None)


def lists_to_confirm(*, now: datetime) -> Iterator[Release]:
    """Yield the releases for which the owner of the list must now be asked to confirm the list.

    Releases with an empty list are skipped. If a list changed after it was confirmed, the owner is not asked again,
    because the change was made by a person who may edit the list.
    """
    with_posts = PreReleaseAccess.objects.filter(status__in=ON_THE_LIST).values("release")
    for release in _asking(now=now).filter(pk__in=with_posts):
        asked_at = confirmation_due_at(release)
        confirmed = release.list_confirmations.filter(schedule_version=release.schedule_version)
        if asked_at is not None and now >= asked_at and not confirmed.exists():
            yield release


@dataclass(frozen=True, slots=True)
class ListTask:
    """The open tasks for one pre-release access list before the release.

    `is_unconfirmed` is True if no one has confirmed that the list is right. `to_call` contains the recipients who have
    not confirmed the terms, although their access begins soon or has already begun. `read_at` is when the tasks were
    read.
    """

    release: Release
    is_unconfirmed: bool
    to_call: tuple[Recipient, ...]
    read_at: datetime

    @property
    def begins_at(self) -> datetime | None:
        """When access begins for the first recipient in `to_call`."""
        return min((one.window.begins_at for one in self.to_call if one.window), default=None)

    @property
    def has_begun(self) -> bool:
        """Whether access has already begun for at least one recipient in `to_call`."""
        return self.begins_at is not None and self.begins_at <= self.read_at


def find_list_tasks(person: Person, *, now: datetime) -> list[ListTask]:
    """Return the open tasks for the pre-release access lists that a person may edit, next release first."""
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
    """Return whether the list of a release can be confirmed now.

    A list can be confirmed from ten working days before the release until the release is due.
    """
    asked_at, due_at = confirmation_due_at(release), release.due_at
    return (
        release.status == Status.CONFIRMED and asked_at is not None and due_at is not None and asked_at <= now < due_at
    )


def digest_list(release: Release, entries: Iterable[PreReleaseAccess]) -> str:
    """Return a digest that changes if the list or the release date changes.

    The digest covers the version of the release date, and the key, version and start time of each entry.

    :param entries: all entries of the release. Withdrawn entries are ignored.
    """
    on_list = sorted((entry for entry in entries if entry.status in ON_THE_LIST), key=lambda entry: entry.pk)
    return digest_json([release.schedule_version, [[entry.pk, entry.version, entry.begins_at] for entry in on_list]])


def confirm_list(release: Release, *, seen: str, by: User, at: datetime) -> ListConfirmation:
    """Record a person's confirmation that the pre-release access list of a release is right.

    :param seen: the digest of the list that the person read.
    :raises NotYours: if the person may not edit the list.
    :raises ChangedMeanwhile: if the list has changed since the person read it.
    :raises MoveRefused: if it is too early, or the release is published, cancelled or already due.
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
            return last  # already confirmed, by this person or another
        posts = len(entries)
        row = ListConfirmation.objects.create(
            release=release,
            schedule_version=release.schedule_version,
            posts=posts,
            confirmed_by=by,
            confirmed_at=at,
        )
        record_event(release, _LIST_CONFIRMED, at=at, by=by, posts=posts)
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

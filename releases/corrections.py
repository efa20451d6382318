"""Corrections of releases, addresses, public reasons and OSR agreements, and the removal of releases."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from releases import scheduling
from releases.evidence import repository
from releases.models import (
    Address,
    AgreementCorrection,
    Contact,
    DateChange,
    Departure,
    ReasonCorrection,
    Release,
    Series,
)
from releases.models.event import lock_release, lock_release_rows, record_event, record_rows
from releases.permissions import Action, User, check_may
from releases.rules import calendar
from releases.rules.canonical import digest_json
from releases.rules.departure import DepartureKind, Grounds, check_complete_agreement
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused
from releases.scheduling import PlannedAddress


class ReasonRefused(FieldRefused):
    """The correction of a public reason cannot be accepted. `field` names the invalid field."""


class NothingPublic(MoveRefused):
    """The date change has no public reason."""


class NoAgreement(MoveRefused):
    """The exception is not based on an agreement of OSR."""


def current_reason(change: DateChange) -> str:
    last = change.last_correction
    return last.public_reason if last else change.public_reason


def check_correctable(change: DateChange, *, by: User) -> None:
    """Check that a person may correct the public reason for a date change.

    :raises NotYours: if the person's roles do not allow them to correct public reasons.
    :raises NothingPublic: if the date change has no public reason.
    """
    check_may(by, Action.CORRECT_REASON, change.release.series.producer)
    # A release at once may be announced only after its change of date. Its reason is public all the same.
    at_once = change.release.departures.filter(kind=DepartureKind.AT_ONCE, schedule_version=change.schedule_version)
    if not change.public_reason or (change.announced_at is None and not at_once.exists()):
        raise NothingPublic(_("This date change has no public reason to correct."))


def correct_public_reason(change: DateChange, *, reason: str, by: User, at: datetime, seen: int) -> ReasonCorrection:
    """Correct the public reason for a date change.

    The Head of Profession or deputy who makes the correction also agrees to it.

    :param seen: the number of corrections that the reason had when the person read it.
    :raises NotYours: if the person's roles do not allow them to correct public reasons.
    :raises NothingPublic: if the date change has no public reason.
    :raises ReasonRefused: if the new reason is empty or the same as the current reason.
    :raises ChangedMeanwhile: if another person corrected the reason after this person read it.
    """
    check_correctable(change, by=by)
    if not reason.strip():
        raise ReasonRefused("reason", _("Enter the public reason."))
    with transaction.atomic():
        release = lock_release(change.release_id)
        stored = DateChange.objects.get(pk=change.pk)
        number = stored.corrections.count() + 1
        _check_seen(seen, number=number)
        if reason.strip() == current_reason(stored):
            raise ReasonRefused("reason", _("Enter a different reason. This is the current one."))
        correction = ReasonCorrection.objects.create(
            change=stored, number=number, public_reason=reason.strip(), agreed_by=by, agreed_at=at
        )
        facts = {"schedule_version": stored.schedule_version, "number": number}
        record_event(release, "reason_corrected", at=at, by=by, words=correction.public_reason, **facts)
    return correction


def correct_agreement(
    departure: Departure, *, reference: str, agreed_on: date | None, by: User, at: datetime, seen: int
) -> AgreementCorrection:
    """Correct the reference or the date of OSR's agreement to an exception. The release date and time do not change.

    The original values and all corrections stay on record.

    :param seen: the number of corrections that the agreement had when the person read it.
    :raises NotYours: if the person may not edit releases of the producer.
    :raises NoAgreement: if the exception is not based on an agreement of OSR.
    :raises FieldRefused: if a value is missing, the date of the agreement is in the future, or nothing would change.
    :raises ChangedMeanwhile: if another person corrected the agreement after this person read it.
    """
    check_may(by, Action.EDIT, departure.release.series.producer)
    if departure.kind != DepartureKind.OSR_AGREEMENT:
        raise NoAgreement(_("This exception has no OSR agreement to correct."))
    new = Grounds(reference.strip(), agreed_on)
    check_complete_agreement(new, today=calendar.local_date(at))
    assert new.osr_agreed_on is not None  # noqa: S101  # the check above refuses it
    with transaction.atomic():
        release = lock_release(departure.release_id)
        stored = Departure.objects.prefetch_related("corrections").get(pk=departure.pk)
        number, was = stored.corrections.count() + 1, stored.agreement
        _check_seen(seen, number=number)
        if new == was:
            raise FieldRefused("osr_reference", _("Enter a different reference or date. These are already recorded."))
        correction = AgreementCorrection.objects.create(
            departure=stored,
            number=number,
            osr_reference=new.osr_reference,
            osr_agreed_on=new.osr_agreed_on,
            corrected_by=by,
            corrected_at=at,
        )
        changed: dict[str, Any] = {}
        if new.osr_reference != was.osr_reference:
            changed["osr_reference"] = [was.osr_reference, new.osr_reference]
        if was.osr_agreed_on is not None and new.osr_agreed_on != was.osr_agreed_on:
            changed["osr_agreed_on"] = [was.osr_agreed_on.isoformat(), new.osr_agreed_on.isoformat()]
        facts: dict[str, Any] = {"schedule_version": stored.schedule_version, "number": number, "changed": changed}
        record_event(release, "agreement_corrected", at=at, by=by, **facts)
        record_rows({AgreementCorrection: [correction.pk]})
    return correction


def _check_seen(seen: int, *, number: int) -> None:
    """Check that no one has made a correction since the person read the page.

    :param seen: the number of corrections when the person read the page.
    :param number: the number of the next correction.
    """
    if seen != number - 1:
        sentence = _(
            "We did not save your changes, because another person changed this release. "
            "Check the release before you try again."
        )
        raise ChangedMeanwhile(sentence)


class CorrectionRefused(MoveRefused):
    """The release or one of its addresses can no longer be corrected. The message can be shown to people."""


def digest_details(release: Release) -> str:
    """Return a digest of the details that people correct together: the names, the screenshots and the addresses.

    The digest also covers the status, because the reason for a change of date is published only if it is confirmed.
    """
    addresses = release.addresses.order_by("pk").values_list("pk", *scheduling.ADDRESS_COLUMNS)
    names = [release.title, release.welsh_title, release.reference]
    return digest_json([*names, release.status, release.screenshots, list(addresses)])


def check_details(release: Release, *, seen: str) -> None:
    """Lock a release until the end of the transaction, and check that its details are those that a person read.

    :param seen: the digest of the details that the person read.
    :raises ChangedMeanwhile: if the details have changed.
    """
    if digest_details(lock_release(release.pk)) != seen:
        sentence = _(
            "We did not save your changes, because this release has changed since you opened the page. "
            "Copy what you typed, then open the release again and make your changes there."
        )
        raise ChangedMeanwhile(sentence)


def correct_release(
    release: Release, *, title: str, reference: str, by: User | None, at: datetime, welsh_title: str | None = None
) -> Release:
    """Correct the title, the reference and the Welsh title of a release.

    If `welsh_title` is None, the Welsh title does not change.

    :raises CorrectionRefused: if the release is public and its reference would change.
    :raises BeingJudged: if the release is due and has no final verdict yet, and a title would change.
    :raises NotYours: if the person may not edit releases of its producer.
    """
    _check_person(release, by)
    stored = Release.objects.get(pk=release.pk)
    new = {"title": title, "reference": reference}
    if welsh_title is not None:
        new["welsh_title"] = welsh_title
    changed = {name: [getattr(stored, name), value] for name, value in new.items() if getattr(stored, name) != value}
    if "reference" in changed and stored.announced_at is not None:
        sentence = _("You cannot change the reference %(reference)s, because it is part of a public web address.")
        raise CorrectionRefused(sentence % {"reference": stored.reference})
    if {"title", "welsh_title"} & changed.keys():
        scheduling.refuse_names_during_judgement(Release.objects.filter(pk=release.pk), at=at)
    if changed:
        with transaction.atomic():
            for name in changed:
                setattr(stored, name, new[name])
            stored.save(update_fields=list(changed))
            record_event(stored, "corrected", at=at, by=by, changed=changed)
            record_rows({Release: [stored.pk]})
    return stored


def choose_screenshots(release: Release, *, wanted: bool, by: User, at: datetime) -> None:
    """Set whether screenshots of a release are taken. If its series takes screenshots, this setting has no effect.

    :raises NotYours: if the person may not edit releases of its producer.
    """
    check_may(by, Action.EDIT, release.series.producer)
    with transaction.atomic():
        stored = lock_release(release.pk)
        if stored.screenshots != wanted:
            stored.screenshots = wanted
            stored.save(update_fields=["screenshots"])
            record_event(stored, "corrected", at=at, by=by, changed={"screenshots": [not wanted, wanted]})


def name_people(
    series: Series, *, responsible: Contact | None = None, head_of_profession: Contact | None = None, by: User
) -> None:
    """Set the contact and the Head of Profession of a series, if the series does not have them yet.

    :raises NotYours: if the person may not edit series of the producer.
    """
    check_may(by, Action.EDIT, series.producer)
    changed = []
    for name, contact in (("responsible", responsible), ("head_of_profession", head_of_profession)):
        if contact is not None and contact.producer_id == series.producer_id and getattr(series, name) is None:
            setattr(series, name, contact)
            changed.append(name)
    if changed:
        series._history_user = by  # type: ignore[attr-defined]  # simple-history reads it
        series.save(update_fields=changed)


def are_addresses_fixed(release: Release, *, now: datetime) -> bool:
    """Return whether the addresses of a release can no longer change.

    Once a release is due, its verdict depends on its addresses. The addresses of a rehearsal can always change.
    """
    return not release.rehearsal and release.due_at is not None and release.due_at <= now


def correct_missing_address(release: Release, planned: PlannedAddress, *, by: User | None, at: datetime) -> Address:
    """Add an address to a release that is not due yet.

    :raises CorrectionRefused: if the release is already due.
    :raises SecondAnnouncement: if the address would be a second announcement of the release.
    :raises PartRefused: if the address cannot be the planned part of the release.
    :raises NotYours: if the person may not edit releases of its producer.
    """
    _check_open(release, by=by, at=at)
    with transaction.atomic():
        address = scheduling.add_address(release, planned, at=at)
        record_event(release, "address_added", at=at, by=by, url=planned.url, role=str(planned.role))
    return address


def change_address(address: Address, planned: PlannedAddress, *, by: User | None, at: datetime) -> Address:
    """Correct an address of a release that is not due yet.

    Once an address was checked, its URL can no longer change, and the address can neither become an announcement nor
    stop being one. But the URL of an announcement can still change, because no verdict depends on announcements, and
    because each check stores the URL that it requested.

    :raises CorrectionRefused: if the release is already due, or if the address was checked and the change is not
        possible any more.
    :raises SecondAnnouncement: if the address would be a second announcement of the release.
    :raises PartRefused: if the address cannot be the planned part of the release.
    :raises NotYours: if the person may not edit releases of its producer.
    """
    with transaction.atomic():
        # A transaction that stores the first check of the address locks the row too. So no check can be stored between
        # the questions below and the end of this transaction.
        rows = Address.objects.select_for_update(no_key=True, of=("self",))
        stored = rows.select_related("release__series__producer").get(pk=address.pk)
        _check_open(stored.release, by=by, at=at)
        planned = scheduling.check_address(planned)
        before, after = asdict(PlannedAddress.of(stored)), asdict(planned)
        changed: dict[str, list[Any]] = {
            name: [before[name], after[name]] for name in before if before[name] != after[name]
        }
        _check_changeable(stored, planned, changed)
        if changed:
            for name in changed:
                setattr(stored, name, after[name])
            stored.save(update_fields=list(changed))
            record_event(stored.release, "address_changed", at=at, by=by, url=before["url"], changed=changed)
            record_rows({Address: [stored.pk]})
    return stored


def _check_changeable(stored: Address, planned: PlannedAddress, changed: Collection[str]) -> None:
    """Check that some columns of an address may change to the planned values.

    :raises CorrectionRefused: if the address was checked, and one of the columns must not change any more.
    :raises SecondAnnouncement: if the address would be a second announcement of the release.
    """
    is_announcement = planned.role == Address.Role.ANNOUNCEMENT
    if is_announcement:
        scheduling.check_only_announcement(stored.release, but=stored)
    becomes_or_was = "role" in changed and Address.Role.ANNOUNCEMENT in {stored.role, planned.role}
    if becomes_or_was and repository.is_checked(stored):
        message = _(
            "You cannot change the type of %(url)s, because we have already checked it with the type ‘%(role)s’."
        ) % {
            "url": stored.url,
            "role": stored.role,
        }
        raise CorrectionRefused(message)
    if "url" in changed and not is_announcement and repository.is_checked(stored):
        message = _(
            "You cannot change %(url)s, because it was already checked. Add the new web address instead. If the old "
            "web address is no longer needed, clear ‘Must be live on time’ for it."
        ) % {"url": stored.url}
        raise CorrectionRefused(message)


def remove_address(address: Address, *, by: User | None, at: datetime) -> None:
    """Remove an address of a release that is not due yet. The address must never have been checked.

    :raises CorrectionRefused: if the release is already due, or the address was already checked.
    :raises NotYours: if the person may not edit releases of its producer.
    """
    release = address.release
    _check_open(release, by=by, at=at)
    with transaction.atomic():
        # Wait until a check that is being stored is committed. As long as we hold the lock, no check can be stored.
        list(Address.objects.select_for_update().filter(pk=address.pk).values_list("pk"))
        if repository.is_checked(address):
            sentence = _(
                "You cannot remove %(url)s, because it was already checked. Clear ‘Must be live on time’ instead."
            )
            raise CorrectionRefused(sentence % {"url": address.url})
        record_event(release, "address_removed", at=at, by=by, url=address.url)
        key = address.pk
        address.delete()
        record_rows({Address: [key]})


def check_removable(release: Release) -> None:
    """Check that a release may be removed from the calendar.

    :raises CorrectionRefused: if the release was announced, has checks, verdicts or staff statements, or if anyone has
        had pre-release access to it.
    """
    if release.announced_at is not None:
        sentence = _("You cannot delete %(release)s, because it was announced. Cancel it instead.")
    elif repository.is_checked(release) or release.verifications.exists() or release.statements.exists():
        sentence = _("You cannot delete %(release)s, because it was already checked. Cancel it instead.")
    elif release.pre_release_access.filter(began_at__isnull=False).exists():
        sentence = _("You cannot delete %(release)s, because it has a record of pre-release access. Cancel it instead.")
    else:
        return
    raise CorrectionRefused(sentence % {"release": release.title})


def remove_release(release: Release, *, by: User | None, at: datetime) -> None:
    """Remove a release that was never public and never checked. Its events and date changes stay on record.

    :raises CorrectionRefused: if `check_removable` refuses the removal.
    :raises NotYours: if the person may not edit releases of its producer.
    """
    _check_person(release, by)
    with transaction.atomic():
        # Other writers lock the release before its addresses too. This first lock does not stop a check that is being
        # stored. The second one does, so that no check can be stored between `check_removable` and the removal.
        lock_release_rows([release.pk])
        list(release.addresses.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        stored = Release.objects.select_for_update().get(pk=release.pk)
        check_removable(stored)
        record_event(stored, "removed", at=at, by=by, reference=stored.reference, title=stored.title)
        rows = {Release: [stored.pk], Address: list(stored.addresses.values_list("pk", flat=True))}
        stored.delete()
        record_rows(rows)


def _check_person(release: Release, by: User | None) -> None:
    if by is not None:
        check_may(by, Action.EDIT, release.series.producer)


def _check_open(release: Release, *, by: User | None, at: datetime) -> None:
    _check_person(release, by)
    if are_addresses_fixed(release, now=at):
        sentence = _(
            "You cannot change the web pages and files of %(reference)s, because its release "
            "time has passed (%(slot)s)."
        )
        raise CorrectionRefused(sentence % {"reference": release.reference, "slot": release.slot})

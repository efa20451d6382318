"""Import of the rows of a calendar file in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify

from releases import corrections, date_changes, readiness, scheduling
from releases.imports.parse import CalendarFile, CalendarRow, FileRefused, RowFault, fold_title
from releases.models import Address, Contact, Producer, Release, Series
from releases.models.event import batch_events
from releases.models.producer import DEFAULT_TOLERANCE_SECONDS
from releases.permissions import Action, User, may, producers_where
from releases.readiness import WarningKind
from releases.rules.calendar import Precision, Slot, format_weekday, is_improbably_later, local_date
from releases.rules.departure import SlotRefused
from releases.rules.lifecycle import MissingFields, MoveRefused, Status
from releases.rules.parts import MAIN
from releases.scheduling import BeingJudged, PlannedAddress

ANNOUNCEMENT, ATTACHMENT, PAGE = Address.Role.ANNOUNCEMENT, Address.Role.ATTACHMENT, Address.Role.PAGE


class ImportOutcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


class StepKind(StrEnum):
    RECORDED = "recorded"
    AS_REHEARSAL = "as_rehearsal"
    TITLE_CORRECTED = "title_corrected"
    PAGE_ADDED = "page_added"
    PAGE_CORRECTED = "page_corrected"
    ATTACHMENT_ADDED = "attachment_added"
    ANNOUNCEMENT_ADDED = "announcement_added"
    ANNOUNCEMENT_CORRECTED = "announcement_corrected"
    MOVED = "moved"
    CHANGE_ASKED = "change_asked"
    CONFIRMED = "confirmed"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    # Warnings. They do not prevent the import of the row.
    NO_CONTACT = "no_contact"
    NO_HEAD = "no_head_of_profession"
    NOT_A_WORKING_DAY = "not_a_working_day"
    ACCESS_ON_REST_DAY = "access_on_rest_day"
    IMPROBABLE_YEAR = "improbable_year"
    PASSES_EDITION = "passes_edition"


WARNINGS = {
    WarningKind.NO_CONTACT: StepKind.NO_CONTACT,
    WarningKind.NO_HEAD: StepKind.NO_HEAD,
    WarningKind.WEEKEND: StepKind.NOT_A_WORKING_DAY,
    WarningKind.BANK_HOLIDAY: StepKind.NOT_A_WORKING_DAY,
    WarningKind.CLOSED_DAY: StepKind.NOT_A_WORKING_DAY,
}
ALL_WARNINGS = (
    *dict.fromkeys(WARNINGS.values()),
    StepKind.ACCESS_ON_REST_DAY,
    StepKind.IMPROBABLE_YEAR,
    StepKind.PASSES_EDITION,
)
# If a row has one of these steps, it gets warnings about missing contacts and unusual days.
DATED = frozenset({StepKind.RECORDED, StepKind.MOVED, StepKind.CONFIRMED, StepKind.ANNOUNCED})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an import, with the old value and the new value. Some kinds of steps have no values."""

    kind: StepKind
    was: str = ""
    to: str = ""

    def to_json(self) -> list[str]:
        return [self.kind.value, self.was, self.to]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Step":
        kind, was, to = written
        return cls(StepKind(kind), was, to)


class CreationKind(StrEnum):
    """Kinds of objects that an import creates if a file names an object that does not exist."""

    PRODUCER = "producer"
    SERIES = "series"
    CONTACT = "contact"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Creation:
    """A new producer, series or contact, or a new responsible contact of a series.

    The `name` of a contact is an email address. `of` is the producer of a series, or the series of a responsible
    contact. For other kinds, it is empty.
    """

    kind: CreationKind
    name: str
    of: str = ""

    def to_json(self) -> list[str]:
        return [self.kind.value, self.name, self.of]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Creation":
        kind, name, of = written
        return cls(CreationKind(kind), name, of)


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of importing one row, also in a dry run. If the row could not be read, `title` may be empty."""

    number: int
    reference: str
    outcome: ImportOutcome
    title: str = ""
    steps: tuple[Step, ...] = ()
    faults: tuple[RowFault, ...] = ()

    @property
    def own_steps(self) -> tuple[Step, ...]:
        """The steps without the warning that depends on other rows (`warn_of_passed_editions`)."""
        return tuple(step for step in self.steps if step.kind is not StepKind.PASSES_EDITION)


def group_faults(reading: CalendarFile) -> list[RowResult]:
    """Return the unreadable rows with their faults."""
    by_row: dict[int, list[RowFault]] = {}
    for fault in reading.faults:
        by_row.setdefault(fault.row, []).append(fault)
    return [
        RowResult(
            number,
            reading.named.get(number, ""),
            ImportOutcome.REFUSED,
            title=reading.titles.get(number, ""),
            faults=tuple(found),
        )
        for number, found in by_row.items()
    ]


class RowRefused(Exception):
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


@dataclass(slots=True)
class Parties:
    """The producers, series and contacts that rows can name, keyed by their names in files.

    They include those that this import has created. If a person imports, only producers that the person may edit are
    included, with their series and contacts. So the import discloses nothing about other producers.
    """

    by: User | None
    create: bool
    producers: dict[str, Producer]
    series: dict[tuple[str, str], Series]
    contacts: dict[tuple[int, str], Contact]
    created: list[Creation] = field(default_factory=list)
    _undo: list[Callable[[], object]] = field(default_factory=list)

    @classmethod
    def known(cls, *, by: User | None, create: bool) -> "Parties":
        """Load the producers that a person may edit, with their series and contacts.

        For an operator (None), load all producers.
        """
        producers = Producer.objects.all() if by is None else producers_where(by, Action.EDIT)
        producers = producers.prefetch_related("non_working_days")
        keys = set(producers.values_list("pk", flat=True))
        all_series = Series.objects.filter(producer__in=keys).select_related("producer", "responsible")
        all_series = all_series.prefetch_related("producer__non_working_days")
        contacts = Contact.objects.filter(producer__in=keys)
        return cls(
            by=by,
            create=create,
            producers={fold_title(producer.name): producer for producer in producers},
            series={(fold_title(each.producer.name), fold_title(each.title)): each for each in all_series},
            contacts={(contact.producer_id, contact.email.lower()): contact for contact in contacts},
        )

    def may_edit(self, producer: Producer) -> bool:
        return producer in self.producers.values()

    def note_creation(self, creation: Creation, undo: Callable[[], object]) -> None:
        """Record that an object was created for the current row of the file.

        :param undo: undoes the creation in memory. It is called if the row is refused.
        """
        self.created.append(creation)
        self._undo += [self.created.pop, undo]

    def add[Key, Row](self, known: dict[Key, Row], key: Key, row: Row, creation: Creation) -> None:
        known[key] = row
        self.note_creation(creation, lambda: known.pop(key))

    def accept(self) -> None:
        self._undo.clear()

    def take_back(self) -> None:
        while self._undo:
            self._undo.pop()()


def series_of_row(row: CalendarRow, parties: Parties) -> Series:
    """Return the series that a row names, with its responsible contact.

    The producer, the series and the contact are created if they do not exist.

    :raises RowRefused: if one of them does not exist and may not be created, or if the row contradicts the series.
    """
    producer = _producer(row, parties)
    responsible = _contact(row, producer, parties) if row.responsible_email else None
    series = parties.series.get(row.series_key)
    if series is None:
        series = _new_series(row, producer, responsible, parties)
    _check_agrees(row, series, responsible)
    if responsible and series.responsible is None:
        series.responsible = responsible
        _save(series, parties)
        creation = Creation(CreationKind.RESPONSIBLE, responsible.email, series.title)
        parties.note_creation(creation, lambda: setattr(series, "responsible", None))
    return series


def _producer(row: CalendarRow, parties: Parties) -> Producer:
    producer = parties.producers.get(fold_title(row.producer))
    if producer is not None:
        return producer
    if parties.by is not None:
        raise RowRefused("producer", f"You do not manage the calendar of “{row.producer}”.")
    _check_may_make(parties, "producer", row.producer)
    slug = _free_slug(row.producer, Producer.objects.values_list("slug", flat=True), 100)
    producer = Producer.objects.create(name=row.producer, slug=slug)
    creation = Creation(CreationKind.PRODUCER, producer.name)
    parties.add(parties.producers, fold_title(row.producer), producer, creation)
    return producer


def _new_series(row: CalendarRow, producer: Producer, responsible: Contact | None, parties: Parties) -> Series:
    _check_may_make(parties, "series", row.series)
    tolerance = DEFAULT_TOLERANCE_SECONDS if row.tolerance_seconds is None else row.tolerance_seconds
    by = parties.by
    if by is not None and tolerance != DEFAULT_TOLERANCE_SECONDS and not may(by, Action.CHANGE_TOLERANCE, producer):
        why = "Only the Head of Profession or a deputy can set a tolerance, in the admin site."
        raise RowRefused("tolerance_seconds", why)
    slugs = Series.objects.filter(producer=producer).values_list("slug", flat=True)
    series = Series(
        producer=producer,
        title=row.series,
        slug=_free_slug(row.series, slugs, 150),
        tolerance_seconds=tolerance,
        responsible=responsible,
    )
    _save(series, parties)
    creation = Creation(CreationKind.SERIES, series.title, producer.name)
    parties.add(parties.series, row.series_key, series, creation)
    return series


def _check_agrees(row: CalendarRow, series: Series, responsible: Contact | None) -> None:
    if row.tolerance_seconds not in {None, series.tolerance_seconds}:
        why = (
            f"The tolerance of the series “{series.title}” is {series.tolerance_seconds} seconds. "
            "Only the Head of Profession or a deputy can change it, in the admin site."
        )
        raise RowRefused("tolerance_seconds", why)
    if responsible and series.responsible not in {None, responsible}:
        email = series.responsible.email if series.responsible else ""
        why = f"{email} is the responsible contact of “{series.title}”. You can change this in the admin site."
        raise RowRefused("responsible_email", why)


def _contact(row: CalendarRow, producer: Producer, parties: Parties) -> Contact:
    contact = parties.contacts.get((producer.pk, row.responsible_email))
    if contact is None:
        _check_may_make(parties, "responsible_email", row.responsible_email)
        # A file contains no names of people, so use the name of the account with this address, or the address.
        accounts = get_user_model().objects.filter(email__iexact=row.responsible_email)
        if parties.by is not None:
            # Use only accounts of this producer's members, so that the import discloses no other account.
            accounts = accounts.filter(memberships__producer=producer)
        user = accounts.first()
        contact = Contact(
            producer=producer, name=str(user or row.responsible_email), email=row.responsible_email, user=user
        )
        _save(contact, parties)
        creation = Creation(CreationKind.CONTACT, contact.email)
        parties.add(parties.contacts, (producer.pk, row.responsible_email), contact, creation)
    return contact


def _check_may_make(parties: Parties, column: str, name: str) -> None:
    if not parties.create:
        how = (
            "Use --create to create it, or correct the name."
            if parties.by is None
            else "Select the option to create it, or correct the name."
        )
        what = f"contact “{name}” of this producer" if column == "responsible_email" else f"{column} “{name}”"
        raise RowRefused(column, f"There is no {what}. {how}")


def _save(row: Series | Contact, parties: Parties) -> None:
    row._history_user = parties.by  # type: ignore[union-attr]  # simple-history reads it
    row.save()


def _free_slug(name: str, taken: Iterable[str], longest: int) -> str:
    start, others = slugify(name)[: longest - 5] or "unnamed", set(taken)
    candidates = (start, *(f"{start}-{number}" for number in range(2, len(others) + 3)))
    return next(candidate for candidate in candidates if candidate not in others)


@dataclass(slots=True)
class RowImport:
    """The import of one row, with the steps made so far.

    `by` is the person who imports, or None for an operator. `at` is an aware instant. The methods raise RowRefused if a
    cell of the row cannot be applied, and MoveRefused if the rules of the calendar do not allow the change.
    """

    row: CalendarRow
    by: User | None
    at: datetime
    steps: list[Step] = field(default_factory=list)

    def record(self, series: Series) -> None:
        row, rehearsal = self.row, bool(self.row.rehearsal)
        # A rehearsal must be confirmed, because provisional releases are not monitored.
        status = row.status or (Status.CONFIRMED if rehearsal else Status.PROVISIONAL)
        if status not in {Status.PROVISIONAL, Status.CONFIRMED}:
            why = f"A new release must be provisional or confirmed, not {status}."
            raise RowRefused("status", why)
        if row.date_change_reason:
            raise RowRefused("date_change_reason", "This release is new. Remove the reason for a date change.")
        release = scheduling.record_release(
            series,
            reference=row.reference,
            title=row.title,
            slot=row.slot,
            at=self.at,
            by=self.by,
            rehearsal=rehearsal,
            addresses=[*self._page(), *(_attachment(url) for url in row.attachments), *self._announcement()],
            grounds=replace(row.grounds, bank_holiday_reason=""),
        )
        self._note(StepKind.RECORDED, to=str(release.slot))
        if rehearsal:
            self._note(StepKind.AS_REHEARSAL)
        if status is Status.CONFIRMED:
            self._confirm(release)
        else:
            self._refuse_holiday_reason()
        self._warn(release, series)

    def follow(self, release: Release, series: Series) -> None:
        row = self.row
        self._check_same(release, series)
        old_title = ""
        if _in_one_line(release.title) != row.title:
            old_title = release.title
            self._note(StepKind.TITLE_CORRECTED, old_title, row.title)
            try:
                release = corrections.correct_release(
                    release, title=row.title, reference=release.reference, by=self.by, at=self.at
                )
            except BeingJudged as refusal:
                raise RowRefused("title", str(refusal)) from refusal
        self._follow_addresses(release, old_title=old_title)
        is_unmoved = _is_same_slot(release.slot, row.slot)
        planned_before = release.planned_on
        release = self._follow_date(release)
        if row.status is Status.CONFIRMED:
            self._confirm(release)
        if is_unmoved:
            self._check_exceptions(release)
        if row.status is Status.CANCELLED:
            self._cancel(release)
        self._warn(release, series, planned_before=planned_before)

    def _warn(self, release: Release, series: Series, *, planned_before: date | None = None) -> None:
        """Add warnings about missing contacts, unusual days and years, and pre-release access that opens on a rest day.

        Rehearsals get no warnings. Other releases get warnings only if the row sets, confirms, announces or requests
        their date. If the row only requests a date change, only the year and the opening of pre-release access are
        checked. Other editions are compared after all rows (`warn_of_passed_editions`).

        :param planned_before: the day of a release that existed before the import.
        """
        kinds = {step.kind for step in self.steps}
        if release.rehearsal or not kinds & {*DATED, StepKind.CHANGE_ASKED}:
            return
        if kinds & DATED:
            found = [*readiness.find_missing_people(series)]
            found += readiness.find_day_warnings(self.row.slot, series)
            for kind in dict.fromkeys(WARNINGS[warning.kind] for warning in found):
                self._note(kind)
        if opening := series.find_opening_on_rest_day(self.row.slot.due_at):
            self._note(StepKind.ACCESS_ON_REST_DAY, to=format_weekday(local_date(opening)))
        if planned_before and is_improbably_later(self.row.slot.on, was=planned_before):
            self._note(StepKind.IMPROBABLE_YEAR)

    def _note(self, kind: StepKind, was: str = "", to: str = "") -> None:
        self.steps.append(Step(kind, was, to))

    def _check_same(self, release: Release, series: Series) -> None:
        row = self.row
        if release.series != series:
            why = f"{release.reference} belongs to the series “{release.series}” of {release.series.producer}."
            raise RowRefused("series", why)
        if row.rehearsal is not None and row.rehearsal != release.rehearsal:
            what = "a rehearsal" if release.rehearsal else "not a rehearsal"
            raise RowRefused("rehearsal", f"{release.reference} is {what}. You cannot change this.")
        final = {Status.PUBLISHED, Status.CANCELLED}
        back = row.status is Status.PROVISIONAL and release.status != Status.PROVISIONAL
        undone = row.status is Status.CONFIRMED and release.status == Status.CANCELLED
        if back or undone or (row.status in final and release.status in final and row.status != release.status):
            raise RowRefused("status", f"{release.reference} is {release.status} and cannot become {row.status}.")
        if row.status is Status.PUBLISHED and release.status != Status.PUBLISHED:
            why = (
                f"{release.reference} is {release.status}. You cannot import the status “published”. We set this "
                "status when the release is live."
            )
            raise RowRefused("status", why)

    def _follow_addresses(self, release: Release, *, old_title: str) -> None:
        """:param old_title: the title that the row has corrected, or "" if it has not corrected the title."""
        present = list(release.addresses.all())
        self._follow_announcement(release, present)
        try:
            if self.row.url:
                self._follow_page(release, present, old_title=old_title)
            for url in self.row.attachments:
                if url not in {address.url for address in present}:
                    corrections.correct_missing_address(release, _attachment(url), by=self.by, at=self.at)
                    self._note(StepKind.ATTACHMENT_ADDED, to=url)
        except corrections.CorrectionRefused as refusal:
            raise RowRefused("url", str(refusal)) from refusal

    def _follow_page(self, release: Release, present: list[Address], *, old_title: str) -> None:
        row = self.row
        pages = [address for address in present if address.role == PAGE]
        known = next((address for address in present if address.url == row.url), None)
        # Other parts of the release, such as a Welsh page, are not in the file.
        main = [address for address in pages if address.part in MAIN]
        page = known or (main[0] if len(main) == 1 else pages[0] if len(pages) == 1 else None)
        if page is None:
            corrections.correct_missing_address(release, self._page()[0], by=self.by, at=self.at)
            self._note(StepKind.PAGE_ADDED, to=row.url)
            return
        was = PlannedAddress.of(page)
        marker = was.marker if row.marker in {"", _in_one_line(was.marker)} else row.marker
        is_title = bool(old_title) and _in_one_line(was.marker) == _in_one_line(old_title)
        if is_title and not row.marker and not corrections.are_addresses_fixed(release, now=self.at):
            # The row that recorded the page had no marker either, so the title became the marker.
            marker = row.title
        planned = replace(was, url=row.url, marker=marker, adapter=row.adapter or was.adapter)
        if planned != was:
            corrections.change_address(page, planned, by=self.by, at=self.at)
            self._note(StepKind.PAGE_CORRECTED, _describe_address(was), _describe_address(planned))

    def _follow_announcement(self, release: Release, present: list[Address]) -> None:
        known = next((address for address in present if address.role == ANNOUNCEMENT), None)
        try:
            for planned in self._announcement():
                if known is None:
                    corrections.correct_missing_address(release, planned, by=self.by, at=self.at)
                    self._note(StepKind.ANNOUNCEMENT_ADDED, to=planned.url)
                    continue
                was = PlannedAddress.of(known)
                adapter = self.row.announcement_adapter or self.row.adapter or was.adapter
                planned = replace(was, url=planned.url, adapter=adapter)
                if planned != was:
                    corrections.change_address(known, planned, by=self.by, at=self.at)
                    self._note(StepKind.ANNOUNCEMENT_CORRECTED, _describe_address(was), _describe_address(planned))
        except corrections.CorrectionRefused as refusal:
            raise RowRefused("announcement", str(refusal)) from refusal

    def _page(self) -> list[PlannedAddress]:
        row = self.row
        page = PlannedAddress(url=row.url, marker=row.marker or row.title, adapter=row.adapter or "page")
        return [page] if row.url else []

    def _announcement(self) -> list[PlannedAddress]:
        """Return the announcement that the row names, as a list with at most one item.

        If the row has no adapter for the announcement, the adapter of the page is used.
        """
        adapter = self.row.announcement_adapter or self.row.adapter or "page"
        planned = PlannedAddress(self.row.announcement, ANNOUNCEMENT, adapter=adapter, required=False)
        return [planned] if self.row.announcement else []

    def _follow_date(self, release: Release) -> Release:
        """Move a release to the date in the row. If the release is confirmed, only request the date change."""
        row = self.row
        if _is_same_slot(release.slot, row.slot):
            self._check_reason_of_no_change(release)
            return release
        if row.status is Status.CANCELLED and release.status != Status.CANCELLED:
            why = (
                "You cannot change the date and cancel the release in one row. To cancel the release, enter its "
                f"present date: {release.slot}."
            )
            raise RowRefused("scheduled_for", why)
        if release.status == Status.CONFIRMED:
            self._request_date(release)
            return release
        if row.status is not Status.CONFIRMED:
            self._refuse_holiday_reason()
        was = release.slot
        release = scheduling.change_date(
            release,
            to=row.slot,
            reason=row.date_change_reason,
            by=self.by,
            at=self.at,
            expected_status=Status(release.status),
            grounds=replace(row.grounds, bank_holiday_reason=""),
        )
        self._note(StepKind.MOVED, str(was), str(release.slot))
        return release

    def _refuse_holiday_reason(self) -> None:
        """Refuse a reason for a bank holiday, because the date stays provisional and the reason would not be used."""
        if self.row.bank_holiday_reason:
            raise RowRefused("bank_holiday_reason", "You gave a reason, but the release is not confirmed.")

    def _check_reason_of_no_change(self, release: Release) -> None:
        """Refuse a reason for a date change if the date is unchanged.

        The reason is accepted if the release was already moved for this reason.
        """
        if not self.row.date_change_reason:
            return
        last = release.date_changes.filter(schedule_version=release.schedule_version).first()
        # The reason for moving a provisional date is not public, so it cannot be compared.
        if last is None or _in_one_line(last.public_reason) not in {"", self.row.date_change_reason}:
            why = f"The date is already {release.slot}. Enter a different date, or remove the reason for a date change."
            raise RowRefused("date_change_reason", why)

    def _check_exceptions(self, release: Release) -> None:
        """Refuse an exception that is not recorded for this date, because it would not be used."""
        recorded = scheduling.recorded_departures(release)
        known = {"osr_reference": {each.agreement.osr_reference for each in recorded}}
        known["bank_holiday_reason"] = {_in_one_line(each.reason) for each in recorded}
        for column, values in known.items():
            if (given := getattr(self.row, column)) and given not in values:
                why = (
                    f"This exception is not recorded for {release.slot}. You can give an exception only when you set "
                    "or confirm a date."
                )
                raise RowRefused(column, why)
        agreed = self.row.osr_agreed_on
        if agreed and agreed not in {each.agreement.osr_agreed_on for each in recorded}:
            raise RowRefused("osr_agreed_on", f"This is not the date of the agreement for {release.slot}.")

    def _request_date(self, release: Release) -> None:
        row = self.row
        source = "publisher" if row.is_listed else "file"
        if self.by is None or not row.date_change_reason:
            how = (
                "Only the Head of Profession or a deputy can change a confirmed date, on the page of the release."
                if self.by is None or row.is_listed
                else "To request a date change, give the public reason in the column “date_change_reason”."
            )
            why = f"{release.reference} is confirmed for {release.slot}, but the {source} says {row.slot}. {how}"
            raise RowRefused("scheduled_for", why)
        waits = date_changes.waiting_request(release)
        if waits and _is_same_slot(waits.to, row.slot) and _in_one_line(waits.public_reason) == row.date_change_reason:
            return
        date_changes.request_date_change(
            release, to=row.slot, reason=row.date_change_reason, by=self.by, at=self.at, grounds=row.grounds
        )
        self._note(StepKind.CHANGE_ASKED, str(release.slot), str(row.slot))

    def _confirm(self, release: Release) -> None:
        if release.status == Status.PROVISIONAL:
            with _name_reason_column("short_notice_reason"):
                release = scheduling.confirm_release(
                    release, by=self.by, at=self.at, reason=self.row.short_notice_reason, grounds=self.row.grounds
                )
            self._note(StepKind.CONFIRMED)
        self._check_reason("short_notice_reason", release.short_notice_reason, "was already confirmed")
        if release.status == Status.CONFIRMED and not release.rehearsal and release.announced_at is None:
            scheduling.announce_release(release, by=self.by, at=self.at)
            self._note(StepKind.ANNOUNCED)

    def _cancel(self, release: Release) -> None:
        if release.status == Status.CANCELLED:
            self._check_reason("cancellation_reason", release.cancellation_reason, "is already cancelled")
            return
        if self.by is None:
            why = f"{release.reference} is {release.status}. Only a person can cancel it, on its page or in an import."
            raise RowRefused("status", why)
        with _name_reason_column("cancellation_reason"):
            scheduling.cancel_release(release, reason=self.row.cancellation_reason, by=self.by, at=self.at)
        self._note(StepKind.CANCELLED, to=self.row.cancellation_reason)

    def _check_reason(self, column: str, given: str, what: str) -> None:
        """Refuse a reason that differs from the stored one, because it would not be used."""
        reason = getattr(self.row, column)
        if reason and given and reason != _in_one_line(given):
            why = f"{self.row.reference} {what}. You cannot change the recorded reason, which is “{given}”."
            raise RowRefused(column, why)


@contextmanager
def _name_reason_column(column: str) -> Iterator[None]:
    """If a reason is missing, raise RowRefused with the column of the reason."""
    try:
        yield
    except (MissingFields, SlotRefused) as refusal:
        if refusal.field != "reason":
            raise
        raise RowRefused(column, str(refusal)) from refusal


def _is_same_slot(one: Slot, other: Slot) -> bool:
    """Return whether two slots announce the same date. Dates known only to the month are compared by month."""
    if one.precision is not Precision.EXACT and one.precision is other.precision:
        return one.on.replace(day=1) == other.on.replace(day=1)
    return one.precision is other.precision and one.due_at == other.due_at


def _in_one_line(text: str) -> str:
    """Return a text on a single line, as in a cell of a file."""
    return " ".join(text.split())


def _attachment(url: str) -> PlannedAddress:
    return PlannedAddress(url=url, role=ATTACHMENT)


def _describe_address(planned: PlannedAddress) -> str:
    marker = f", text “{planned.marker}”" if planned.marker else ""
    return f"{planned.url}{marker}, adapter {planned.adapter}"


@dataclass(frozen=True, slots=True)
class ImportResult:
    rows: list[RowResult]
    created: list[Creation]

    def of(self, outcome: ImportOutcome) -> list[RowResult]:
        return [row for row in self.rows if row.outcome is outcome]


def import_calendar(
    reading: CalendarFile,
    *,
    at: datetime,
    by: User | None = None,
    create: bool = False,
    skip_refused: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Import the rows of a file in one transaction.

    New releases are recorded. Existing releases get their title and addresses from the file. If the date in the file
    is different, a provisional release is moved. For a confirmed release, the date change is only requested. Releases
    are confirmed or cancelled if their row says so. Only a person can request a date change or cancel a release, so
    such rows of an operator are refused. Confirming a release also announces it, unless it is a rehearsal. Empty cells
    change nothing.

    :param by: the person who imports, or None for an operator. A person can import only for the producers whose
        calendar they manage.
    :param create: whether to create series and contacts that do not exist. For an operator, producers are created too.
    :raises FileRefused: if a row cannot be imported and `skip_refused` is false. Then nothing is changed.
    """
    with transaction.atomic():
        before = read_slots(reading.rows)
        parties = Parties.known(by=by, create=create)
        with batch_events():
            results = [*group_faults(reading), *import_rows(sort_rows(reading.rows), parties, at=at)]
        results = warn_of_passed_editions(results, reading.rows, before)
        rows = sorted(results, key=attrgetter("number"))
        faults = [fault for row in rows if row.outcome is ImportOutcome.REFUSED for fault in row.faults]
        if faults and not skip_refused:
            raise FileRefused(faults)
        transaction.set_rollback(dry_run)
    return ImportResult(rows, parties.created)


def sort_rows(rows: Sequence[CalendarRow]) -> list[CalendarRow]:
    """Sort rows by the key of their release, with new releases at the end.

    An import locks each release that it changes until its end. All writers of several releases lock them by key
    (`lock_releases`). In another order, two writers could wait for each other.
    """
    releases = Release.objects.only("reference").in_bulk([row.reference for row in rows], field_name="reference")
    known = [row for row in rows if row.reference in releases]
    new = [row for row in rows if row.reference not in releases]
    return sorted(known, key=lambda row: releases[row.reference].pk) + new


type Slots = Mapping[str, tuple[int, Slot]]
"""The primary keys and the slots of releases, keyed by reference."""


def read_slots(rows: Iterable[CalendarRow]) -> Slots:
    """Return the present slots of the releases that rows name. New releases are left out."""
    releases = Release.objects.only("reference", "planned_on", "planned_at", "precision", "zone")
    known = releases.in_bulk([row.reference for row in rows], field_name="reference")
    return {reference: (release.pk, release.slot) for reference, release in known.items()}


def warn_of_passed_editions(
    results: Sequence[RowResult], rows: Iterable[CalendarRow], before: Slots
) -> list[RowResult]:
    """Add a warning to the results of rows that move a release past another edition of its series.

    New and cancelled editions of the file are not compared.

    :param before: the slots of the releases before the import. A release that was added since is left out.
    """
    to = {row.reference: row.slot for row in rows}
    kinds = {row.reference: {step.kind for step in row.steps} for row in results}
    changed = {StepKind.MOVED, StepKind.CHANGE_ASKED}
    moved = [row for row in results if row.reference in before and kinds[row.reference] & changed]
    slots = {before[row.reference][0]: (before[row.reference][1], to[row.reference]) for row in moved}
    left_out = [name for name, steps in kinds.items() if steps & {StepKind.RECORDED, StepKind.CANCELLED}]
    passed = readiness.find_passed_editions(slots, left_out=left_out)
    warned = {
        row.number: Step(StepKind.PASSES_EDITION, to=passed[before[row.reference][0]])
        for row in moved
        if before[row.reference][0] in passed
    }
    return [replace(row, steps=(*row.steps, warned[row.number])) if row.number in warned else row for row in results]


def import_rows(rows: Sequence[CalendarRow], parties: Parties, *, at: datetime) -> Iterator[RowResult]:
    """Import rows one by one, within the caller's transaction; a refused row changes nothing."""
    releases = Release.objects.select_related("series__producer").prefetch_related("addresses")
    known = releases.in_bulk([row.reference for row in rows], field_name="reference")
    for row in rows:
        yield _import_row(row, known.get(row.reference), parties, at=at)


# Maps the fields that a refusal can name to the columns of a file.
COLUMNS = {
    "planned_on": "scheduled_for",
    "planned_at": "scheduled_for",
    "exact_date": "scheduled_for",
    "osr_reference": "osr_reference",
    "osr_agreed_on": "osr_agreed_on",
    "bank_holiday_reason": "bank_holiday_reason",
}


def _import_row(row: CalendarRow, release: Release | None, parties: Parties, *, at: datetime) -> RowResult:
    one = RowImport(row, parties.by, at)
    if release is None and row.is_listed and row.status is Status.CANCELLED:
        why = "The publisher cancelled this release, and it is not in your calendar."
        why += f" Reason: {row.cancellation_reason}" if row.cancellation_reason else ""
        faults = (RowFault(row.number, "status", why),)
        return RowResult(row.number, row.reference, ImportOutcome.LEFT_OUT, row.title, faults=faults)
    try:
        with transaction.atomic(), batch_events():
            if release is not None and parties.by is not None and not parties.may_edit(release.series.producer):
                # The person may not know other producers' releases, so disclose only that the reference is taken.
                raise RowRefused("reference", f"“{row.reference}” is already in use. Choose another reference.")
            series = series_of_row(row, parties)
            if release is None:
                one.record(series)
            else:
                one.follow(release, series)
    except (RowRefused, MoveRefused) as refusal:
        parties.take_back()
        field_column = COLUMNS.get(getattr(refusal, "field", ""), "scheduled_for")
        column = refusal.column if isinstance(refusal, RowRefused) else field_column
        faults = (RowFault(row.number, column, str(refusal)),)
        return RowResult(row.number, row.reference, ImportOutcome.REFUSED, row.title, faults=faults)
    parties.accept()
    outcome = (
        ImportOutcome.ADDED if release is None else ImportOutcome.CHANGED if one.steps else ImportOutcome.UNCHANGED
    )
    return RowResult(row.number, row.reference, outcome, row.title, tuple(one.steps))

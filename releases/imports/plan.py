"""What importing a row does: its outcome, step by step, and the producers, series and contacts it names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.text import slugify

from releases.imports.parse import CalendarRow, RowFault, fold_title
from releases.models import Contact, Producer, Series
from releases.models.producer import DEFAULT_TOLERANCE_SECONDS
from releases.permissions import Action, may, producers_where

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
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


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done, from what it was to what it is; empty where the kind says it all."""

    kind: StepKind
    was: str = ""
    to: str = ""

    def to_json(self) -> list[str]:
        return [self.kind.value, self.was, self.to]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Step":
        """Read it from the record.

        :raises ValueError: if the kind is unknown.
        """
        kind, was, to = written
        return cls(StepKind(kind), was, to)


class Making(StrEnum):
    """What is made because a file speaks of it and nobody knew it."""

    PRODUCER = "producer"
    SERIES = "series"
    CONTACT = "contact"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that is made: a producer, series or contact by its name, or who is responsible for which series."""

    kind: Making
    name: str
    of: str = ""

    def to_json(self) -> list[str]:
        return [self.kind.value, self.name, self.of]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Made":
        """Read it from the record.

        :raises ValueError: if the kind is unknown.
        """
        kind, name, of = written
        return cls(Making(kind), name, of)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row, or would become of it; `title` is empty where the row could not be read."""

    number: int
    reference: str
    outcome: Outcome
    title: str = ""
    steps: tuple[Step, ...] = ()
    faults: tuple[RowFault, ...] = ()


def refused_row(number: int, reference: str, faults: Sequence[RowFault], *, title: str = "") -> Taken:
    return Taken(number, reference, Outcome.REFUSED, title, faults=tuple(faults))


def refused_as_read(faults: Sequence[RowFault], named: Mapping[int, str]) -> list[Taken]:
    """Gather the faults that were found in reading a file, row by row.

    :param named: by the number of a row what it calls itself.
    """
    by_row: dict[int, list[RowFault]] = {}
    for fault in faults:
        by_row.setdefault(fault.row, []).append(fault)
    return [refused_row(number, named.get(number, ""), found) for number, found in by_row.items()]


class RowRefused(Exception):
    """A row cannot be taken; `column` names the cell, the message is one sentence."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


@dataclass(slots=True)
class Parties:
    """The producers, series and contacts that there are, by what a file calls them; and those made meanwhile.

    For a person these are the ones whose releases they keep: of all others the file can learn nothing.
    """

    by: "User | None"
    create: bool
    producers: dict[str, Producer]
    series: dict[tuple[str, str], Series]
    contacts: dict[tuple[int, str], Contact]
    made: list[Made] = field(default_factory=list)
    _undo: list[Callable[[], object]] = field(default_factory=list)

    @classmethod
    def known(cls, *, by: "User | None", create: bool) -> "Parties":
        """Load all that a person may import for.

        :param by: the person, or None for an operator, who may everything.
        :param create: whether those that are not known are made.
        """
        producers = Producer.objects.all() if by is None else producers_where(by, Action.EDIT)
        keys = set(producers.values_list("pk", flat=True))
        all_series = Series.objects.filter(producer__in=keys).select_related("producer", "responsible")
        contacts = Contact.objects.filter(producer__in=keys)
        return cls(
            by=by,
            create=create,
            producers={fold_title(producer.name): producer for producer in producers},
            series={(fold_title(each.producer.name), fold_title(each.title)): each for each in all_series},
            contacts={(contact.producer_id, contact.email.lower()): contact for contact in contacts},
        )

    def keeps(self, producer: Producer) -> bool:
        return producer in self.producers.values()

    def note(self, made: Made, undo: Callable[[], object]) -> None:
        """Note what was made for the row at hand.

        :param undo: forgets it, should the row be refused in the end.
        """
        self.made.append(made)
        self._undo += [self.made.pop, undo]

    def accept(self) -> None:
        self._undo.clear()

    def take_back(self) -> None:
        """Forget what was made for the row at hand, because the database has."""
        while self._undo:
            self._undo.pop()()


def series_of_row(row: CalendarRow, parties: Parties) -> Series:
    """Return the series that a row names, with the responsible contact that it names.

    :raises RowRefused: if producer, series or contact is not known and none is to be made, or if the stored series
        has another tolerance or another responsible contact than the row says.
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
        made = Made(Making.RESPONSIBLE, responsible.email, series.title)
        parties.note(made, lambda: setattr(series, "responsible", None))
    return series


def _producer(row: CalendarRow, parties: Parties) -> Producer:
    producer = parties.producers.get(fold_title(row.producer))
    if producer is not None:
        return producer
    if parties.by is not None:
        raise RowRefused("producer", f'there is no producer "{row.producer}" for which you keep the calendar.')
    _check_may_make(parties, "producer", row.producer)
    slug = _free_slug(row.producer, Producer.objects.values_list("slug", flat=True), 100)
    producer = Producer.objects.create(name=row.producer, slug=slug)
    key = fold_title(row.producer)
    parties.producers[key] = producer
    parties.note(Made(Making.PRODUCER, producer.name), lambda: parties.producers.pop(key))
    return producer


def _new_series(row: CalendarRow, producer: Producer, responsible: Contact | None, parties: Parties) -> Series:
    _check_may_make(parties, "series", row.series)
    tolerance = DEFAULT_TOLERANCE_SECONDS if row.tolerance_seconds is None else row.tolerance_seconds
    by = parties.by
    if by is not None and tolerance != DEFAULT_TOLERANCE_SECONDS and not may(by, Action.CHANGE_TOLERANCE, producer):
        why = "a tolerance is given to a series by a head of profession or a deputy, in the admin site."
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
    parties.series[row.series_key] = series
    parties.note(Made(Making.SERIES, series.title, producer.name), lambda: parties.series.pop(row.series_key))
    return series


def _check_agrees(row: CalendarRow, series: Series, responsible: Contact | None) -> None:
    if row.tolerance_seconds not in {None, series.tolerance_seconds}:
        why = (
            f'the tolerance of the series "{series.title}" is {series.tolerance_seconds} seconds; '
            "it is changed by a head of profession or a deputy, in the admin site."
        )
        raise RowRefused("tolerance_seconds", why)
    if responsible and series.responsible not in {None, responsible}:
        why = f'{series.responsible.email if series.responsible else ""} is responsible for "{series.title}"; '
        raise RowRefused("responsible_email", why + "this is changed in the admin site.")


def _contact(row: CalendarRow, producer: Producer, parties: Parties) -> Contact:
    contact = parties.contacts.get((producer.pk, row.responsible_email))
    if contact is None:
        _check_may_make(parties, "responsible_email", row.responsible_email)
        # A file gives no name: that of the account with this address is used, else the address stands for it.
        accounts = get_user_model().objects.filter(email__iexact=row.responsible_email)
        if parties.by is not None:
            # Whose account it is is not for everybody to learn.
            accounts = accounts.filter(memberships__producer=producer)
        user = accounts.first()
        contact = Contact(
            producer=producer, name=str(user or row.responsible_email), email=row.responsible_email, user=user
        )
        _save(contact, parties)
        key = (producer.pk, row.responsible_email)
        parties.contacts[key] = contact
        parties.note(Made(Making.CONTACT, contact.email), lambda: parties.contacts.pop(key))
    return contact


def _check_may_make(parties: Parties, column: str, name: str) -> None:
    if not parties.create:
        what = "contact of this producer" if column == "responsible_email" else column
        how = "--create makes it" if parties.by is None else "tick that what is not known is made, or correct the name"
        raise RowRefused(column, f'there is no {what} "{name}"; {how}.')


def _save(row: Series | Contact, parties: Parties) -> None:
    row._history_user = parties.by  # type: ignore[union-attr]  # simple-history reads it
    row.save()


def _free_slug(name: str, taken: Iterable[str], longest: int) -> str:
    start, others = slugify(name)[: longest - 5] or "unnamed", set(taken)
    candidates = (start, *(f"{start}-{number}" for number in range(2, len(others) + 3)))
    return next(candidate for candidate in candidates if candidate not in others)

"""Whom a file's rows speak of: producers, series and contacts, known or to be made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.text import slugify

from releases.exchange.import_file import Row, folded
from releases.exchange.import_steps import Made, Making
from releases.models import Contact, Producer, Series
from releases.models.series import DEFAULT_TOLERANCE_SECONDS
from releases.permissions import Action, may, producers_where

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


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
            producers={folded(producer.name): producer for producer in producers},
            series={(folded(each.producer.name), folded(each.title)): each for each in all_series},
            contacts={(contact.producer_id, contact.email.lower()): contact for contact in contacts},
        )

    def keeps(self, producer: Producer) -> bool:
        """Tell whether the importer keeps a producer's calendar."""
        return producer in self.producers.values()

    def note(self, made: Made, undo: Callable[[], object]) -> None:
        """Note what was made for the row at hand.

        :param undo: forgets it, should the row be refused in the end.
        """
        self.made.append(made)
        self._undo += [self.made.pop, undo]

    def accept(self) -> None:
        """Keep what was made for the row at hand."""
        self._undo.clear()

    def take_back(self) -> None:
        """Forget what was made for the row at hand, because the database has."""
        while self._undo:
            self._undo.pop()()


def series_of(row: Row, parties: Parties) -> Series:
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


def _producer(row: Row, parties: Parties) -> Producer:
    producer = parties.producers.get(folded(row.producer))
    if producer is not None:
        return producer
    if parties.by is not None:
        raise RowRefused("producer", f'there is no producer "{row.producer}" for which you keep the calendar.')
    _check_may_make(parties, "producer", row.producer)
    slug = _free_slug(row.producer, Producer.objects.values_list("slug", flat=True), 100)
    producer = Producer.objects.create(name=row.producer, slug=slug)
    key = folded(row.producer)
    parties.producers[key] = producer
    parties.note(Made(Making.PRODUCER, producer.name), lambda: parties.producers.pop(key))
    return producer


def _new_series(row: Row, producer: Producer, responsible: Contact | None, parties: Parties) -> Series:
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


def _check_agrees(row: Row, series: Series, responsible: Contact | None) -> None:
    if row.tolerance_seconds not in {None, series.tolerance_seconds}:
        why = (
            f'the tolerance of the series "{series.title}" is {series.tolerance_seconds} seconds; '
            "it is changed by a head of profession or a deputy, in the admin site."
        )
        raise RowRefused("tolerance_seconds", why)
    if responsible and series.responsible not in {None, responsible}:
        why = f'{series.responsible.email if series.responsible else ""} is responsible for "{series.title}"; '
        raise RowRefused("responsible_email", why + "this is changed in the admin site.")


def _contact(row: Row, producer: Producer, parties: Parties) -> Contact:
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
    """Save a row, and let its history say who did it."""
    row._history_user = parties.by  # type: ignore[union-attr]  # simple-history reads it
    row.save()


def _free_slug(name: str, taken: Iterable[str], longest: int) -> str:
    """Return a slug for a name that none of the others has."""
    start, others = slugify(name)[: longest - 5] or "unnamed", set(taken)
    candidates = (start, *(f"{start}-{number}" for number in range(2, len(others) + 3)))
    return next(candidate for candidate in candidates if candidate not in others)

"""Whom a file's rows speak of: producers, series and contacts, known or to be made."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.utils.text import slugify

from releases.import_file import Row
from releases.models import Contact, Producer, Series
from releases.models.series import DEFAULT_TOLERANCE_SECONDS


class RowRefused(Exception):
    """A row cannot be taken; `column` names the cell, the message is one sentence."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


@dataclass(slots=True)
class Parties:
    """The producers, series and contacts that there are, by what a file calls them; and those made meanwhile."""

    create: bool
    producers: dict[str, Producer]
    series: dict[tuple[str, str], Series]
    contacts: dict[tuple[int, str], Contact]
    made: list[str] = field(default_factory=list)

    @classmethod
    def known(cls, *, create: bool) -> "Parties":
        """Load all that there are.

        :param create: whether those that are not known are made.
        """
        all_series = Series.objects.select_related("producer", "responsible")
        return cls(
            create=create,
            producers={producer.name.casefold(): producer for producer in Producer.objects.all()},
            series={(each.producer.name.casefold(), each.title.casefold()): each for each in all_series},
            contacts={(contact.producer_id, contact.email.lower()): contact for contact in Contact.objects.all()},
        )


def series_of(row: Row, parties: Parties) -> Series:
    """Return the series that a row names, with the responsible contact that it names.

    :raises RowRefused: if producer, series or contact is not known and none is to be made, or if the stored series
        has another tolerance or another responsible contact than the row says.
    """
    producer = _producer(row, parties)
    responsible = _contact(row, producer, parties) if row.responsible_email else None
    series = parties.series.get(row.series_key)
    if series is None:
        _check_may_make(parties, "series", row.series)
        tolerance = DEFAULT_TOLERANCE_SECONDS if row.tolerance_seconds is None else row.tolerance_seconds
        series = Series.objects.create(
            producer=producer,
            title=row.series,
            slug=_free_slug(row.series, Series.objects.filter(producer=producer).values_list("slug", flat=True), 150),
            tolerance_seconds=tolerance,
            responsible=responsible,
        )
        parties.series[row.series_key] = series
        parties.made.append(f"series {series.title}")
    _check_agrees(row, series, responsible)
    if responsible and series.responsible is None:
        series.responsible = responsible
        series.save(update_fields=["responsible"])
        parties.made.append(f"{responsible.email} as the responsible contact of {series.title}")
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


def _producer(row: Row, parties: Parties) -> Producer:
    producer = parties.producers.get(row.producer.casefold())
    if producer is None:
        _check_may_make(parties, "producer", row.producer)
        slug = _free_slug(row.producer, Producer.objects.values_list("slug", flat=True), 100)
        producer = Producer.objects.create(name=row.producer, slug=slug)
        parties.producers[row.producer.casefold()] = producer
        parties.made.append(f"producer {producer.name}")
    return producer


def _contact(row: Row, producer: Producer, parties: Parties) -> Contact:
    contact = parties.contacts.get((producer.pk, row.responsible_email))
    if contact is None:
        _check_may_make(parties, "responsible_email", row.responsible_email)
        # A file gives no name: that of the account with this address is used, else the address stands for it.
        user = get_user_model().objects.filter(email__iexact=row.responsible_email).first()
        contact = Contact.objects.create(
            producer=producer, name=str(user or row.responsible_email), email=row.responsible_email, user=user
        )
        parties.contacts[producer.pk, row.responsible_email] = contact
        parties.made.append(f"contact {contact.email}")
    return contact


def _check_may_make(parties: Parties, column: str, name: str) -> None:
    if not parties.create:
        what = "contact of this producer" if column == "responsible_email" else column
        raise RowRefused(column, f'there is no {what} "{name}"; --create makes it.')


def _free_slug(name: str, taken: Iterable[str], longest: int) -> str:
    """Return a slug for a name that none of the others has."""
    start, others = slugify(name)[: longest - 5] or "unnamed", set(taken)
    candidates = (start, *(f"{start}-{number}" for number in range(2, len(others) + 3)))
    return next(candidate for candidate in candidates if candidate not in others)

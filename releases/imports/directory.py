"""Export and import of files with contacts, series or producers.

The result of an import shows the changes in each row. Empty cells and missing columns change nothing. People can import
for the producers whose calendar they manage. In a file of producers, they can only change the column
`words_for_a_missing_page`. Administrators can add producers and change all other columns.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases import scheduling
from releases.calls import replace_rota
from releases.early_findings import check_number_change
from releases.imports.apply import ImportOutcome, RowRefused
from releases.imports.parse import FileRefused, RowFault, fold_title, read_header, read_lines
from releases.models import Contact, Producer, Release, RotaEntry, Series
from releases.permissions import Action, NotYours, User, may, producers_where
from releases.rules import tables
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import FieldRefused, MoveRefused
from releases.rules.rota import RotaDays
from releases.rules.tables import Cell, TableKind

BETWEEN_PHRASES = " | "
ON_CLOSED_DAYS = "closed"


class DirectoryKind(StrEnum):
    CONTACTS = "contacts"
    SERIES = "series"
    PRODUCERS = "producers"


class ColumnKind(StrEnum):
    TEXT = "text"
    YES = "yes"
    CHOICE = "choice"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    WORDS = "words"
    PHRASES = "phrases"
    CONTACT = "contact"
    CONTACTS = "contacts"
    ROTA = "rota"


# Columns of these kinds are stored in related tables, and not in the table of the row.
OF_RELATED_ROWS = frozenset({ColumnKind.CONTACTS, ColumnKind.ROTA})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file, and the field of the model that it fills."""

    name: str
    field: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """The columns of one kind of file.

    A row is identified by the `key` column and, except for producers, by the producer.
    """

    model: type[Contact] | type[Series] | type[Producer]
    key: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        of_producer = [] if self.model is Producer else ["producer"]
        return [*of_producer, *(column.name for column in self.columns)]

    @property
    def required(self) -> list[str]:
        of_producer = [] if self.model is Producer else ["producer"]
        return [*of_producer, *(column.name for column in self.columns if column.required)]


DIRECTORIES: dict[DirectoryKind, Directory] = {
    DirectoryKind.CONTACTS: Directory(
        Contact,
        "email",
        (
            Column("email", "email", required=True),
            Column("name", "name"),
            Column("post", "post"),
            Column("telephone", "telephone"),
            Column("is_team", "is_team", ColumnKind.YES),
            Column("shown_to_readers", "is_public", ColumnKind.YES),
        ),
    ),
    DirectoryKind.SERIES: Directory(
        Series,
        "short_name",
        (
            Column("short_name", "slug", required=True),
            Column("title", "title"),
            Column("designation", "designation", ColumnKind.CHOICE),
            Column("release_time", "release_time", ColumnKind.TIME),
            Column("approval_reference", "alternative_time_reference"),
            Column("approved_on", "alternative_time_approved_on", ColumnKind.DATE),
            Column("nation", "nation", ColumnKind.CHOICE),
            Column("pre_release_kind", "pre_release_kind", ColumnKind.CHOICE),
            Column("market_sensitive", "market_sensitive", ColumnKind.YES),
            Column("contact_email", "responsible", ColumnKind.CONTACT),
            Column("head_of_profession_email", "head_of_profession", ColumnKind.CONTACT),
            Column("deputy_emails", "deputies", ColumnKind.CONTACTS),
            Column("publishing_emails", "publishing_contacts", ColumnKind.CONTACTS),
            Column("tolerance_seconds", "tolerance_seconds", ColumnKind.NUMBER),
            Column("phone_order", "rota", ColumnKind.ROTA),
            Column("title_in_welsh", "welsh_title"),
        ),
    ),
    DirectoryKind.PRODUCERS: Directory(
        Producer,
        "short_name",
        (
            Column("short_name", "slug", required=True),
            Column("name", "name"),
            Column("nation", "nation", ColumnKind.CHOICE),
            Column("two_person_approval", "two_person_approval", ColumnKind.YES),
            Column("websites", "hosts", ColumnKind.WORDS),
            Column("words_for_a_missing_page", "negative_markers", ColumnKind.PHRASES),
            Column("pre_release_length", "pre_release_length", ColumnKind.NUMBER),
            Column("pre_release_unit", "pre_release_unit", ColumnKind.CHOICE),
            Column("name_in_welsh", "welsh_name"),
        ),
    ),
}
# The only field of a producer that its calendar managers may change. They may not change roles, hosts or the two-person
# rule.
OF_CALENDAR_MANAGERS = frozenset({"negative_markers"})


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """The result of importing one row, also in a dry run.

    `name` is the title, name or key in the row. It is empty if the row has none of them.
    """

    number: int
    name: str
    outcome: ImportOutcome
    changes: tuple[Change, ...] = ()
    faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectoryResult:
    rows: list[DirectoryRow]

    def count(self, outcome: ImportOutcome) -> int:
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def changed(self) -> int:
        return self.count(ImportOutcome.ADDED) + self.count(ImportOutcome.CHANGED)

    @property
    def digest(self) -> str:
        """A digest of the results.

        The preview page posts it back, and the import runs only if a new dry run has the same digest.
        """
        return sha256_hex(repr(self.rows).encode())[:16]


def may_exchange(person: User, kind: DirectoryKind) -> bool:
    """Return whether a person may import and export this kind of rows for at least one producer."""
    if kind is DirectoryKind.PRODUCERS and person.has_perm("releases.change_producer"):
        return True
    return producers_where(person, Action.EDIT).exists()


def rows_of(person: User, kind: DirectoryKind) -> QuerySet[Any]:
    """Return the rows that a person may export.

    These are the rows of the producers whose calendar the person manages. A person with the permission to change
    producers may export all producers.
    """
    own = producers_where(person, Action.EDIT)
    if kind is DirectoryKind.CONTACTS:
        return Contact.objects.filter(producer__in=own).select_related("producer").order_by("producer__name", "name")
    if kind is DirectoryKind.SERIES:
        found = Series.objects.filter(producer__in=own).order_by("producer__name", "title")
        found = found.select_related("producer", "responsible", "head_of_profession")
        return found.prefetch_related("deputies", "publishing_contacts", "rota__contact")
    if person.has_perm("releases.change_producer"):
        return Producer.objects.order_by("name")
    return own.order_by("name")


def export_directory(kind: DirectoryKind, file_kind: TableKind, *, by: User, title: str) -> bytes:
    """Write the person's contacts, series or producers as a file that can be imported again.

    :raises NotYours: if the person manages no producer's calendar.
    """
    if not may_exchange(by, kind):
        raise NotYours(f"{by} does not manage a calendar.")
    directory = DIRECTORIES[kind]
    lines = [_write_row(row, directory) for row in rows_of(by, kind)]
    return tables.write_table(file_kind, directory.names, lines, title=title)


def read_directory(content: bytes, *, name: str, kind: DirectoryKind) -> list[tuple[int, dict[str, str]]]:
    """Read a file, and return the number and the cells of each row.

    Each cell is the text that a person would type. The cells are keyed by column.

    :raises FileRefused: if it is not a file of this kind, or if a cell cannot be read.
    """
    lines = read_lines(content, name=name)
    directory = DIRECTORIES[kind]
    first = lines[0][1] if lines else []
    header = read_header(first, required=directory.required, known=directory.names, name=name)
    if not lines[1:]:
        raise FileRefused([f"{name} has no rows below the names of the columns."])
    rows, unreadable = [], list[RowFault]()
    for number, cells in lines[1:]:
        named = dict(zip(header, cells, strict=False))
        unreadable += [RowFault(number, column, cell.fault) for column, cell in named.items() if cell.fault]
        rows.append((number, {column: cell.text for column, cell in named.items() if isinstance(cell, Cell)}))
    if unreadable:
        raise FileRefused(unreadable)
    return rows


def import_directory(
    rows: Sequence[tuple[int, Mapping[str, str]]],
    kind: DirectoryKind,
    *,
    by: User,
    at: datetime,
    skip_refused: bool = False,
    dry_run: bool = False,
) -> DirectoryResult:
    """Import the rows of a file in one transaction.

    If any row is refused, nothing is imported, unless `skip_refused` is true.

    :param at: the aware instant of the import.
    :param dry_run: whether to return the result without changing anything.
    :raises NotYours: if the person manages no producer's calendar.
    """
    if not may_exchange(by, kind):
        raise NotYours(f"{by} does not manage a calendar.")
    one = _Import(DIRECTORIES[kind], by=by, at=at)
    with transaction.atomic():
        result = DirectoryResult([one.take(number, cells) for number, cells in rows])
        transaction.set_rollback(dry_run or (bool(result.count(ImportOutcome.REFUSED)) and not skip_refused))
    return result


class _Import:
    """One import by a person. Each row is written in a separate savepoint."""

    def __init__(self, directory: Directory, *, by: User, at: datetime) -> None:
        self.directory, self.by, self.at = directory, by, at
        self.producers = {fold_title(each.name): each for each in producers_where(by, Action.EDIT)}
        self.seen: set[tuple[int | None, str]] = set()

    def take(self, number: int, cells: Mapping[str, str]) -> DirectoryRow:
        name = cells.get("title") or cells.get("name") or cells.get(self.directory.key, "")
        try:
            with transaction.atomic():
                outcome, changes = self._write(cells)
        except RowRefused as refusal:
            faults: tuple[RowFault, ...] = (RowFault(number, refusal.column, str(refusal)),)
            return DirectoryRow(number, name, ImportOutcome.REFUSED, faults=faults)
        except ValidationError as error:
            faults = tuple(RowFault(number, column, why) for column, why in self._explain(error))
            return DirectoryRow(number, name, ImportOutcome.REFUSED, faults=faults)
        return DirectoryRow(number, name, outcome, changes)

    def _write(self, cells: Mapping[str, str]) -> tuple[ImportOutcome, tuple[Change, ...]]:
        for name in self.directory.required:
            if not cells.get(name):
                raise RowRefused(name, _("This cell is empty."))
        row, is_new = self._find(cells)
        before = {} if is_new else self._written(row)
        related: dict[Column, Any] = {}
        for column in self.directory.columns:
            text = cells.get(column.name, "")
            # The search for the row ignores the case of the key, so a key in another case is not a change.
            if not text or (not is_new and (column.name == self.directory.key or text == before.get(column.name))):
                continue
            value = _read_value(text, column, row)
            if column.kind in OF_RELATED_ROWS:
                related[column] = value
            else:
                setattr(row, column.field, value)
        now = self._written(row, related)
        changes = tuple(
            Change(column.name, before.get(column.name, ""), now[column.name])
            for column in self.directory.columns
            if before.get(column.name, "") != now[column.name]
        )
        if not is_new and not changes:
            return ImportOutcome.UNCHANGED, ()
        self._check_may(row, changes, is_new=is_new)
        row.full_clean()
        self._save(row, related)
        return ImportOutcome.ADDED if is_new else ImportOutcome.CHANGED, changes

    def _save(self, row: Any, related: Mapping[Column, Any]) -> None:
        row._history_user = self.by  # simple-history reads it
        row.save()
        for column, values in related.items():
            if column.kind is ColumnKind.ROTA:
                replace_rota(row, values, by=self.by)
            else:
                getattr(row, column.field).set(values)

    def _find(self, cells: Mapping[str, str]) -> tuple[Any, bool]:
        """Return the object that a row of the file names, and whether the object is new."""
        model, key_column = self.directory.model, self.directory.key
        key = cells[key_column]
        field = next(column.field for column in self.directory.columns if column.name == key_column)
        known: dict[str, Any] = {f"{field}__iexact": key}
        values: dict[str, Any] = {field: key}
        producer = None
        if model is not Producer:
            producer = self.producers.get(fold_title(cells["producer"]))
            if producer is None:
                raise RowRefused(
                    "producer", _("You do not manage the calendar of “%(name)s”.") % {"name": cells["producer"]}
                )
            known["producer"] = values["producer"] = producer
        place = (producer.pk if producer else None, key.casefold())
        if place in self.seen:
            raise RowRefused(key_column, _("“%(key)s” is in this file twice.") % {"key": key})
        self.seen.add(place)
        found = model.objects.filter(**known).first()
        if model is Producer and not self._may_name(found):
            raise RowRefused(key_column, _("You do not manage the calendar of “%(name)s”.") % {"name": key})
        return (found, False) if found is not None else (model(**values), True)

    def _may_name(self, producer: Any) -> bool:
        """Return whether the person may know whether a producer exists.

        If not, a producer of others and a producer that does not exist must be refused in the same way.

        :param producer: the producer, or None if it does not exist.
        """
        if self.by.has_perm("releases.change_producer"):
            return True
        return self.by.has_perm("releases.add_producer") if producer is None else producer in self.producers.values()

    def _check_may(self, row: Any, changes: Iterable[Change], *, is_new: bool) -> None:
        """Refuse changes that the person may not make, or that would affect a pending verdict.

        :raises RowRefused: if a change is refused. The error names the column.
        """
        changed = {self._field(change.column): change.column for change in changes}
        if isinstance(row, Producer):
            self._check_producer(row, changed, is_new=is_new)
        if isinstance(row, Series):
            self._check_series(row, changed, is_new=is_new)
        if isinstance(row, Contact) and "telephone" in changed:
            try:
                check_number_change(row, by=self.by)
            except FieldRefused as refusal:
                raise RowRefused("telephone", str(refusal)) from refusal

    def _check_producer(self, row: Producer, changed: Mapping[str, str], *, is_new: bool) -> None:
        if is_new and not self.by.has_perm("releases.add_producer"):
            raise RowRefused("short_name", _("Only an administrator can add a producer."))
        if not is_new and not self.by.has_perm("releases.change_producer"):
            for field, column in changed.items():
                if field not in OF_CALENDAR_MANAGERS:
                    raise RowRefused(column, _("Only an administrator can change this."))
        if "negative_markers" in changed and not is_new:
            self._refuse_if_judged("words_for_a_missing_page", Release.objects.filter(series__producer=row))

    def _check_series(self, row: Series, changed: Mapping[str, str], *, is_new: bool) -> None:
        default = Series._meta.get_field("tolerance_seconds").default
        if (
            "tolerance_seconds" in changed
            and not (is_new and row.tolerance_seconds == default)
            and not may(self.by, Action.CHANGE_TOLERANCE, row.producer)
        ):
            raise RowRefused(
                "tolerance_seconds", _("Only the Head of Profession or a deputy can change the tolerance.")
            )
        names = [column for field, column in changed.items() if field in {"title", "welsh_title"}]
        if names and not is_new:
            self._refuse_if_judged(names[0], Release.objects.filter(series=row))

    def _refuse_if_judged(self, column: str, releases: QuerySet[Release]) -> None:
        try:
            scheduling.refuse_names_during_judgement(releases, at=self.at)
        except MoveRefused as refusal:
            raise RowRefused(column, str(refusal)) from refusal

    def _written(self, row: Any, related: Mapping[Column, Any] | None = None) -> dict[str, str]:
        """Return an object as the cells of a row, keyed by column.

        :param related: values for related tables that are not saved yet. They replace the saved values.
        """
        written = {}
        for column in self.directory.columns:
            if related and column in related:
                written[column.name] = _write_related(related[column], column)
            elif row.pk is None and column.kind in OF_RELATED_ROWS:
                written[column.name] = ""
            else:
                written[column.name] = _write_value(row, column)
        return written

    def _column(self, field: str) -> str:
        return next((column.name for column in self.directory.columns if column.field == field), field)

    def _field(self, column: str) -> str:
        return next(each.field for each in self.directory.columns if each.name == column)

    def _explain(self, error: ValidationError) -> list[tuple[str, str]]:
        """Return the messages of a validation error, each with its column."""
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return [
            (self._column(field) if field not in {"", "__all__"} else self.directory.key, why)
            for field, messages in found.items()
            for why in messages
        ]


def _read_value(text: str, column: Column, row: Any) -> Any:  # noqa: C901  # one case for each kind of column
    """:raises RowRefused: if the text is not a value of the column's kind; the message is one sentence."""
    field = row._meta.get_field(column.field)
    match column.kind:
        case ColumnKind.YES:
            if text.casefold() not in {"yes", "no"}:
                raise RowRefused(column.name, _("Enter yes or no, not “%(text)s”.") % {"text": text})
            return text.casefold() == "yes"
        case ColumnKind.CHOICE:
            for value, label in field.choices:
                if text.casefold() in {str(value).casefold(), str(label).casefold()}:
                    return value
            allowed = ", ".join(str(value) for value, _label in field.choices if value)
            raise RowRefused(column.name, _("Enter one of: %(allowed)s.") % {"allowed": allowed})
        case ColumnKind.DATE:
            return _parse(date.fromisoformat, text, column, _("Enter a date such as 2026-05-11."))
        case ColumnKind.TIME:
            return _parse(time.fromisoformat, text, column, _("Enter a time such as 09:30."))
        case ColumnKind.NUMBER:
            return _parse(int, text, column, _("Enter a whole number."))
        case ColumnKind.WORDS:
            return "\n".join(text.split())
        case ColumnKind.PHRASES:
            return "\n".join(phrase.strip() for phrase in text.split(BETWEEN_PHRASES.strip()) if phrase.strip())
        case ColumnKind.CONTACT:
            return _find_contact(text, column, row.producer)
        case ColumnKind.CONTACTS:
            return [_find_contact(email, column, row.producer) for email in text.split()]
        case ColumnKind.ROTA:
            return list(_read_rota(text, column, row.producer))
    return text


def _read_rota(text: str, column: Column, producer: Producer) -> Iterator[RotaEntry]:
    """Parse the rota of a series, such as "ann@example.gov.uk bob@example.gov.uk | closed 07:00 eve@example.gov.uk"."""
    for part in text.split(BETWEEN_PHRASES.strip()):
        words = part.split()
        days, at = RotaDays.EVERY_DAY, None
        if words and words[0].casefold() == ON_CLOSED_DAYS:
            days = RotaDays.CLOSED_DAYS
            del words[0]
        if words and "@" not in words[0]:
            at = _parse(time.fromisoformat, words.pop(0), column, _("Enter a time such as 09:30."))
        if not words:
            raise RowRefused(column.name, _("Enter at least one email address for each time and day."))
        for order, email in enumerate(dict.fromkeys(words), start=1):
            yield RotaEntry(contact=_find_contact(email, column, producer), order=order, at=at, days=days)


def _parse(parse: Any, text: str, column: Column, advice: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise RowRefused(column.name, advice) from error


def _find_contact(email: str, column: Column, producer: Producer) -> Contact:
    found = Contact.objects.filter(producer=producer, email__iexact=email).first()
    if found is None:
        sentence = _("“%(email)s” is not a contact of this producer. Import the contacts first.")
        raise RowRefused(column.name, sentence % {"email": email})
    return found


def _write_row(row: Any, directory: Directory) -> list[str]:
    of_producer = [] if directory.model is Producer else [row.producer.name]
    return [*of_producer, *(_write_value(row, column) for column in directory.columns)]


def _write_value(row: Any, column: Column) -> str:
    value = getattr(row, column.field)
    if column.kind in OF_RELATED_ROWS:
        return _write_related(value.all(), column)
    match column.kind:
        case ColumnKind.YES:
            return "yes" if value else "no"
        case ColumnKind.TIME:
            return f"{value:%H:%M}"
        case ColumnKind.DATE:
            return value.isoformat() if value else ""
        case ColumnKind.WORDS:
            return " ".join(value.split())
        case ColumnKind.PHRASES:
            return BETWEEN_PHRASES.join(line.strip() for line in value.splitlines() if line.strip())
        case ColumnKind.CONTACT:
            return value.email if value else ""
    return "" if value is None else str(value)


def _write_related(rows: Iterable[Any], column: Column) -> str:
    if column.kind is ColumnKind.ROTA:
        return _write_rota(rows)
    return " ".join(sorted(contact.email for contact in rows))


def _write_rota(entries: Iterable[RotaEntry]) -> str:
    """Write a rota in the format of `_read_rota`.

    Lists for every day come before lists for closed days. Both are sorted by time.
    """
    lists: dict[tuple[bool, time | None], list[RotaEntry]] = defaultdict(list)
    for entry in entries:
        lists[entry.days == RotaDays.CLOSED_DAYS, entry.at].append(entry)
    parts = []
    for closed, at in sorted(lists, key=lambda key: (key[0], key[1] or time())):
        emails = [entry.contact.email for entry in sorted(lists[closed, at], key=lambda entry: entry.order)]
        parts.append(" ".join([*([ON_CLOSED_DAYS] * closed), *([f"{at:%H:%M}"] if at else []), *dict.fromkeys(emails)]))
    return BETWEEN_PHRASES.join(parts)

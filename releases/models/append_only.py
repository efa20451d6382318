"""Append-only rows in hash chains, and the redaction of such rows."""

import functools
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from django.db import connection, models, transaction
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop

from releases.models.bulk_insert import insert_rows
from releases.rules.calendar import format_day
from releases.rules.canonical import canonical_json, sha256_hex

FIRST_HASH = "0" * 64
FIRST_FORMAT = 1
CHUNK = 2000
# The default of salt fields, which returns a new salt for the free text of one row. It is a partial of a standard
# function, so that migrations can store it without a reference to this module.
new_salt = functools.partial(secrets.token_hex, 16)


class AppendOnlyRow(Exception):
    """An attempt to change or delete a row that is append-only."""


class AppendOnlyQuerySet[T: models.Model](models.QuerySet[T]):
    """A queryset that refuses to change or delete rows. The database refuses these operations too."""

    def update(self, **values: Any) -> int:
        raise AppendOnlyRow(self._refusal("changed"))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRow(self._refusal("deleted"))

    def bulk_create(self, objs: Iterable[T], *args: Any, **kwargs: Any) -> list[T]:
        if kwargs.get("update_conflicts"):
            raise AppendOnlyRow(self._refusal("changed"))
        return super().bulk_create(objs, *args, **kwargs)

    def _refusal(self, verb: str) -> str:
        return f"{self.model._meta.verbose_name_plural} are append-only and cannot be {verb}."


class AppendOnly(models.Model):
    """A row that cannot be changed or deleted after it is written. Only a redaction can change it (see `overwrite`)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyRow(f"This {self._meta.verbose_name} is append-only and cannot be changed.")
        # Without `force_insert`, Django would update an existing row with the same key.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRow(f"This {self._meta.verbose_name} is append-only and cannot be deleted.")


class ChainHead(models.Model):
    """The position and hash of the last row of one chain.

    Each writer of the chain locks this row, so only one of them can write at a time.
    """

    chain = models.CharField(max_length=100, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    row_hash = models.CharField(max_length=64, default=FIRST_HASH)

    def __str__(self) -> str:
        return f"{self.chain} at {self.position}"

    @staticmethod
    def hold(chain: str) -> "ChainHead":
        """Return the head of a chain, locked until the end of the transaction. A missing head is created."""
        heads = ChainHead.objects.select_for_update()
        head = heads.filter(chain=chain).first()
        if head is None:
            ChainHead.objects.get_or_create(chain=chain)
            head = heads.get(chain=chain)
        return head


class ChainedRow(AppendOnly):
    """A row of a hash chain. Its hash covers its position, its payload and the hash of the previous row."""

    CHAIN: ClassVar[str]
    FORMAT: ClassVar[int] = FIRST_FORMAT
    """The format in which new rows are hashed. A stored row is verified in the format that `format_version` names."""

    position = models.PositiveBigIntegerField(unique=True, editable=False)
    format_version = models.PositiveSmallIntegerField(default=FIRST_FORMAT, editable=False)
    previous_hash = models.CharField(max_length=64, editable=False)
    row_hash = models.CharField(max_length=64, editable=False)

    class Meta:
        abstract = True

    def payload(self) -> dict[str, Any]:
        """Return the content that is hashed. It must contain salted digests instead of names and free text."""
        raise NotImplementedError

    def canonical(self) -> bytes:
        """Return the bytes that are hashed: the format, the position, the hash of the previous row, and the payload."""
        return canonical_json([self.format_version, self.position, self.previous_hash, self.payload()])

    def expected_hash(self) -> str:
        return sha256_hex(self.canonical())

    @classmethod
    def in_order(cls) -> models.QuerySet[Self]:
        return cls._default_manager.order_by("position")

    @classmethod
    def append(cls, rows: Sequence[Self]) -> Sequence[Self]:
        """Write rows at the end of their chain in one transaction, and set their positions and hashes."""
        if not rows:
            return rows
        with transaction.atomic():
            cls._append_at(ChainHead.hold(cls.CHAIN), rows)
        return rows

    @classmethod
    def _append_at(cls, head: ChainHead, rows: Sequence[Self]) -> None:
        for row in rows:
            head.position += 1
            row.format_version = cls.FORMAT
            row.position, row.previous_hash = head.position, head.row_hash
            row.row_hash = head.row_hash = row.expected_hash()
        insert_rows(rows)
        head.save(update_fields=["position", "row_hash"])


def salted_digest(words: str, salt: str) -> str:
    """Return the salted digest of a free text, or an empty string if there is no text.

    The hash of a row covers this digest instead of the text, so that the text can be redacted.
    """
    return hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest() if words else ""


# A function that takes items and the number of items, and returns the same items. It can show a progress bar.
type Follow = Callable[[Iterable[Any], int], Iterable[Any]]


def without_progress(items: Iterable[Any], _total: int) -> Iterable[Any]:
    return items


def check_chain(row: type[ChainedRow], *, follow: Follow = without_progress) -> tuple[int, str | None]:
    """Verify a whole chain.

    Rows that are written during the verification are ignored.

    :return: the number of valid rows, and a sentence about the first invalid row, or None if all rows are valid.
    """
    last = row.in_order().aggregate(last=models.Max("position"))["last"] or 0
    # Read the head after the last position. Rows and their head are written in one transaction, so a head that is read
    # later cannot have a lower position than these rows.
    head = ChainHead.objects.filter(chain=row.CHAIN).first() or ChainHead(chain=row.CHAIN)
    if last > head.position:
        return head.position, f"row {head.position + 1} is after the recorded end of the chain"
    position, row_hash = 0, FIRST_HASH
    rows = row.in_order().filter(position__lte=head.position).iterator(chunk_size=CHUNK)
    for stored in follow(rows, head.position):
        if stored.position != position + 1:
            return position, f"row {position + 1} is missing"
        if stored.previous_hash != row_hash:
            return position, f"row {stored.position} does not contain the hash of the row before it"
        if stored.expected_hash() != stored.row_hash:
            return position, f"row {stored.position} was changed after it was written"
        position, row_hash = stored.position, stored.row_hash
    if (position, row_hash) != (head.position, head.row_hash):
        return position, f"rows after {position} are missing"
    return position, None


MARKER = noop("[removed on %(day)s]")


def redaction_marker(at: datetime) -> str:
    """Return the text that replaces a redacted text. It contains the day of the redaction in London time."""
    return _(MARKER) % {"day": format_day(at)}


def redaction_marker_start() -> str:
    """Return the start of a redaction marker, which is the same for every day."""
    return _(MARKER).partition("%")[0]


@contextmanager
def allow_redaction() -> Iterator[None]:
    """Open one transaction in which the database's triggers allow `overwrite`."""
    with transaction.atomic():
        _set_redacting("on")
        yield
        _set_redacting("off")


def _set_redacting(value: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statsoffice.redacting', %s, true)", [value])


def overwrite(row: models.Model, **values: Any) -> None:
    """Overwrite values of an append-only row, inside `allow_redaction`.

    The caller must record the redaction and its reason.
    """
    models.QuerySet(type(row)).filter(pk=row.pk).update(**values)


WORDS = {
    # nations
    "united_kingdom": lazy("United Kingdom"),
    "england": lazy("England"),
    "wales": lazy("Wales"),
    "scotland": lazy("Scotland"),
    "northern_ireland": lazy("Northern Ireland"),
    # roles
    "statistician": lazy("statistician"),
    "head_of_profession": lazy("Head of Profession"),
    "deputy": lazy("deputy"),
    "calendar_manager": lazy("calendar manager"),
    "publishing_team": lazy("publishing team"),
    "auditor": lazy("auditor"),
    # terms of a corrective action
    "short": lazy("short-term"),
    "long": lazy("long-term"),
    # units of time
    "hours": lazy("hours"),
    "working_days": lazy("working days"),
    # days of a rota
    "every_day": lazy("every day"),
    "closed_days": lazy("weekends, bank holidays and days when the office is closed"),
    # kinds of statistics in the orders on pre-release access
    "general": lazy("any other statistics"),
    "economic": lazy("economic statistics"),
    "gdp_or_retail_sales": lazy("GDP or retail sales"),
    # departures from the standard release time or day
    "osr_agreement": lazy("OSR’s written agreement"),
    "bank_holiday": lazy("bank holiday"),
    "at_once": lazy("release at once"),
    # precisions of a date
    "exact": lazy("exact"),
    "month": lazy("month"),
    "two_months": lazy("two months"),
    # statuses of a release, a request, a list or an import
    "provisional": lazy("provisional"),
    "confirmed": lazy("confirmed"),
    "published": lazy("published"),
    "cancelled": lazy("cancelled"),
    "waiting": lazy("waiting"),
    "agreed": lazy("agreed"),
    "refused": lazy("refused"),
    "withdrawn": lazy("withdrawn"),
    "lapsed": lazy("lapsed"),
    "taken_back": lazy("withdrawn"),
    "granted": lazy("granted"),
    "begun": lazy("begun"),
    "ended": lazy("ended"),
    "uploaded": lazy("uploaded"),
    "ambiguous": lazy("waiting for the date order"),
    "checked": lazy("checked"),
    "applied": lazy("applied"),
    "discarded": lazy("discarded"),
    "failed": lazy("failed"),
    # the source of an import, and the order of its dates
    "file": lazy("file"),
    "govuk": lazy("GOV.UK"),
    "ons": lazy("ONS"),
    "day_first": lazy("day first"),
    "month_first": lazy("month first"),
    # links, answers and reports of people with pre-release access
    "terms": lazy("terms"),
    "handling": lazy("handling"),
    "acknowledged": lazy("received"),
    "not_needed": lazy("access not needed"),
    "disclosure": lazy("possible disclosure"),
    "silent": lazy("no answer"),
    "sent_to_other": lazy("sent to a person who is not on the list"),
    "seen_by_other": lazy("seen or heard by a person who is not on the list"),
    "lost": lazy("lost or left unattended"),
    "in_public": lazy("published or mentioned in public"),
    "something_else": lazy("something else"),
    # targets and results of the checks of dummy files
    "page": lazy("page"),
    "open": lazy("open"),
    "not_open": lazy("not open"),
    "not_known": lazy("not known"),
    # kinds of requests
    "add": lazy("add"),
    "change": lazy("change"),
    "withdraw": lazy("withdraw"),
    # results of a check
    "observer_fault": lazy("no response, and our own connection failed too"),
    "unreachable": lazy("no usable response"),
    "not_live": lazy("not live"),
    "live": lazy("live"),
    "unrecognised": lazy("not recognised"),
    # verdicts
    "pending": lazy("pending"),
    "on_time": lazy("on time"),
    "early": lazy("early"),
    "late": lazy("late"),
    "not_seen": lazy("not live when last checked"),
    "partial": lazy("incomplete"),
    "uncertain": lazy("uncertain"),
    "cannot_tell": lazy("cannot tell"),
    # reasons to store a body
    "first_seen": lazy("first seen"),
    "announcement": lazy("announcement"),
    "last_before_due": lazy("last before due"),
    "last_not_live": lazy("last not live"),
    "first_partial": lazy("first incomplete"),
    "first_live": lazy("first live"),
    "first_live_fresh": lazy("first live, bypassing caches"),
}


def choices_of(codes: Iterable[StrEnum], *, capital: bool = True) -> list[tuple[str, Promise]]:
    """Return the choices of a model field. Each choice is a code of the enumeration and its label."""
    return [(code.value, capfirst(WORDS[code.value]) if capital else WORDS[code.value]) for code in codes]

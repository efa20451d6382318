"""What a person is asked: texts that the checks could not place, and releases of which nobody can tell."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet

from releases.core.judging.evidence import LookResult
from releases.core.judging.statements import counts_as
from releases.core.judging.verdict import ASKS_A_PERSON
from releases.models import Address, Observation, Release, Statement, Verification


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One text seen at one address, of which nobody has said yet what it is. Instants are aware."""

    address: Address
    text_digest: str
    first_seen_at: datetime
    last_seen_at: datetime
    looks: int


def open_questions(releases: Collection[Release] | QuerySet[Release]) -> list[OpenQuestion]:
    """List the texts that a person should place, for the present schedules of some releases.

    These are texts without the marker that no rule knows, and texts with the marker that were there from the
    very first look, before any look without it: those prove nothing until somebody says what they are.

    :return: the questions by address and by when each text was first seen.
    """
    looks = Observation.objects.plain().filter(release__in=releases, schedule_version=F("release__schedule_version"))
    said: dict[int, dict[str, str]] = {}
    statements = Statement.objects.filter(release__in=releases).exclude(text_digest="").in_order()
    for release, digest, kind in statements.values_list("release_id", "text_digest", "kind"):
        said.setdefault(release, {})[digest] = kind
    absent_since = _first_without_the_release(looks, said)
    texts = (
        looks.filter(result__in=[LookResult.UNRECOGNISED, LookResult.LIVE])
        .exclude(text_digest="")
        .values("release_id", "address_id", "text_digest", "result")
        .annotate(first=Min("sent_at"), last=Max("sent_at"), looks=Count("pk"))
        .order_by("address_id", "first")
    )
    open_texts = [
        row
        for row in texts
        if row["text_digest"] not in said.get(row["release_id"], {})
        and not _proven(row, absent_since.get(row["address_id"]))
    ]
    addresses = Address.objects.select_related("release").in_bulk({row["address_id"] for row in open_texts})
    return [
        OpenQuestion(
            address=addresses[row["address_id"]],
            text_digest=row["text_digest"],
            first_seen_at=row["first"],
            last_seen_at=row["last"],
            looks=row["looks"],
        )
        for row in open_texts
    ]


def unanswered(releases: QuerySet[Release]) -> QuerySet[Verification]:
    """Return the verdicts on some releases that need a person's word and have no "it was live at" yet.

    A verdict on an earlier date is among them: who moved a release after it was due ends no question by that.
    """
    since = Statement.objects.filter(
        kind=Statement.Kind.WAS_LIVE, release=OuterRef("release"), schedule_version__gte=OuterRef("schedule_version")
    )
    return Verification.objects.filter(~Exists(since), release__in=releases, outcome__in=ASKS_A_PERSON)


def _first_without_the_release(looks: QuerySet[Observation], said: dict[int, dict[str, str]]) -> dict[int, datetime]:
    """Find when each address was first seen without the release, by a look or by what a person said of it."""
    spoken_of = {digest for texts in said.values() for digest in texts}
    rows = (
        looks.filter(Q(result=LookResult.NOT_LIVE) | Q(text_digest__in=spoken_of))
        .values("release_id", "address_id", "text_digest", "result")
        .annotate(first=Min("sent_at"))
        .order_by("first")
    )
    absent: dict[int, datetime] = {}
    for row in rows:
        # Another release may have shown the very same text, and nobody has said anything of it there.
        word = said.get(row["release_id"], {}).get(row["text_digest"])
        if counts_as(row["result"], word) is LookResult.NOT_LIVE:
            absent.setdefault(row["address_id"], row["first"])
    return absent


def _proven(row: Mapping[str, Any], absent_since: datetime | None) -> bool:
    return row["result"] == LookResult.LIVE and absent_since is not None and absent_since < row["last"]

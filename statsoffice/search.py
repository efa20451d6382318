"""Search for releases, series and breach reports.

Each query selects only rows that the person may view. The search does not store copies of texts. So it cannot find
text that was redacted or deleted, and needs no update after a change (decision 83). In PostgreSQL, the search uses
indexes (decision 113).

PostgreSQL and SQLite match words by their stem and by prefix. Releases come first if each word is in their title or in
the title of their series. Releases that match only because of the name of the producer come after them. In both groups,
the releases nearest to today come first.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import (
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat, Greatest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from breaches.models import Report
from breaches.permissions import Action as ReportAction
from breaches.permissions import reports_where
from breaches.register import list_reports, versions_with_vector, with_words
from breaches.rules.content import read_listed_content
from breaches.rules.lifecycle import MERGED_OR_SPLIT
from breaches.rules.report_number import parse_number
from breaches.views.base import summarise_report
from releases.models import Producer, Release, Series
from releases.overview import visible_releases
from releases.permissions import Action, Person, producers_where
from releases.rules.calendar import format_day, local_date
from releases.views.base import SignedInRequest

MOST_CHARACTERS = 200
MOST_WORDS = 8
MOST_FOUND = 500
"""The largest number of results of each kind."""
ON_A_PAGE = 20
NEAR = timedelta(days=90)
MANY_SERIES = 100
"""If the titles of at least this many series contain a word, the releases due within `NEAR` of today are read first."""
AT_FIRST = 5
"""The number of results of each kind on the page that shows all kinds together."""

_WORD = re.compile(r"[^\W_]+")


class Kind(StrEnum):
    RELEASES = "releases"
    SERIES = "series"
    REPORTS = "reports"


class Order(StrEnum):
    BEST = "best"
    LATEST = "latest"


ORDERS = {Order.BEST: lazy("Best match"), Order.LATEST: lazy("Latest first")}


@dataclass(frozen=True, slots=True)
class Result:
    """A search result. `address` is the address of its page, and `about` is a line with details.

    `correction` is a label for a report that was sent and whose correction is not sent yet.
    """

    title: str
    address: str
    about: str
    status: str = ""
    colour: str = ""
    correction: str = ""


def find_words(typed: str) -> list[str]:
    """Return the words that a person typed, in lower case and without duplicates."""
    return list(dict.fromkeys(_WORD.findall(typed[:MOST_CHARACTERS].casefold())))[:MOST_WORDS]


def search(kind: Kind, typed: str, order: Order, *, by: Person, today: date) -> list[int]:
    """Return the primary keys of the rows that match a search text and that the person may view.

    A row matches if it contains all words of the text. If the number, reference or slug of a row is equal to the text,
    this row also matches, and is the best match.

    :param today: the day in London. A release is a better match if it is planned near this day.
    """
    source = _SOURCES[kind]
    found = source.read(by)
    words = find_words(typed)
    if not words:
        return []
    exact = list(source.find_exact(found, typed.strip()).values_list("pk", flat=True)[:MOST_FOUND])
    keys = list(dict.fromkeys([*exact, *_match(kind, found, words, today=today)]))
    if order is Order.LATEST:
        return list(found.filter(pk__in=keys).order_by(*source.latest).values_list("pk", flat=True))
    return keys


def _match(kind: Kind, found: "QuerySet[Any]", words: Sequence[str], *, today: date) -> list[int]:
    """Return the primary keys of the rows that contain all words, best match first.

    See the docstring of this module for the order of releases.
    """
    if kind is Kind.RELEASES:
        day = Value(today, DateField())
        lengths = [ExpressionWrapper(one, DurationField()) for one in (F("planned_on") - day, day - F("planned_on"))]
        found = found.annotate(distance=Greatest(*lengths))
    if connection.vendor != "postgresql":
        return _match_in_sqlite(_SOURCES[kind].with_words(found), words, is_dated=kind is Kind.RELEASES)
    if kind is Kind.RELEASES:
        return _match_releases(found, words, today=today)
    query = to_query(*words)
    if kind is Kind.REPORTS:
        # Ranking reads the complete text of a report again, so only the newest matches are ranked.
        standing = versions_with_vector().filter(report=OuterRef("pk"), number=OuterRef("version"), vector=query)
        newest = found.filter(Exists(standing)).order_by(*_SOURCES[kind].latest)
        matches = Report.objects.filter(pk__in=list(newest.values_list("pk", flat=True)[:MOST_FOUND]))
        matches = with_words(matches).annotate(vector=to_vector("words"))
    else:
        matches = _SOURCES[kind].with_words(found).annotate(vector=to_vector("words")).filter(vector=query)
    matches = matches.annotate(rank=SearchRank(F("vector"), query)).order_by("-rank", "-pk")
    return list(matches.values_list("pk", flat=True)[:MOST_FOUND])


def to_query(*words: str) -> SearchQuery:
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="english")


def to_vector(field: str) -> SearchVector:
    return SearchVector(field, config="english")


def _match_releases(found: "QuerySet[Any]", words: Sequence[str], *, today: date) -> list[int]:
    """Return the primary keys of the releases that contain all words, best match first.

    The titles of releases are indexed. A condition that also refers to other tables could not use this index. So the
    keys of the matching series are queried first, and the condition contains these keys. There are few series and
    producers, so this is fast. The keys come first in each condition, because PostgreSQL then does not read the titles
    of releases whose series matches.
    """
    named, matched = Q(), Q()
    most_series = 0
    indexed = _without_stop_words(words)
    if not indexed:
        return []
    for word in indexed:
        query = to_query(word)
        producers = Producer.objects.annotate(vector=to_vector("name")).filter(vector=query)
        titled = Series.objects.annotate(vector=to_vector("title")).filter(vector=query)
        series = list(titled.order_by().values_list("pk", flat=True))
        most_series = max(most_series, len(series))
        of_producers = Series.objects.filter(producer__in=producers.values("pk")).order_by()
        named &= Q(series__in=series) | Q(vector=query)
        matched &= Q(series__in=[*series, *of_producers.values_list("pk", flat=True)]) | Q(vector=query)
    order = ("distance", "-planned_on", "-pk")
    found = found.annotate(vector=to_vector("title"))
    best: list[int] = []
    if most_series >= MANY_SERIES:
        # Such a word is in most releases. If enough of them are near today, the others do not have to be sorted.
        near = found.filter(named, planned_on__gte=today - NEAR, planned_on__lte=today + NEAR)
        best = list(near.order_by(*order).values_list("pk", flat=True)[:MOST_FOUND])
    if len(best) < MOST_FOUND:
        best = list(found.filter(named).order_by(*order).values_list("pk", flat=True)[:MOST_FOUND])
    if len(best) == MOST_FOUND:
        return best
    others = found.filter(matched).exclude(pk__in=best).order_by(*order).values_list("pk", flat=True)
    return [*best, *others[: MOST_FOUND - len(best)]]


def _without_stop_words(words: Sequence[str]) -> list[str]:
    """Return the words that PostgreSQL indexes, without stop words such as "of" and "the".

    If all words are stop words, the search finds nothing. Otherwise stop words are ignored.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM unnest(%s::text[]) WITH ORDINALITY AS typed(word, place) "
            "WHERE numnode(to_tsquery('english', quote_literal(word) || ':*')) > 0 ORDER BY place",
            [list(words)],
        )
        return [word for (word,) in cursor.fetchall()]


_BEST_IN_SQLITE = "SELECT rowid FROM temp.searched WHERE searched MATCH %s ORDER BY rank, rowid DESC LIMIT %s"
_NEAREST_IN_SQLITE = """
    SELECT rowid FROM temp.searched WHERE searched MATCH %s
    ORDER BY
        rowid IN (SELECT rowid FROM temp.searched WHERE searched MATCH %s) DESC,
        distance, planned_on DESC, rowid DESC
    LIMIT %s
"""


def _match_in_sqlite(found: "QuerySet[Any]", words: Sequence[str], *, is_dated: bool) -> list[int]:
    """Search in a temporary full-text table, which contains only rows that the person may view."""
    fields = ("words", "name", "distance", "planned_on") if is_dated else ("words",)
    try:
        sql, parameters = found.order_by().values_list("pk", *fields).query.sql_with_params()
    except EmptyResultSet:  # the person may not read any of the rows
        return []
    query = " ".join(f'"{word}"*' for word in words)
    columns = ", ".join(f"{field} UNINDEXED" if field in {"distance", "planned_on"} else field for field in fields)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS temp.searched")
        cursor.execute(
            f"CREATE VIRTUAL TABLE temp.searched USING fts5({columns}, tokenize='porter unicode61 remove_diacritics 2')"
        )
        # Django generated the inserted SQL, and the parameters are passed separately.
        cursor.execute(f"INSERT INTO temp.searched(rowid, {', '.join(fields)}) {sql}", parameters)
        if is_dated:
            cursor.execute(_NEAREST_IN_SQLITE, [f"words: ({query})", f"name: ({query})", MOST_FOUND])
        else:
            cursor.execute(_BEST_IN_SQLITE, [query, MOST_FOUND])
        keys = [key for (key,) in cursor.fetchall()]
        cursor.execute("DROP TABLE temp.searched")
    return keys


@dataclass(frozen=True, slots=True)
class _Source:
    """How to read, find and show rows of one kind.

    `latest` is the ordering for `Order.LATEST`. `with_words` adds the annotation `words`, the text to search. For
    releases, `with_words` also adds the annotation `name`. It contains the titles of the release and of the series, but
    not the producer.
    """

    read: Callable[[Person], "QuerySet[Any]"]
    with_words: Callable[["QuerySet[Any]"], "QuerySet[Any]"]
    find_exact: Callable[["QuerySet[Any]", str], "QuerySet[Any]"]
    latest: Sequence[Any]
    show: Callable[[Sequence[int]], Iterator[Result]]


def _joined(*fields: str) -> Concat:
    parts = [part for field in fields for part in (Value(" ", TextField()), Cast(field, TextField()))]
    return Concat(*parts, output_field=TextField())


def _show_releases(keys: Sequence[int]) -> Iterator[Result]:
    # Show the calendar status, because it does not reveal that a release was found live before its due time.
    rows = Release.objects.filter(pk__in=keys).select_related("series__producer").in_bulk()
    for release in (rows[key] for key in keys if key in rows):
        about = f"{release.slot}. {release.series.producer}"
        if release.rehearsal:
            about = f"{_('Rehearsal')}. {about}"
        yield Result(release.title, reverse("releases:release", args=[release.reference]), about, release.status)


def _readable_series(person: Person) -> "QuerySet[Series]":
    return Series.objects.filter(producer__in=producers_where(person, Action.VIEW))


def _show_series(keys: Sequence[int]) -> Iterator[Result]:
    rows = Series.objects.filter(pk__in=keys).select_related("producer").in_bulk()
    for series in (rows[key] for key in keys if key in rows):
        address = f"{reverse('exchange:release_list')}?series={series.pk}"
        yield Result(series.title, address, str(series.producer))


def _readable_reports(person: Person) -> "QuerySet[Report]":
    return reports_where(person, ReportAction.VIEW).listed().exclude(status__in=MERGED_OR_SPLIT)


def _find_numbered(found: "QuerySet[Any]", typed: str) -> "QuerySet[Any]":
    number = parse_number(typed)
    return found.numbered(number) if number else found.filter(reference=typed)  # type: ignore[attr-defined]


def _show_reports(keys: Sequence[int]) -> Iterator[Result]:
    for report in list_reports(keys):
        content = read_listed_content(report.standing[0].content)
        row = summarise_report(report, content.titles, was_sent=report.sent_on is not None)
        occurred = format_day(report.occurred_on) if report.occurred_on else ""
        number = f"{report.number}, {report.producer}"
        about = ". ".join(part for part in (number, row["kind"], occurred) if part)
        address = reverse("breaches:report", args=[report.reference])
        yield Result(row["title"], address, about, str(row["status"]), row["colour"], row["correction"])


_SOURCES: Mapping[Kind, _Source] = {
    Kind.RELEASES: _Source(
        visible_releases,
        lambda found: found.annotate(
            words=_joined("title", "series__title", "series__producer__name"), name=_joined("title", "series__title")
        ),
        lambda found, typed: found.filter(reference=typed),
        (F("planned_on").desc(), "-pk"),
        _show_releases,
    ),
    Kind.SERIES: _Source(
        _readable_series,
        lambda found: found.annotate(words=_joined("title", "producer__name")),
        lambda found, typed: found.filter(slug=typed),
        ("title", "pk"),
        _show_series,
    ),
    Kind.REPORTS: _Source(
        _readable_reports,
        with_words,
        _find_numbered,
        (F("occurred_on").desc(nulls_last=True), "-pk"),
        _show_reports,
    ),
}
NAMES = {Kind.RELEASES: lazy("Releases"), Kind.SERIES: lazy("Series"), Kind.REPORTS: lazy("Breach reports")}


@login_required
@require_safe
def search_page(request: SignedInRequest) -> HttpResponse:
    """Show the first results of each kind, or all results of one kind, split into pages."""
    typed = request.GET.get("q", "").strip()[:MOST_CHARACTERS]
    chosen = request.GET.get("kind", "")
    order = Order(request.GET["sort"]) if request.GET.get("sort") in set(Order) else Order.BEST
    kinds = [Kind(chosen)] if chosen in set(Kind) else list(Kind)
    today = local_date(timezone.now())
    found = {kind: search(kind, typed, order, by=request.user, today=today) for kind in kinds} if typed else {}
    page = None
    if chosen in set(Kind):
        page = Paginator(found.get(Kind(chosen), []), ON_A_PAGE).get_page(request.GET.get("page"))
    groups = [
        {
            "kind": kind,
            "name": NAMES[kind],
            "number": len(keys),
            "is_full": len(keys) >= MOST_FOUND,
            "has_more": page is None and len(keys) > AT_FIRST,
            "results": list(_SOURCES[kind].show(list(page) if page is not None else keys[:AT_FIRST])),
        }
        for kind, keys in found.items()
        if keys
    ]
    context = {
        "typed": typed,
        "groups": groups,
        "page": page,
        "chosen": chosen if page is not None else "",
        "order": order,
        "orders": ORDERS.items(),
    }
    return render(request, "search.html", context)

"""The addresses of the API: releases, one release, producers and series; to read, by anyone, without signing in."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Path, Query, Schema
from ninja.renderers import JSONRenderer

from releases import following, public
from releases.announced import Named
from releases.api import answers
from releases.api.questions import AskedPage, AskedReleases, AskedSeries, Slug, names_of
from releases.api.refusals import NoSuchParameter, only_reading, say_in_json
from releases.following import Followed, NothingAnnounced
from releases.for_programs import for_programs
from releases.models import Release
from releases.public_addresses import feed_address
from releases.wanted import matching


class _Plain(JSONRenderer):
    """JSON in which people can read the quotation marks of sentences."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="Release calendar",
    version="1",
    description="Announced releases of official statistics: read only, without signing in, announced facts alone.",
    docs_url=None,
    urls_namespace="releases:api",
    renderer=_Plain(),
)
say_in_json(api)
type Operation = Callable[..., Any]


def read(path: str, answer: type[Schema], name: str) -> Callable[[Operation], Operation]:
    """Answer GET at an address, and HEAD, which needs no document of its own."""
    known: dict[str, Any] = {"response": {200: answer, 400: answers.Problem, 404: answers.Problem}}

    def at_path(operation: Operation) -> Operation:
        api.get(path, operation_id=name, url_name=name, **known)(operation)
        return api.api_operation(["HEAD"], path, include_in_schema=False, **known)(operation)

    return at_path


@read("/releases", answers.ReleasesAnswer, "releases")
def releases(request: HttpRequest, asked: Query[AskedReleases]) -> dict[str, Any]:
    """Find releases by what is announced of them."""
    _check_known(request, AskedReleases)
    _check_there(asked.producer, asked.series)
    found = matching(asked.wanted()).order_by("planned_on", "planned_at", "pk")
    listed, page = _page(request, found, asked)
    facts = public.facts(page, pages_at=timezone.now())
    return {**listed, "releases": [answers.release_answer(release) for release in facts]}


@read("/releases/{slug:reference}", answers.WholeReleaseAnswer, "release")
def release(request: HttpRequest, reference: Path[Slug]) -> dict[str, Any]:
    """Read one release with its changes of date."""
    _check_known(request, Schema)
    stored = Release.objects.public().filter(reference=reference)
    found = public.facts(stored, pages_at=timezone.now())
    if not found:
        message = f"There is no announced release “{reference}”."
        raise Http404(message)
    row = stored.select_related("series__responsible").get()
    later = public.next_of(row)
    return {
        **answers.release_answer(found[0]),
        "date_changes": [answers.date_change_answer(move) for move in found[0].moves],
        "contact": answers.contact_answer(row.series.responsible),
        "next_release": later and later.reference,
    }


@read("/producers", answers.ProducersAnswer, "producers")
def producers(request: HttpRequest, asked: Query[AskedPage]) -> dict[str, Any]:
    """List the producers of which anything is announced."""
    _check_known(request, AskedPage)
    listed, page = _page(request, public.producers(), asked)
    return {**listed, "producers": [{"slug": one.slug, "name": one.name} for one in page]}


@read("/series", answers.SeriesListAnswer, "series")
def series(request: HttpRequest, asked: Query[AskedSeries]) -> dict[str, Any]:
    """List the series of which anything is announced."""
    _check_known(request, AskedSeries)
    _check_there(asked.producer)
    found = public.series()
    listed, page = _page(request, found.filter(producer__slug=asked.producer) if asked.producer else found, asked)
    return {**listed, "series": [_series_answer(one) for one in page]}


def _series_answer(one: Any) -> dict[str, Any]:
    what = Followed(Named(one.producer.slug, one.producer.name), Named(one.slug, one.title))
    return {
        "slug": one.slug,
        "name": one.title,
        "designation": one.designation,
        "producer": {"slug": one.producer.slug, "name": one.producer.name},
        "calendar_url": feed_address("calendar", what),
        "changes_url": feed_address("changes", what),
    }


def _check_known(request: HttpRequest, asked: type[Schema]) -> None:
    known = names_of(asked)
    for name in request.GET:
        if name not in known:
            there_are = f"there are {', '.join(sorted(known))}" if known else "there are none"
            message = f"There is no parameter “{name[:50]}” here: {there_are}."
            raise NoSuchParameter(message)


def _check_there(producer: str, series: str = "") -> None:
    try:
        following.followed(producer=producer, series=series)
    except NothingAnnounced as nothing:
        raise Http404(str(nothing)) from nothing
    if series and not producer and not public.series().filter(slug=series).exists():
        message = f"There is no series “{series}” in this calendar."
        raise Http404(message)


def _page(request: HttpRequest, found: QuerySet[Any], asked: AskedPage) -> tuple[dict[str, Any], QuerySet[Any]]:
    """Return what a list says of a page, and its rows, which are none beyond the last page."""
    paginator = Paginator(found, asked.per_page)
    start = (asked.page - 1) * asked.per_page

    def address(number: int) -> str | None:
        if not 1 <= number <= paginator.num_pages:
            return None
        question = request.GET.copy()
        question["page"] = str(number)
        return f"{settings.ADDRESS}{request.path}?{question.urlencode()}"

    listed = {
        "count": paginator.count,
        "page": asked.page,
        "pages": paginator.num_pages if paginator.count else 0,
        "next_url": address(asked.page + 1),
        "previous_url": address(asked.page - 1) if paginator.count else None,
    }
    return listed, found[start : start + asked.per_page]


def urls() -> tuple[list[URLPattern], str, str]:
    """Return the addresses of the API, each of whose answers may be kept by whoever reads it."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = csrf_exempt(only_reading(for_programs(pattern.callback)))
    return [pattern for pattern in patterns if isinstance(pattern, URLPattern)], app, namespace

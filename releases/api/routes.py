"""The addresses of the API: releases, one release, producers and series; to read, by anyone, without signing in."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja import Path, Query, Schema
from ninja.renderers import JSONRenderer

from releases.api import answers, lists
from releases.api.document import ERRORS, LICENCE, DocumentedAPI
from releases.api.questions import AskedProducers, AskedReleases, AskedSeries, Slug, names_of
from releases.api.refusals import NoSuchParameter, only_reading, say_in_json
from releases.calendar import next_release
from releases.core.announced import Named
from releases.models import Release, Series
from releases.readers import following, public
from releases.readers.following import Followed, NothingAnnounced
from releases.readers.for_programs import for_programs
from releases.readers.public_addresses import feed_address
from releases.readers.wanted import matching


class _Plain(JSONRenderer):
    """JSON in which people can read the quotation marks of sentences."""

    json_dumps_params = {"ensure_ascii": False}


api = DocumentedAPI(
    title="Release calendar",
    version="1",
    description="Announced releases of official statistics. Read-only, no sign-in, announced facts only.",
    docs_url=None,
    urls_namespace="releases:api",
    renderer=_Plain(),
    openapi_extra={"info": {"license": LICENCE}, "security": []},
)
say_in_json(api)
type Operation = Callable[..., Any]


def read(path: str, answer: type[Schema], name: str) -> Callable[[Operation], Operation]:
    """Answer GET at an address, and HEAD, which needs no document of its own."""
    known: dict[str, Any] = {"response": {200: answer, **dict.fromkeys(ERRORS, answers.Problem)}}

    def at_path(operation: Operation) -> Operation:
        api.get(path, operation_id=name, url_name=name, **known)(operation)
        return api.api_operation(["HEAD"], path, include_in_schema=False, **known)(operation)

    return at_path


@read("/releases", answers.ReleasesAnswer, "releases")
def releases(request: HttpRequest, asked: Query[AskedReleases]) -> dict[str, Any]:
    """Search announced releases."""
    _check_known(request, AskedReleases)
    _check_there(asked.producer, asked.series)
    found = lists.by_place(matching(asked.wanted()), after=asked.after)
    facts = public.facts(found[: asked.per_page + 1], pages_at=timezone.now())
    shown, next_url = lists.part(facts, of=lists.place_of, asked=asked, request=request)
    return {"next_url": next_url, "releases": [answers.release_answer(release) for release in shown]}


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
    later = next_release.announced_after(row)
    return {
        **answers.release_answer(found[0]),
        "date_changes": [answers.date_change_answer(move) for move in found[0].moves],
        "contact": answers.contact_answer(row.series.responsible),
        "next_release": later and later.reference,
    }


@read("/producers", answers.ProducersAnswer, "producers")
def producers(request: HttpRequest, asked: Query[AskedProducers]) -> dict[str, Any]:
    """List producers that have announced releases."""
    _check_known(request, AskedProducers)
    found = lists.by_slug(public.producers(), after=asked.after)[: asked.per_page + 1]
    shown, next_url = lists.part(found, of=lambda one: one.slug, asked=asked, request=request)
    return {"next_url": next_url, "producers": [{"slug": one.slug, "name": one.name} for one in shown]}


@read("/series", answers.SeriesListAnswer, "series")
def series(request: HttpRequest, asked: Query[AskedSeries]) -> dict[str, Any]:
    """List series that have announced releases."""
    _check_known(request, AskedSeries)
    _check_there(asked.producer)
    every = public.series()
    found = lists.by_slugs(every.filter(producer__slug=asked.producer) if asked.producer else every, after=asked.after)
    shown, next_url = lists.part(found[: asked.per_page + 1], of=lists.slugs_of, asked=asked, request=request)
    return {"next_url": next_url, "series": [_series_answer(one) for one in shown]}


def _series_answer(one: Series) -> dict[str, Any]:
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


def urls() -> tuple[list[URLPattern], str, str]:
    """Return the addresses of the API, each of whose answers may be kept by whoever reads it."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = csrf_exempt(only_reading(for_programs(pattern.callback)))
    return [pattern for pattern in patterns if isinstance(pattern, URLPattern)], app, namespace

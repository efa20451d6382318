"""Version 1 of the public API, its OpenAPI document, and the webpage that describes it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import wraps
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import Field, NinjaAPI, Path, Query, Schema
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer
from pydantic import BeforeValidator, WithJsonSchema

from releases import tasks
from releases.models import Release, Series
from releases.models.producer import Designation
from releases.public import calendar, feeds
from releases.public.calendar import CalendarQuery, date_answer, filter_releases
from releases.public.feeds import Subscription, absolute_address, allow_programs, feed_address
from releases.rules.calendar import Precision
from releases.rules.public_calendar import AnnouncedRelease, Bilingual, PublicStatus

LICENCE = {
    "name": "Open Government Licence v3.0",
    "url": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
_SITE = "https://releases.example.gov.uk"
_RELEASE_PAGE = f"{_SITE}/releases/prices-may-2026/"
_PRODUCER = {
    "slug": "office-for-numbers",
    "name": "Office for Numbers",
    "names": {"en": "Office for Numbers", "cy": None},
}
_SERIES = {"slug": "prices", "name": "Consumer prices", "names": {"en": "Consumer prices", "cy": "Prisiau defnyddwyr"}}


def _exact_date(text: str, day: str) -> dict[str, Any]:
    return {
        "text": text,
        "precision": "exact",
        "first_day": day,
        "last_day": day,
        "time": "09:30",
        "zone": "Europe/London",
    }


_RELEASE: dict[str, Any] = {
    "id": "9b1ce372-615b-4e15-8339-a8ad3b4341f4",
    "reference": "prices-may-2026",
    "title": "Consumer prices, May 2026",
    "titles": {"en": "Consumer prices, May 2026", "cy": "Prisiau defnyddwyr, Mai 2026"},
    "status": "postponed",
    "date": _exact_date("16 June 2026 9:30am", "2026-06-16"),
    "due_at": "2026-06-16T08:30:00Z",
    "designation": "accredited",
    "producer": _PRODUCER,
    "series": _SERIES,
    "announced_at": "2026-01-05T10:15:00Z",
    "changed_at": "2026-05-18T13:40:00Z",
    "cancellation_reason": None,
    "statistics_url": None,
    "url": _RELEASE_PAGE,
    "calendar_url": f"{_RELEASE_PAGE}calendar.ics",
}
ANSWERS: dict[str, dict[str, Any]] = {
    "releases": {"next_url": None, "releases": [_RELEASE]},
    "release": {
        **_RELEASE,
        "date_changes": [
            {
                "was": _exact_date("9 June 2026 9:30am", "2026-06-09"),
                "to": _RELEASE["date"],
                "reason": "We need more time to check the figures.",
                "first_reason": None,
                "corrected_at": None,
                "announced_at": "2026-05-18T13:40:00Z",
            }
        ],
        "corrections": [],
        "contact": {"name": "Prices team", "email": "prices@example.gov.uk", "telephone": None},
        "next_release": "prices-june-2026",
    },
    "producers": {"next_url": None, "producers": [_PRODUCER]},
    "series": {
        "next_url": None,
        "series": [
            {
                **_SERIES,
                "designation": "accredited",
                "producer": _PRODUCER,
                "calendar_url": f"{_SITE}/producers/office-for-numbers/prices/calendar.ics",
                "changes_url": f"{_SITE}/producers/office-for-numbers/prices/changes.atom",
            }
        ],
    },
}
"""An example response of each operation, keyed by operation ID."""

ERRORS = {
    400: "“from” must be a valid date, such as 2026-06-30.",
    404: "There is no producer “nowhere” in this calendar.",
    429: "There have been too many requests from your network. Try again in 21 seconds.",
}
_PARAMETERS: dict[str, Any] = {
    "per_page": 100,
    "producer": "office-for-numbers",
    "series": "prices",
    "status": ["confirmed", "postponed"],
    "designation": "accredited",
    "from": "2026-06-01",
    "to": "2026-06-30",
    "words": "prices",
    "reference": "prices-may-2026",
}
_AFTER = {
    "releases": "739783.9b1ce372615b4e158339a8ad3b4341f4",
    "producers": "office-for-numbers",
    "series": "office-for-numbers/prices",
}
_RETRY_AFTER = {
    "description": "The number of seconds to wait before the next request.",
    "schema": {"type": "integer", "minimum": 1},
    "example": 21,
}


class DocumentedAPI(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["servers"] = [{"url": str(settings.ADDRESS)}]
        document["externalDocs"] = {
            "description": "A description of this API on one page",
            "url": absolute_address("releases:api_guide"),
        }
        for methods in document["paths"].values():
            _complete(methods["get"])
        _drop_unused(document["components"]["schemas"], document["paths"])
        return document


def _complete(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    for parameter in operation["parameters"]:
        parameter["example"] = _AFTER[name] if parameter["name"] == "after" else _PARAMETERS[parameter["name"]]
        if parameter["in"] == "query" and parameter["name"] != "per_page":
            parameter["allowEmptyValue"] = True
            parameter["schema"].pop("default", None)  # an empty string, which the pattern does not match
    for status, response in operation["responses"].items():
        example = ANSWERS[name] if status == 200 else {"error": ERRORS[status]}
        response["content"]["application/json"]["example"] = example
    operation["responses"][429]["headers"] = {"Retry-After": _RETRY_AFTER}


def _drop_unused(schemas: dict[str, Any], paths: dict[str, Any]) -> None:
    referred = str(paths) + str(schemas)
    for name in [name for name in schemas if f"#/components/schemas/{name}'" not in referred]:
        del schemas[name]


MOST_PER_PAGE = 100
MOST_CHARACTERS = 260
SLUG = r"^[-a-zA-Z0-9_]+$"
SLUG_PAIR = r"^[-a-zA-Z0-9_]+/[-a-zA-Z0-9_]+$"
# A position in a list of releases. It consists of the ordinal number of a release's day and the release's public ID.
PLACE = r"^[0-9]{6}[.][0-9a-f]{32}$"
AFTER = "The position from which the list continues. Copy it from next_url."
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def _only(pattern: re.Pattern[str]) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError("not as documented")
        return value

    return BeforeValidator(check)


def _written(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": MOST_CHARACTERS})


def _or_empty(pattern: str) -> Any:
    return Field(pattern=f"{pattern}|^$", max_length=MOST_CHARACTERS)


# An empty parameter means no filter. The OpenAPI document marks such parameters with allowEmptyValue.
_EMPTY_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
WithoutEmpty = BeforeValidator(lambda values: [value for value in values if value != ""])

Number = Annotated[int, _only(_NUMBER)]
Slug = Annotated[str, Field(pattern=SLUG, max_length=MOST_CHARACTERS), _written(SLUG)]
SlugFilter = Annotated[str, _or_empty(SLUG), _written(SLUG)]
SlugPair = Annotated[str, _or_empty(SLUG_PAIR), _written(SLUG_PAIR)]
Place = Annotated[str, _or_empty(PLACE), _written(PLACE)]
Day = Annotated[date | None, _only(_ISO_DAY), _EMPTY_IS_NONE, WithJsonSchema({"type": "string", "format": "date"})]
Standing = Annotated[Designation | None, _EMPTY_IS_NONE, WithJsonSchema({"type": "string", "enum": Designation.values})]


class ListQuery(Schema):
    """The parameters of every list."""

    per_page: Number = Field(50, ge=1, le=MOST_PER_PAGE, description=f"Results per page, at most {MOST_PER_PAGE}.")


class ProducersQuery(ListQuery):
    """The parameters of the list of producers."""

    after: SlugFilter = Field("", description=AFTER)


class SeriesQuery(ListQuery):
    """The parameters of the list of series. The filter is optional."""

    after: SlugPair = Field("", description=AFTER)
    producer: SlugFilter = Field("", description="The slug of a producer.")


class ReleasesQuery(ListQuery):
    """The parameters of the list of releases. All filters are optional."""

    after: Place = Field("", description=AFTER)
    producer: SlugFilter = Field("", description="The slug of a producer.")
    series: SlugFilter = Field("", description="The slug of a series.")
    status: Annotated[list[PublicStatus], WithoutEmpty] = Field(
        [], description="The status in the calendar. Repeat the parameter to select several statuses."
    )
    designation: Standing = Field(None, description="The designation of the statistics.")
    since: Day = Field(None, alias="from", description="Releases on or after this day.")
    until: Day = Field(None, alias="to", description="Releases on or before this day.")
    words: str = Field(
        "",
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Words or parts of words that the title must contain. "
        f"Only the first {calendar.MOST_WORDS} are used.",
    )

    def calendar_query(self) -> CalendarQuery:
        return CalendarQuery(
            producer=self.producer,
            series=self.series,
            designation=self.designation or "",
            words=self.words,
            statuses=frozenset(self.status),
            since=self.since,
            until=self.until,
        )


_SLUG_RULE = "made of letters, digits, hyphens and underscores"
RULES = {
    "after": "the value from next_url",
    "per_page": f"a whole number from 1 to {MOST_PER_PAGE}",
    "producer": _SLUG_RULE,
    "series": _SLUG_RULE,
    "status": f"one of {', '.join(PublicStatus)}",
    "designation": f"one of {', '.join(Designation.values)}",
    "from": "a valid date, such as 2026-06-30",
    "to": "a valid date, such as 2026-06-30",
    "words": "at most 200 characters, none of them a null character",
}


def list_page[One](
    found: Iterable[One], *, of: Callable[[One], str], query: ListQuery, request: HttpRequest
) -> tuple[Sequence[One], str | None]:
    """Return one page of a list, and the address of the next page, if there is one.

    :param found: the rows of the page, and one further row if the list continues.
    :param of: returns the value of the parameter `after` that continues the list after a row.
    """
    shown = list(islice(found, query.per_page + 1))
    if len(shown) <= query.per_page:
        return shown, None
    shown.pop()
    question = request.GET.copy()
    question["after"] = of(shown[-1])
    return shown, f"{settings.ADDRESS}{request.path}?{question.urlencode(safe='/')}"


def select_after(releases: QuerySet[Release], place: str) -> QuerySet[Release]:
    """Return releases sorted by date and public ID, starting after a place in this order.

    :param place: the return value of `place_in_list` for the last release of the previous page. If it is an empty
        string, the result starts with the first release.
    """
    if place:
        day, identifier = place.split(".")
        on, last = date.fromordinal(max(1, int(day))), UUID(identifier)
        releases = releases.filter(Q(planned_on__gt=on) | Q(public_id__gt=last), planned_on__gte=on)
    return releases.order_by("planned_on", "public_id")


def place_in_list(release: AnnouncedRelease | Release) -> str:
    """Return the place of a release in a list, as `select_after` needs it to continue the list after this release."""
    return f"{release.slot.on.toordinal():06}.{release.public_id.hex}"


class NoSuchParameter(Exception):
    """The query has a parameter that does not exist."""


def problem_response(sentence: str, *, status: int) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=status, json_dumps_params={"ensure_ascii": False})


def answer_404(_request: HttpRequest, why: Http404 | type[Http404]) -> HttpResponse:
    return problem_response(str(why) or "There is nothing at this address.", status=404)


def answer_invalid(_request: HttpRequest, why: ValidationError | type[ValidationError]) -> HttpResponse:
    errors = why.errors if isinstance(why, ValidationError) else []
    named: list[Any] = [part for error in errors[:1] for part in error["loc"] if part in RULES]
    rule = f"“{named[-1]}” must be {RULES[named[-1]]}." if named else "The request is not as documented."
    return problem_response(rule, status=400)


def make_read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def answer(request: HttpRequest, *which: Any, **named: Any) -> HttpResponse:
        response = view(request, *which, **named)
        if response.status_code != 405:
            return response
        refusal = problem_response(f"This address is read-only: use GET, not {request.method}.", status=405)
        refusal["Allow"] = "GET, HEAD"
        return refusal

    return answer


@csrf_exempt
def nothing_here(request: HttpRequest, *, described_at: str = "/api/v1/") -> HttpResponse:
    sentence = f"There is nothing at {request.path[:200]}; the API is described at {described_at}."
    return problem_response(sentence, status=404)


class Problem(Schema):
    """The reason why a request failed."""

    error: str = Field(description="The reason, in one sentence.")


class LanguagesAnswer(Schema):
    """A title or a name in English and in Welsh."""

    en: str = Field(description="The text in English.")
    cy: str | None = Field(description="The text in Welsh; null if the producer has not entered it.")

    @classmethod
    def of(cls, text: Bilingual) -> dict[str, str | None]:
        return {"en": text.english, "cy": text.welsh or None}


class NamedAnswer(Schema):
    """The names of a producer or of a series."""

    slug: str = Field(description="The short name that is used in web addresses and in parameters.")
    name: str = Field(description="The name in English.")
    names: LanguagesAnswer = Field(description="The name in English and in Welsh.")

    @classmethod
    def of(cls, slug: str, names: Bilingual) -> dict[str, Any]:
        return {"slug": slug, "name": names.english, "names": LanguagesAnswer.of(names)}


class DateAnswer(Schema):
    """The date of a release. It can be an exact date, a month or a period of two months."""

    text: str = Field(description="The date as the calendar shows it.", examples=["30 June 2026 9:30am", "July 2026"])
    precision: Precision
    first_day: date = Field(description="The first day on which the release may be published.")
    last_day: date = Field(
        description="The last day on which the release may be published. If the date is exact, it is the same as "
        "first_day."
    )
    time: str | None = Field(
        description="The local time of the release; null if it has no exact time.", examples=["09:30"]
    )
    zone: str = Field(description="The time zone of the local time.", examples=["Europe/London"])


class ReleaseAnswer(Schema):
    """An announced release."""

    id: UUID = Field(
        description="The ID of the release, which never changes. It is also the UID of the release in iCalendar files."
    )
    reference: str = Field(description="The short name of the release that is used in web addresses.")
    title: str = Field(description="The title in English.")
    titles: LanguagesAnswer = Field(description="The title in English and in Welsh.")
    status: PublicStatus
    date: DateAnswer
    due_at: datetime | None = Field(description="The due time in UTC; null if the release has no exact time.")
    designation: Designation
    producer: NamedAnswer
    series: NamedAnswer
    announced_at: datetime = Field(description="The time at which the release was announced.")
    changed_at: datetime = Field(
        description="The time of the last announced change. Publication counts as a change at the announced time of "
        "the release. Corrected public reasons and correction notices also count as changes."
    )
    cancellation_reason: str | None = Field(
        description="The public reason for the cancellation; null if there is none."
    )
    statistics_url: str | None = Field(
        description="The web address of the statistics; null unless they are due and live."
    )
    url: str = Field(description="The web address of the release in this calendar.")
    calendar_url: str = Field(description="The web address of the release as an iCalendar file.")


class DateChangeAnswer(Schema):
    """An announced change of the date of a release."""

    was: DateAnswer
    to: DateAnswer
    reason: str | None = Field(description="The public reason. It may be null if the date was provisional.")
    first_reason: str | None = Field(
        description="The reason as it was first announced; null if it has not been corrected."
    )
    corrected_at: datetime | None = Field(
        description="The time at which the reason was last corrected; null if it has not been corrected."
    )
    announced_at: datetime


class CorrectionAnswer(Schema):
    """A correction of published statistics, with a notice for readers."""

    number: int = Field(description="The number of the correction, counted separately for each release.")
    notice: str | None = Field(description="The notice for readers; null if it was withdrawn.")
    corrected_at: datetime | None = Field(
        description="The time at which the statistics were corrected; null if they are not corrected yet."
    )
    announced_at: datetime = Field(description="The time at which the notice was first published.")
    updated_at: datetime = Field(description="The time at which the notice or `corrected_at` was last changed.")


class ContactAnswer(Schema):
    """The statistician or team that is responsible for the statistics."""

    name: str
    email: str
    telephone: str | None


class WholeReleaseAnswer(ReleaseAnswer):
    """An announced release with its date changes, corrections, contact and next release."""

    date_changes: list[DateChangeAnswer] = Field(description="The announced changes of the date, the oldest first.")
    corrections: list[CorrectionAnswer] = Field(
        description="The corrections of the published statistics for which there was a notice, sorted by number."
    )
    contact: ContactAnswer | None = Field(description="The contact; null if the office does not publish one.")
    next_release: str | None = Field(
        description="The reference of the next announced release of the series, without cancelled releases; null if "
        "there is none."
    )


class ListAnswer(Schema):
    """One page of a list."""

    next_url: str | None = Field(description="The web address of the next page of the list; null on the last page.")


class ReleasesAnswer(ListAnswer):
    """One page of the list of announced releases.

    The list is sorted by date. Releases of the same day are always in the same order.
    """

    releases: list[ReleaseAnswer] = Field(
        description="The releases, without date changes, corrections, contact and next release. These are only in the "
        "response for a single release."
    )


class ProducersAnswer(ListAnswer):
    """One page of the list of producers that have announced releases. The list is sorted by slug."""

    producers: list[NamedAnswer]


class SeriesAnswer(NamedAnswer):
    """A series of releases."""

    designation: Designation
    producer: NamedAnswer
    calendar_url: str = Field(description="The web address for subscribing to the iCalendar file of the series.")
    changes_url: str = Field(description="The web address of the Atom feed of changes to the releases of the series.")


class SeriesListAnswer(ListAnswer):
    """One page of the list of series that have announced releases. The list is sorted by producer and series slug."""

    series: list[SeriesAnswer]


def release_answer(release: AnnouncedRelease) -> dict[str, Any]:
    return {
        "id": release.public_id,
        "reference": release.reference,
        "title": release.title,
        "titles": LanguagesAnswer.of(release.titles),
        "status": release.status,
        "date": date_answer(release.slot),
        "due_at": release.due_at,
        "designation": release.designation,
        "producer": NamedAnswer.of(release.producer.slug, release.producer.names),
        "series": NamedAnswer.of(release.series.slug, release.series.names),
        "announced_at": release.announced_at,
        "changed_at": release.changed_at,
        "cancellation_reason": release.cancellation_reason or None,
        "statistics_url": release.page or None,
        "url": absolute_address("releases:release", release.reference),
        "calendar_url": absolute_address("releases:release_calendar", release.reference),
    }


class PlainRenderer(JSONRenderer):
    """Renders JSON without escaping characters outside ASCII, so that people can read the quotation marks."""

    json_dumps_params = {"ensure_ascii": False}


api = DocumentedAPI(
    title="Release calendar",
    version="1",
    description="Read announced releases of official statistics. You do not need to sign in.",
    docs_url=None,
    urls_namespace="releases:api",
    renderer=PlainRenderer(),
    openapi_extra={"info": {"license": LICENCE}, "security": []},
)
api.add_exception_handler(Http404, answer_404)
api.add_exception_handler(ValidationError, answer_invalid)
api.add_exception_handler(NoSuchParameter, lambda _request, why: problem_response(str(why), status=400))
type Operation = Callable[..., Any]


def read(path: str, answer: type[Schema], name: str) -> Callable[[Operation], Operation]:
    known: dict[str, Any] = {"response": {200: answer, **dict.fromkeys(ERRORS, Problem)}}

    def at_path(operation: Operation) -> Operation:
        api.get(path, operation_id=name, url_name=name, **known)(operation)
        return api.api_operation(["HEAD"], path, include_in_schema=False, **known)(operation)

    return at_path


@read("/releases", ReleasesAnswer, "releases")
def releases(request: HttpRequest, query: Query[ReleasesQuery]) -> dict[str, Any]:
    """Search announced releases."""
    check_known_parameters(request, ReleasesQuery)
    _check_there(query.producer, query.series)
    found = select_after(filter_releases(query.calendar_query()), query.after)[: query.per_page + 1]
    facts = calendar.announced_facts(found, pages_at=timezone.now())
    shown, next_url = list_page(facts, of=place_in_list, query=query, request=request)
    return {"next_url": next_url, "releases": [release_answer(release) for release in shown]}


@read("/releases/{slug:reference}", WholeReleaseAnswer, "release")
def release(request: HttpRequest, reference: Path[Slug]) -> dict[str, Any]:
    """Read one announced release with its date changes, corrections, contact and next release."""
    check_known_parameters(request, Schema)
    stored = Release.objects.public().filter(reference=reference)
    found = calendar.announced_facts(stored, pages_at=timezone.now())
    if not found:
        raise Http404(f"There is no announced release “{reference}”.")
    row = stored.select_related("series__responsible").get()
    contact, later = row.series.responsible, tasks.announced_after(row)
    date_changes = [
        {
            "was": date_answer(move.was),
            "to": date_answer(move.to),
            "reason": move.reason or None,
            "first_reason": move.first_reason or None,
            "corrected_at": move.corrected_at,
            "announced_at": move.announced_at,
        }
        for move in found[0].moves
    ]
    return {
        **release_answer(found[0]),
        "date_changes": date_changes,
        "corrections": [
            {
                "number": one.number,
                "notice": one.notice or None,
                "corrected_at": one.corrected_at,
                "announced_at": one.announced_at,
                "updated_at": one.updated_at,
            }
            for one in found[0].corrections
        ],
        "contact": {"name": contact.name, "email": contact.email, "telephone": contact.telephone or None}
        if contact and contact.is_public
        else None,
        "next_release": later and later.reference,
    }


@read("/producers", ProducersAnswer, "producers")
def producers(request: HttpRequest, query: Query[ProducersQuery]) -> dict[str, Any]:
    """List producers that have announced releases."""
    check_known_parameters(request, ProducersQuery)
    found = calendar.public_producers().filter(slug__gt=query.after).order_by("slug")[: query.per_page + 1]
    shown, next_url = list_page(found, of=lambda one: one.slug, query=query, request=request)
    return {"next_url": next_url, "producers": [NamedAnswer.of(one.slug, one.names) for one in shown]}


@read("/series", SeriesListAnswer, "series")
def series(request: HttpRequest, query: Query[SeriesQuery]) -> dict[str, Any]:
    """List series that have announced releases."""
    check_known_parameters(request, SeriesQuery)
    _check_there(query.producer)
    found = calendar.public_series()
    if query.producer:
        found = found.filter(producer__slug=query.producer)
    if query.after:
        producer, slug = query.after.split("/")
        found = found.filter(Q(producer__slug__gt=producer) | Q(producer__slug=producer, slug__gt=slug))
    found = found.order_by("producer__slug", "slug")[: query.per_page + 1]
    shown, next_url = list_page(found, of=lambda one: f"{one.producer.slug}/{one.slug}", query=query, request=request)
    return {"next_url": next_url, "series": [series_answer(one) for one in shown]}


def series_answer(one: Series) -> dict[str, Any]:
    what = Subscription.to_series(one)
    return {
        **NamedAnswer.of(one.slug, one.titles),
        "designation": one.designation,
        "producer": NamedAnswer.of(one.producer.slug, one.producer.names),
        "calendar_url": feed_address("calendar", what),
        "changes_url": feed_address("changes", what),
    }


def check_known_parameters(request: HttpRequest, query: type[Schema]) -> None:
    known = {field.alias or name for name, field in query.model_fields.items()}
    for name in request.GET:
        if name not in known:
            allowed = f"The parameters are {', '.join(sorted(known))}" if known else "This operation has no parameters"
            raise NoSuchParameter(f"There is no parameter “{name[:50]}”. {allowed}.")


def _check_there(producer: str, series: str = "") -> None:
    feeds.find_subscription(producer=producer, series=series)
    if series and not producer and not calendar.public_series().filter(slug=series).exists():
        raise Http404(f"There is no series “{series}” in this calendar.")


def urls() -> tuple[list[URLPattern], str, str]:
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = csrf_exempt(make_read_only(allow_programs(pattern.callback)))
    return [pattern for pattern in patterns if isinstance(pattern, URLPattern)], app, namespace


EXAMPLE_QUERIES = {
    "releases": "?status=confirmed&status=postponed&from=2026-07-01&words=prices",
    "producers": "",
    "series": "?per_page=100",
}
ERROR_MEANINGS = {
    400: lazy("A parameter has an invalid value, or its name is unknown."),
    404: lazy("We have not announced anything with this name."),
    429: lazy("You have sent too many requests. Wait for the number of seconds in the Retry-After header."),
}
FEEDS = (
    (lazy("Calendar of the office"), "calendar.ics"),
    (lazy("Calendar of a producer"), "producers/{producer}/calendar.ics"),
    (lazy("Calendar of a series"), "producers/{producer}/{series}/calendar.ics"),
    (lazy("Calendar of one release"), "releases/{reference}/calendar.ics"),
    (lazy("Changes to all releases"), "changes.atom"),
    (lazy("Changes to a producer’s releases"), "producers/{producer}/changes.atom"),
    (lazy("Changes to a series"), "producers/{producer}/{series}/changes.atom"),
)


@require_safe
def api_guide(request: HttpRequest) -> HttpResponse:
    document = api.get_openapi_schema()
    context = {
        "operations": list(_operations(document)),
        "document": absolute_address("releases:api:openapi-json"),
        "licence": LICENCE,
        "errors": ERROR_MEANINGS,
        "feeds": [(what, absolute_address("releases:calendar") + path) for what, path in FEEDS],
        "calendar": feed_address("calendar", Subscription()),
    }
    return render(request, "releases/api_guide.html", context)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        method = methods["get"]
        answer = method["responses"][200]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        name = method["operationId"]
        yield {
            "path": path,
            "does": method["description"],
            "parameters": [
                (one["name"], one.get("description", ""), RULES.get(one["name"], ""))
                for one in method["parameters"]
                if one["in"] == "query"
            ],
            "example": absolute_address(f"releases:api:{name}") + EXAMPLE_QUERIES[name]
            if name in EXAMPLE_QUERIES
            else "",
            "answer": json.dumps(ANSWERS[name], indent=2, ensure_ascii=False),
            "fields": list(_fields(document["components"]["schemas"], answer)),
        }


def _fields(schemas: Mapping[str, Any], answer: str) -> Iterator[tuple[str, str]]:
    for name, field in schemas[answer]["properties"].items():
        reference = field.get("items", field).get("$ref", "").rsplit("/", 1)[-1]
        yield name, field.get("description") or schemas.get(reference, {}).get("description", "")

"""The page that describes the API for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.public.api import RULES, api
from releases.public.api_document import ANSWERS, LICENCE
from releases.public.feeds import Followed, absolute_address, feed_address

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
def guide(request: HttpRequest) -> HttpResponse:
    document = api.get_openapi_schema()
    context = {
        "operations": list(_operations(document)),
        "document": absolute_address("releases:api:openapi-json"),
        "licence": LICENCE,
        "errors": ERROR_MEANINGS,
        "feeds": [(what, absolute_address("releases:calendar") + path) for what, path in FEEDS],
        "calendar": feed_address("calendar", Followed()),
    }
    return render(request, "releases/api_guide.html", context)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        told = methods["get"]
        answer = told["responses"][200]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        name = told["operationId"]
        yield {
            "path": path,
            "does": told["description"],
            "parameters": [
                (one["name"], one.get("description", ""), RULES.get(one["name"], ""))
                for one in told["parameters"]
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

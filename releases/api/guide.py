"""The page that describes the API, made from the document that programs read."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.api.questions import RULES
from releases.api.routes import api
from releases.readers.following import Followed
from releases.readers.public_addresses import feed_address, whole

EXAMPLES = {
    "releases": "?status=confirmed&status=postponed&from=2026-07-01&words=prices",
    "producers": "",
    "series": "?per_page=100",
}
FEEDS = (
    (lazy("The office, to subscribe to"), "calendar.ics"),
    (lazy("A producer, to subscribe to"), "producers/{producer}/calendar.ics"),
    (lazy("A series, to subscribe to"), "producers/{producer}/{series}/calendar.ics"),
    (lazy("One release"), "releases/{reference}/calendar.ics"),
    (lazy("Changes: announced, confirmed, moved, cancelled, published"), "changes.atom"),
    (lazy("Changes of a producer"), "producers/{producer}/changes.atom"),
    (lazy("Changes of a series"), "producers/{producer}/{series}/changes.atom"),
)


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show what can be asked, at which address, and what is answered."""
    document = api.get_openapi_schema()
    context = {
        "operations": list(_operations(document)),
        "document": whole("releases:api:openapi-json"),
        "feeds": [(what, whole("releases:calendar") + path) for what, path in FEEDS],
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
            "example": whole(f"releases:api:{name}") + EXAMPLES[name] if name in EXAMPLES else "",
            "fields": list(_fields(document["components"]["schemas"], answer)),
        }


def _fields(schemas: Mapping[str, Any], answer: str) -> Iterator[tuple[str, str]]:
    for name, field in schemas[answer]["properties"].items():
        reference = field.get("items", field).get("$ref", "").rsplit("/", 1)[-1]
        yield name, field.get("description") or schemas.get(reference, {}).get("description", "")

"""The OpenAPI document of the API."""

from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from releases.public.feeds import absolute_address

LICENCE = {
    "name": "Open Government Licence v3.0",
    "url": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
_SITE = "https://releases.example.gov.uk"
_RELEASE_PAGE = f"{_SITE}/releases/prices-may-2026/"
_PRODUCER = {"slug": "office-for-numbers", "name": "Office for Numbers"}
_SERIES = {"slug": "prices", "name": "Consumer prices"}


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
"""An answer to each operation, by its identifier."""

ERRORS = {
    400: "“from” must be a day that there is, such as 2026-06-30.",
    404: "There is no producer “nowhere” in this calendar.",
    429: "There were too many requests from your network. Ask again in 21 seconds.",
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
    "description": "In how many seconds you can ask again.",
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
            "description": "This API on one page",
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
            parameter["schema"].pop("default", None)  # the empty text, which its own pattern refuses
    for status, response in operation["responses"].items():
        example = ANSWERS[name] if status == 200 else {"error": ERRORS[status]}
        response["content"]["application/json"]["example"] = example
    operation["responses"][429]["headers"] = {"Retry-After": _RETRY_AFTER}


def _drop_unused(schemas: dict[str, Any], paths: dict[str, Any]) -> None:
    referred = str(paths) + str(schemas)
    for name in [name for name in schemas if f"#/components/schemas/{name}'" not in referred]:
        del schemas[name]

"""Errors of the API, each as one sentence in JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import ValidationError

from releases.api.questions import RULES


class NoSuchParameter(Exception):
    """The question has a parameter that there is not."""


def problem(sentence: str, *, status: int) -> HttpResponse:
    """Return one sentence as the answer of an error."""
    return JsonResponse({"error": sentence}, status=status, json_dumps_params={"ensure_ascii": False})


def say_in_json(api: NinjaAPI) -> None:
    """Let an API answer each error with one sentence."""
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(ValidationError, _not_as_documented)
    api.add_exception_handler(NoSuchParameter, lambda _request, why: problem(str(why), status=400))


def _not_found(_request: HttpRequest, why: Http404 | type[Http404]) -> HttpResponse:
    return problem(str(why) or "There is no such thing.", status=404)


def _not_as_documented(_request: HttpRequest, why: ValidationError | type[ValidationError]) -> HttpResponse:
    errors = why.errors if isinstance(why, ValidationError) else []
    named: list[Any] = [part for error in errors[:1] for part in error["loc"] if part in RULES]
    rule = f"“{named[-1]}” must be {RULES[named[-1]]}." if named else "The question is not as documented."
    return problem(rule, status=400)


def only_reading(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer every other method than reading in JSON as well."""

    @wraps(view)
    def answer(request: HttpRequest, *which: Any, **named: Any) -> HttpResponse:
        response = view(request, *which, **named)
        if response.status_code != 405:
            return response
        refusal = problem(f"This address is read-only: use GET, not {request.method}.", status=405)
        refusal["Allow"] = "GET, HEAD"
        return refusal

    return answer


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Answer for an address of the API that there is not."""
    sentence = f"There is nothing at {request.path[:200]}; the API is described at /api/v1/."
    return problem(sentence, status=404)

"""Public answers for programs: read only, kept and asked again, and open to the pages of other sites."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


def for_programs[**P](view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let programs keep an answer and ask whether it still stands; pages of other sites may read it too."""

    @wraps(view)
    def answer(request: HttpRequest, *which: P.args, **named: P.kwargs) -> HttpResponse:
        response = view(request, *which, **named)
        # AnswerConditionally, around every page, gives the ETag and answers whoever brings it back.
        response["Cache-Control"] = "no-cache"
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return require_safe(answer)

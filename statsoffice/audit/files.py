"""Keeps who took which file, where the page itself keeps nothing of it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from statsoffice.audit.models import What
from statsoffice.audit.signing_in import keep

# Documents of reports, the register of reports, kept bodies and evidence bundles are events of what they belong to;
# one release as a calendar entry is public.
LEFT_OUT = frozenset(
    {"breaches:approved_pdf", "breaches:draft_pdf", "breaches:statement_html", "breaches:statement_text"}
    | {"breaches:export", "releases:kept_body_download", "releases:export_evidence", "releases:release_calendar"}
)
MOST_CHARACTERS = 300


class KeepFilesTaken:
    """Put on record each file that somebody who is signed in takes, before they have it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on, and keep what was given out as a file."""
        response = self.get_response(request)
        if response.status_code != 200 or not response.get("Content-Disposition", "").startswith("attachment"):
            return response
        match = request.resolver_match
        # Asked in this order: who is signed in is looked up for such files alone.
        if match and match.view_name not in LEFT_OUT and request.user.is_authenticated:
            asked = request.GET.urlencode()[:MOST_CHARACTERS]
            keep(
                What.FILE_TAKEN,
                account=request.user,
                by=request.user,
                path=request.path_info[:MOST_CHARACTERS],
                asked=asked,
            )
        return response

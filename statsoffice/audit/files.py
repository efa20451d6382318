"""Keeps who took which file, where the page itself keeps nothing of it."""

import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, QueryDict

from statsoffice.audit.models import What
from statsoffice.audit.signing_in import keep

# Documents of reports, the register of reports, kept bodies and evidence bundles are events of what they belong to;
# one release as a calendar entry is public.
LEFT_OUT = frozenset(
    {"breaches:approved_pdf", "breaches:draft_pdf", "breaches:statement_html", "breaches:statement_text"}
    | {"breaches:export", "releases:kept_body_download", "releases:export_evidence", "releases:release_calendar"}
)
MOST_CHARACTERS = 300

KEY, DAY, YEAR = r"[0-9]{1,9}", r"[0-9/ -]{8,10}", r"[0-9]{4}"
SLUG = r"[a-z0-9-]{1,100}"
FREE: None = None
ASKED: Mapping[str, Mapping[str, str | None]] = {
    "exchange:export": {
        "words": FREE,
        "producer": KEY,
        "series": KEY,
        "status": r"[a-z_]{1,20}",
        "first": DAY,
        "last": DAY,
        "contacts": "yes",
    },
    # Its page answers for no producer that it does not know.
    "releases:export_changes": {"producer": SLUG, "show": "on-the-day"},
    "breaches:export_figures": {"producer": KEY, "series": KEY, "year": YEAR},
}
"""By page, what can be asked of its file, and how the value of a closed choice, a key or a day looks.

These rows are kept for ever. Words that a person typed may be a name: that some were given is kept, and not which;
nothing is kept of what no page of ours asks.
"""


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
            asked = without_free_words(request.GET, page=match.view_name)[:MOST_CHARACTERS]
            keep(
                What.FILE_TAKEN,
                account=request.user,
                by=request.user,
                path=request.path_info[:MOST_CHARACTERS],
                asked=asked,
            )
        return response


def without_free_words(query: QueryDict, *, page: str) -> str:
    """Return what was asked of a page's file as the end of an address, with dots in the place of what was typed.

    :param page: the name of its view.
    """
    told = []
    for name, closed in ASKED.get(page, {}).items():
        for value in query.getlist(name):
            is_closed = not value or (closed is not FREE and re.fullmatch(closed, value))
            told.append(f"{name}={value if is_closed else '…'}")
    return "&".join(told)

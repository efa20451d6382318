"""The morning sheet, which lists the releases of one day and the people to call.

The sheet is available as a page and as a PDF. It contains no results.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from breaches.pdf import print_html
from releases.calls import CallList, find_call_lists
from releases.cover import find_stand_ins
from releases.models import Address, Contact, Release
from releases.overview import london_day, visible_releases
from releases.permissions import Person
from releases.rules import calendar
from releases.rules.lifecycle import Status
from statsoffice.fake_publisher import DEMO_PRODUCERS

FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One release on the morning sheet.

    `calls` has the contacts to call, in phone order. If another person covers for the Head of Profession, `head` is
    that person, and `absent` is the name of the Head of Profession. Otherwise `absent` is "".
    """

    release: Release
    pages: list[str]
    files: list[str]
    calls: CallList
    head: Contact | None
    absent: str = ""

    @property
    def is_cancelled(self) -> bool:
        return self.release.status == Status.CANCELLED

    @property
    def is_provisional(self) -> bool:
        return self.release.status == Status.PROVISIONAL


def list_entries(person: Person, *, on: date) -> list[SheetEntry]:
    """Return an entry for each release that is due on a London day and that a person may view, sorted by due time.

    Rehearsals are left out, except those of the demonstration.
    """
    start, end = london_day(on)
    due = visible_releases(person).on_london_day(start, end)
    due = due.filter(Q(rehearsal=False) | Q(series__producer__slug__in=DEMO_PRODUCERS))
    selected = due.select_related("series__producer", "series__responsible", "series__head_of_profession")
    releases = list(selected.prefetch_related("addresses").order_by("due_at", "title", "pk"))
    calls, stand_ins = find_call_lists(releases), find_stand_ins(releases)
    entries = []
    for release in releases:
        head = release.series.head_of_profession
        stand_in = stand_ins.get(release.pk, {}).get(head.user_id or 0) if head else None
        entries.append(
            SheetEntry(
                release,
                pages=_addresses(release, Address.Role.PAGE),
                files=_addresses(release, Address.Role.ATTACHMENT),
                calls=calls[release.pk],
                head=stand_in or head,
                absent=head.name if head and stand_in else "",
            )
        )
    return entries


def _addresses(release: Release, role: Address.Role) -> list[str]:
    return [address.url for address in release.addresses.all() if address.role == role]


def _read_day(request: HttpRequest) -> date:
    """Return the day in the query string, or today in London if the query string has no day.

    :raises Http404: if the day is invalid or not in the years 2000 to 2199.
    """
    written = request.GET.get("on", "")
    try:
        on = parse_date(written) if written else calendar.local_date(timezone.now())
    except ValueError:
        on = None
    if on is None or not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise Http404("This is not a day of the calendar.")
    return on


@login_required
@require_safe
def show_sheet(request: HttpRequest) -> HttpResponse:
    on = _read_day(request)
    context = {**_context(request, on), "before": on - timedelta(days=1), "after": on + timedelta(days=1)}
    answer = render(request, "dashboard/sheet.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def print_sheet(request: HttpRequest) -> HttpResponse:
    on = _read_day(request)
    content = print_html(render_to_string("dashboard/sheet_document.html", _context(request, on)))
    headers = {
        "Content-Disposition": f'attachment; filename="morning-sheet-{on}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _context(request: HttpRequest, on: date) -> dict[str, Any]:
    entries = list_entries(request.user, on=on)
    producers = {entry.release.series.producer_id for entry in entries}
    return {"on": on, "entries": entries, "has_several_producers": len(producers) > 1, "now": timezone.now()}

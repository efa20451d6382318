"""What comes into the calendar and goes out of it: imports in every state, each with long words in it."""

from datetime import date, timedelta

from django.urls import reverse

from releases.detection import govuk
from releases.detection.govuk import Announcement, AnnouncementState, Problem, read_display_date
from releases.detection.year_review import PageKind
from releases.imports import uploads
from releases.models import Address, CalendarImport, Comparison, Release, Series
from releases.rules.tables import TableKind, write_table
from releases.scheduling import PlannedAddress, add_address
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot
from tests.support.stored_imports import confirm
from tests.support.year_reviews import add_page, create_review, postponed, publication

NAME = "Release calendar of the Office for Invented Numbers 2020 to 2021, final version (2) corrected.xlsx"
HEADER = ("reference", "producer", "series", "title", "scheduled_for", "status", "url", "marker", "cancellation_reason")
LONG = "https://www.example.gov.uk/government/statistics/" + "state-funded-schools-inspections-and-outcomes-" * 3


def pages_of_imports(series: Series, *, by, at=SEED_DUE) -> dict[str, str]:
    """Import the same file again and again, each time up to another state; return the pages' addresses by name."""
    content, more_than_a_page = _file(series), _file(series, rows=60)
    for prefix in ("imported", "applied"):
        ReleaseFactory(
            series=series, reference=f"{prefix}-old", title="To be cancelled", slot=london_slot(date(2099, 7, 2))
        )

    def upload(name=NAME, content=content) -> CalendarImport:
        return uploads.upload_file(content, name=name, create_missing=True, by=by, at=at)

    discarded, failed, confirmed = upload(), upload("notes.csv", b"name,date\nx,y\n"), upload()
    ambiguous = upload("dates.csv", _file_with_dates(series))
    checked = upload(content=more_than_a_page)
    uploads.run_due_import(uploads.ImportMeans(now=lambda: at, adapters={"page"}))
    for each in (discarded, checked, confirmed):
        each.refresh_from_db()
    uploads.discard_import(discarded, by=by, at=at)
    confirm(confirmed, skip_refused=True, by=by, at=at)
    applied = upload("reissue.csv", _file(series, prefix="applied"))
    waiting = upload("waiting.csv")
    quiet = at.replace(hour=15)
    counted = {"rows_total": 500, "rows_done": 120, "claimed_until": quiet + uploads.CLAIM}
    CalendarImport.objects.filter(pk=waiting.pk).update(**counted)
    uploads.run_due_import(uploads.ImportMeans(now=lambda: quiet, adapters={"page"}))
    applied.refresh_from_db()
    confirm(applied, skip_refused=True, by=by, at=quiet)
    uploads.run_due_import(uploads.ImportMeans(now=lambda: quiet, adapters={"page"}))
    names = {
        "importing a calendar": None,
        "an import that waits": waiting,
        "an import to check": checked,
        "an import whose dates are unclear": ambiguous,
        "an import that is done": applied,
        "an import that was discarded": discarded,
        "an import that failed": failed,
    }
    year, running = create_review(series.producer), create_review(series.producer, year=2024, status="reading")
    stopped = create_review(series.producer, year=2023, status="stopped", problem="unreachable")
    for month, delay in ((1, 36), (2, 190), (3, None)):
        add_page(year, publication(month, delay=delay, title=f"{series.title}: a very long title of a page {month}"))
    add_page(year, postponed(), PageKind.ANNOUNCEMENT)
    lists = {
        "past years on GOV.UK": reverse("exchange:year_reviews"),
        "a past year on GOV.UK": reverse("exchange:year_review", args=[year.pk]),
        "a past year that is being read": reverse("exchange:year_review", args=[running.pk]),
        "a past year that has stopped": reverse("exchange:year_review", args=[stopped.pk]),
        "your releases": reverse("exchange:release_list"),
        "your releases, none of them": f"{reverse('exchange:release_list')}?words=nothing&first=2020-06-30",
        "the columns of a calendar file": reverse("exchange:columns"),
        "importing from GOV.UK": reverse("exchange:from_govuk"),
        "importing a calendar from GOV.UK": reverse("exchange:import_listing", args=["govuk"]),
        "importing the ONS release calendar": reverse("exchange:import_listing", args=["ons"]),
    }
    return lists | {
        name: reverse("exchange:import", args=[each.public_id]) if each else reverse("exchange:imports")
        for name, each in names.items()
    }


def _file_with_dates(series: Series) -> bytes:
    row = ("unclear", series.producer.name, series.title, "Unclear", "03/07/2099 09:30", "", "", "", "")
    return write_table(TableKind.CSV, HEADER, [row], title="Calendar")


def _file(series: Series, *, prefix: str = "imported", rows: int = 4) -> bytes:
    start = (series.producer.name, series.title)
    written = [
        (f"{prefix}-{n}", *start, f"Inspections, edition {n}", "2099-07-01 09:30", "", f"{LONG}{n}", f"No {n}", "")
        for n in range(rows)
    ]
    written += [
        (f"{prefix}-sunday", *start, "On a Sunday", "2099-07-05 09:30", "confirmed", f"{LONG}sunday", "Sunday", ""),
        ("bad reference", "Office for Nothing", "x", "", "soon", "late", "nonsense", "", ""),
        ("quiet", *start, "Another title for it", "2020-07-08 09:30", "", "", "", ""),
        (f"{prefix}-old", *start, "To be cancelled", "2099-07-02 09:30", "cancelled", "", "", "Stopped. " * 30),
        (
            f"{prefix}-new",
            start[0],
            "A series that nobody knows",
            "New",
            "2099-07-01 09:30",
            "",
            f"{LONG}new",
            "New",
            "",
        ),
    ]
    return write_table(TableKind.XLSX, HEADER, written, title="Calendar")


def an_announcement_that_differs(series: Series, *, at=SEED_DUE) -> Release:
    """Record a release of which GOV.UK announces something else in every respect."""
    release = ReleaseFactory(
        announced=True,
        series=series,
        reference="differs",
        title="Announced otherwise on GOV.UK",
        due_at=at + timedelta(days=21),
    )
    planned = PlannedAddress(LONG + "announcement", Address.Role.ANNOUNCEMENT, adapter="govuk")
    said = Announcement(
        title="State-funded schools inspections and outcomes as at 31 March 2020, with figures for regions",
        state=AnnouncementState.PROVISIONAL,
        when=read_display_date("August to September 2020"),
        displayed="August to September 2020",
    )
    Comparison.objects.create(
        address=add_address(release, planned, at=release.recorded_at),
        url=planned.url,
        tried_at=at - timedelta(hours=1),
        read_at=at - timedelta(hours=7),
        said=govuk.announced_to_json(said),
        problem=Problem.UNREACHABLE,
        differs=True,
    )
    return release

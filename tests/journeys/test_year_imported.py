"""A year of releases is imported as a person would: by the page, in a real browser, with `watch` at work."""

import re
import signal
import subprocess
import sys
from datetime import date, datetime, time, timedelta

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook
from playwright.sync_api import expect

from releases.models import CalendarImport, DateChange, Release, ReleaseEvent
from releases.models.append_only import check_chain
from releases.rules.calendar import Nation, no_release_day
from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, SeriesFactory, create_member

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

YEAR = 2098
# Until a worker has tried or written some hundred rows on a busy machine.
PATIENCE = 120_000


def working_days(count):
    """List days of the year on which statistics are released, and begin again when it is over."""
    every = [date(YEAR, 1, 1) + timedelta(days=n) for n in range(365)]
    days = [day for day in every if not no_release_day(day, nation=Nation.ENGLAND)]
    return [days[n % len(days)] for n in range(count)]


def row(number, day, **changes):
    """One release of the year, every fourth of it provisional."""
    return {
        "reference": f"rain-{number}",
        "producer": "Office for Rain",
        "series": f"Rain in region {number % 20}",
        "title": f"Rain in region {number % 20}, edition {number}",
        "scheduled_for": datetime.combine(day, time(9, 30)),
        "status": "confirmed" if number % 4 else "provisional",
        "url": f"https://www.example.gov.uk/rain/{number}",
    } | changes


@pytest.fixture
def series():
    producer = ProducerFactory(name="Office for Rain")
    return [SeriesFactory(producer=producer, title=f"Rain in region {number}") for number in range(20)]


@pytest.fixture
def watch(process_environment, tmp_path):
    """Let the product be at work in its own process."""
    log = tmp_path / "watch.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "watch"],
            cwd=settings.BASE_DIR, env=process_environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()


class Visitor:
    """A person in front of a browser."""

    def __init__(self, page, live_server, tmp_path):
        self.page, self.site, self.folder = page, str(live_server), tmp_path

    def sign_in(self, person):
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = client.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.site}])

    def open(self, address):
        self.page.goto(f"{self.site}{address}")

    def follow(self, link):
        self.page.get_by_role("link", name=link, exact=True).first.click()

    def press(self, button):
        self.page.get_by_role("button", name=button, exact=True).click()

    def download(self, kind):
        with self.page.expect_download() as waited:
            self.page.get_by_role("link", name=re.compile(rf"^{kind}\b")).first.click()
        path = self.folder / waited.value.suggested_filename
        waited.value.save_as(path)
        return path

    def filled_in(self, template, rows, name):
        """Fill rows in below the example of a template."""
        workbook = load_workbook(template)
        columns = [cell.value for cell in workbook.active[1]]
        for each in rows:
            workbook.active.append([each.get(column) for column in columns])
        workbook.save(self.folder / name)
        return self.folder / name

    def upload(self, path):
        self.open("/your-releases/")
        self.follow("Import a calendar")
        self.page.set_input_files("input[type=file]", path)
        self.press("Check this file")

    def finds(self, row):
        """Search a release by its reference in the person's own list, and open its page."""
        self.open("/your-releases/")
        self.page.get_by_label("Title or reference").fill(row["reference"])
        self.press("Apply filters")
        self.follow(row["title"])

    def writes_date(self, on):
        for part, number in {"Day": on.day, "Month": on.month, "Year": on.year}.items():
            # The form also has the day of OSR's agreement.
            self.page.get_by_label(part, exact=True).first.fill(str(number))

    def sees_heading(self, words):
        # Above it, in the same heading, is the file's name.
        heading = self.page.get_by_role("heading", name=re.compile(rf"\b{words}$"))
        expect(heading).to_be_visible(timeout=PATIENCE)

    def counts(self):
        """Read the summary: how many rows are added, changed, unchanged and refused."""
        cells = self.page.locator(".govuk-summary-list__value").all_inner_texts()
        return [int(text.split()[0]) for text in cells]

    def sees_problem(self, words):
        expect(self.page.locator(".govuk-error-summary")).to_contain_text(words)


@pytest.fixture
def visitor(page, live_server, tmp_path):
    return Visitor(page, live_server, tmp_path)


@pytest.mark.parametrize("number", [60, pytest.param(500, marks=pytest.mark.full)])
def test_a_year_is_imported_corrected_moved_and_cancelled(visitor, series, watch, number):
    producer = series[0].producer
    visitor.sign_in(create_member(Role.CALENDAR_MANAGER, producer))
    days = working_days(number)
    good = [row(place, day) for place, day in enumerate(days)]

    # The year, from the template, with two slips of the keyboard: a Sunday, and an unknown series.
    visitor.open("/imports/")
    template = visitor.download("XLSX")
    sunday = datetime.combine(date(YEAR, 7, 6), time(9, 30))
    slips = {7: {"scheduled_for": sunday}, 8: {"series": "Rain in regoin 8"}}
    first = visitor.filled_in(template, [each | slips.get(n, {}) for n, each in enumerate(good)], "year.xlsx")
    visitor.upload(first)
    visitor.sees_heading("Check your import")
    assert visitor.counts() == [number - 2, 0, 0, 2]
    assert not Release.objects.exists()
    visitor.follow("Error (2)")
    expect(visitor.page.get_by_text("Sunday 6 July 2098 is not a weekday")).to_be_visible()
    expect(visitor.page.get_by_text("There is no series “Rain in regoin 8”")).to_be_visible()
    visitor.press("Confirm and import")
    visitor.sees_problem("Some rows have errors")
    visitor.page.get_by_label("Leave out rows with errors").check()
    visitor.press("Confirm and import")
    visitor.sees_heading("Import complete")
    assert visitor.counts() == [number - 2, 0, 0, 2]
    assert Release.objects.count() == number - 2

    # The file put right: two are new, and the others are as they are.
    visitor.upload(visitor.filled_in(template, good, "year-2.xlsx"))
    visitor.sees_heading("Check your import")
    assert visitor.counts() == [2, 0, number - 2, 0]
    visitor.press("Confirm and import")
    visitor.sees_heading("Import complete")
    assert Release.objects.filter(status="confirmed", announced_at__isnull=False).count() == number * 3 // 4

    # Taken out as a file and brought in again, nothing changes.
    visitor.follow("View your releases")
    expect(visitor.page.get_by_role("heading", name=f"{number} releases")).to_be_visible()
    events = ReleaseEvent.objects.count()
    visitor.upload(visitor.download("ODS"))
    visitor.sees_heading("Check your import")
    assert visitor.counts() == [0, 0, number, 0]
    expect(visitor.page.get_by_text("No row would change your calendar")).to_be_visible()
    visitor.press("Discard this file")
    assert ReleaseEvent.objects.count() == events

    # By file a title is corrected, a provisional release moves and a confirmed one is cancelled; another confirmed date
    # is asked for with its reason, and one without a reason is refused.
    changes = [
        good[4] | {"title": "Rain in region 4, corrected"},
        good[12] | {"scheduled_for": datetime.combine(days[13], time(9, 30))},
        good[13] | {"scheduled_for": datetime.combine(days[14], time(9, 30))},
        good[18] | {"status": "cancelled", "cancellation_reason": "The gauges of this region were sold."},
        good[22] | {"scheduled_for": datetime.combine(days[23], time(9, 30)), "date_change_reason": "Late gauges."},
    ]
    visitor.upload(visitor.filled_in(template, changes, "changes.xlsx"))
    visitor.sees_heading("Check your import")
    assert visitor.counts() == [0, 4, 0, 1]
    expect(visitor.page.get_by_text("This import will cancel 1 release")).to_be_visible()
    expect(visitor.page.get_by_text("To request a date change, give the public reason")).to_be_visible()
    visitor.page.get_by_label("Leave out rows with errors").check()
    visitor.press("Confirm and import")
    visitor.sees_heading("Import complete")
    assert Release.objects.get(reference="rain-4").title == "Rain in region 4, corrected"
    assert DateChange.objects.get().release.reference == "rain-12"
    assert Release.objects.get(reference="rain-18").status == "cancelled"

    # One is cancelled on its page, found by its words in the list.
    visitor.finds(good[17])
    visitor.follow("Cancel release")
    visitor.page.get_by_label("Reason for cancellation").fill("The gauges of this region were closed.")
    visitor.press("Continue")
    visitor.press("Cancel release")
    assert Release.objects.get(reference="rain-17").status == "cancelled"

    # Another confirmed date is asked for on its page, and stays until the Head of Profession has agreed.
    visitor.finds(good[21])
    visitor.follow("Request a date change")
    visitor.writes_date(days[22])
    visitor.page.get_by_label("Reason for the change").fill("The gagues were read late.")
    visitor.press("Request date change")
    expect(visitor.page.get_by_text("Date change requested.")).to_be_visible()
    assert Release.objects.get(reference="rain-21").planned_on == days[21]
    visitor.sign_in(create_member(Role.HEAD_OF_PROFESSION, producer))
    visitor.open("/desk/")
    visitor.page.get_by_role("link", name="2 date changes need your decision").click()
    for asked in (good[21], good[22]):
        visitor.page.get_by_label(asked["title"]).check()
    visitor.press("Agree to selected changes")
    expect(visitor.page.get_by_text("No date changes are awaiting your decision.")).to_be_visible()
    assert [Release.objects.get(reference=f"rain-{n}").planned_on for n in (21, 22)] == [days[22], days[23]]

    # The slip of the keyboard in the public reason is put right, and readers see both.
    visitor.finds(good[21])
    visitor.page.get_by_role("tab", name="Date changes").click()
    visitor.follow("Correct this reason")
    visitor.page.get_by_label("Public reason").fill("The gauges were read late.")
    visitor.press("Correct reason")
    visitor.page.context.clear_cookies()
    visitor.open("/releases/rain-21/")
    expect(visitor.page.get_by_text("The gauges were read late.").first).to_be_visible()
    visitor.page.get_by_text("Reason as first published").click()
    expect(visitor.page.get_by_text("The gagues were read late.")).to_be_visible()
    assert check_chain(ReleaseEvent)[1] is None
    assert set(CalendarImport.objects.values_list("status", flat=True)) == {"applied", "discarded"}


@pytest.fixture
def browser_context_args(browser_context_args, request):
    """Choose a browser without scripts where a test asks for one."""
    return browser_context_args | {"java_script_enabled": "without" not in request.node.name}


def test_all_of_it_goes_without_scripts(visitor, series, watch):
    visitor.sign_in(create_member(Role.DEPUTY, series[0].producer))
    visitor.open("/imports/")
    rows = [row(number, day) for number, day in enumerate(working_days(3))]
    visitor.upload(visitor.filled_in(visitor.download("XLSX"), rows, "three.xlsx"))
    for waiting, done in (("We are checking", "Check your import"), ("We are importing", "Import complete")):
        for _ in range(60):
            if not visitor.page.get_by_role("heading", name=waiting).count():
                break
            visitor.page.wait_for_timeout(1000)
            visitor.follow("Refresh progress")
        visitor.sees_heading(done)
        if done != "Import complete":
            visitor.press("Confirm and import")
    assert Release.objects.count() == 3


def test_a_file_of_the_template_alone_is_said_to_hold_nothing(visitor, series, watch):
    visitor.sign_in(create_member(Role.DEPUTY, series[0].producer))
    visitor.open("/imports/")
    visitor.upload(visitor.download("CSV"))
    visitor.sees_heading("We cannot import this file")
    expect(visitor.page.get_by_text("has no releases")).to_be_visible()

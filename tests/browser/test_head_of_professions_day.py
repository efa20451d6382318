"""A Head of Profession's day in a browser, from sign-in to the report that is sent. Others act by themselves."""

import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from breaches import decisions, drafting
from breaches.models import Dispatch, Report
from breaches.rules.lifecycle import ReportStatus
from releases import judge, minute_briefs
from releases.models import DelayNotice
from tests.browser.barriers import SIZES
from tests.browser.patience import PATIENCE
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observations
from tests.support.people import create_office, write_sections

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PASSWORD = "correct horse battery"
TITLE = "Rail punctuality: May 2020"
REGULATOR = "regulator@example.gov.uk"
FIVE_SECONDS = timedelta(seconds=5)
AT_SIGN_IN, JUDGED_AT, LIVE_AT = (SEED_DUE + timedelta(minutes=minutes) for minutes in (-1, 2.2, 20))


@pytest.fixture
def office(transactional_db, settings):
    """An office with one release that is due, whose contacts are known, and no second step at sign-in."""
    settings.REPORT_RECIPIENT, settings.SECOND_FACTOR = REGULATOR, frozenset()
    with time_machine.travel(AT_SIGN_IN, tick=True):
        office = create_office(name="Office for Invented Statistics")
        contact = ContactFactory(producer=office.producer, name="Rail statistics team", is_public=True)
        series = SeriesFactory(producer=office.producer, title="Rail punctuality", responsible=contact)
        ReleaseFactory(announced=True, series=series, reference="rail", title=TITLE)
        a_watcher_that_is_well(at=AT_SIGN_IN)
        yield office


def press(page, name):
    """Press a button and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).last.click()


def test_the_day_of_a_head_of_profession(page, live_server, office):
    page.set_viewport_size(SIZES["wide"])
    main, menu = page.get_by_role("main"), page.get_by_role("navigation", name="Menu")

    # The head signs in, and sees the release that is due.
    page.goto(live_server.url)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("textbox", name="Email").fill(office.head.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Today’s releases")).to_be_visible()
    expect(main).to_contain_text(f"{TITLE}")

    # The release is not live by the end of its tolerance. The page says so without a click, and has the brief.
    release = office.producer.series.get().releases.get()
    with time_machine.travel(JUDGED_AT, tick=True):
        create_observations(release, *["not_live"] * 27, start=SEED_DUE, every=FIVE_SECONDS)
        judge.judge_one(release, now=JUDGED_AT)
        drafting.draft_missing(now=JUDGED_AT)
        minute_briefs.make_due_briefs(now=JUDGED_AT)
        a_watcher_that_is_well(at=JUDGED_AT)
        expect(page).to_have_title(re.compile(r"^\(1 late\) Today’s releases"), timeout=PATIENCE)
        brief = page.locator("#desk-waiting").get_by_role("link", name=re.compile("Brief for 9:30am"))
        expect(brief).to_be_visible(timeout=PATIENCE)
        brief.click()
        expect(main).to_contain_text("Who to call")

        # The head tells the readers, with the notice that the brief has ready, and reads it before posting it.
        page.get_by_role("link", name=re.compile("Check and post the notice")).click()
        press(page, "Check the notice")
        assert not DelayNotice.objects.exists()
        press(page, "Post the notice")
        assert DelayNotice.objects.get().posted_by == office.head

    # The statistician completes the report once the release is live, and submits it.
    with time_machine.travel(LIVE_AT, tick=True):
        create_observations(release, "not_live", "live", start=LIVE_AT - FIVE_SECONDS, every=FIVE_SECONDS)
        judge.judge_one(release, now=LIVE_AT)
        drafting.draft_missing(now=LIVE_AT)
        impact = "Readers waited for 20 minutes."
        report = write_sections(Report.objects.get(), by=office.statistician, at=LIVE_AT, impact=impact)
        decisions.submit_report(report, by=office.statistician, at=LIVE_AT)
        a_watcher_that_is_well(at=LIVE_AT)

        # A task leads to the report. The head decides, reads what will be printed, approves, and sends it.
        menu.get_by_role("link", name="Today’s releases").click()
        page.locator("#desk-waiting").get_by_role("link", name=TITLE).click()
        expect(page.get_by_role("radio", name="Yes", exact=True)).to_be_visible()
        expect(page.get_by_role("radio", checked=True)).to_have_count(0)
        page.get_by_role("radio", name="Yes", exact=True).check()
        page.get_by_role("radio", name=re.compile("^Yes, report it to")).check()
        press(page, "Continue")
        expect(main).to_contain_text(REGULATOR)
        expect(main).to_contain_text("9:50")
        expect(main).to_contain_text(impact)
        press(page, "Approve")
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile("as approved")).first.click()
        assert download.value.path().read_bytes().startswith(b"%PDF-")
        press(page, "Send by email")
        press(page, "Send the report")
        assert Report.objects.get().status == ReportStatus.SENT
        assert Dispatch.objects.get().recipient == REGULATOR

        # The register has it, and the head signs out.
        menu.get_by_role("link", name="Breach reports").click()
        page.get_by_role("link", name="Register", exact=True).click()
        expect(page.get_by_role("row", name=re.compile(TITLE))).to_contain_text("Sent")
        press(page, "Sign out")
        expect(page.get_by_role("link", name="Sign in").first).to_be_visible()

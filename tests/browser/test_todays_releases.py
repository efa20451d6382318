"""Today's releases in a real browser: the first screen at 9:30am, what changes, what pauses, a wall, and no scripts."""

import os
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from releases import judge
from releases.models import Release, RotaEntry
from releases.rules.lifecycle import Role
from tests.browser.barriers import is_clean
from tests.browser.patience import PATIENCE
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support.admin_site import signed_in
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observations
from tests.support.people import create_office, create_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DUE_TITLE = "House sales by region: May 2020"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 667}
AT_SEVEN = SEED_DUE - timedelta(minutes=150)
LATE_AT = SEED_DUE + timedelta(minutes=2, seconds=20)
COUNT_RESULTS = (
    "() => { window.results = 0; document.addEventListener('desk:result', () => { window.results += 1; }); }"
)
COUNT_TONES = """() => {
    const start = AudioScheduledSourceNode.prototype.start;
    window.tones = 0;
    AudioScheduledSourceNode.prototype.start = function (...when) {
        window.tones += 1;
        return start.apply(this, when);
    };
}"""


@pytest.fixture
def office(transactional_db):
    """An office with twelve releases that went live at 7am, one that is due at 9:30am, and two at midday."""
    with time_machine.travel(SEED_DUE, tick=True):
        office = create_office(name="Office for Invented Statistics")
        agreed = {"alternative_time_reference": "OSR/1", "alternative_time_approved_on": date(2020, 1, 2)}
        early_bird = SeriesFactory(producer=office.producer, release_time=time(7), **agreed)
        midday = SeriesFactory(producer=office.producer, release_time=time(12), **agreed)
        for number in range(12):
            done = ReleaseFactory(
                announced=True, series=early_bird, reference=f"seven-{number}", title=f"Prices {number}",
                due_at=AT_SEVEN, url=f"https://www.example.gov.uk/seven/{number}",
            )  # fmt: skip
            create_observations(done, "not_live", "live", start=AT_SEVEN - timedelta(seconds=5))
            judge.judge_one(done, now=AT_SEVEN + timedelta(minutes=5))
        for number in range(2):
            ReleaseFactory(
                announced=True, series=midday, reference=f"twelve-{number}", title=f"Rents {number}",
                due_at=SEED_DUE + timedelta(minutes=150), url=f"https://www.example.gov.uk/twelve/{number}",
            )  # fmt: skip
        ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer), reference="due", title=DUE_TITLE)
        a_watcher_that_is_well(at=SEED_DUE)
        yield office


@pytest.fixture
def open_page(new_context, live_server):
    def of(person, *, query="", **options):
        context = new_context(**options)
        cookie = signed_in(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])
        page = context.new_page()
        page.goto(f"{live_server.url}{reverse('desk')}{query}")
        return page

    return of


def find_late(release):
    """Store the checks of a release that is not live by the end of its tolerance, and judge it."""
    create_observations(release, *["not_live"] * 27, start=SEED_DUE, every=timedelta(seconds=5))
    judge.judge_one(release, now=LATE_AT)


def picture(page, name):
    """Store a picture of a page for a person to look at, if a folder for it is named."""
    if folder := os.environ.get("DESK_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def is_in_first_screen(locator, size):
    box = locator.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size["height"], box


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_at_half_past_nine_the_release_that_is_due_is_in_the_first_screen_with_call_and_open_page(
    office, open_page, size
):
    page = open_page(office.head, viewport=size)
    picture(page, f"due-{size['width']}")
    row = page.locator(".office-strips__item", has_text=DUE_TITLE)
    for part in (
        row.get_by_role("link", name=DUE_TITLE, exact=True),
        row.get_by_text("Due now"),
        row.get_by_role("link", name="Open page"),
        row.get_by_role("link", name="Call "),
    ):
        is_in_first_screen(part, size)
    assert row.get_by_role("link", name="Call ").get_attribute("href") == "tel:02079460000"
    is_clean(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_on_a_phone_no_answer_shows_the_next_person_to_call_in_the_first_screen(office, open_page, scripts):
    release = Release.objects.get(reference="due")
    for order, name in enumerate(("Ann Lee", "Bob Roy"), start=1):
        contact = ContactFactory(producer=office.producer, name=name, telephone=f"020 7946 000{order}")
        RotaEntry.objects.create(series=release.series, contact=contact, order=order)
    page = open_page(office.people[Role.PUBLISHING_TEAM], viewport=PHONE, java_script_enabled=scripts)
    row = page.locator(".office-strips__item", has_text=DUE_TITLE)
    if scripts:  # without them the menu is open
        is_in_first_screen(row.get_by_role("link", name="Call Ann Lee"), PHONE)
        is_in_first_screen(row.get_by_role("button", name="No answer"), PHONE)
    row.get_by_role("button", name="No answer").click()
    expect(row.get_by_text("No answer from Ann Lee at 9:30am")).to_be_visible()
    for part in (row.get_by_role("link", name="Call Bob Roy"), row.get_by_role("link", name="Open page")):
        is_in_first_screen(part, PHONE)
    picture(page, "no-answer-375")
    if scripts:
        is_clean(page)
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("link", name="Call Ann Lee")).to_be_visible()


def test_once_it_is_late_call_and_open_page_are_still_in_the_first_screen_of_a_phone(office, open_page):
    release = Release.objects.get(reference="due")
    with time_machine.travel(LATE_AT, tick=True):
        find_late(release)
        a_watcher_that_is_well(at=LATE_AT)
        page = open_page(office.head, viewport=PHONE)
        row = page.locator(".office-strips__item", has_text=DUE_TITLE)
        picture(page, "late-375")
        for name in ("Call ", "Open page"):
            is_in_first_screen(row.get_by_role("link", name=name), PHONE)


def test_a_result_comes_with_title_banner_and_strip_and_is_announced_once(office, open_page):
    page = open_page(office.head, viewport=WIDE)
    assert page.title().startswith("Today’s releases")
    page.evaluate(COUNT_RESULTS)
    release = Release.objects.get(reference="due")
    with time_machine.travel(LATE_AT, tick=True):
        find_late(release)
        expect(page.locator("#desk-banner")).to_contain_text(f"{DUE_TITLE}", timeout=PATIENCE)
        expect(page).to_have_title("(1 late) Today’s releases – Statistics office", timeout=PATIENCE)
        expect(page.locator("#desk-summary")).to_contain_text("1 late")
        expect(page.locator("#desk-counts")).to_contain_text("1 late")
        assert page.locator(f"#today-{release.pk}-strip .office-strip__mark--not_live").count() == 1
        assert page.evaluate("window.results") == 1
        picture(page, "late-1280")
        is_clean(page)


def test_an_update_of_the_list_keeps_the_focus_and_the_open_part(office, open_page):
    page = open_page(office.head, viewport=WIDE)
    release = Release.objects.get(reference="due")
    action = page.locator(f"#today-{release.pk}-action-1")
    page.locator("#desk-finished-summary").click()
    action.focus()
    with time_machine.travel(LATE_AT, tick=True):
        find_late(release)
        expect(page.locator("#desk-counts")).to_contain_text("1 late", timeout=PATIENCE)
        expect(page.locator(".office-strips__item", has=action)).to_contain_text("Not live when last checked")
        expect(action).to_be_focused()
        expect(page.locator("#desk-finished")).to_have_attribute("open", "")


def test_an_update_of_the_tasks_and_of_new_results_keeps_the_focus_on_a_link(office, open_page):
    report = create_report(office, complete=False)
    page = open_page(office.head, viewport=WIDE)
    task = page.locator(f"#desk-waiting a[href='{reverse('breaches:report', args=[report.reference])}']")
    task.focus()
    other = create_report(office, complete=False, reference="other")
    added = page.locator(f"#desk-waiting a[href='{reverse('breaches:report', args=[other.reference])}']")
    expect(added).to_be_visible(timeout=PATIENCE)
    expect(task).to_be_focused()
    with time_machine.travel(LATE_AT, tick=True):
        find_late(Release.objects.get(reference="due"))
        result = page.locator("#desk-banner a", has_text=DUE_TITLE)
        result.focus(timeout=PATIENCE)
        series = SeriesFactory(producer=office.producer)
        find_late(ReleaseFactory(announced=True, series=series, reference="late-too", title="Rents by region"))
        expect(page.locator("#desk-banner")).to_contain_text("Rents by region", timeout=PATIENCE)
        expect(result).to_be_focused()


def test_no_result_is_announced_when_another_leaves_the_banner(office, open_page):
    release = Release.objects.get(reference="due")
    other = ReleaseFactory(announced=True, series=release.series, reference="other", title="Rents by region")
    with time_machine.travel(SEED_DUE + timedelta(seconds=50), tick=True):
        for number, one in enumerate((release, other)):
            live_at = SEED_DUE + timedelta(seconds=1 + 35 * number)
            create_observations(
                one, "not_live", "live", start=live_at - timedelta(seconds=1), every=timedelta(seconds=1)
            )
            judge.judge_one(one, now=SEED_DUE + timedelta(seconds=50))
        a_watcher_that_is_well(at=SEED_DUE + timedelta(seconds=50))
        page = open_page(office.head)
        expect(page.locator("#desk-banner")).to_contain_text("2 releases are live.")
        page.evaluate(COUNT_RESULTS)
    with time_machine.travel(SEED_DUE + timedelta(minutes=2, seconds=10), tick=True):
        expect(page.locator("#desk-banner")).to_contain_text("1 release is live.", timeout=PATIENCE)
        assert page.evaluate("window.results") == 0


@pytest.mark.parametrize(
    ("clicks", "tones"), [(0, 0), (1, 2), (2, 0)], ids=["not chosen", "chosen", "turned off again"]
)
def test_a_sound_is_played_for_a_new_result_only_if_it_was_chosen(office, open_page, clicks, tones):
    page = open_page(office.head)
    page.evaluate(COUNT_RESULTS)
    page.evaluate(COUNT_TONES)
    button = page.get_by_role("button", name="Play a sound for each new result")
    for _click in range(clicks):
        button.click()
    expect(button).to_have_attribute("aria-pressed", "true" if clicks == 1 else "false")
    sample = page.evaluate("window.tones")
    assert sample == (2 if clicks else 0)
    release = Release.objects.get(reference="due")
    with time_machine.travel(LATE_AT, tick=True):
        find_late(release)
        expect(page.locator("#desk-banner")).to_contain_text(DUE_TITLE, timeout=PATIENCE)
        assert page.evaluate("window.results") == 1
        assert page.evaluate("window.tones") == sample + tones


def test_the_clock_moves_until_updates_are_paused(office, open_page):
    page = open_page(office.head)
    before = page.locator("#desk-clock").text_content()
    expect(page.locator("#desk-clock")).not_to_have_text(before)
    page.get_by_role("link", name="Pause automatic updates").click()
    expect(page.get_by_role("link", name="Resume updates")).to_be_visible()
    page.wait_for_load_state("load")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = page.locator("#desk-clock").text_content()
    page.wait_for_timeout(3_000)
    assert page.locator("#desk-clock").text_content() == before
    assert asked == []
    page.get_by_role("link", name="Resume updates").click()
    expect(page.get_by_role("link", name="Pause automatic updates")).to_be_visible()


def test_a_page_that_can_no_longer_be_updated_says_so(office, open_page):
    page = open_page(office.head)
    expect(page.locator("#desk-stale")).to_be_hidden()
    page.route("**/desk/today/**", lambda route: route.abort())
    expect(page.locator("#desk-stale")).to_be_visible(timeout=PATIENCE)
    page.unroute("**/desk/today/**")
    expect(page.locator("#desk-stale")).to_be_hidden(timeout=PATIENCE)


def test_the_view_for_a_wall_is_large_and_has_nothing_else(office, open_page):
    page = open_page(office.head, query="?large", viewport={"width": 1920, "height": 1080})
    picture(page, "wall-1920")
    row = page.locator(".office-strips__item", has_text=DUE_TITLE)
    is_in_first_screen(row, {"height": 1080})
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.office-strips')).fontSize)") >= 27
    expect(page.get_by_role("navigation", name="Menu")).to_have_count(0)
    for absent in ("Your tasks", "Call ", "Open page", "Open report"):
        expect(page.locator("main")).not_to_contain_text(absent)
    page.get_by_role("link", name="Exit wall screen view").click()
    expect(page.get_by_role("heading", name="Your tasks")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_without_scripts_the_page_is_complete(office, open_page, size):
    page = open_page(office.people[Role.PUBLISHING_TEAM], java_script_enabled=False, viewport=size)
    for words in ("9:30:0", "1 due", "Tuesday 30 June 2020", "Your tasks", "Coming up", "12 finished releases"):
        expect(page.locator("main")).to_contain_text(words if words != "1 due" else "15 due")
    assert page.locator(".office-strip").count() >= 15
    expect(page.locator("#desk-sound-choice")).to_be_hidden()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Today’s releases")).to_be_visible()

"""What a screen reader announces while a page changes automatically: important changes, once."""

import pytest
from playwright.sync_api import expect

from releases import judge
from releases.models import Release
from tests.browser.office import NOW
from tests.browser.patience import PATIENCE
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db(transaction=True)

# Every text that comes into a region which is read out automatically, in the order in which it comes.
LISTEN = """() => {
    window.heard = [];
    for (const region of document.querySelectorAll("[role=status], [role=alert], [role=log], [aria-live]")) {
        new MutationObserver(() => window.heard.push(region.textContent)).observe(
            region, {childList: true, characterData: true, subtree: true});
    }
}"""


def a_refresh(page):
    """Wait until the dashboard was brought up to date once more, and say whether anything in it had changed."""
    with page.expect_response("**/desk/today/*", timeout=PATIENCE) as told:
        pass
    return told.value.status == 200


def test_the_desk_tells_a_verdict_once_and_its_countdowns_never(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['the desk']}")
    page.wait_for_selector("#desk-summary", state="attached")
    page.evaluate(LISTEN)
    for _ in range(2):
        a_refresh(page)
    assert page.evaluate("window.heard") == []
    create_observations(Release.objects.get(reference="not-seen"), "live", start=NOW)
    judge.judge_one(Release.objects.get(reference="not-seen"), now=NOW)
    # Not by a function of the page: its policy lets nothing be made a script of.
    expect(page.locator("#desk-summary")).to_contain_text("Seen not seen: Late", timeout=PATIENCE)
    a_refresh(page)
    heard = page.evaluate("window.heard")
    assert len(heard) == 1
    assert heard[0].startswith("Seen not seen: Late. ")


def test_whoever_reads_the_desk_keeps_their_place_while_it_is_brought_up_to_date(page, live_server, morning, sign_in):
    """Orca read a focused release out anew every two seconds, or went to the page’s end, as the list was replaced."""
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['the desk']}?rehearsals=show")
    stays = "() => window.places.every((place) => place.isConnected)"
    page.evaluate("""() => { window.places = [...document.querySelectorAll(
        ".office-desk__time, .office-strips li, .office-strips__what a, #desk-today [id$=-detail]")]; }""")
    countdown = page.locator("#desk-today [id$=-detail]", has_text="Due in")
    before = countdown.text_content()
    expect(countdown).not_to_have_text(before, timeout=PATIENCE)
    assert page.evaluate(stays)
    # A verdict can move a release to another part of the page; the reader stays on it.
    page.locator(".office-releases__title", has_text="Seen not seen").focus()
    create_observations(Release.objects.get(reference="not-seen"), "live", start=NOW)
    judge.judge_one(Release.objects.get(reference="not-seen"), now=NOW)
    row = page.locator("#desk-today li", has=page.get_by_role("link", name="Seen not seen"))
    expect(row).to_contain_text("Late by", timeout=PATIENCE)
    expect(page.locator(".office-releases__title", has_text="Seen not seen")).to_be_focused()


@pytest.mark.parametrize(
    ("name", "updates", "region"),
    [("the desk", "**/desk/today/**", "#desk-summary"), ("a minute brief", "**/briefs/*/part/**", "#brief-news")],
)
def test_a_warning_that_updates_do_not_arrive_is_announced_and_withdrawn(
    page, live_server, morning, sign_in, name, updates, region
):
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages[name]}")
    note, status = page.locator("[data-stale]"), page.locator(region)
    before = status.text_content()
    page.route(updates, lambda route: route.abort())
    expect(note).to_be_visible(timeout=PATIENCE)
    expect(note).to_contain_text("We cannot update this page")
    expect(status).to_have_text(note.text_content().strip())
    page.unroute(updates)
    expect(note).to_be_hidden(timeout=PATIENCE)
    assert status.text_content() == before

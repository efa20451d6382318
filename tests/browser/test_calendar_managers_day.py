"""A calendar manager's day in the admin site, as a person does it in a browser, and every page of it at both widths."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from releases.models import Address, Release
from releases.rules.lifecycle import Role
from tests.browser.barriers import SIZES, has_no_barriers
from tests.browser.mouse import Mouse
from tests.browser.office import LONG
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
# The last one lies on a Sunday, which no one has noticed yet.
DAYS = [date(2026, 9, 16), date(2026, 10, 14), date(2026, 11, 15)]
# From the first page of the admin site, not counting the two buttons that only confirm.
MOST_CLICKS = 6
LIST = "/admin/releases/release/"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


@pytest.fixture
def series(transactional_db) -> Iterator:
    """A series whose autumn is planned and has no addresses yet, and another one with all it needs."""
    with time_machine.travel(NOW, tick=True):
        series = SeriesFactory(title="Rain in towns", slug="rain")
        for day in DAYS:
            release = ReleaseFactory(
                series=series, reference=f"rain-{day:%Y-%m}", title=f"Rain in {day:%B %Y}", slot=london_slot(day)
            )
            release.addresses.all().delete()
        other = SeriesFactory(title="Wind", producer=series.producer)
        ReleaseFactory(
            announced=True, series=other, reference="wind", title="Wind in July", slot=london_slot(date(2026, 7, 8))
        )
        yield series


@pytest.fixture
def manager(series, sign_in):
    person = create_member(Role.CALENDAR_MANAGER, series.producer, is_staff=True, name="Cal Price")
    sign_in(person)
    return person


def choose(page, action, *titles):
    """Tick releases of the list and run an action on them."""
    for title in titles:
        page.get_by_role("row", name=title).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option(label=action)
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()


def press(page, name):
    """Press a button and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def open_list(page):
    """Open the list of all releases, from any page."""
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Admin").click()
    page.get_by_role("main").get_by_role("link", name="Releases", exact=True).click()


def test_the_day_of_a_calendar_manager(page, live_server, manager, series):
    page.set_viewport_size(SIZES["wide"])
    page.goto(live_server.url)
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Admin").click()
    page.get_by_role("link", name=re.compile("3 releases are not announced")).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)

    # Filter: the releases of the series that are known for a month.
    page.get_by_label("Series", exact=True).select_option(label="Rain in towns")
    page.get_by_label("Month").select_option(label="October 2026")
    press(page, "Filter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("No web page")
    page.get_by_role("link", name="Clear filters").click()

    # Confirm in bulk: a page says that the Sunday is refused, with its reason, and one button confirms the others.
    titles = [f"Rain in {day:%B %Y}" for day in DAYS]
    choose(page, "Confirm dates", *titles)
    expect(page.locator(".office-preview")).to_contain_text("Sunday 15 November 2026 is not a weekday")
    assert not Release.objects.filter(series=series, status="confirmed").exists()
    press(page, "Confirm 2 releases")
    messages = page.locator(".govuk-notification-banner")
    expect(messages).to_contain_text("2 releases confirmed.")

    # One web address for all of them: an error is reported, then the effect is shown, then it is done.
    choose(page, "Add web addresses", *titles)
    page.get_by_label("Web address", exact=True).fill("https://www.example.gov.uk/{slug}-{moth_name}-{year}")
    page.get_by_label("Text that identifies this edition").fill("{month_name} {year}")
    press(page, "Show the web addresses")
    expect(page.locator(".errorlist")).to_contain_text("{moth_name} is not a name that you can use")
    page.get_by_label("Web address", exact=True).fill("https://www.example.gov.uk/{slug}-{month_name}-{year}")
    press(page, "Show the web addresses")
    expect(page.locator(".office-preview")).to_contain_text("https://www.example.gov.uk/rain-october-2026")
    assert not Address.objects.filter(release__series=series).exists()
    press(page, "Save 3 web addresses")
    expect(messages).to_contain_text("3 web addresses saved.")
    assert Address.objects.filter(url="https://www.example.gov.uk/rain-november-2026").exists()

    # Next year from this one: one is left out, the others are made, and a second time nothing is.
    choose(page, "Plan next year’s releases", *titles)
    page.get_by_label("The same date, for example 14 July").check()
    press(page, "Show next year’s dates")
    expect(page.locator(".office-preview")).to_contain_text("15 November 2027 9:30am")
    page.get_by_role("checkbox", name="Rain in September 2027").uncheck()
    press(page, "Plan selected releases")
    expect(messages).to_contain_text("2 releases planned.")
    page.get_by_role("link", name="View the releases of 2027").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    open_list(page)
    choose(page, "Plan next year’s releases", *titles)
    press(page, "Show next year’s dates")
    expect(page.locator(".office-preview")).to_contain_text("Next year’s release is already planned")
    assert Release.objects.filter(planned_on__year=2027).count() == 2

    # A confirmed date is asked for on the page that the release leads to, and it waits for agreement there and here.
    open_list(page)
    page.get_by_role("link", name="Rain in September 2026").click()
    page.get_by_role("link", name="Request a date change").click()
    for part, number in {"day": "17", "month": "9", "year": "2026"}.items():
        page.locator(f"#id_planned_on-{part}").fill(number)
    page.get_by_label("Reason for the change").fill("The gauges are read a day later.")
    press(page, "Request date change")
    page.get_by_role("link", name="Edit").click()
    expect(page.locator("#content")).to_contain_text("Cal Price asked to change the date to 17 September 2026 9:30am")
    expect(page.get_by_role("link", name="Request a date change")).to_have_count(0)

    # One of them is public by now, so that it is cancelled and not deleted; its history shows all of it.
    open_list(page)
    page.get_by_role("link", name="Rain in October 2026").click()
    page.get_by_role("link", name="Announce").click()
    press(page, "Announce this release")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.locator(".submit-row").get_by_role("button", name="Cancel release").click()
    page.get_by_label("Reason for cancellation").fill("The gauges were stolen.")
    press(page, "Cancel 1 release")
    expect(page.locator(".fieldBox.field-status_tag")).to_contain_text("Cancelled")
    page.get_by_role("link", name="History").click()
    rows = page.locator("table").first.locator("tbody tr")
    said = ["Cancelled", "Announced", "Web page or file added", "Confirmed", "Added for 14 October 2026 9:30am"]
    for number, words in enumerate(said):
        expect(rows.nth(number)).to_contain_text(words)
        expect(rows.nth(number)).to_contain_text("Cal Price" if number < 4 else "The system")


def test_a_release_is_added_confirmed_and_announced_in_at_most_six_clicks(page, live_server, manager, series):
    page.set_viewport_size(SIZES["wide"])
    page.goto(f"{live_server}/admin/")
    mouse = Mouse(page)
    mouse.open("Add")
    mouse.enter("Series")
    page.keyboard.type("rain in t")
    expect(page.get_by_role("option", name=re.compile("Rain in towns"))).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#id_title")).to_have_value("Rain in December 2026")
    mouse.press("Save")
    mouse.open("Rain in December 2026")
    mouse.open("Confirm the date")
    mouse.confirm("Confirm date")
    mouse.open("Announce")
    mouse.confirm("Announce this release")
    added = Release.objects.get(title="Rain in December 2026")
    assert added.status == "confirmed"
    assert added.announced_at
    assert mouse.clicks <= MOST_CLICKS


def test_a_series_is_found_by_typing(page, live_server, manager, series):
    page.set_viewport_size(SIZES["wide"])
    page.goto(f"{live_server}{LIST}add/")
    page.get_by_role("combobox", name="Series").last.click()
    page.locator(".select2-search__field").last.fill("rain in t")
    page.get_by_role("option", name=re.compile("Rain in towns")).click()
    # The rest of the form is filled in from its last release.
    expect(page.locator("#id_title")).to_have_value("Rain in December 2026")
    expect(page.locator("#id_planned_on")).to_have_value("21/12/2026")
    expect(page.locator(".select2-selection")).to_contain_text("Rain in towns")


def test_on_a_phone_a_list_names_every_value(page, live_server, manager, series):
    page.set_viewport_size(SIZES["phone"])
    page.goto(f"{live_server}{reverse('admin:releases_contact_changelist')}")
    email = series.responsible.email
    expect(page.get_by_role("cell", name=f"Email address: {email}", exact=True)).to_be_visible()
    expect(page.locator("#result_list thead")).to_be_hidden()


def test_every_page_of_the_site_has_no_barriers_and_fits_its_width(page, live_server, manager, series, subtests):
    release = Release.objects.get(reference="rain-2026-10")
    public = Release.objects.get(reference="wind")
    long = ReleaseFactory(series=series, reference="long", url=LONG, slot=london_slot(date(2026, 12, 1)))
    contact = series.responsible
    addresses = {
        "the index": "/admin/",
        "the list": LIST,
        "a filtered list": f"{LIST}?attention=not_announced&status__exact=provisional",
        "an empty list": f"{LIST}?q=nothing",
        "a new release": f"{LIST}add/",
        "a new release of a series": f"{LIST}add/?series={series.pk}",
        "a duplicate": f"{LIST}add/?like={release.pk}",
        "all series": reverse("admin:releases_series_changelist"),
        "all contacts": reverse("admin:releases_contact_changelist"),
        "all producers": reverse("admin:releases_producer_changelist"),
        "files of contacts": reverse("admin:releases_contact_import"),
        "a release": reverse("admin:releases_release_change", args=[release.pk]),
        "a public release": reverse("admin:releases_release_change", args=[public.pk]),
        "cancelling": reverse("admin:releases_release_move", args=[public.pk, "cancel"]),
        "a history": reverse("admin:releases_release_history", args=[public.pk]),
        "deleting": reverse("admin:releases_release_delete", args=[release.pk]),
        "deleting a long address": reverse("admin:releases_release_delete", args=[long.pk]),
        "deleting what was public": reverse("admin:releases_release_delete", args=[public.pk]),
        "a series": reverse("admin:releases_series_change", args=[series.pk]),
        "a new series": reverse("admin:releases_series_add"),
        "the history of a series": reverse("admin:releases_series_history", args=[series.pk]),
        "a contact": reverse("admin:releases_contact_change", args=[contact.pk]),
        "a producer": reverse("admin:releases_producer_change", args=[series.producer.pk]),
    }
    for name, address in addresses.items():
        with subtests.test(name):
            response = page.goto(f"{live_server}{address}")
            assert response.status == 200
            has_no_barriers(page)


def test_every_page_that_asks_first_has_no_barriers_and_fits_its_width(page, live_server, manager, subtests):
    for action, button in {
        "Confirm dates": "Confirm 1 release",
        "Add web addresses": "Show the web addresses",
        "Plan next year’s releases": "Show next year’s dates",
        "Move to other dates": "Show the new dates",
        "Cancel releases": "Cancel 2 releases",
    }.items():
        page.set_viewport_size(SIZES["wide"])
        page.goto(f"{live_server}{LIST}")
        choose(page, action, "Rain in September 2026", "Rain in November 2026")
        with subtests.test(action):
            has_no_barriers(page)
        press(page, button)
        with subtests.test(f"{action}: {button}"):
            has_no_barriers(page)

"""The frame of every page, the components, and the pages for what went wrong."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

pytestmark = pytest.mark.urls("tests.pages.components.pages")

PAGES = ["/", "/reports/", "/desk/", "/accounts/login/", "/accounts/logout/", "/accounts/password/reset/", "/nowhere/"]


class Page(HTMLParser):
    """The elements of a page, and the words of its links and buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            for tag in set(self.open):
                self.words.setdefault(tag, []).append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(client: Client, address: str) -> Page:
    return Page(client.get(address).content.decode())


def signed_in(client: Client, **traits: bool) -> Client:
    person = get_user_model().objects.create_user(email="reader@example.gov.uk", password="a long password", **traits)
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


SENTENCE = "We publish release dates of official statistics and check that they are on time."
# A person without a role: the other sections and pages need one.
MEMBERS = ("Statistics releases", "Menu", "Today’s releases", "Release calendar")


@pytest.mark.django_db
def test_a_visitor_is_offered_the_calendar_and_to_sign_in(client: Client) -> None:
    assert page_of(client, "/accounts/login/").words["nav"] == ["Menu", "Release calendar", "Sign in"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("staff", "offered"),
    [
        pytest.param(False, [*MEMBERS, "Your account", "Sign out"], id="member"),
        pytest.param(True, [*MEMBERS, "Admin", "Your account", "Sign out"], id="staff"),
    ],
)
def test_who_is_signed_in_is_offered_the_desk_and_only_staff_the_admin(
    client: Client, *, staff: bool, offered: list[str]
) -> None:
    page = page_of(signed_in(client, is_staff=staff), "/desk/")
    of_search = ["Search releases, series and reports", "Search"]
    assert page.words["header"] == [settings.OFFICE_NAME, SENTENCE, *of_search, *offered]
    assert all(link["href"] for link in page.all("a"))


@pytest.mark.django_db
def test_the_navigation_says_which_page_this_is(client: Client) -> None:
    links = page_of(signed_in(client), "/desk/").all("a")
    assert [link["href"] for link in links if "aria-current" in link] == ["/desk/"]


@pytest.mark.django_db
def test_signing_out_is_a_post_and_a_visit_of_its_page_only_asks(client: Client) -> None:
    signed_in(client)
    form = next(form for form in page_of(client, "/desk/").all("form") if form["action"] == "/accounts/logout/")
    assert form["method"] == "post"
    assert "Are you sure you want to sign out?" in client.get("/accounts/logout/").content.decode()
    assert client.session["_auth_user_id"]
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_heading_a_title_a_language_and_a_way_to_its_content(client: Client, address: str) -> None:
    if address == "/accounts/logout/":
        signed_in(client)
    page = page_of(client, address)
    assert len(page.all("h1")) == 1
    assert page.words["title"][0].endswith(f" – {settings.OFFICE_NAME}")
    assert page.all("html")[0]["lang"] == "en-GB"
    assert page.all("main")[0]["id"] == "main-content"
    assert page.all("a")[0]["href"] == "#main-content"


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_a_page_holds_no_script_and_no_style_of_its_own(client: Client, address: str) -> None:
    signed_in(client)
    page = page_of(client, address)
    assert all("src" in script for script in page.all("script"))
    assert not page.all("style")
    for _, attributes in page.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.django_db
def test_every_file_that_a_page_asks_for_is_there(client: Client) -> None:
    page = page_of(client, "/")
    asked = [link["href"] for link in page.all("link")] + [script["src"] for script in page.all("script")]
    assert len(asked) == 6
    for address in asked:
        assert finders.find((address or "").removeprefix(f"/{settings.STATIC_URL.strip('/')}/")), address


@pytest.mark.django_db
def test_a_form_with_errors_says_so_in_the_title_and_above_the_heading(client: Client) -> None:
    html = signed_in(client).post("/reports/", {}).content.decode()
    page = Page(html)
    assert page.words["title"][0].startswith("Error: All questions")
    assert html.index("govuk-error-summary") < html.index("<h1")
    assert page_of(client, "/reports/").words["title"][0].startswith("All questions")


@pytest.mark.django_db
def test_a_wrong_password_is_said_without_saying_which_of_both_was_wrong(client: Client) -> None:
    page = Page(client.post("/accounts/login/", {"login": "nobody@example.gov.uk", "password": "x"}).content.decode())
    assert page.words["title"][0].startswith("Error: Sign in")
    assert len(page.words["li"]) >= 1


@pytest.mark.django_db
def test_messages_are_banners_each_with_its_own_title(client: Client) -> None:
    page = page_of(client, "/")
    banners = [element for element in page.all("div") if element.get("data-module") == "govuk-notification-banner"]
    assert [banner["role"] for banner in banners] == ["alert", "region"]
    titles = {heading.get("id") for heading in page.all("h2")}
    assert {banner["aria-labelledby"] for banner in banners} <= titles


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        pytest.param("/nowhere/", 404, "Page not found", id="not found"),
        pytest.param("/refused/", 403, "You cannot view this page", id="refused"),
        pytest.param("/broken/", 500, "Sorry, there is a problem with the service", id="broken"),
    ],
)
def test_what_went_wrong_has_a_page_in_the_same_check(client: Client, address: str, status: int, heading: str) -> None:
    client.raise_request_exception = False
    answer = client.get(address)
    assert answer.status_code == status
    page = Page(answer.content.decode())
    assert page.words["h1"] == [heading]
    assert settings.OFFICE_NAME in page.words["header"]
    assert "A fault in the code" not in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_plain_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert answer.status_code == 403
    assert Page(answer.content.decode()).words["h1"] == ["Your page has expired"]


def test_the_page_for_a_failure_needs_neither_request_nor_database() -> None:
    assert settings.OFFICE_NAME in Page(render_to_string("500.html")).words["header"]


def test_pagination_keeps_the_filters_and_leaves_out_the_far_pages() -> None:
    request = RequestFactory().get("/", {"status": "late", "page": "10"})
    listed = Paginator(range(200), 10).page(10)
    page = Page(render_to_string("components/pagination.html", {"page": listed}, request))
    assert [link["href"] for link in page.all("a")] == [
        f"?status=late&page={number}" for number in (9, 1, 9, 10, 11, 20, 11)
    ]
    assert [link["aria-label"] for link in page.all("a") if link.get("aria-current")] == ["Page 10"]
    single = Paginator(range(5), 10).page(1)
    assert render_to_string("components/pagination.html", {"page": single}, request).strip() == ""


SUMMER = datetime(2020, 6, 30, 8, 26, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("filter_name", "value", "machine", "words"),
    [
        ("moment", SUMMER, "2020-06-30T09:26:55+01:00", "9:26am on 30 June 2020"),
        ("exact_moment", SUMMER, "2020-06-30T09:26:55+01:00", "9:26:55am on 30 June 2020"),
        (
            "exact_moment",
            datetime(2020, 6, 30, 8, 30, tzinfo=UTC),
            "2020-06-30T09:30:00+01:00",
            "9:30:00am on 30 June 2020",
        ),
        (
            "exact_moment",
            datetime(2020, 12, 1, 12, 0, 5, tzinfo=UTC),
            "2020-12-01T12:00:05+00:00",
            "12:00:05pm on 1 December 2020",
        ),
        ("clock_time", SUMMER, "2020-06-30T09:26:55+01:00", "9:26am"),
        ("day", datetime(2020, 6, 6, 23, 0, tzinfo=UTC), "2020-06-07", "7 June 2020"),
        ("weekday", date(2020, 6, 30), "2020-06-30", "Tuesday 30 June 2020"),
        ("month", date(2026, 7, 1), "2026-07", "July 2026"),
    ],
)
def test_a_time_is_written_for_people_and_for_machines(filter_name: str, value: Any, machine: str, words: str) -> None:
    template = Template("{% load dates %}{{ value|" + filter_name + " }}")
    assert template.render(Context({"value": value})) == f'<time datetime="{machine}">{words}</time>'
    assert template.render(Context({"value": None})) == ""


# GOV.UK Frontend uses these names for parts of its markup without styling them.
PLACES = {
    "govuk-checkboxes",
    "govuk-generic-header__container",
    "govuk-language-navigation__text",
    "govuk-service-navigation__active-fallback",
    "govuk-table__body",
    "govuk-table__head",
    "govuk-template__footer",
    "govuk-template__header",
}


def test_every_class_of_gov_uk_that_a_template_uses_is_styled() -> None:
    styles = (settings.BASE_DIR / "static/built/statsoffice.css").read_text()
    styled = set(re.findall(r"\.(govuk-[\w-]*\w)", styles))
    used = set()
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        text = re.sub(r"{%.*?%}|{{.*?}}", "\x00", template.read_text())
        for classes in re.findall(r'class="([^"]*)"', text):
            used |= {name for name in classes.split() if re.fullmatch(r"govuk-[\w-]+", name)}
    assert {name for name in used - styled - PLACES if not name.startswith("govuk-js-")} == set()


def test_the_styles_ask_for_no_font_and_no_image_of_gov_uk() -> None:
    styles = (settings.BASE_DIR / "static/built/statsoffice.css").read_text()
    assert "url(" not in styles
    assert "GDS Transport" not in styles

"""Public pages in Welsh: off until someone has approved the texts, then complete, with English marked as English."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from selectolax.lexbor import LexborHTMLParser

from releases import corrections, scheduling
from releases.models import Producer, Release, Series
from releases.rules import tables
from releases.rules.lifecycle import Role
from releases.text import dates
from statsoffice import checks, welsh
from tests.support.admin_site import signed_in
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.public_links import entries, events, feed
from tests.support.shared_rows import shared_fixture
from tests.support.welsh_pages import PERSON, approve_welsh, english_texts

pytestmark = pytest.mark.django_db

BEFORE = SEED_DUE - timedelta(days=1)
CALENDAR = "/cy/"
RELEASE = "/cy/releases/prices/"


@pytest.fixture(autouse=True)
def settled(settings, time_machine):
    settings.ADDRESS = "https://calendar.example.gov.uk"
    settings.OFFICE_NAME = "Office for Numbers"
    time_machine.move_to(BEFORE, tick=False)


@pytest.fixture
def approved(settings):
    approve_welsh(settings)


@shared_fixture
def release() -> Release:
    """An announced release with a title in Welsh, of a series without one, of a producer with a Welsh name."""
    producer = ProducerFactory(slug="office", name="Office for Numbers", welsh_name="Y Swyddfa Rifau")
    series = SeriesFactory(producer=producer, slug="prices", title="Prices")
    return ReleaseFactory(
        announced=True,
        series=series,
        reference="prices",
        title="Prices, June 2020",
        welsh_title="Prisiau, Mehefin 2020",
    )


def read(address: str, client: Client | None = None) -> LexborHTMLParser:
    answer = (client or Client()).get(address)
    assert answer.status_code == 200, address
    return LexborHTMLParser(answer.content)


def test_without_an_approval_there_is_no_welsh_page_and_no_link_to_one(client, release):
    for address in (CALENDAR, RELEASE, "/cy/calendar.ics", "/cy/changes.atom", "/cy/accessibility/"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Content-Language" not in answer.headers
    for address in ("/", "/releases/prices/"):
        assert b"Cymraeg" not in client.get(address).content


def test_the_approval_of_other_texts_does_not_count(client, settings, approved):
    settings.WELSH_APPROVED_TEXTS = "0" * 16
    assert client.get(CALENDAR).status_code == 404
    (warning,) = checks.check_welsh()
    assert f"since {PERSON} approved them" in warning.msg
    assert welsh.current_digest() in warning.hint


def test_an_approval_without_a_name_does_not_count(client, settings, approved):
    settings.WELSH_APPROVED_BY = ""
    assert client.get(CALENDAR).status_code == 404
    assert checks.check_welsh() == []


def test_approved_pages_are_in_welsh_and_link_to_each_other(release, approved):
    assert checks.check_welsh() == []
    for english, in_welsh in (("/", CALENDAR), ("/releases/prices/", RELEASE), ("/contact/", "/cy/contact/")):
        page, translated = read(f"{english}?page=1"), read(f"{in_welsh}?page=1")
        assert page.css_first("html").attributes["lang"] == "en-GB"
        assert translated.css_first("html").attributes["lang"] == "cy"
        for which, current in ((page, "English"), (translated, "Cymraeg")):
            navigation = which.css_first(".govuk-language-navigation")
            assert navigation.css_first("[aria-current]").text(strip=True) == current
            (link,) = navigation.css("a")
            other = f"{english}?page=1" if current == "Cymraeg" else f"{in_welsh}?page=1"
            assert link.attributes["href"] == other
            assert link.attributes["lang"] == link.attributes["hreflang"] == ("en" if current == "Cymraeg" else "cy")
            assert link.attributes["rel"] == "alternate"
            alternates = {
                node.attributes["hreflang"]: node.attributes["href"] for node in which.css("head link[hreflang]")
            }
            assert alternates == {
                "en": f"https://calendar.example.gov.uk{english}?page=1",
                "cy": f"https://calendar.example.gov.uk{in_welsh}?page=1",
            }


def test_links_of_a_welsh_page_lead_to_welsh_pages(release, approved):
    for address in (CALENDAR, RELEASE):
        links = {node.attributes["href"] for node in read(address).css("a[href^='/']")}
        in_english = {link for link in links if not link.startswith("/cy/")}
        # The other language, the page to sign in, and the guide to the API, which is in English only.
        assert in_english == {address.removeprefix("/cy"), "/accounts/login/", "/api/v1/"}


def test_pages_of_staff_and_the_api_are_in_english_only(release, approved, subtests):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    client = signed_in(head)
    for address in ("/cy/desk/", "/cy/planner/", "/cy/reports/", "/cy/admin/", "/cy/api/v1/", "/cy/accounts/login/"):
        with subtests.test(address):
            assert client.get(address).status_code == 404
    # A page for readers shows them what it shows readers, with their own navigation to pages in English.
    page = read(RELEASE, client)
    assert page.css_first("h1").text(strip=True).endswith("Prisiau, Mehefin 2020")
    assert "/desk/" in {node.attributes["href"] for node in page.css("a")}
    assert not page.css(".govuk-tabs")
    ReleaseFactory(confirmed=True, series=release.series, reference="quiet")
    assert client.get("/releases/quiet/").status_code == 200
    assert client.get("/cy/releases/quiet/").status_code == 404


def test_a_page_that_is_not_there_says_so_in_welsh(client, settings, approved):
    settings.OFFICE_NAME = "Swyddfa"
    answer = client.get("/cy/releases/nowhere/")
    assert answer.status_code == 404
    assert english_texts(answer.content) == []
    assert "Heb ddod o hyd i’r dudalen" in answer.content.decode()


def test_the_language_is_part_of_the_address_and_of_nothing_else(client, release, approved):
    english, in_welsh = client.get("/"), client.get(CALENDAR, headers={"accept-language": "en"})
    assert client.get("/", headers={"accept-language": "cy"}).content == english.content
    assert in_welsh.headers["Content-Language"] == "cy"
    assert english.headers["ETag"] != in_welsh.headers["ETag"]
    for answer in (english, in_welsh):
        assert "Accept-Language" not in answer.headers.get("Vary", "")
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(CALENDAR, headers={"if-none-match": in_welsh.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/").content == english.content


def test_an_address_without_its_last_stroke_leads_to_the_welsh_page(client, release, approved):
    assert client.get("/cy").headers["Location"] == CALENDAR
    assert client.get(RELEASE.removesuffix("/")).headers["Location"] == RELEASE


def test_titles_are_in_welsh_where_there_are_any_and_marked_as_english_where_not(release, approved):
    page = read(RELEASE)
    assert page.css_first("title").text() == "Prisiau, Mehefin 2020 – Office for Numbers"
    assert page.css_first("h1 [lang]").text() == "Prices"
    assert page.css_first("h1 [lang]").attributes["lang"] == "en"
    text = page.css_first("main").text()
    assert "Y Swyddfa Rifau" in text
    assert "Prices, June 2020" not in text
    assert page.css_first(".govuk-generic-header__homepage-link").attributes["lang"] == "en"
    listed = read(CALENDAR).css_first(".office-releases__item")
    assert listed.css_first("a").text() == "Prisiau, Mehefin 2020"
    assert [node.text() for node in listed.css("[lang=en]")] == ["Prices"]
    # An English page shows no Welsh title and has no marks.
    assert "Prisiau" not in read("/releases/prices/").html
    assert [node.attributes["href"] for node in read("/").css("main [lang], a[lang]")] == [CALENDAR]


def test_the_office_can_have_a_welsh_name(settings, approved):
    settings.WELSH_OFFICE_NAME = "Y Swyddfa Rifau"
    name = read(CALENDAR).css_first(".govuk-generic-header__homepage-link")
    assert name.text() == "Y Swyddfa Rifau"
    assert "lang" not in name.attributes
    assert read("/").css_first(".govuk-generic-header__homepage-link").text() == "Office for Numbers"


def test_a_release_is_found_by_its_welsh_title(release, approved):
    for address in ("/cy/calendar/?words=prisiau", "/calendar/?words=prices", "/cy/calendar/?words=prices"):
        assert len(read(address).css(".office-releases__item")) == 1
    for address in ("/cy/calendar/?words=swyddi", "/calendar/?words=prisiau"):
        assert not read(address).css(".office-releases__item")


def test_months_and_days_of_the_calendar_are_welsh(release, approved):
    page = read("/cy/calendar/2020/6/")
    assert page.css_first("h1").text(strip=True).endswith("Mehefin 2020")
    assert page.css_first(".office-releases__when time").text() == "30 Mehefin 2020 9:30am"
    with translation.override("cy"):
        assert dates.write_moment(SEED_DUE) == "9:30am ar 30 Mehefin 2020"
        assert dates.write_exact_moment(SEED_DUE + timedelta(hours=12)) == "9:30:00pm ar 30 Mehefin 2020"
        assert dates.write_weekday(SEED_DUE) == "Dydd Mawrth 30 Mehefin 2020"


def test_the_calendar_for_programs_is_in_welsh_with_the_tags_of_its_languages(client, release, approved):
    untranslated = ReleaseFactory(announced=True, series=release.series, reference="jobs", title="Jobs, June 2020")
    cancel_release(untranslated, at=BEFORE)
    answer = client.get("/cy/calendar.ics")
    assert "PRODID:-//statsoffice//Release calendar//CY" in answer.content.decode()
    in_welsh, cancelled = events(answer)["prices"], events(answer)["jobs"]
    assert in_welsh.summary.value == "Prisiau, Mehefin 2020"
    assert in_welsh.summary.params["LANGUAGE"] == ["cy"]
    assert in_welsh.description.value.startswith("Cadarnhawyd ar gyfer 30 Mehefin 2020 9:30am.")
    assert in_welsh.description.params["LANGUAGE"] == ["cy"]
    assert in_welsh.url.value == "https://calendar.example.gov.uk/cy/releases/prices/"
    assert cancelled.summary.value == "Canslwyd: Jobs, June 2020"
    assert cancelled.summary.params["LANGUAGE"] == ["en"]
    english = events(client.get("/calendar.ics"))["prices"]
    assert english.uid.value == in_welsh.uid.value
    assert english.summary.value == "Prices, June 2020"
    assert "LANGUAGE" not in english.summary.params
    one = client.get(f"{RELEASE}calendar.ics")
    assert events(one)["prices"].summary.value == "Prisiau, Mehefin 2020"


def test_the_feed_of_changes_is_in_welsh_and_marks_english(client, release, approved):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.change_date(
        release, to=london_slot(date(2020, 7, 14)), reason="Figures came late.", by=head, at=BEFORE - timedelta(days=1)
    )
    answer = client.get("/cy/changes.atom")
    assert feed(answer).get("{http://www.w3.org/XML/1998/namespace}lang") == "cy"
    newest = entries(answer)[0]
    assert newest["title"] == "Newidiwyd y dyddiad: Prisiau, Mehefin 2020"
    assert newest["link"] == "https://calendar.example.gov.uk/cy/releases/prices/"
    content = newest["summary"]
    assert "Hen ddyddiad: 30 Mehefin 2020 9:30am. Dyddiad newydd: 14 Gorffennaf 2020 9:30am." in content
    assert '<p lang="en">Figures came late.</p>' in content
    assert '<p>Y Swyddfa Rifau · <span lang="en">Prices</span></p>' in content
    assert "Date changed: Prices, June 2020" in {entry["title"] for entry in entries(client.get("/changes.atom"))}


def test_the_api_states_titles_by_language(client, release):
    answer = client.get("/api/v1/releases/prices").json()
    assert answer["titles"] == {"en": "Prices, June 2020", "cy": "Prisiau, Mehefin 2020"}
    assert answer["series"]["names"] == {"en": "Prices", "cy": None}
    assert answer["producer"]["names"] == {"en": "Office for Numbers", "cy": "Y Swyddfa Rifau"}
    (listed,) = client.get("/api/v1/releases").json()["releases"]
    assert listed["titles"] == answer["titles"]


def test_a_calendar_manager_enters_and_corrects_a_welsh_title(release):
    manager = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    stored = corrections.correct_release(
        release,
        title=release.title,
        reference=release.reference,
        welsh_title="Prisiau defnyddwyr",
        by=manager,
        at=BEFORE,
    )
    assert Release.objects.get(pk=stored.pk).welsh_title == "Prisiau defnyddwyr"
    event = stored.events.get(kind="corrected")
    assert event.facts["changed"] == {"welsh_title": ["Prisiau, Mehefin 2020", "Prisiau defnyddwyr"]}


def test_reports_about_the_texts_name_the_person_and_the_digest(settings, capsys, approved):
    call_command("welsh_texts")
    said = capsys.readouterr().out
    assert welsh.current_digest() in said
    assert f"{PERSON} approved the texts" in said
    settings.WELSH_APPROVED_BY = ""
    call_command("welsh_texts")
    assert "No one has approved the Welsh texts." in capsys.readouterr().out
    call_command("welsh_texts", csv=True)
    table = tables.read_table(capsys.readouterr().out.encode(), name="texts")
    lines = [[cell.text for cell in cells] for _number, cells in table]
    assert lines[0] == ["english", "welsh", "note"]
    assert ["Release calendar", "Calendr datganiadau", ""] in lines


@pytest.mark.sqlite_only
def test_every_public_page_is_complete_in_welsh(transactional_db, saved_office, settings, subtests):
    settings.BREACHES_PUBLIC = True
    approve_welsh(settings)
    morning, at = saved_office.begin()
    with time_machine.travel(at, tick=False):
        settings.OFFICE_NAME = "Swyddfa"
        Release.objects.update(welsh_title="Datganiad")
        Series.objects.update(welsh_title="Cyfres")
        Producer.objects.update(welsh_name="Cynhyrchydd")
        read_pages = 0
        for name, address in morning.pages.items():
            if "canary" in name or Client().get(f"/cy{address}").status_code != 200:
                continue
            read_pages += 1
            with subtests.test(name):
                assert english_texts(Client().get(f"/cy{address}").content) == []
        assert read_pages > 15
        for extra in ("?show=nothing", "?producer=nowhere", "calendar/?show=cancelled", "calendar/1990/1/", "cookies/"):
            with subtests.test(extra):
                assert english_texts(Client().get(f"/cy/{extra}").content) == []


def test_every_model_with_titles_for_readers_has_them_in_welsh():
    assert Producer(name="A").names.english == Series(title="A").titles.english == "A"
    assert reverse("releases:calendar") == "/"

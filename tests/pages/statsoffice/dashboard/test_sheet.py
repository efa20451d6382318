"""The morning sheet: the releases of one day with who to call, for those who may see them, and without results."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from pypdf import PdfReader
from selectolax.lexbor import LexborHTMLParser

from releases import scheduling
from releases.models import RotaEntry
from releases.rules.lifecycle import Role
from tests.pages.statsoffice.dashboard.morning import AFTER, sign_in
from tests.support.date_requests import create_head
from tests.support.early_release import FOUND_AT, create_release, find_early
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, create_member, rolled_back
from tests.support.observations import create_observations
from tests.support.people import create_office

SHEET, PDF = reverse("morning_sheet"), reverse("morning_sheet_pdf")

pytestmark = pytest.mark.django_db


def words_of(response):
    return " ".join(LexborHTMLParser(response.text).css_first("main").text().split())


def words_of_pdf(response):
    pages = PdfReader(io.BytesIO(response.content)).pages
    return len(pages), " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_sheet_has_times_addresses_the_phone_order_and_the_head_of_profession(client, clock, release):
    ann = ContactFactory(producer=release.series.producer, name="Ann Lee", telephone="020 7946 0001")
    bob = ContactFactory(producer=release.series.producer, name="Bob Roy", telephone="", post="")
    for order, contact in enumerate((ann, bob), start=1):
        RotaEntry.objects.create(series=release.series, contact=contact, order=order)
    sign_in(client, release)
    sheet = words_of(client.get(SHEET))
    head = release.series.head_of_profession
    for expected in (
        "Morning sheet, Tuesday 30 June 2020",
        f"9:30am: {release.title}",
        "https://www.example.gov.uk/statistics/schools-march-2020",
        "1. Ann Lee, Lead statistician: 020 7946 0001",
        "2. Bob Roy: no phone number",
        f"Head of Profession {head.name}, Lead statistician: 020 7946 0000",
        "If a page is not live",
        "Do not publish it before you have spoken to a contact.",
    ):
        assert expected in sheet
    assert not LexborHTMLParser(client.get(SHEET).text).css("main table a")


def test_the_pdf_has_the_same_on_one_page(client, clock, release):
    sign_in(client, release)
    answer = client.get(PDF, {"on": "2020-06-30"})
    assert answer["Content-Disposition"] == 'attachment; filename="morning-sheet-2020-06-30.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    pages, text = words_of_pdf(answer)
    assert pages == 1
    for expected in ("Morning sheet, Tuesday 30 June 2020", release.title, "020 7946 0000", "If a page is not live"):
        assert expected in text


def test_ten_releases_with_two_contacts_each_fit_on_one_page(client, clock, release):
    for order, name in enumerate(("Ann Lee", "Bob Roy"), start=1):
        contact = ContactFactory(producer=release.series.producer, name=name, telephone=f"020 7946 000{order}")
        RotaEntry.objects.create(series=release.series, contact=contact, order=order)
    for number in range(2, 11):
        ReleaseFactory(
            announced=True,
            series=release.series,
            reference=f"sales-{number}",
            title=f"House sales by region and type of dwelling {number}: June 2020",
            url=f"https://www.example.gov.uk/statistics/house-sales-by-region-{number}",
        )
    sign_in(client, release)
    pages, text = words_of_pdf(client.get(PDF, {"on": "2020-06-30"}))
    assert (pages, text.count("Web page"), text.count("Bob Roy")) == (1, 10, 10)
    assert "decides whether to tell readers" in text


def test_only_those_who_may_see_a_release_read_it_on_the_sheet(client, clock, release):
    elsewhere = create_member(Role.HEAD_OF_PROFESSION, ReleaseFactory(reference="other", title="Rain").series.producer)
    client.force_login(elsewhere)
    assert "Rain" in words_of(client.get(SHEET))
    assert release.title not in words_of(client.get(SHEET))
    assert release.title not in words_of_pdf(client.get(PDF))[1]
    client.logout()
    assert client.get(SHEET).status_code == client.get(PDF).status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_every_role_of_the_producer_reads_the_sheet(client, clock, release, role):
    sign_in(client, release, role)
    assert release.title in words_of(client.get(SHEET))


def test_another_day_is_chosen_by_its_date_and_anything_else_is_not_found(client, clock, release):
    sign_in(client, release)
    other = client.get(SHEET, {"on": "2020-07-01"})
    assert "No releases due on this day." in words_of(other)
    assert "If a page is not live" not in words_of(other)
    assert release.title in words_of(client.get(SHEET, {"on": "2020-06-30"}))
    for wrong in ("tomorrow", "2020-02-30", "0001-01-01", "9999-12-31"):
        assert client.get(SHEET, {"on": wrong}).status_code == 404
        assert client.get(PDF, {"on": wrong}).status_code == 404


def test_a_cancelled_and_a_provisional_release_say_so(client, clock, release):
    ReleaseFactory(
        series=release.series, reference="provisional", title="Rents", url="https://www.example.gov.uk/rents"
    )
    scheduling.cancel_release(
        release, reason="The data are wrong.", by=create_head(release), at=SEED_DUE - timedelta(hours=1)
    )
    sign_in(client, release)
    sheet = words_of(client.get(SHEET))
    assert f"{release.title} (cancelled)" in sheet
    assert "Rents (provisional)" in sheet


def test_the_sheet_shows_no_result_early_or_late(client, clock):
    """The sheet of a morning with an early release is that of a morning without one."""
    office = create_office()
    release = create_release(office)
    clock(FOUND_AT)
    for person in (office.head, office.statistician):
        client.force_login(person)
        before = words_of(client.get(SHEET))
        assert release.title in before
        with rolled_back():
            find_early(office, release)
            assert words_of(client.get(SHEET)) == before


def test_a_late_release_is_shown_as_it_was_planned(client, clock, release):
    clock(AFTER)
    sign_in(client, release)
    before = words_of(client.get(SHEET))
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    assert words_of(client.get(SHEET)) == before


def test_todays_releases_lead_to_the_sheet(client, clock, release):
    sign_in(client, release)
    assert f'href="{SHEET}"' in client.get(reverse("desk")).text
    clock(SEED_DUE - timedelta(days=1))
    assert f'href="{SHEET}?on=2020-06-30"' in client.get(reverse("desk")).text

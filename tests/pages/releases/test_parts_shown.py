"""The parts of a release on its page and on Today's releases, before and after the part that may follow."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from releases import corrections, judge, scheduling
from releases.models import Verification
from releases.scheduling import PlannedAddress
from releases.text.parts import list_parts, spread_sentences
from releases.text.release import describe_verdict, status_of_release
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.people import create_office
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db


def at(seconds):
    return SEED_DUE + timedelta(seconds=seconds)


@pytest.fixture
def office():
    return create_office()


@pytest.fixture
def release(office):
    release = ReleaseFactory(announced=True, series__producer=office.producer)
    english = release.addresses.get()
    named = PlannedAddress(english.url, marker=english.marker, part="english_page")
    corrections.change_address(english, named, by=None, at=release.recorded_at)
    welsh = PlannedAddress(f"{english.url}/cy", marker="Mawrth 2020", part="welsh_page", may_follow_minutes=15)
    followed = scheduling.add_address(release, welsh, at=release.recorded_at)
    create_observation(english, "not_live", at=at(-5))
    create_observation(english, "live", at=at(0))
    create_observation(followed, "not_live", at=at(120))
    return release


def find_late(release):
    """Check the Welsh page until it is found after its limit, which is at 9:47am."""
    welsh = release.addresses.get(part="welsh_page")
    for second in range(0, 1021, 30):
        create_observation(welsh, "not_live", at=at(second))
    create_observation(welsh, "live", at=at(1320))


def test_until_its_limit_the_welsh_page_may_follow_and_the_release_is_on_time(client, office, release, time_machine):
    time_machine.move_to(at(180), tick=False)
    verdict = judge.judge_one(release, now=at(180))
    status = status_of_release(release, verdict, now=at(180))
    assert (status.label, status.detail) == ("On time", "Live within 1 second. Welsh page may follow until 9:45am")
    assert describe_verdict(verdict).endswith("Welsh page may follow until 9:45am.")
    client.force_login(office.statistician)
    text = words(client.get(f"/releases/{release.reference}/").text)
    assert "Welsh page Until 9:45am Not found live Our checks do not show this May still follow" in text
    assert "Not live when last checked" not in text
    desk = client.get("/desk/").text
    assert "Welsh page may follow until 9:45am" in desk


def test_a_welsh_page_after_its_limit_makes_the_release_incomplete_by_its_own_limit(client, office, release):
    find_late(release)
    judge.judge_one(release, now=at(1400))
    verdict = Verification.objects.select_related("release").get()
    status = status_of_release(release, verdict, now=at(1400))
    assert status.label == "Incomplete"
    assert status.detail.startswith("Welsh page late by 2 minutes to 7 minutes 1 second")
    assert "A part of it was not live at 9:47:00am" in describe_verdict(verdict)
    english, welsh = list_parts(verdict)
    assert (english.outcome, welsh.outcome) == ("On time", "Late")
    assert welsh.after == "Between 16 minutes 59 seconds and 22 minutes 6 seconds after the English page"
    assert list(spread_sentences(verdict)) == [
        "Welsh page: between 16 minutes 59 seconds and 22 minutes 6 seconds after the English page"
    ]


def test_an_address_that_is_no_named_part_is_headed_by_its_type(client, office):
    files = ("https://www.example.gov.uk/tables.ods",)
    release = ReleaseFactory(announced=True, series__producer=office.producer, attachments=files)
    client.force_login(office.statistician)
    page = LexborHTMLParser(client.get(f"/releases/{release.reference}/").text)
    headings = [heading.text().strip() for heading in page.css("h3")]
    assert {"Web page", "File"} <= set(headings)
    assert "Not named" not in headings


def test_readers_are_not_shown_the_welsh_page(client, release):
    judge.judge_one(release, now=at(180))
    english, welsh = release.addresses.order_by("pk")
    page = client.get(f"/releases/{release.reference}/").text
    assert english.url in page
    assert welsh.url not in page

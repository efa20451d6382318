"""The page of a release shows the publisher's clock and possible explanations apart from the observations."""

from datetime import timedelta

import pytest
from django.urls import reverse

from releases.detection.finding import PublisherSays, PublisherState, Source
from releases.evidence import coverage
from releases.models import Verification
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, create_member
from tests.support.observations import create_observation

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=3)
ANNOUNCED = PublisherSays(PublisherState.ANNOUNCED, announced_for=SEED_DUE, announced_text="30 June 2020 9:30am")
MOVED = PublisherSays(
    PublisherState.MOVED, announced_text="30 June 2020 11:00am", change_note="The <b>tables</b> are late."
)
PUBLISHED = PublisherSays(PublisherState.PUBLISHED, SEED_DUE + timedelta(seconds=3480), Source.SCHEDULED_TIME_AND_DELAY)


@pytest.fixture(autouse=True)
def _after(time_machine):
    time_machine.move_to(AFTER, tick=False)


def page(client, release):
    client.force_login(create_member(Role.STATISTICIAN, release.series.producer))
    return client.get(reverse("releases:release", args=[release.reference])).text


def verified(release, **fields):
    known = {
        "outcome": "late",
        "delay_from": 3475.0,
        "delay_to": 3485.0,
        "published_at_by_publisher": SEED_DUE + timedelta(seconds=3480),
        "publisher_source": Source.SCHEDULED_TIME_AND_DELAY,
    }
    Verification.objects.create(
        release=release, schedule_version=1, due_at=SEED_DUE, tolerance_seconds=120, **(known | fields)
    )


def test_the_publishers_time_is_shown_apart_from_what_was_seen(client, announced_release):
    """(V11)"""
    verified(announced_release)
    text = page(client, announced_release)
    assert "Late by 57 minutes 55 seconds to 58 minutes 5 seconds" in text
    inset = text.partition('class="govuk-inset-text">')[2].partition("<")[0]
    assert inset == (
        "The publisher’s system says: published at 10:28:00am (the page’s scheduled time and recorded delay), "
        "58 minutes after 9:30am."
    )


def test_what_the_publishers_system_said_is_a_section_of_its_own_in_the_order_in_which_it_was_said(
    client, announced_release
):
    address = announced_release.addresses.get()
    for minutes, says in ((0, ANNOUNCED), (1, ANNOUNCED), (2, None), (3, MOVED), (58, PUBLISHED)):
        create_observation(address, "not_live", at=SEED_DUE + timedelta(minutes=minutes), says=says)
    text = page(client, announced_release)
    said = text.partition("Times from the publisher’s system</h3>")[2]
    places = [
        said.index(words)
        for words in (
            "Announced: 30 June 2020 9:30am",
            "2 checks, 9:30:00am to 9:31:00am",
            "Announced for another time: 30 June 2020 11:00am",
            "“The &lt;b&gt;tables&lt;/b&gt; are late.”",
            "Published at 10:28:00am (the page’s scheduled time and recorded delay)",
        )
    ]
    assert places == sorted(places)
    assert text.index("Checks are listed by start time.") < text.index("Times from the publisher’s system</h3>")


def test_a_page_of_which_the_publisher_says_nothing_has_no_such_section(client, announced_release):
    create_observation(announced_release.addresses.get(), "not_live", at=SEED_DUE)
    verified(announced_release, published_at_by_publisher=None, publisher_source="")
    assert "publisher’s system" not in page(client, announced_release)


def test_a_hole_in_the_watching_is_said_to_be_filled_by_the_publishers_time_where_it_is(client, announced_release):
    coverage.mark_alive("test", at=SEED_DUE - timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "not_live", at=SEED_DUE - timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE + timedelta(minutes=90))
    verified(announced_release, outcome="uncertain")
    hole = page(client, announced_release).rpartition("Not monitored from")[2].partition("</p>")[0]
    assert "The publisher’s system says that it was published during this time, at 10:28:00am." in hole


def test_an_edge_cache_is_told_as_what_may_explain_the_verdict(client, announced_release):
    """(V13)"""
    verified(announced_release, diagnoses=["edge_cache"])
    assert "This may explain why" in page(client, announced_release)


def test_checks_past_the_caches_are_shown_with_their_times_and_apart_from_those_of_a_reader(client, announced_release):
    """(V13)"""
    create_observation(announced_release.addresses.get(), "not_live", at=SEED_DUE, reasons=("not_found",))
    create_observation(
        announced_release.addresses.get(),
        "live",
        at=SEED_DUE + timedelta(seconds=5),
        fresh=True,
        reasons=("marker_in_title",),
    )
    text = page(client, announced_release)
    beside = text.partition("Checks that bypass caches:")[2]
    assert "1 check at 9:30:05am" in beside
    assert "1 check at 9:30:00am" not in beside
    assert text.count("9:30:05am") == 1


def test_the_public_sees_nothing_of_the_publishers_own_clock(client, announced_release):
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE, says=PUBLISHED)
    verified(announced_release, diagnoses=["edge_cache"])
    text = client.get(reverse("releases:release", args=[announced_release.reference])).text
    assert "publisher’s system" not in text
    assert "may explain" not in text


def test_the_desk_shows_both_clocks_next_to_each_other(client, announced_release):
    """(V11)"""
    verified(announced_release)
    client.force_login(create_member(Role.STATISTICIAN, announced_release.series.producer))
    text = client.get(reverse("desk")).text
    assert "Late by 57 minutes 55 seconds to 58 minutes 5 seconds" in text
    assert "Publisher’s time: 58 minutes after 9:30am" in text

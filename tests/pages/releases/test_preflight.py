"""Pre-flight and snapshots on the page of a release: who reads them, who may ask for a check (V16, V17)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import preflight, scheduling
from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.models import PreflightRun
from releases.rules.lifecycle import EVERY_ROLE, LEADS, Role
from tests.support.factories import ReleaseFactory, create_member, rolled_back
from tests.support.observations import create_observation
from tests.support.preflight import DAY_BEFORE, DUE, announce_at
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

ANNOUNCED_AT = "https://www.example.gov.uk/announcements/schools"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(DAY_BEFORE + timedelta(minutes=1), tick=False)


@shared_fixture
def release():
    """A release of tomorrow that everybody knows of, with an announcement."""
    release = ReleaseFactory(announced=True, due_at=DUE, title="School inspections")
    announce_at(release, ANNOUNCED_AT)
    return release


def checked(release, *found, at=DAY_BEFORE):
    problems = sum(each.is_problem for each in found)
    return PreflightRun.objects.create(
        release=release,
        schedule_version=release.schedule_version,
        asked_at=at,
        done_at=at,
        findings=[each.to_json() for each in found],
        problems=problems,
        news=problems,
        vantage="watcher.example.gov.uk",
    )


def read(client, release, role=Role.STATISTICIAN):
    client.force_login(create_member(role, release.series.producer))
    return client.get(reverse("releases:release", args=[release.reference])).text


def words_of(page):
    """The page without its tags, as it is read aloud."""
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def ask(client, release):
    return client.post(reverse("releases:preflight", args=[release.reference]))


def test_what_was_found_is_said_in_sentences_with_the_address_it_is_about(client, release):
    page = release.addresses.get(role="page")
    checked(
        release,
        PreflightFinding(PreflightCode.NO_ANSWER, page.pk, {"reasons": ["server_error"]}),
        PreflightFinding(PreflightCode.NO_HEAD),
        PreflightFinding(
            PreflightCode.SHARES_MINUTE, facts={"place": "www.gov.uk", "releases": 12, "looks": 14, "seconds": 1.25}
        ),
    )
    text = words_of(read(client, release))
    assert "Last checked at 2pm on 30 June 2026." in text
    assert "watcher.example.gov.uk" not in text
    assert "We got no usable response from the address: the website reported an error." in text
    assert page.url in text
    assert "The series has no Head of Profession." in text
    assert (
        "Other releases are due on www.gov.uk at the same time. "
        "We will make the last check up to 1.2 seconds after the first." in text
    )
    assert "No problems found" not in text


def test_the_latest_check_is_shown_and_earlier_ones_are_counted(client, release):
    checked(
        release,
        PreflightFinding(PreflightCode.NO_HEAD),
        PreflightFinding(PreflightCode.NO_PAGE),
        at=DAY_BEFORE - timedelta(hours=2),
    )
    checked(release)
    text = words_of(read(client, release))
    assert "No problems found." in text
    assert "Earlier check at midday on 30 June 2026: 2 problems" in text
    assert "The series has no Head of Profession." not in text


def test_a_check_of_an_earlier_date_says_nothing_of_the_present_one(client, release):
    run = checked(release, PreflightFinding(PreflightCode.NO_HEAD))
    PreflightRun.objects.filter(pk=run.pk).update(schedule_version=0)
    assert "The series has no Head of Profession." not in read(client, release)


def test_before_its_hour_the_page_says_when_the_check_is_planned(client, release, time_machine):
    time_machine.move_to(DAY_BEFORE - timedelta(hours=1), tick=False)
    assert "We will check it at" in read(client, release)


def test_all_but_auditors_may_ask_for_a_check(release, subtests):
    for role in sorted(EVERY_ROLE):
        with subtests.test(role), rolled_back():
            client = Client()
            text = read(client, release, role)
            assert ("Check now" in text) == (role != Role.AUDITOR)
            response = ask(client, release)
            assert response.status_code == (404 if role == Role.AUDITOR else 302)
            assert PreflightRun.objects.count() == (0 if role == Role.AUDITOR else 1)


def test_a_check_that_is_asked_for_is_said_to_be_and_is_not_asked_for_twice(client, release):
    read(client, release)
    address = reverse("releases:release", args=[release.reference])
    assert ask(client, release).url == f"{address}#preflight"
    text = client.get(address).text
    tree = LexborHTMLParser(text)
    assert tree.css_first("#preflight").text() == "Checks before release"
    assert "It is under ‘Checks before release’." in tree.css_first(".govuk-notification-banner").text()
    assert "You requested a check." in text
    assert "Check now" not in text
    ask(client, release)
    assert PreflightRun.objects.count() == 1


def test_no_one_else_reads_of_a_check_or_asks_for_one(client, release):
    checked(release, PreflightFinding(PreflightCode.NO_HEAD))
    address = reverse("releases:release", args=[release.reference])
    assert "Checks before release" not in client.get(address).text
    assert ask(client, release).url.startswith(reverse("account_login"))
    client.force_login(
        create_member(Role.HEAD_OF_PROFESSION, ReleaseFactory(announced=True, reference="theirs").series.producer)
    )
    assert "Checks before release" not in client.get(address).text
    assert ask(client, release).status_code == 404
    assert client.get(reverse("releases:preflight", args=[release.reference])).status_code == 404
    assert PreflightRun.objects.count() == 1


def test_what_is_past_or_cancelled_is_not_checked_any_more(client, release, time_machine):
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    scheduling.cancel_release(release, reason="No survey.", by=keeper, at=DAY_BEFORE)
    assert "Check now" not in read(client, release)
    response = ask(client, release)
    assert response.status_code == 409
    assert "We cannot check" in response.text


def test_every_finding_has_its_sentence_and_a_page_that_shows_it(client, release):
    facts = {"place": "www.gov.uk", "releases": 2, "looks": 2, "seconds": 0.0}
    checked(release, *(PreflightFinding(code, None, facts) for code in PreflightCode))
    assert "%(" not in read(client, release, Role.HEAD_OF_PROFESSION)
    assert preflight.may_be_checked(release, now=DAY_BEFORE)


def test_only_those_who_may_know_read_that_the_announcement_already_redirects(release, subtests):
    checked(release, PreflightFinding(PreflightCode.ANNOUNCEMENT_LEADS_ON))
    for role in sorted(EVERY_ROLE):
        with subtests.test(role), rolled_back():
            text = words_of(read(Client(), release, role))
            assert "Checks before release" in text
            assert ("The announcement already redirects to another page" in text) == (role in LEADS)


def test_the_announcement_over_time_is_shown_apart_from_the_checks_at_the_release(client, release):
    announcement = release.addresses.get(role="announcement")
    for hours in (200, 100):
        create_observation(announcement, "not_live", at=DUE - timedelta(hours=hours), body_sha256="a" * 64)
    hops = ((ANNOUNCED_AT, 301), ("https://www.example.gov.uk/out", 200))
    create_observation(announcement, "not_live", at=DUE - timedelta(minutes=1), body_sha256="b" * 64, hops=hops)
    text = words_of(read(client, release, Role.HEAD_OF_PROFESSION))
    assert "Announcement over time" in text
    assert "2 checks, " in text
    assert "It redirected to another address" in text
    assert "a" * 64 in text
    assert "b" * 64 in text
    text = words_of(read(client, release, Role.STATISTICIAN))
    assert "2 checks, " in text
    assert "a" * 64 in text
    for of_the_redirect in ("It redirected to another address", "/out", "b" * 64):
        assert of_the_redirect not in text
    client.logout()
    assert ANNOUNCED_AT not in client.get(reverse("releases:release", args=[release.reference])).text


@pytest.mark.parametrize("is_planned", [True, False], ids=["planned", "of a colleague"])
def test_only_the_person_who_requested_a_check_reads_that_they_did(client, release, is_planned):
    asker = None if is_planned else create_member(Role.PUBLISHING_TEAM, release.series.producer)
    preflight.request_preflight(release, by=asker, now=DAY_BEFORE)
    text = read(client, release)
    assert "You requested a check." not in text
    assert ("A check was requested." in text) is not is_planned
    assert ("We will check it soon." in text) is is_planned
    assert "Check now" not in text

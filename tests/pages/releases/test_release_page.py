"""What the producer's people read on the page of a release."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import judge, scheduling
from releases.evidence import coverage
from releases.models import Contact, Release, Series, StoredBody
from releases.models.observation import Purpose
from releases.rules.calendar import Slot
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.early_release import FOUND_AT, PAGE_SHA256, create_early_release
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.observations import create_observation, create_observations, set_clock_bound
from tests.support.preflight import announce_at
from tests.support.screenshots import FULL, add_screenshot
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=3)
HASH = re.compile("[0-9a-f]{64}")


@pytest.fixture(autouse=True)
def _after(time_machine):
    time_machine.move_to(AFTER, tick=False)


def page(client, release, role=Role.STATISTICIAN):
    client.force_login(create_member(role, release.series.producer))
    return client.get(reverse("releases:release", args=[release.reference]))


def late_by_an_hour(release):
    create_observations(release, "not_live", "live", start=SEED_DUE + timedelta(minutes=56, seconds=55))
    judge.judge_one(release, now=AFTER)


def test_checks_are_folded_into_runs_with_their_times(client, announced_release):
    late_by_an_hour(announced_release)
    text = page(client, announced_release).text
    assert "14 checks, 9:30:00am to 10:26:55am" in text
    assert "1 check at 10:27:00am" in text


def test_the_verdict_is_said_with_its_interval(client, announced_release):
    late_by_an_hour(announced_release)
    text = page(client, announced_release).text
    assert ">Late<" in text
    assert "Last found not live at 10:26:55am. First found live at 10:27:01am." in text
    assert "Late by 56 minutes 55 seconds to 57 minutes 1 second" in text
    assert "A page counts as live when its response has loaded." in text


def test_a_release_without_a_page_or_confirmed_late_says_why_it_is_not_checked(client, announced_release):
    for columns, added_at, why in (
        ({}, SEED_DUE, "It had no web page to check when it was due"),
        ({"confirmed_at": SEED_DUE}, SEED_DUE - timedelta(days=1), "It was not confirmed before it was due"),
    ):
        Release.objects.update(**columns)
        announced_release.addresses.update(added_at=added_at)
        text = page(client, announced_release).text
        assert ">Not checked<" in text
        assert why in text
        assert "are not complete" not in text


def test_the_result_names_the_only_vantage_point_from_which_it_was_live(client, announced_release):
    address = announced_release.addresses.get()
    main = [make_check(address, "not_live", b"not yet", at=seconds) for seconds in range(-5, 126, 5)]
    london = [
        make_check(address, "not_live", b"not yet", at=-4.9, purpose=Purpose.VANTAGE),
        make_check(address, "live", b"live", at=0.1, purpose=Purpose.VANTAGE),
    ]
    store_checks(*main, *(replace(one, answer=replace(one.answer, vantage="London")) for one in london))
    judge.judge_one(announced_release, now=SEED_DUE + timedelta(minutes=3))
    text = page(client, announced_release).text
    assert "Found live from ‘London’ only." in text
    assert "it was live as seen from one vantage point and not live as seen from another" in text
    assert ">Late<" not in text


@pytest.mark.parametrize("role", list(Role))
def test_every_role_of_the_producer_sees_the_record(client, role, confirmed_release):
    response = page(client, confirmed_release, role)
    assert confirmed_release.addresses.get().url in response.text
    assert 'href="#record">Result</a>' in response.text


def test_the_summary_has_date_result_contact_and_what_the_person_may_do(client, announced_release):
    late_by_an_hour(announced_release)
    contact = announced_release.series.responsible
    text = page(client, announced_release, Role.HEAD_OF_PROFESSION).text
    card = text.partition('class="govuk-summary-card"')[2].partition('class="govuk-tabs"')[0]
    assert "30 June 2020 9:30am" in card
    assert "Late by 56 minutes 55 seconds" in card
    assert contact.email in card
    assert 'href="tel:02079460000"' in card
    assert f"Call {contact.name}" in card


def test_a_contact_without_a_number_is_said_to_have_none(client, announced_release):
    Contact.objects.update(telephone="")
    text = page(client, announced_release).text
    assert "No phone number" in text
    assert "tel:" not in text


@pytest.mark.parametrize(("role", "texts"), [
    (Role.HEAD_OF_PROFESSION, {"Change date", "Cancel release"}),
    (Role.STATISTICIAN, {"Request a date change"}),
    (Role.AUDITOR, set()),
])  # fmt: skip
def test_the_summary_offers_the_actions_of_the_persons_role(client, announced_release, time_machine, role, texts):
    time_machine.move_to(SEED_DUE - timedelta(days=2), tick=False)
    text = page(client, announced_release, role).text
    actions = text.partition("govuk-summary-card__actions")[2].partition("</ul>")[0]
    assert all(f">{each}</a>" in actions for each in texts)
    assert bool(actions) == bool(texts)


def test_edit_leads_those_who_may_use_the_admin_site_to_the_release_there(client, announced_release):
    address = reverse("admin:releases_release_change", args=[announced_release.pk])
    assert address not in page(client, announced_release, Role.CALENDAR_MANAGER).text
    client.force_login(create_member(Role.CALENDAR_MANAGER, announced_release.series.producer, is_staff=True))
    assert address in client.get(reverse("releases:release", args=[announced_release.reference])).text


def picture_of(response):
    return response.text.partition('class="office-picture"')[2].partition("</figure>")[0]


def test_one_picture_shows_the_checks_the_tolerance_and_both_ends_of_the_interval(client, announced_release):
    late_by_an_hour(announced_release)
    picture = picture_of(page(client, announced_release))
    for words in ("Last not live 10:26:55am", "First live 10:27:01am", "9:30am", "10am", "office-strip__tolerance"):
        assert words in picture
    assert "not live after the tolerance. 1 check at 10:27:00am: live." in picture


@pytest.mark.parametrize(("bound", "shown"), [(2.1, True), (1.0, False)])
def test_the_picture_says_how_wrong_our_clock_may_have_been(client, announced_release, bound, shown):
    late_by_an_hour(announced_release)
    set_clock_bound(announced_release.verifications.get(), bound)
    said = "Our clock may have been wrong by up to 3 seconds. The result allows for this."
    assert (said in picture_of(page(client, announced_release))) is shown


def test_each_time_on_the_axis_is_under_its_tick(client, announced_release):
    late_by_an_hour(announced_release)
    axis = LexborHTMLParser(page(client, announced_release).text).css_first(".office-picture__axis")
    ticks = [tick.attributes["x"] for tick in axis.css("rect")]
    assert [text.attributes["x"] for text in axis.css("text")] == ticks
    assert axis.css_first("text").attributes["text-anchor"] == "start"


def test_an_unanswered_check_is_drawn_as_such_and_not_as_late(client, announced_release):
    create_observations(announced_release, *["unreachable"] * 4, start=SEED_DUE, every=timedelta(seconds=40))
    judge.judge_one(announced_release, now=AFTER)
    picture = picture_of(page(client, announced_release))
    assert "office-strip__mark--no_answer" in picture.partition("<details")[0]
    assert "office-strip__mark--not_live" not in picture.partition("<details")[0]


PAGES = {name: f"<!doctype html><title>{name}</title>".encode() for name in ("soon", "out", "announced", "removed")}
HASHES = {name: sha256_hex(content) for name, content in PAGES.items()}


def with_everything_that_has_a_hash(release):
    """Add copies, one of them without its content, a screenshot and an announcement to a release that went live."""
    address = release.addresses.get()
    announce_at(release, "https://www.example.gov.uk/announced")
    announcement = release.addresses.get(role="announcement")
    store_checks(
        make_check(address, "not_live", PAGES["removed"], at=-900),
        make_check(announcement, "not_live", PAGES["announced"], at=-600, purpose=Purpose.ANNOUNCEMENT),
        make_check(address, "not_live", PAGES["soon"], at=-5),
        *(make_check(address, "live", PAGES["out"], at=seconds) for seconds in range(0, 125, 5)),
    )
    StoredBody.objects.filter(sha256=HASHES["removed"]).update(body=None, state="pruned")
    Release.objects.filter(pk=release.pk).update(screenshots=True)
    add_screenshot(release)
    judge.judge_one(release, now=AFTER)
    return release, AFTER, {*HASHES.values(), sha256_hex(FULL)}


def found_early(_release):
    return create_early_release().release, FOUND_AT, {PAGE_SHA256}


@pytest.mark.parametrize("role", [Role.HEAD_OF_PROFESSION, Role.STATISTICIAN])
@pytest.mark.parametrize("record", [with_everything_that_has_a_hash, found_early])
def test_no_hash_is_shown_outside_technical_details(client, announced_release, time_machine, record, role):
    release, at, hashes = record(announced_release)
    time_machine.move_to(at, tick=False)
    tree = LexborHTMLParser(page(client, release, role).text)
    folded = [one for one in tree.css("details") if "Technical details" in one.css_first("summary").text()]
    assert hashes <= set(HASH.findall(" ".join(one.text(separator=" ") for one in folded)))
    for details in folded:
        details.decompose()
    shown = tree.css_first("main").text(separator=" ")
    assert not HASH.search(shown)
    assert not re.search(r"SHA-256|User-Agent|Mozilla|Chromium", shown)


def test_every_part_of_the_record_is_there_without_scripts(client, announced_release):
    tree = LexborHTMLParser(page(client, announced_release).text)
    tabs = [tab.attributes["href"] for tab in tree.css(".govuk-tabs__tab")]
    assert tabs == ["#record", "#checks", "#evidence", "#setup", "#dates"]
    assert all(tree.css_first(f".govuk-tabs__panel{tab} h2") for tab in tabs)


def test_statements_stand_apart_from_what_was_seen(client, announced_release):
    announced_release.statements.create(
        kind="was_live",
        schedule_version=1,
        live_at=SEED_DUE,
        words="I had it on my screen.",
        stated_by=create_member(Role.STATISTICIAN, announced_release.series.producer, name="Ada Example"),
        stated_at=AFTER,
    )
    text = page(client, announced_release).text
    stated, seen = text.index("Staff statements"), text.index("Checks are listed by start time.")
    assert stated < text.index("I had it on my screen.") < seen
    assert "Ada Example" in text


def test_a_hole_in_the_watching_is_said(client, announced_release):
    coverage.mark_alive("test", at=SEED_DUE - timedelta(minutes=1))
    coverage.mark_alive("test", at=SEED_DUE + timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "not_live", at=SEED_DUE - timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE + timedelta(minutes=1))
    assert "Not monitored from" in page(client, announced_release).text


def test_a_watch_without_a_hole_says_nothing_of_one(client, announced_release):
    for second in range(-10, 130, 5):
        coverage.mark_alive("test", at=SEED_DUE + timedelta(seconds=second))
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE)
    assert "Not monitored from" not in page(client, announced_release).text


def test_the_verdict_on_an_earlier_date_stays_next_to_the_present_one(client, announced_release):
    create_observations(announced_release, *["not_live"] * 3, start=SEED_DUE + timedelta(minutes=2))
    judge.judge_one(announced_release, now=AFTER)
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    scheduling.change_date(
        announced_release,
        to=Slot(on=AFTER.date() + timedelta(days=1), at=announced_release.planned_at),
        reason="Late data",
        by=head,
        at=AFTER,
    )
    sentence = page(client, announced_release).text.partition("For an earlier date: ")[2].partition("</p>")[0]
    assert "Due at 9:30am on 30 June 2020" in sentence
    assert "Last found not live at 9:32:10am" in sentence


def test_a_rehearsal_is_marked_as_one(client):
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    assert "This is a rehearsal." in page(client, release).text


def test_a_release_that_is_not_announced_says_so(client):
    assert "This release is not announced, so it is not public." in page(client, ReleaseFactory(confirmed=True)).text


def test_the_number_of_queries_does_not_grow_with_the_checks(client, django_assert_max_num_queries, announced_release):
    late_by_an_hour(announced_release)
    client.force_login(create_member(Role.DEPUTY, announced_release.series.producer))
    address = reverse("releases:release", args=[announced_release.reference])
    with django_assert_max_num_queries(38) as few:
        client.get(address)
    create_observations(announced_release, *["live"] * 30, start=SEED_DUE + timedelta(hours=2))
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_a_release_that_no_one_answers_for_has_a_page_anyway(client, confirmed_release):
    Series.objects.update(responsible=None, head_of_profession=None)
    assert page(client, confirmed_release).status_code == 200

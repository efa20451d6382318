"""Public notices of a delay: posted by people, replaced, withdrawn, and nothing that was observed in them."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from releases import delay_notices, judge, scheduling
from releases.delay_notices import NothingToSay, NoticeRefused
from releases.models import DelayNotice, Release, ReleaseEvent
from releases.models.append_only import AppendOnlyRow
from releases.permissions import NotYours
from releases.rules.lifecycle import ChangedMeanwhile, Role
from tests.support.date_requests import create_head, person
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot, rolled_back
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(minutes=11)
LATER = SEED_DUE + timedelta(hours=2)
WHOM = {"contact_name": "Schools statistics", "contact_email": "schools@example.gov.uk"}
POSTERS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN, Role.PUBLISHING_TEAM}
SENT = WHOM | {"expected_words": "Later this morning", "seen": "0", "checked": "yes"}


@pytest.fixture
def clock(time_machine):
    """Set the clock that pages read."""
    time_machine.move_to(AFTER, tick=False)
    return lambda instant: time_machine.move_to(instant, tick=False)


def post(release, *, role=Role.STATISTICIAN, at=AFTER, seen=0, **said):
    said = {"expected_words": "Later this morning", **WHOM} | said
    return delay_notices.post_notice(release, by=person(release, role), at=at, seen=seen, **said)


def withdraw(release, *, at=AFTER, seen=1):
    return delay_notices.withdraw_notice(release, by=create_head(release), at=at, seen=seen)


def page_of(release, name="release"):
    return reverse(f"releases:{name}", args=[release.reference])


def words_of(response):
    return " ".join(response.text.split())


def test_those_who_lead_publish_or_write_the_statistics_tell_readers_and_no_one_else(
    client, clock, announced_release, subtests
):
    address = page_of(announced_release, "delay_notice")
    withdrawal = page_of(announced_release, "withdraw_delay_notice")
    for role in Role:
        client.force_login(person(announced_release, role))
        with subtests.test(role), rolled_back():
            expected = role in POSTERS
            assert (address in client.get(page_of(announced_release)).text) == expected
            assert client.get(address).status_code == (200 if expected else 404)
            assert client.post(address, SENT).status_code == (302 if expected else 404)
            assert DelayNotice.objects.exists() == expected
            assert client.post(withdrawal, {"seen": "1"}).status_code == (302 if expected else 404)
            if not expected:
                with pytest.raises(NotYours):
                    post(announced_release, role=role)


def test_a_notice_is_checked_before_it_is_posted_and_can_be_changed(client, clock, announced_release):
    address = page_of(announced_release, "delay_notice")
    client.force_login(create_head(announced_release))
    unchecked = {name: value for name, value in SENT.items() if name != "checked"}
    check = client.post(address, unchecked)
    assert "Check the delay notice" in check.text
    assert "Expected: Later this morning" in words_of(check)
    assert '<input type="hidden" name="expected_words" value="Later this morning">' in check.text
    assert not DelayNotice.objects.exists()
    change = client.post(address, unchecked | {"change": "yes"})
    assert 'value="Later this morning"' in change.text
    assert "govuk-error-summary" not in change.text
    assert not DelayNotice.objects.exists()
    assert client.post(address, SENT).status_code == 302
    assert DelayNotice.objects.get().expected_words == "Later this morning"


def test_a_notice_with_an_error_is_not_offered_for_checking(client, clock, announced_release):
    client.force_login(create_head(announced_release))
    page = client.post(page_of(announced_release, "delay_notice"), {"seen": "0", **WHOM})
    assert "There is a problem" in page.text
    assert "Check the delay notice" not in page.text


def test_readers_see_the_expected_time_the_contact_and_when_it_was_posted(client, clock, announced_release):
    post(announced_release, expected_at=LATER, expected_words="Our website cannot be reached.")
    text = words_of(client.get(page_of(announced_release)))
    for words in (
        "This release is delayed",
        "11:30am on 30 June 2020",
        "Our website cannot be reached.",
        "Schools statistics",
        "mailto:schools@example.gov.uk",
        "9:41am on 30 June 2020",
    ):
        assert words in text
    assert DelayNotice.objects.get().posted_by.name not in text


def test_no_notice_is_ever_posted_automatically_and_nothing_observed_is_in_one(client, clock, announced_release):
    create_observations(announced_release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(announced_release, now=AFTER)
    drafting.draft_missing(now=AFTER)
    assert not DelayNotice.objects.exists()
    assert "delay" not in client.get(page_of(announced_release)).text.lower()
    client.force_login(person(announced_release, Role.STATISTICIAN))
    form = client.get(page_of(announced_release, "delay_notice")).context["form"]
    responsible = announced_release.series.responsible
    shown = {field.name: field.value() for field in form if field.value() not in (None, "", [None] * 3)}
    assert shown == {"seen": 0, "contact_name": responsible.name, "contact_email": responsible.email}


def test_a_notice_changes_neither_the_date_nor_the_status_nor_the_verdict(announced_release):
    create_observations(announced_release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(announced_release, now=AFTER)
    before = Release.objects.values().get(), announced_release.verifications.values().get()
    post(announced_release)
    assert (Release.objects.values().get(), announced_release.verifications.values().get()) == before
    assert len(drafting.draft_missing(now=AFTER)) == 1


def test_a_notice_before_the_release_is_due_is_possible(client, clock, announced_release):
    clock(SEED_DUE - timedelta(hours=1))
    post(announced_release, at=SEED_DUE - timedelta(hours=1), expected_at=LATER, expected_words="")
    assert "Expected at" in client.get(page_of(announced_release)).text


def test_another_notice_takes_its_place_and_readers_can_read_the_earlier_one(client, clock, announced_release):
    post(announced_release)
    post(announced_release, at=LATER, seen=1, expected_words="Tomorrow")
    standing, _, earlier = words_of(client.get(page_of(announced_release))).partition("Earlier delay notices")
    assert "Tomorrow" in standing
    assert "Later this morning" not in standing
    assert "Later this morning" in earlier
    assert DelayNotice.objects.count() == 2


def test_a_withdrawn_notice_stands_no_more_and_is_still_told_of(client, clock, announced_release):
    post(announced_release)
    withdraw(announced_release, at=LATER)
    standing, _, earlier = words_of(client.get(page_of(announced_release))).partition("Earlier delay notices")
    assert "This release is delayed" not in standing
    assert "Withdrawn at" in earlier
    assert "Later this morning" in earlier
    with pytest.raises(NothingToSay):
        withdraw(announced_release, at=LATER, seen=2)
    assert [event.kind for event in ReleaseEvent.in_order()][-2:] == ["delay_notice_posted", "delay_notice_withdrawn"]


@pytest.mark.parametrize("end", ["published", "cancelled"])
def test_once_the_release_is_published_or_cancelled_no_notice_stands(client, clock, end, announced_release):
    post(announced_release)
    if end == "published":
        scheduling.publish(announced_release, by=None, at=LATER, published_at=LATER)
    else:
        scheduling.cancel_release(announced_release, reason="Not needed", by=create_head(announced_release), at=LATER)
    text = words_of(client.get(page_of(announced_release)))
    assert "This release is delayed" not in text
    assert "Earlier delay notices" in text
    with pytest.raises(NothingToSay, match=end):
        post(Release.objects.get(), seen=1)


@pytest.mark.parametrize("kind", ["provisional", "not-announced", "rehearsal"])
def test_where_readers_wait_for_nothing_there_is_nothing_to_tell(client, clock, kind):
    made = {
        "provisional": lambda: scheduling.announce_release(ReleaseFactory(), by=None, at=SEED_DUE - timedelta(days=9)),
        "not-announced": lambda: ReleaseFactory(confirmed=True),
        "rehearsal": lambda: ReleaseFactory(confirmed=True, rehearsal=True),
    }
    release = made[kind]()
    with pytest.raises(NothingToSay):
        post(release)
    client.force_login(create_head(release))
    assert client.get(page_of(release, "delay_notice")).status_code == 409
    assert page_of(release, "delay_notice") not in client.get(page_of(release)).text


def test_readers_read_of_a_delay_from_the_day_of_the_release_on(client, clock, announced_release):
    """Before that day, a release that cannot be published in time is postponed."""
    client.force_login(create_head(announced_release))
    address = page_of(announced_release, "delay_notice")
    evening_before = SEED_DUE - timedelta(hours=9, minutes=31)
    clock(evening_before)
    assert address not in client.get(page_of(announced_release)).text
    refused = client.post(address, SENT)
    assert refused.status_code == 409
    assert "You can tell readers about a delay from the day of the release, 30 June 2020." in words_of(refused)
    with pytest.raises(NothingToSay):
        post(announced_release, at=evening_before)
    assert not client.get(page_of(announced_release, "decide_on_day")).context["form"].choices.count("delay_notice")
    clock(evening_before + timedelta(minutes=1))
    assert address in client.get(page_of(announced_release)).text
    assert client.post(address, SENT).status_code == 302


def test_a_notice_that_says_too_little_or_cannot_be_is_refused_on_its_field(announced_release, subtests):
    for case, said, field in (
        ("neither time nor words", {"expected_words": "  "}, "expected_words"),
        ("a time that is past", {"expected_at": AFTER}, "expected_on"),
        ("no delay", {"expected_at": SEED_DUE, "at": SEED_DUE - timedelta(hours=1)}, "expected_on"),
        ("nobody to ask", {"contact_name": " "}, "contact_name"),
        ("no address to ask", {"contact_email": ""}, "contact_email"),
    ):
        with subtests.test(case):
            with pytest.raises(NoticeRefused) as refusal:
                post(announced_release, **said)
            assert refusal.value.field == field
            assert not DelayNotice.objects.exists()


TODAY = {"expected_on-day": "30", "expected_on-month": "6", "expected_on-year": "2020"}


def test_the_form_says_what_is_wrong_with_which_field_and_keeps_what_was_typed(
    client, clock, announced_release, subtests
):
    client.force_login(person(announced_release, Role.PUBLISHING_TEAM))
    for case, sent, field in (
        ("nothing said", {"expected_words": " "}, "expected_words"),
        ("a date without a time", TODAY, "expected_time"),
        ("a time without a date", {"expected_time": "11am"}, "expected_on"),
        ("a time that is past", TODAY | {"expected_time": "9:35am"}, "expected_on"),
        ("nobody to ask", {"contact_name": ""}, "contact_name"),
        ("no address", {"contact_email": "nobody"}, "contact_email"),
    ):
        with subtests.test(case):
            response = client.post(page_of(announced_release, "delay_notice"), SENT | sent)
            assert list(response.context["form"].errors) == [field]
            assert f'href="#id_{field}' in response.text
            assert not DelayNotice.objects.exists()


def test_date_and_time_of_the_form_are_londons(client, clock, announced_release):
    client.force_login(person(announced_release, Role.PUBLISHING_TEAM))
    assert (
        client.post(page_of(announced_release, "delay_notice"), SENT | TODAY | {"expected_time": "11:30am"}).status_code
        == 302
    )
    assert DelayNotice.objects.get().expected_at == LATER


def test_of_two_who_post_at_once_the_second_is_told(client, clock, announced_release):
    post(announced_release)
    with pytest.raises(ChangedMeanwhile):
        post(announced_release, expected_words="Tomorrow")
    with pytest.raises(ChangedMeanwhile):
        withdraw(announced_release, seen=0)
    client.force_login(person(announced_release, Role.DEPUTY))
    assert client.post(page_of(announced_release, "delay_notice"), SENT).status_code == 409
    assert client.post(page_of(announced_release, "withdraw_delay_notice"), {"seen": "x"}).status_code == 404
    assert DelayNotice.objects.count() == 1


def test_a_date_moved_meanwhile_takes_no_notice_with_it(client, clock, announced_release):
    post(announced_release, at=SEED_DUE - timedelta(hours=3), expected_words="A day later")
    to = london_slot(date(2020, 7, 1))
    head = create_head(announced_release)
    scheduling.change_date(announced_release, to=to, reason="Late data", by=head, at=SEED_DUE - timedelta(days=2))
    clock(SEED_DUE - timedelta(days=1))
    assert "This release is delayed" not in client.get(page_of(announced_release)).text


def test_notices_are_only_added(announced_release):
    notice = post(announced_release)
    notice.expected_words = "Forged"
    for attempt in (
        notice.save,
        notice.delete,
        lambda: DelayNotice.objects.update(expected_words="Forged"),
        lambda: DelayNotice.objects.all().delete(),
    ):
        with pytest.raises(AppendOnlyRow):
            attempt()

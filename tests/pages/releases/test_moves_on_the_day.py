"""A release that cannot come as announced: postponed or cancelled by a lead, with a notice that is checked first."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import judge, scheduling
from releases.models import DateChange, DateChangeRequest, Release
from releases.rules.lifecycle import LEADS, Role
from tests.support.date_requests import create_head, person
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot, rolled_back
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db

BEFORE, AFTER = SEED_DUE - timedelta(minutes=9), SEED_DUE + timedelta(minutes=5)
REASON = "Two schools sent their figures late."
NEW_DATE = {
    "planned_on-day": "14",
    "planned_on-month": "7",
    "planned_on-year": "2020",
    "planned_at": "9:30am",
    "seen_version": "1",
    "reason": REASON,
}
CANCELLATION = {"reason": REASON, "seen_version": "1"}
SENT = {"change_date": NEW_DATE, "cancel": CANCELLATION}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(BEFORE, tick=False)
    return lambda instant: time_machine.move_to(instant, tick=False)


def address(name, release):
    return reverse(f"releases:{name}", args=[release.reference])


def words_of(response):
    return " ".join(response.text.split())


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_a_lead_checks_the_notice_as_readers_will_see_it_before_the_move_is_made(client, move, announced_release):
    client.force_login(create_head(announced_release))
    check = client.post(address(move, announced_release), SENT[move])
    text = words_of(check)
    assert REASON in text
    assert ("This release is postponed" in text) == (move == "change_date")
    assert ("This release is cancelled" in text) == (move == "cancel")
    assert "14 July 2020 9:30am" in text or move == "cancel"
    assert Release.objects.get().schedule_version == 1
    assert Release.objects.get().status == "confirmed"
    change = client.post(address(move, announced_release), SENT[move] | {"change": "yes"})
    assert change.context["form"]["reason"].value() == REASON
    assert "govuk-error-summary" not in change.text
    assert client.post(address(move, announced_release), SENT[move] | {"checked": "yes"}).status_code == 302
    client.logout()
    public = words_of(client.get(address("release", announced_release)))
    # The page shows the same notice, with the time at which it was announced.
    notice = text.partition("This release is ")[2].partition(REASON)[0]
    assert f"This release is {notice}{REASON}" in public
    assert "Announced at" in public


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_a_move_without_a_reason_is_not_offered_for_checking(client, move, announced_release):
    client.force_login(create_head(announced_release))
    page = client.post(address(move, announced_release), SENT[move] | {"reason": " "})
    assert list(page.context["form"].errors) == ["reason"]


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_a_move_that_nobody_can_read_of_is_made_at_once(client, move, confirmed_release):
    client.force_login(create_head(confirmed_release))
    assert client.post(address(move, confirmed_release), SENT[move]).status_code == 302
    release = Release.objects.get()
    assert (release.status, release.schedule_version) in {("cancelled", 1), ("confirmed", 2)}


@pytest.mark.parametrize("move", ["change_date", "cancel"])
@pytest.mark.parametrize("checked", [{}, {"checked": "yes"}])
def test_a_move_of_a_release_that_was_moved_meanwhile_is_refused(client, clock, move, checked, announced_release):
    head = create_head(announced_release)
    slot = announced_release.slot
    to = type(slot)(slot.on + timedelta(days=2), slot.at)
    scheduling.change_date(announced_release, to=to, reason="First", by=head, at=BEFORE)
    client.force_login(head)
    response = client.post(address(move, announced_release), SENT[move] | checked)
    assert "2 July 2020 9:30am" in response.text
    assert Release.objects.get().schedule_version == 2
    assert Release.objects.get().status == "confirmed"


@pytest.mark.parametrize("precision", ["exact", "month"])
@pytest.mark.parametrize("checked", [{}, {"checked": "yes"}])
def test_a_private_reason_is_not_published_when_the_date_was_confirmed_meanwhile(
    client, checked, precision, provisional_release
):
    scheduling.announce_release(provisional_release, by=None, at=BEFORE)
    client.force_login(create_head(provisional_release))
    opened = client.get(address("change_date", provisional_release))
    assert "We do not publish it, because the date is provisional." in opened.text
    (seen,) = LexborHTMLParser(opened.text).css("form[method=post] input[name=seen_status][type=hidden]")
    assert seen.attributes["value"] == "provisional"
    manager = person(provisional_release, Role.CALENDAR_MANAGER)
    scheduling.confirm_release(provisional_release, by=manager, at=BEFORE, reason="The survey was ordered late.")
    sent = NEW_DATE | {"precision": precision, "seen_status": "provisional"}
    response = client.post(address("change_date", provisional_release), sent | checked)
    assert "The date 30 June 2020 9:30am has been confirmed since you opened this page" in words_of(response)
    assert "We publish this in the release calendar." in response.text
    assert not DateChange.objects.exists()
    form = response.context["form"]
    assert (form["seen_status"].value(), form["reason"].value()) == ("confirmed", REASON)
    assert "precision" not in form.fields
    again = sent | {"seen_status": "confirmed", "checked": "yes"}
    assert client.post(address("change_date", provisional_release), again).status_code == 302
    assert DateChange.objects.get().public_reason == REASON


def test_the_reason_for_a_provisional_date_is_not_in_the_notice(client, provisional_release):
    scheduling.announce_release(provisional_release, by=None, at=BEFORE)
    client.force_login(person(provisional_release, Role.CALENDAR_MANAGER))
    sent = NEW_DATE | {"precision": "exact"}
    notice = words_of(client.post(address("change_date", provisional_release), sent)).partition('aria-label="Confirm"')[
        0
    ]
    assert "It is now planned for 14 July 2020 9:30am." in notice
    assert REASON not in notice


def test_the_pages_say_what_the_code_says_before_and_after_the_due_time(client, clock, announced_release):
    client.force_login(create_head(announced_release))
    is_not_late = "before it is due, with a public reason, is not late"
    stays_on_record = "A change now does not alter the result for that time."
    for name in ("decide_on_day", "change_date"):
        page = words_of(client.post(address(name, announced_release), NEW_DATE))
        assert is_not_late in page
        assert stays_on_record not in page
    clock(AFTER)
    for name, sent in (("decide_on_day", {}), ("change_date", NEW_DATE), ("cancel", CANCELLATION)):
        page = words_of(client.post(address(name, announced_release), sent))
        assert stays_on_record in page
        assert is_not_late not in page


def moved_to(on, **sent):
    day, month, year = on.split()
    return NEW_DATE | {"planned_on-day": day, "planned_on-month": month, "planned_on-year": year} | sent


def test_a_lead_who_brings_a_release_forward_reads_how_much_notice_readers_get(client, clock, announced_release):
    clock(SEED_DUE - timedelta(days=40))
    client.force_login(create_head(announced_release))
    for on, notice in (
        ("12 6 2020", "This gives 22 days’ notice. The Code of Practice asks for 4 weeks’ notice"),
        ("29 6 2020", "This gives 39 days’ notice."),
    ):
        page = words_of(client.post(address("change_date", announced_release), moved_to(on)))
        assert "You are bringing this release forward." in page
        assert notice in page
        assert "is not late" not in page
    later = words_of(client.post(address("change_date", announced_release), NEW_DATE))
    assert "bringing this release forward" not in later
    assert "days’ notice" not in later


def test_an_improbable_year_is_saved_only_once_it_was_checked(client, confirmed_release):
    client.force_login(create_head(confirmed_release))
    page = address("change_date", confirmed_release)
    check = words_of(client.post(page, moved_to("30 6 2056")))
    assert "The new date is 36 years later, so check the year" in check
    assert "From 30 June 2020 9:30am to 30 June 2056 9:30am" in check
    assert "Readers see this notice" not in check
    assert Release.objects.get().schedule_version == 1
    assert client.post(page, moved_to("30 6 2056", checked="yes")).status_code == 302
    assert Release.objects.get().planned_on.year == 2056


def test_a_request_for_an_improbable_year_is_made_only_once_it_was_checked(client, announced_release):
    client.force_login(person(announced_release, Role.CALENDAR_MANAGER))
    page = address("ask_date_change", announced_release)
    check = words_of(client.post(page, moved_to("30 6 2056")))
    assert "The new date is 36 years later, so check the year" in check
    assert "The date does not change until the Head of Profession or a deputy agrees." in check
    assert "Readers see this notice" not in check
    assert not DateChangeRequest.objects.exists()
    assert client.post(page, moved_to("30 6 2056", checked="yes")).status_code == 302
    assert DateChangeRequest.objects.get().to_on.year == 2056


def test_two_years_later_is_not_improbable(client, confirmed_release):
    client.force_login(create_head(confirmed_release))
    assert client.post(address("change_date", confirmed_release), moved_to("30 6 2022")).status_code == 302


def test_a_date_beyond_another_edition_is_saved_only_once_it_was_checked(client, clock, announced_release, subtests):
    clock(SEED_DUE - timedelta(days=60))
    series = announced_release.series
    for reference, on in (("earlier", date(2020, 5, 29)), ("later", date(2020, 7, 31))):
        ReleaseFactory(series=series, reference=reference, title=f"The {reference} one", slot=london_slot(on))
    cancelled = ReleaseFactory(series=series, reference="none", title="Cancelled", slot=london_slot(date(2020, 7, 1)))
    head = create_head(announced_release)
    scheduling.cancel_release(cancelled, reason=REASON, by=head, at=SEED_DUE - timedelta(days=60))
    client.force_login(head)
    earlier = "The new date is before the previous edition, ‘The earlier one’ (29 May 2020 9:30am)"
    later = "The new date is after the next edition, ‘The later one’ (31 July 2020 9:30am)"
    same_day = "Another edition of the series is due on the new date, ‘The %s one’ (%s 2020 9:30am)"
    for on, expected in (
        ("28 5 2020", [earlier]),
        ("29 5 2020", [same_day % ("earlier", "29 May")]),
        ("1 6 2020", []),
        ("31 7 2020", [same_day % ("later", "31 July")]),
        ("3 8 2020", [later]),
        ("3 8 2050", ["The new date is 30 years later, so check the year", later]),
    ):
        with subtests.test(on):
            page = client.post(address("change_date", announced_release), moved_to(on))
            assert list(page.context["warnings"]) == expected
            assert all(sentence in words_of(page) for sentence in expected)


def test_a_date_that_is_refused_has_no_warnings(client, confirmed_release):
    client.force_login(create_head(confirmed_release))
    page = client.post(address("change_date", confirmed_release), moved_to("1 6 2206"))
    assert page.context["form"].errors["planned_on"] == ["2206 is not a valid year for a release."]


def test_a_rehearsal_moves_without_warnings(client):
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    client.force_login(create_head(release))
    assert client.post(address("change_date", release), moved_to("30 6 2056")).status_code == 302


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_a_move_after_the_due_time_leaves_the_verdict_and_a_move_before_it_makes_none(client, clock, move, subtests):
    for at, expected in ((BEFORE, []), (AFTER, ["not_seen"])):
        with subtests.test(str(at)), rolled_back():
            release = ReleaseFactory(announced=True)
            if at is AFTER:
                create_observations(release, *["not_live"] * 4, start=SEED_DUE, every=timedelta(seconds=60))
                judge.judge_one(release, now=AFTER)
            clock(at)
            client.force_login(create_head(release))
            assert client.post(address(move, release), SENT[move] | {"checked": "yes"}).status_code == 302
            judge.judge_without_checks(now=AFTER)
            found = release.verifications.filter(schedule_version=1)
            assert list(found.values_list("outcome", flat=True)) == expected


def test_only_leads_are_asked_what_to_do_and_each_answer_leads_to_its_page(client, announced_release, subtests):
    page = address("decide_on_day", announced_release)
    for role in Role:
        client.force_login(person(announced_release, role))
        with subtests.test(role):
            assert client.get(page).status_code == (200 if role in LEADS else 404)
            assert (page in client.get(reverse("desk")).text) == (role in LEADS)
    client.force_login(create_head(announced_release))
    asked = client.post(page)
    assert "Select what you want to do" in asked.text
    assert asked.context["form"]["decision"].value() is None
    for name in ("delay_notice", "change_date", "cancel"):
        answer = client.post(page, {"decision": name})
        assert answer.url == address(name, announced_release)
        assert client.get(answer.url).status_code == 200


def test_the_desk_offers_it_from_ten_minutes_before_until_the_release_is_live(client, clock, announced_release):
    page = address("decide_on_day", announced_release)
    client.force_login(create_head(announced_release))
    clock(SEED_DUE - timedelta(minutes=11))
    assert page not in client.get(reverse("desk")).text
    clock(AFTER)
    create_observations(announced_release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(announced_release, now=AFTER)
    assert page not in client.get(reverse("desk")).text


@pytest.mark.parametrize("status", ["published", "cancelled"])
def test_a_release_that_is_over_has_nothing_to_decide(client, status, announced_release):
    head = create_head(announced_release)
    if status == "published":
        scheduling.publish(announced_release, by=None, at=AFTER, published_at=SEED_DUE)
    else:
        scheduling.cancel_release(announced_release, reason=REASON, by=head, at=BEFORE)
    client.force_login(head)
    assert client.get(address("decide_on_day", announced_release)).status_code == 409


def test_a_published_release_has_no_notice_of_its_move(client, announced_release):
    head = create_head(announced_release)
    slot = announced_release.slot
    to = type(slot)(slot.on + timedelta(days=2), slot.at)
    moved = scheduling.change_date(announced_release, to=to, reason=REASON, by=head, at=BEFORE)
    page = address("release", moved)
    assert "This release is postponed" in client.get(page).text
    scheduling.publish(moved, by=None, at=moved.due_at, published_at=moved.due_at)
    public = client.get(page).text
    assert "This release is postponed" not in public
    assert REASON in public
    assert DateChange.objects.count() == 1

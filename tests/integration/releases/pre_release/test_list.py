"""Granting, changing and withdrawing access: long before the release at once, shortly before it by agreement."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from releases import corrections, pre_release_access, scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest, ReleaseEvent
from releases.permissions import NotYours
from releases.pre_release_access import ListRefused, Objected
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role, WrongState
from releases.rules.pre_release import Period
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory, london_slot
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, SHORTLY_BEFORE, asked, granted, someone

pytestmark = pytest.mark.django_db

KEEPERS = {Role.STATISTICIAN, Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def events(kind):
    return list(ReleaseEvent.objects.filter(kind=kind))


def changed(entry, details, **given):
    given = {"at": LONG_BEFORE, "expected_version": entry.version} | given
    return pre_release_access.change_access(entry, details, **given)


@pytest.mark.parametrize("role", list(Role))
def test_those_who_keep_the_list_grant_access_and_no_one_else_does(office, release, role):
    person = office.people[role]
    if role not in KEEPERS:
        with pytest.raises(NotYours):
            pre_release_access.grant_access(release, MINISTER, by=person, at=LONG_BEFORE)
        assert not PreReleaseAccess.objects.exists()
        return
    entry = granted(release, by=person)
    assert (entry.details, entry.status) == (MINISTER, "granted")
    assert (entry.granted_by, entry.granted_at, entry.agreed_by) == (person, LONG_BEFORE, None)


def test_strangers_and_superusers_grant_nothing(release):
    for person in (UserFactory(), UserFactory(is_superuser=True)):
        with pytest.raises(NotYours):
            pre_release_access.grant_access(release, MINISTER, by=person, at=LONG_BEFORE)


def test_an_event_says_post_organisation_and_period_and_nothing_of_the_person(office, release, entry):
    (event,) = events("pre_release_granted")
    assert event.facts == {"post": MINISTER.post, "organisation": MINISTER.organisation, "period": "24 hours"}
    assert (event.actor, event.at, event.words) == (office.statistician, LONG_BEFORE, "")


@pytest.mark.parametrize("role", sorted(KEEPERS))
def test_within_a_day_before_the_release_an_addition_waits_unless_a_lead_makes_it(office, release, role):
    person = office.people[role]
    outcome = pre_release_access.grant_access(release, MINISTER, by=person, at=SHORTLY_BEFORE)
    assert isinstance(outcome, PreReleaseRequest) is (role not in LEADS)
    if isinstance(outcome, PreReleaseRequest):
        assert not PreReleaseAccess.objects.exists()
        assert (outcome.details, outcome.status) == (MINISTER, "waiting")
        assert [event.facts["asked"] for event in events("pre_release_asked")] == ["add"]
    else:
        assert (outcome.granted_by, outcome.agreed_by) == (person, person)
        assert outcome.agreed_at == SHORTLY_BEFORE


def test_of_a_vague_release_nothing_has_to_be_agreed(office):
    vague = ReleaseFactory(
        series=SeriesFactory(producer=office.producer),
        slot=Slot(on=date(2020, 6, 1), at=None, precision=Precision.MONTH),
    )
    assert granted(vague, by=office.statistician, at=SHORTLY_BEFORE).begins_at is None


def test_the_period_moves_with_the_release(office, release, entry):
    assert entry.begins_at == SEED_DUE - timedelta(hours=24)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 2)), reason="Late.", by=office.head, at=LONG_BEFORE)
    assert PreReleaseAccess.objects.get().begins_at == SEED_DUE + timedelta(hours=24)


def test_what_is_missing_or_wrong_is_said_field_by_field_and_nothing_is_granted(office, release):
    with pytest.raises(Objected) as refused:
        pre_release_access.grant_access(
            release, replace(MINISTER, post=" ", period=Period(12)), by=office.statistician, at=LONG_BEFORE
        )
    assert [objection.field for objection in refused.value.objections] == ["post", "period_reason"]
    assert not PreReleaseAccess.objects.exists()


def test_the_usual_period_is_the_one_set_on_the_producer(office, release):
    office.producer.pre_release_length, office.producer.pre_release_unit = 5, "working_days"
    office.producer.save()
    with pytest.raises(Objected, match=r"The usual period is 5 working days\. Explain why this is 24 hours"):
        granted(release, by=office.statistician)


@pytest.mark.parametrize(
    "again", [MINISTER, replace(MINISTER, post=MINISTER.post.upper(), email="")], ids=["the same", "other spelling"]
)
def test_the_same_person_in_the_same_post_is_not_put_on_the_list_twice(office, release, again, entry):
    with pytest.raises(ListRefused, match="This person is already on the list"):
        granted(release, again, by=office.statistician)
    assert PreReleaseAccess.objects.count() == 1


def test_someone_who_waits_to_be_on_the_list_is_not_asked_for_twice(office, release, waiting):
    with pytest.raises(ListRefused, match="This person is already on the list"):
        asked(release, by=office.people[Role.CALENDAR_MANAGER])
    assert PreReleaseRequest.objects.count() == 1


def test_two_holders_of_one_post_are_two_entries(office, release, entry):
    granted(release, replace(MINISTER, person="Somebody Else"), by=office.statistician)
    assert PreReleaseAccess.objects.count() == 2


def test_no_one_gets_access_before_a_release_that_has_been_due_not_even_by_a_lead(office, release):
    for person in (office.statistician, office.head):
        with pytest.raises(ListRefused, match="release time has passed"):
            pre_release_access.grant_access(release, MINISTER, by=person, at=AFTERWARDS)


def test_no_one_gets_access_to_a_cancelled_release(office, release):
    scheduling.cancel_release(release, reason="The survey was stopped.", by=office.head, at=LONG_BEFORE)
    with pytest.raises(ListRefused, match="is cancelled"):
        granted(release, by=office.statistician)


def test_an_entry_is_changed_at_once_long_before_and_the_event_names_the_fields_alone(office, release, entry):
    new = replace(MINISTER, person="Marigold Underwater", post="Parliamentary Under-Secretary")
    changed(entry, new, by=office.people[Role.CALENDAR_MANAGER])
    assert PreReleaseAccess.objects.get().details == new
    (event,) = events("pre_release_changed")
    assert event.facts == {
        "fields": ["post", "person"],
        "was": [MINISTER.post, MINISTER.organisation],
        "post": new.post,
        "organisation": MINISTER.organisation,
        "period": "24 hours",
    }


@pytest.mark.parametrize("role", sorted(KEEPERS))
def test_shortly_before_a_change_and_a_withdrawal_wait_unless_a_lead_makes_them(office, release, role, entry):
    new = replace(MINISTER, person="Marigold Underwater")
    outcome = changed(entry, new, by=office.people[role], at=SHORTLY_BEFORE)
    assert isinstance(outcome, PreReleaseRequest) is (role not in LEADS)
    entry.refresh_from_db()
    assert entry.details == (MINISTER if isinstance(outcome, PreReleaseRequest) else new)
    other = granted(release, someone(), by=office.statistician)
    outcome = pre_release_access.withdraw_access(other, by=office.people[role], at=SHORTLY_BEFORE, expected_version=1)
    assert isinstance(outcome, PreReleaseRequest) is (role not in LEADS)
    other.refresh_from_db()
    assert other.status == ("granted" if isinstance(outcome, PreReleaseRequest) else "withdrawn")


def test_a_request_to_withdraw_holds_no_second_copy_of_the_name(office, release, entry):
    request = pre_release_access.withdraw_access(entry, by=office.statistician, at=SHORTLY_BEFORE, expected_version=1)
    assert (request.person, request.email, request.post) == ("", "", MINISTER.post)


def test_while_a_change_waits_no_second_one_is_asked_for(office, release, entry):
    changed(entry, someone(), by=office.statistician, at=SHORTLY_BEFORE)
    with pytest.raises(ListRefused, match="There is already a request to change this entry"):
        pre_release_access.withdraw_access(entry, by=office.statistician, at=SHORTLY_BEFORE, expected_version=1)


def test_a_change_of_nothing_is_refused(office, release, entry):
    with pytest.raises(ListRefused, match="You did not make any changes"):
        changed(entry, MINISTER, by=office.statistician)
    entry.refresh_from_db()
    assert entry.version == 1


def test_a_change_that_would_make_two_of_one_is_refused(office, release, entry):
    other = granted(release, someone(), by=office.statistician)
    with pytest.raises(ListRefused, match="already"):
        changed(other, MINISTER, by=office.statistician)


def test_who_read_an_older_version_changes_nothing(office, release, entry):
    changed(entry, someone(), by=office.statistician)
    with pytest.raises(ChangedMeanwhile):
        changed(entry, replace(MINISTER, post="Another post"), by=office.deputy, expected_version=1)
    with pytest.raises(ChangedMeanwhile):
        pre_release_access.withdraw_access(entry, by=office.deputy, at=LONG_BEFORE, expected_version=1)
    assert PreReleaseAccess.objects.get().details == someone()


def test_after_the_release_only_post_and_organisation_are_put_right_and_a_lead_agrees(office, release, entry):
    new = replace(MINISTER, post="Minister of State for Schools Standards", person="Marigold Underwater")
    assert isinstance(changed(entry, new, by=office.statistician, at=AFTERWARDS), PreReleaseRequest)
    changed(entry, new, by=office.head, at=AFTERWARDS)
    assert PreReleaseAccess.objects.get().details == replace(MINISTER, post=new.post)


def test_only_post_and_organisation_can_be_corrected_from_the_due_instant_on(entry):
    just_before = SEED_DUE - timedelta(microseconds=1)
    assert [pre_release_access.only_words_are_open(entry, at=at) for at in (just_before, SEED_DUE)] == [False, True]


def test_after_the_release_a_post_is_still_refused_if_it_is_empty_or_gives_the_person_away(office, release, entry):
    for post in (" ", f"{MINISTER.person}, minister"):
        with pytest.raises(Objected) as refused:
            changed(entry, replace(MINISTER, post=post), by=office.head, at=AFTERWARDS)
        assert [objection.field for objection in refused.value.objections] == ["post"]
    assert PreReleaseAccess.objects.get().details == MINISTER


def test_after_the_release_a_post_is_corrected_although_other_details_would_be_refused_now(office, release, entry):
    office.producer.pre_release_length, office.producer.pre_release_unit = 5, "working_days"
    office.producer.save()
    new = replace(MINISTER, post="Minister of State for Schools Standards")
    changed(entry, new, by=office.head, at=AFTERWARDS)
    assert PreReleaseAccess.objects.get().details == new


def test_access_that_was_withdrawn_is_neither_changed_nor_withdrawn_again_and_can_be_granted_again(
    office, release, entry
):
    pre_release_access.withdraw_access(entry, by=office.statistician, at=LONG_BEFORE, expected_version=1)
    entry.refresh_from_db()
    assert (entry.status, entry.withdrawn_at) == ("withdrawn", LONG_BEFORE)
    for move in (
        lambda **given: changed(entry, someone(), **given),
        lambda **g: pre_release_access.withdraw_access(entry, **g),
    ):
        with pytest.raises(WrongState):
            move(by=office.head, at=LONG_BEFORE, expected_version=2)
    assert granted(release, by=office.statistician).status == "granted"


def test_after_the_release_nothing_is_withdrawn(office, release, entry):
    with pytest.raises(ListRefused, match="release time has passed"):
        pre_release_access.withdraw_access(entry, by=office.head, at=AFTERWARDS, expected_version=1)


def test_of_a_cancelled_release_access_is_withdrawn_and_not_changed(office, release, entry):
    scheduling.cancel_release(release, reason="The survey was stopped.", by=office.head, at=LONG_BEFORE)
    with pytest.raises(MoveRefused, match="is cancelled"):
        changed(entry, someone(), by=office.head)
    outcome = pre_release_access.withdraw_access(entry, by=office.statistician, at=LONG_BEFORE, expected_version=1)
    assert outcome.status == "withdrawn"


def test_a_release_to_which_someone_had_access_is_not_deleted(office):
    quiet = ReleaseFactory(series=SeriesFactory(producer=office.producer), reference="quiet")
    entry = granted(quiet, by=office.statistician)
    corrections.check_removable(quiet)
    PreReleaseAccess.objects.filter(pk=entry.pk).update(status="begun", began_at=LONG_BEFORE)
    with pytest.raises(corrections.CorrectionRefused, match="has a record of pre-release access"):
        corrections.remove_release(quiet, by=office.head, at=LONG_BEFORE)


def test_a_list_goes_with_a_release_that_was_never_public_and_seen_by_no_one(office):
    quiet = ReleaseFactory(series=SeriesFactory(producer=office.producer), reference="quiet")
    granted(quiet, by=office.statistician)
    corrections.remove_release(quiet, by=office.head, at=LONG_BEFORE)
    assert not PreReleaseAccess.objects.exists()


def test_colleagues_of_another_producer_touch_no_list(office, release, entry):
    other = ReleaseFactory(announced=True, reference="of-others")
    stranger = UserFactory()
    stranger.memberships.create(producer=other.series.producer, role=Role.HEAD_OF_PROFESSION)
    for act in (
        lambda: pre_release_access.grant_access(release, someone(), by=stranger, at=LONG_BEFORE),
        lambda: changed(entry, someone(), by=stranger),
        lambda: pre_release_access.withdraw_access(entry, by=stranger, at=LONG_BEFORE, expected_version=1),
    ):
        with pytest.raises(NotYours):
            act()

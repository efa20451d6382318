""" "Is this it?" and "it was live at": people's statements, stored with the checks (V5)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import judge, scheduling, statements
from releases.models import Observation, Release, ReleaseEvent, Statement, Verification
from releases.permissions import NotYours
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from releases.statements import AnswerRefused
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory, create_member, london_slot, rolled_back
from tests.support.observations import create_checks_until, create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=1)
LAST_ANSWER = SEED_DUE + timedelta(seconds=120 + 15)
RENAMED = "Inspection outcomes, spring edition"
ANSWERERS = {role for role in Role if role is not Role.AUDITOR}


def digest(text):
    return sha256_hex(text.encode())


@shared_fixture
def release():
    """A release whose page went from nothing to a text without the marker, in the second it was due."""
    release = ReleaseFactory(announced=True)
    page = release.addresses.get()
    create_observation(page, "not_live", at=SEED_DUE - timedelta(seconds=5), reasons=("not_found",))
    for seconds in range(0, 121, 10):
        create_observation(page, "unrecognised", at=SEED_DUE + timedelta(seconds=seconds), text=RENAMED)
    judge.judge_one(release, now=AFTER)
    release.refresh_from_db()
    return release


def outcome(release):
    return Verification.objects.get(release=release).outcome


def say(release, kind, by, **fields):
    return statements.record_text_statement(
        release, release.addresses.get(), kind, text_digest=digest(RENAMED), by=by, at=AFTER, **fields
    )


def statistician(release):
    return create_member(Role.STATISTICIAN, release.series.producer)


def test_a_text_without_the_marker_is_asked_about_with_when_it_was_seen(release):
    assert outcome(release) == "cannot_tell"
    (question,) = statements.find_open_questions([release])
    assert (question.text_digest, question.checks) == (digest(RENAMED), 13)
    assert (question.first_seen_at, question.last_seen_at) == (SEED_DUE, SEED_DUE + timedelta(minutes=2))


def test_this_is_it_makes_the_release_on_time_and_published_and_leaves_the_checks_as_they_were(release):
    looks = list(Observation.objects.values())
    say(release, "this_is_it", statistician(release))
    assert outcome(release) == "on_time"
    assert Release.objects.get().status == "published"
    assert list(Observation.objects.values()) == looks
    assert statements.find_open_questions([release]) == []


def test_the_previous_edition_makes_such_checks_not_live(release):
    say(release, "previous_edition", statistician(release))
    assert outcome(release) == "not_seen"


def test_something_else_answers_the_question_and_accuses_no_one(release):
    say(release, "not_it", statistician(release))
    assert outcome(release) == "cannot_tell"
    assert statements.find_open_questions([release]) == []


def test_a_later_answer_about_the_same_text_counts(release):
    person = statistician(release)
    first = say(release, "not_it", person)
    statements.record_text_statement(
        release,
        release.addresses.get(),
        "this_is_it",
        text_digest=digest(RENAMED),
        by=person,
        at=AFTER + timedelta(minutes=1),
        seen=first.pk,
    )
    assert outcome(release) == "on_time"
    assert Statement.objects.count() == 2


def test_a_statement_is_an_event_with_who_and_when(release):
    person = statistician(release)
    say(release, "not_it", person, words="A log-in page")
    event = ReleaseEvent.objects.get(kind="stated")
    assert (event.actor, event.at, event.facts["said"], event.words) == (person, AFTER, "not_it", "A log-in page")


def test_a_text_that_no_check_saw_is_refused_and_nothing_is_kept(release):
    with pytest.raises(AnswerRefused) as refusal:
        statements.record_text_statement(
            release,
            release.addresses.get(),
            "this_is_it",
            text_digest=digest("never seen"),
            by=statistician(release),
            at=AFTER,
        )
    assert refusal.value.field == "kind"
    assert not Statement.objects.exists()


@pytest.mark.parametrize("kind", ["was_live", "nonsense"])
def test_only_the_three_answers_are_answers_about_a_text(release, kind):
    with pytest.raises(AnswerRefused):
        say(release, kind, statistician(release))


def test_a_marker_that_matched_from_the_very_first_check_is_asked_about(announced_release):
    create_observation(
        announced_release.addresses.get(), "live", at=SEED_DUE - timedelta(minutes=1), text="matched all along"
    )
    (question,) = statements.find_open_questions([announced_release])
    assert question.text_digest == digest("matched all along")
    statements.record_text_statement(
        announced_release,
        announced_release.addresses.get(),
        "previous_edition",
        text_digest=question.text_digest,
        by=statistician(announced_release),
        at=AFTER,
    )
    assert statements.find_open_questions([announced_release]) == []


def test_a_marker_that_appeared_after_a_check_without_it_is_not_asked_about(announced_release):
    page = announced_release.addresses.get()
    create_observation(page, "not_live", at=SEED_DUE - timedelta(seconds=5))
    create_observation(page, "live", at=SEED_DUE, text="the release")
    assert statements.find_open_questions([announced_release]) == []


def test_checks_of_a_superseded_schedule_are_not_asked_about(release):
    Release.objects.update(schedule_version=2)
    assert statements.find_open_questions(Release.objects.all()) == []


def test_the_number_of_queries_does_not_grow_with_the_releases(release, django_assert_num_queries):
    for number in range(5):
        other = ReleaseFactory(announced=True, reference=f"other-{number}")
        create_observation(other.addresses.get(), "unrecognised", at=SEED_DUE, text=RENAMED)
    with django_assert_num_queries(4):
        assert len(statements.find_open_questions(list(Release.objects.all()))) == 6


def is_answered_for(person):
    return not statements.verdicts_without_answer(Release.objects.all(), reader=person).exists()


def test_it_was_live_at_publishes_a_confirmed_release_and_leaves_the_verdict(release):
    live_at = SEED_DUE + timedelta(seconds=30)
    statements.record_live_time(release, live_at=live_at, by=statistician(release), at=AFTER, words="I saw it")
    stored = Release.objects.get()
    assert (stored.status, stored.published_at) == ("published", live_at)
    assert outcome(release) == "cannot_tell"
    assert Statement.objects.get().live_at == live_at
    assert is_answered_for(create_member(Role.STATISTICIAN, release.series.producer))


def test_it_was_live_at_before_the_due_time_publishes_nothing_yet(announced_release):
    before = SEED_DUE - timedelta(minutes=5)
    statements.record_live_time(announced_release, live_at=before, by=statistician(announced_release), at=before)
    assert Release.objects.get().status == "confirmed"


def test_it_was_live_at_before_the_due_time_is_no_answer_for_others_until_the_release_is_published(release):
    author = statistician(release)
    colleague = create_member(Role.STATISTICIAN, release.series.producer)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    before = SEED_DUE - timedelta(minutes=5)
    statements.record_live_time(release, live_at=before, by=author, at=AFTER)
    assert [is_answered_for(person) for person in (author, head, colleague)] == [True, True, False]
    Release.objects.update(status="published")
    assert is_answered_for(colleague)


def test_nor_is_it_an_answer_about_an_earlier_date_of_a_release_that_was_moved(release):
    colleague = create_member(Role.STATISTICIAN, release.series.producer)
    statements.record_live_time(release, live_at=SEED_DUE, by=statistician(release), at=AFTER)
    Release.objects.update(status="confirmed", due_at=SEED_DUE + timedelta(days=4))
    assert not is_answered_for(colleague)
    Release.objects.update(due_at=SEED_DUE)
    assert is_answered_for(colleague)


def test_a_publishing_team_may_say_that_it_was_live_and_publishes_nothing_by_that(release):
    colleague = create_member(Role.PUBLISHING_TEAM, release.series.producer)
    statements.record_live_time(release, live_at=SEED_DUE, by=colleague, at=AFTER)
    assert Statement.objects.exists()
    assert Release.objects.get().status == "confirmed"


def test_it_was_live_at_is_recorded_from_the_day_of_the_release_on(client, time_machine, announced_release):
    person = statistician(announced_release)
    client.force_login(person)
    evening_before = SEED_DUE - timedelta(hours=9, minutes=31)
    page = reverse("releases:release", args=[announced_release.reference])
    link = reverse("releases:was_live", args=[announced_release.reference])
    for at, expected in ((evening_before, False), (evening_before + timedelta(minutes=1), True)):
        time_machine.move_to(at, tick=False)
        assert (link in client.get(page).text) == expected
    with pytest.raises(AnswerRefused, match="from the day of the release, 30 June 2020") as refusal:
        statements.record_live_time(announced_release, live_at=evening_before, by=person, at=evening_before)
    assert refusal.value.field == "live_on"
    later = evening_before + timedelta(minutes=1)
    statements.record_live_time(announced_release, live_at=evening_before, by=person, at=later)


def test_it_was_live_at_is_not_recorded_about_a_date_from_which_the_release_was_moved_in_advance(announced_release):
    head, later = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer), date(2020, 12, 30)
    before = SEED_DUE - timedelta(days=20)
    scheduling.change_date(announced_release, to=london_slot(later), reason="A late source", by=head, at=before)
    announced_release.refresh_from_db()
    with pytest.raises(AnswerRefused, match="from the day of the release, 30 December 2020"):
        statements.record_live_time(announced_release, live_at=SEED_DUE, by=head, at=AFTER)


def test_it_was_live_at_is_still_recorded_about_the_date_before_a_postponement(client, time_machine, announced_release):
    """The result of the earlier date may need this statement."""
    release = announced_release
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 7)), reason="A late source", by=head, at=AFTER)
    time_machine.move_to(AFTER, tick=False)
    client.force_login(head)
    link = reverse("releases:was_live", args=[release.reference])
    assert link in client.get(reverse("releases:release", args=[release.reference])).text
    statements.record_live_time(release, live_at=SEED_DUE, by=head, at=AFTER)
    assert Statement.objects.exists()


def test_a_time_still_to_come_is_refused(release):
    with pytest.raises(AnswerRefused, match="in the future") as refusal:
        statements.record_live_time(release, live_at=AFTER + timedelta(minutes=1), by=statistician(release), at=AFTER)
    assert refusal.value.field == "live_time"
    assert not Statement.objects.exists()


def test_an_answer_given_while_checks_may_be_under_way_does_not_settle_the_verdict(announced_release):
    page = announced_release.addresses.get()
    create_observation(page, "unrecognised", at=SEED_DUE, text=RENAMED)
    create_checks_until(page, SEED_DUE + timedelta(seconds=120))
    create_observation(page, "not_live", at=SEED_DUE + timedelta(seconds=120))
    person = statistician(announced_release)
    too_soon = LAST_ANSWER - timedelta(seconds=1)
    first = statements.record_text_statement(
        announced_release, page, "not_it", text_digest=digest(RENAMED), by=person, at=too_soon
    )
    assert outcome(announced_release) == "pending"
    statements.record_text_statement(
        announced_release, page, "not_it", text_digest=digest(RENAMED), by=person, at=LAST_ANSWER, seen=first.pk
    )
    assert outcome(announced_release) == "not_seen"


# What monitoring judges must be fixed before it is due, and not cancelled by then.
NOT_JUDGED = {
    "cancelled before it was due": {
        "status": "cancelled",
        "cancelled_at": SEED_DUE - timedelta(seconds=1),
        "cancellation_reason": "No data",
    },
    "provisional": {"status": "provisional", "confirmed_at": None},
    "confirmed when it was due": {"confirmed_at": SEED_DUE},
    "recorded when it was due": {"recorded_at": SEED_DUE},
}


def test_a_statement_about_a_release_that_monitoring_does_not_judge_gives_no_verdict(announced_release, subtests):
    page, person = announced_release.addresses.get(), statistician(announced_release)
    for seconds in (-60, 0, 120):
        create_observation(page, "unrecognised", at=SEED_DUE + timedelta(seconds=seconds), text=RENAMED)
    for case, columns in NOT_JUDGED.items():
        with subtests.test(case), rolled_back():
            Release.objects.update(announced_at=None, **columns)
            release = Release.objects.get()
            assert statements.find_open_questions([release]) == []
            say(release, "previous_edition", person)
            statements.record_live_time(release, live_at=SEED_DUE, by=person, at=AFTER)
            assert Statement.objects.count() == 2
            assert not Verification.objects.exists()


def test_a_statement_about_a_release_without_an_address_gives_no_verdict(announced_release):
    announced_release.addresses.all().delete()
    person = statistician(announced_release)
    statements.record_live_time(announced_release, live_at=SEED_DUE, by=person, at=AFTER)
    assert Release.objects.get().status == "published"
    assert not Verification.objects.exists()


def test_a_release_that_was_cancelled_when_it_was_due_is_still_asked_about_and_judged(release):
    Release.objects.update(status="cancelled", cancelled_at=SEED_DUE, cancellation_reason="No data")
    cancelled = Release.objects.get()
    assert len(statements.find_open_questions([cancelled])) == 1
    say(cancelled, "this_is_it", statistician(cancelled))
    assert outcome(cancelled) == "on_time"


def test_a_rehearsal_that_was_confirmed_late_is_judged_as_monitoring_judges_it(announced_release):
    create_observation(announced_release.addresses.get(), "unrecognised", at=SEED_DUE, text=RENAMED)
    Release.objects.update(rehearsal=True, announced_at=None, confirmed_at=SEED_DUE, recorded_at=SEED_DUE)
    say(Release.objects.get(), "not_it", statistician(announced_release))
    assert Verification.objects.exists()


def test_answers_are_open_to_the_tables_roles_alone(client, time_machine, release, subtests):
    time_machine.move_to(AFTER, tick=False)
    question = reverse("releases:say", args=[release.reference, release.addresses.get().pk, digest(RENAMED)])
    was_live = reverse("releases:was_live", args=[release.reference])
    sent = {"live_on-day": "30", "live_on-month": "6", "live_on-year": "2020", "live_time": "9:30am"}
    for role in Role:
        client.force_login(create_member(role, release.series.producer))
        with subtests.test(role), rolled_back():
            expected = role in ANSWERERS
            assert (question in client.get(reverse("releases:release", args=[release.reference])).text) == expected
            assert client.get(question).status_code == (200 if expected else 404)
            assert client.post(question, {"kind": "not_it"}).status_code == (302 if expected else 404)
            assert client.post(was_live, sent).status_code == (302 if expected else 404)
            assert Statement.objects.count() == (2 if expected else 0)


def test_the_functions_refuse_a_stranger_too(release):
    with pytest.raises(NotYours):
        say(release, "this_is_it", UserFactory(is_superuser=True))
    with pytest.raises(NotYours):
        statements.record_live_time(release, live_at=SEED_DUE, by=UserFactory(), at=AFTER)


def test_an_answer_that_says_nothing_is_refused_on_its_field(client, time_machine, release):
    time_machine.move_to(AFTER, tick=False)
    client.force_login(statistician(release))
    question = reverse("releases:say", args=[release.reference, release.addresses.get().pk, digest(RENAMED)])
    response = client.post(question, {})
    assert "Select what this page is" in response.text
    assert 'href="#id_kind"' in response.text


def test_an_answered_or_unknown_question_is_not_found(client, time_machine, release):
    time_machine.move_to(AFTER, tick=False)
    person = statistician(release)
    client.force_login(person)
    say(release, "not_it", person)
    for text in (RENAMED, "never seen"):
        address = reverse("releases:say", args=[release.reference, release.addresses.get().pk, digest(text)])
        assert client.get(address).status_code == 404


def test_an_outdated_answer_replaces_no_other_answer_until_the_person_has_seen_it(client, time_machine, release):
    time_machine.move_to(AFTER, tick=False)
    client.force_login(statistician(release))
    question = reverse("releases:say", args=[release.reference, release.addresses.get().pk, digest(RENAMED)])
    assert client.get(question).context["form"]["seen"].value() is None
    colleague = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    theirs = say(release, "this_is_it", colleague)
    sent = {"seen": "", "kind": "previous_edition", "words": "The heading names March."}
    response = client.post(question, sent)
    assert response.status_code == 409
    assert f"{colleague} answered ‘This is the release’ at 10:30am on 30 June 2020." in response.text
    assert "We did not save your answer." in response.text
    assert list(Statement.objects.all()) == [theirs]
    assert outcome(release) == "on_time"
    form = response.context["form"]
    assert [form[name].value() for name in sent] == [str(theirs.pk), *list(sent.values())[1:]]
    assert client.post(question, sent | {"seen": form["seen"].value()}).status_code == 302
    assert Statement.objects.in_order().last().kind == "previous_edition"


def test_an_outdated_answer_does_not_disclose_an_answer_that_the_person_may_not_read(announced_release):
    page, head = (
        announced_release.addresses.get(),
        create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer),
    )
    create_observation(page, "unrecognised", at=SEED_DUE - timedelta(minutes=1), text=RENAMED)
    say(announced_release, "this_is_it", head)
    with pytest.raises(statements.AnsweredMeanwhile) as refusal:
        say(announced_release, "not_it", statistician(announced_release))
    assert str(refusal.value) == "Another person answered this question. We did not save your answer."
    with pytest.raises(statements.AnsweredMeanwhile, match="answered ‘This is the release’ at"):
        say(announced_release, "not_it", head)


WRONG_TIMES = {
    "later today": ({"live_time": "10:31am"}, "live_time"),
    "tomorrow": ({"live_on-day": "1", "live_on-month": "7"}, "live_on"),
    "no such month": ({"live_on-month": "13"}, "live_on"),
    "no time": ({"live_time": "half nine"}, "live_time"),
    "nothing typed": ({"live_time": ""}, "live_time"),
    "a time that the clocks leap over": (
        {"live_on-day": "29", "live_on-month": "3", "live_time": "1:30am"},
        "live_time",
    ),
}


def test_a_wrong_time_is_refused_on_its_field_and_changes_nothing(client, time_machine, release, subtests):
    time_machine.move_to(AFTER, tick=False)
    client.force_login(statistician(release))
    for case, (typed, field) in WRONG_TIMES.items():
        sent = {"live_on-day": "30", "live_on-month": "6", "live_on-year": "2020", "live_time": "9:30am"} | typed
        with subtests.test(case):
            response = client.post(reverse("releases:was_live", args=[release.reference]), sent)
            assert list(response.context["form"].errors) == [field]
            assert not Statement.objects.exists()

"""Tasks at the next release of a series: found at it, whichever it turns out to be, and ticked off."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import scheduling, tasks
from releases.models import Membership, Release, ReleaseTask
from releases.permissions import NotYours
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import MissingFields, Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(hours=3)
CHECK = "Manual check at 9:30am"
KEEPS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER}


@shared_fixture
def series():
    return SeriesFactory()


@shared_fixture
def keeper(series):
    return create_member(Role.STATISTICIAN, series.producer)


def planned(series, on, **fields):
    return ReleaseFactory(series=series, reference=f"on-{on}", slot=london_slot(on), **fields)


def a_task(series, keeper, **fields):
    return tasks.add_task(series, text=CHECK, origin="report breach-1", by=keeper, at=NOW, **fields)


def test_a_task_is_found_at_the_first_release_of_its_series_that_follows(series, keeper):
    planned(series, date(2020, 6, 30))
    planned(series, date(2020, 10, 1))
    following = planned(series, date(2020, 9, 1))
    planned(SeriesFactory(), date(2020, 8, 1))
    task = a_task(series, keeper)
    assert tasks.release_of_task(task) == following
    assert [list(tasks.tasks_of_release(release)) for release in Release.objects.filter(series=series)] == [
        [],
        [task],
        [],
    ]


def test_a_task_waits_until_a_next_release_is_planned(series, keeper):
    task = a_task(series, keeper)
    assert tasks.release_of_task(task) is None
    following = planned(series, date(2020, 9, 1))
    assert tasks.release_of_task(task) == following


def test_a_task_goes_to_the_release_after_one_that_is_cancelled(series, keeper):
    stopped, following = planned(series, date(2020, 9, 1)), planned(series, date(2020, 12, 1))
    task = a_task(series, keeper)
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    scheduling.cancel_release(stopped, reason="The survey was stopped.", by=head, at=NOW)
    assert tasks.release_of_task(task) == following


def test_a_task_stays_with_its_release_once_that_is_out(series, keeper):
    following = planned(series, date(2020, 9, 1))
    planned(series, date(2020, 12, 1))
    task = a_task(series, keeper)
    Release.objects.filter(pk=following.pk).update(status="published", confirmed_at=NOW, published_at=NOW)
    assert tasks.release_of_task(task) == following


def test_a_release_of_which_only_the_month_is_known_can_be_the_next(series, keeper):
    vague = ReleaseFactory(
        series=series, reference="vague", slot=Slot(on=date(2020, 8, 1), at=None, precision=Precision.MONTH)
    )
    planned(series, date(2020, 9, 1))
    assert tasks.release_of_task(a_task(series, keeper)) == vague


def test_a_rehearsals_task_is_not_found_at_a_real_release(series, keeper):
    planned(series, date(2020, 9, 1))
    rehearsal = planned(series, date(2020, 9, 8), rehearsal=True)
    assert tasks.release_of_task(a_task(series, keeper, rehearsal=True)) == rehearsal


def test_a_task_is_ticked_off_once_and_the_release_keeps_an_event(series, keeper):
    following = planned(series, date(2020, 9, 1))
    task = a_task(series, keeper)
    ticked = tasks.tick_task(task, done=True, by=keeper, at=NOW)
    assert (ticked.done_by, ticked.done_at) == (keeper, NOW)
    with pytest.raises(tasks.AlreadyTicked):
        tasks.tick_task(task, done=True, by=keeper, at=NOW)
    assert tasks.tick_task(ticked, done=False, by=keeper, at=NOW).done_at is None
    events = following.events.filter(kind__startswith="task").order_by("position")
    assert [(event.kind, event.words, event.actor) for event in events] == [
        ("task_done", CHECK, keeper),
        ("task_open_again", CHECK, keeper),
    ]


def test_a_task_says_what_is_to_be_done(series, keeper):
    with pytest.raises(MissingFields):
        tasks.add_task(series, text=" ", by=keeper, at=NOW)
    task = a_task(series, keeper)
    with pytest.raises(MissingFields):
        tasks.reword_task(task, text=" ", by=keeper)
    assert ReleaseTask.objects.get().text == CHECK
    tasks.reword_task(task, text=" Check by phone. ", by=keeper)
    assert ReleaseTask.objects.get().text == "Check by phone."


@pytest.mark.parametrize("role", list(Role))
def test_those_of_the_table_tick_tasks_off_and_for_others_there_is_none(client, series, keeper, role):
    planned(series, date(2020, 9, 1))
    task, person = a_task(series, keeper), create_member(role, series.producer)
    client.force_login(person)
    answer = client.post(reverse("releases:tick_task", args=[task.pk]), {"done": "yes"})
    assert answer.status_code == (302 if role in KEEPS else 404)
    assert (ReleaseTask.objects.get().done_at is not None) is (role in KEEPS)
    if role not in KEEPS:
        with pytest.raises(NotYours):
            tasks.tick_task(task, done=True, by=person, at=NOW)


def test_another_producers_people_find_no_task(client, series, keeper):
    task = a_task(series, keeper)
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer))
    assert client.post(reverse("releases:tick_task", args=[task.pk]), {"done": "yes"}).status_code == 404


def test_the_page_of_the_release_shows_the_task_to_its_people_alone(client, series, keeper):
    following = ReleaseFactory(confirmed=True, series=series, reference="next", slot=london_slot(date(2020, 9, 1)))
    scheduling.announce_release(following, by=None, at=following.recorded_at + timedelta(minutes=2))
    task = a_task(series, keeper)
    page = reverse("releases:release", args=["next"])
    assert CHECK not in client.get(page).text
    client.force_login(keeper)
    text = words(client.get(page).text)
    assert f"To do {CHECK} Added at " in text
    assert "from report breach-1." in text
    client.post(reverse("releases:tick_task", args=[task.pk]), {"done": "yes"})
    assert f"Completed {CHECK}" in words(client.get(page).text)


def test_the_desk_lists_open_tasks_with_their_release(client, series, keeper):
    planned(series, date(2020, 9, 1), title="The next edition")
    task = a_task(series, keeper)
    client.force_login(keeper)
    assert f"{CHECK} , The next edition" in words(client.get(reverse("desk")).text)
    tasks.tick_task(task, done=True, by=keeper, at=NOW)
    assert CHECK not in client.get(reverse("desk")).text


def test_the_desk_reads_many_tasks_in_a_few_queries(series, keeper, django_assert_num_queries):
    planned(series, date(2020, 9, 1))
    for _ in range(30):
        a_task(series, keeper)
    with django_assert_num_queries(2):
        assert len(tasks.tasks_waiting_for(keeper, most=20)) == 20
    Membership.objects.all().delete()
    assert tasks.tasks_waiting_for(keeper, most=20) == []

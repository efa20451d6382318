"""When the check before a release is made, who requests it, and what runs in parallel (V17)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases import host_budgets, preflight, scheduling
from releases.detection.preflight import PreflightCode
from releases.models import CheckSchedule, HostLease, NonWorkingDay, Observation, PreflightRun, Release, Series
from releases.permissions import NotYours
from releases.preflight import PreflightRefused
from releases.rules.host_budget import Budget
from releases.rules.lifecycle import EVERY_ROLE, Role
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.preflight import (
    DAY_BEFORE,
    DUE,
    MARKER,
    PAGE,
    a_series,
    a_sound_release,
    check,
    found_of,
    means_with,
)

TWO = time(14, 0)

pytestmark = pytest.mark.django_db


class TestThePlan:
    """On the working day before, by the nation's calendar, and made up for as long as the release is to come."""

    def asked(self, now):
        return preflight.request_missing_preflights(at=TWO, now=now)

    @pytest.mark.parametrize(
        ("nation", "due_on", "planned"),
        [
            pytest.param("england", date(2026, 7, 1), datetime(2026, 6, 30, 13, 0, tzinfo=UTC), id="in summer"),
            pytest.param("england", date(2026, 11, 30), datetime(2026, 11, 27, 14, 0, tzinfo=UTC), id="on a Monday"),
            pytest.param(
                "scotland", date(2026, 12, 1), datetime(2026, 11, 27, 14, 0, tzinfo=UTC), id="after a holiday"
            ),
        ],
    )
    def test_it_is_planned_for_the_working_day_before(self, nation, due_on, planned):
        series = a_series(producer__nation=nation)
        release = ReleaseFactory(confirmed=True, series=series, slot=london_slot(due_on))
        assert preflight.preflight_planned_at(release, at=TWO) == planned

    def test_the_days_between_christmas_and_new_year_on_which_the_office_is_closed_may_be_ten_days_without_work(self):
        christmas_eve = datetime(2026, 12, 24, 14, 0, tzinfo=UTC)
        series, others = a_series(), SeriesFactory()
        for day in (29, 30, 31):
            NonWorkingDay.objects.create(producer=series.producer, on=date(2026, 12, day), title="Closed")
        release, other = (
            ReleaseFactory(confirmed=True, series=each, reference=name, slot=london_slot(date(2027, 1, 4)))
            for each, name in ((series, "closed"), (others, "open"))
        )
        assert preflight.preflight_planned_at(release, at=TWO) == christmas_eve
        assert preflight.preflight_planned_at(other, at=TWO) == datetime(2026, 12, 31, 14, 0, tzinfo=UTC)
        assert self.asked(christmas_eve - timedelta(seconds=1)) == 0
        assert preflight.upcoming_for_the_day(at=TWO, now=christmas_eve) == [release]
        assert self.asked(christmas_eve) == 1
        assert PreflightRun.objects.get().release == release

    def test_nothing_is_asked_for_before_its_hour_and_once_after_it(self, site):
        a_sound_release(site)
        assert self.asked(DAY_BEFORE - timedelta(seconds=1)) == 0
        assert self.asked(DAY_BEFORE) == 1
        assert self.asked(DAY_BEFORE) == 0
        assert PreflightRun.objects.get().asked_by is None

    def test_a_check_that_was_missed_is_made_up_until_the_release_is_due(self, site):
        a_sound_release(site)
        assert self.asked(DUE - timedelta(seconds=1)) == 1
        PreflightRun.objects.all().delete()
        assert self.asked(DUE) == 0

    def test_where_nothing_was_found_it_is_not_made_again_and_where_something_was_it_is_after_an_hour(
        self, site, means
    ):
        release = a_sound_release(site)
        self.asked(DAY_BEFORE)
        preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
        assert self.asked(DAY_BEFORE + timedelta(hours=3)) == 0
        PreflightRun.objects.update(problems=1)
        assert self.asked(DAY_BEFORE + timedelta(minutes=59)) == 0
        assert self.asked(DAY_BEFORE + timedelta(hours=1, minutes=1)) == 1
        assert release.preflights.count() == 2

    def test_a_new_date_is_checked_again(self, site, means):
        release = a_sound_release(site)
        self.asked(DAY_BEFORE)
        preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
        head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
        later = london_slot(date(2026, 7, 2))
        scheduling.change_date(release, to=later, reason="More time is needed.", by=head, at=DAY_BEFORE)
        assert self.asked(DAY_BEFORE) == 0
        assert self.asked(DAY_BEFORE + timedelta(days=1)) == 1

    def test_a_check_by_hand_on_an_earlier_day_does_not_stand_for_the_one_of_the_day_before(self, site, means):
        release = a_sound_release(site)
        check(release, means, now=DAY_BEFORE - timedelta(days=1))
        assert self.asked(DAY_BEFORE) == 1

    def test_a_corrected_problem_is_gone_at_the_next_run_and_only_what_is_new_is_news(self, site, means):
        release = a_sound_release(site)
        head = release.series.head_of_profession
        Series.objects.update(head_of_profession=None)
        assert check(release, means) == {(PreflightCode.NO_HEAD, None)}
        site.publish(PAGE, [scene(status=503)])
        assert check(release, means) == {(PreflightCode.NO_HEAD, None), (PreflightCode.NO_ANSWER, PAGE)}
        Series.objects.update(head_of_profession=head)
        assert check(release, means) == {(PreflightCode.NO_ANSWER, PAGE)}
        runs = PreflightRun.objects.order_by("pk").values_list("problems", "news")
        assert list(runs) == [(1, 1), (2, 1), (1, 0)]


class TestByHand:
    @pytest.mark.parametrize("role", sorted(EVERY_ROLE))
    def test_those_who_work_on_the_release_may_ask_and_auditors_and_strangers_may_not(self, role):
        release = ReleaseFactory(confirmed=True, due_at=DUE)
        if role == Role.AUDITOR:
            with pytest.raises(NotYours):
                preflight.request_preflight(release, by=create_member(role, release.series.producer), now=DAY_BEFORE)
        else:
            assert (
                preflight.request_preflight(
                    release, by=create_member(role, release.series.producer), now=DAY_BEFORE
                ).asked_at
                == DAY_BEFORE
            )
        with pytest.raises(NotYours):
            preflight.request_preflight(release, by=create_member(role, a_series().producer), now=DAY_BEFORE)

    def test_asking_twice_is_asking_once(self):
        release = ReleaseFactory(confirmed=True, due_at=DUE)
        assert preflight.request_preflight(release, by=None, now=DAY_BEFORE) == preflight.request_preflight(
            release, by=None, now=DAY_BEFORE
        )

    def test_a_release_that_is_due_has_nothing_left_to_check(self):
        with pytest.raises(PreflightRefused, match="is already due"):
            preflight.request_preflight(ReleaseFactory(confirmed=True, due_at=DUE), by=None, now=DUE)

    def test_a_release_that_was_cancelled_after_someone_asked_is_not_checked(self, site, means):
        release = a_sound_release(site)
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
        scheduling.cancel_release(release, reason="No survey.", by=keeper, at=DAY_BEFORE)
        assert preflight.run_requested_preflights(means=means, now=DAY_BEFORE) == []
        assert PreflightRun.objects.count() == Observation.objects.count() == 0


class TestBesideTheWatch:
    """Monitoring and other such processes are never disturbed, and no host gets more requests for it."""

    def test_a_host_that_a_watcher_holds_is_looked_at_within_the_part_that_the_watch_leaves(self, site, means):
        release = a_sound_release(site)
        host = site.base_url.removeprefix("http://")
        host_budgets.claim_hosts([host], holder="watcher", now=DAY_BEFORE)
        assert check(release, means) == set()
        assert HostLease.objects.get(host=host).holder == "watcher"

    def test_of_two_processes_the_second_leaves_the_host_alone_and_says_nothing_until_its_patience_is_over(
        self, site, means
    ):
        release = a_sound_release(site)
        name = host_budgets.claim_spare(site.base_url.removeprefix("http://"))
        host_budgets.claim_hosts([name], holder="another", now=DAY_BEFORE)
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        assert preflight.run_requested_preflights(means=means, now=DAY_BEFORE) == []
        assert site.arrivals() == [] or not Observation.objects.exists()
        later = DAY_BEFORE + preflight.PATIENCE
        host_budgets.claim_hosts([name], holder="another", now=later)
        preflight.run_requested_preflights(means=means, now=later)
        assert {code for code, _ in found_of(release)} == {PreflightCode.COULD_NOT_LOOK, PreflightCode.WATCHER_SILENT}

    def test_a_budget_too_small_to_be_parted_is_left_to_a_watch_that_needs_it_soon(self, site, means):
        release = a_sound_release(site)
        host = site.base_url.removeprefix("http://")
        small = means_with(means.probe, budgets={host: Budget(1, 1)})
        watch = CheckSchedule.objects.create(
            address=release.addresses.get(role="page"),
            schedule_version=1,
            next_check_at=DAY_BEFORE + timedelta(seconds=20),
        )
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        assert preflight.run_requested_preflights(means=small, now=DAY_BEFORE) == []
        watch.next_check_at = DAY_BEFORE + timedelta(minutes=5)
        watch.save()
        assert len(preflight.run_requested_preflights(means=small, now=DAY_BEFORE)) == 1
        assert HostLease.objects.get(host=host).holder == ""

    @pytest.mark.parametrize("move", ["cancelled", "moved to the next day", "moved to a later month"])
    def test_a_budget_too_small_to_be_parted_is_not_left_to_a_watch_that_has_ended(self, site, means, move):
        release = a_sound_release(site)
        other = ReleaseFactory(
            confirmed=True, due_at=DUE, reference="other", series=release.series, url=site.url("/other")
        )
        CheckSchedule.objects.create(
            address=other.addresses.get(), schedule_version=1, next_check_at=DAY_BEFORE - timedelta(minutes=1)
        )
        host = site.base_url.removeprefix("http://")
        small = means_with(means.probe, budgets={host: Budget(1, 1)})
        head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        assert preflight.run_requested_preflights(means=small, now=DAY_BEFORE) == []
        if move == "cancelled":
            scheduling.cancel_release(other, reason="No survey.", by=head, at=DAY_BEFORE)
        else:
            day = date(2026, 7, 2) if move == "moved to the next day" else date(2026, 9, 1)
            scheduling.change_date(other, to=london_slot(day), reason="More time.", by=head, at=DAY_BEFORE)
        assert len(preflight.run_requested_preflights(means=small, now=DAY_BEFORE)) == 1
        assert PreflightCode.COULD_NOT_LOOK not in {code for code, _ in found_of(release)}
        assert HostLease.objects.get(host=host).holder == ""

    def test_a_run_that_another_process_makes_is_not_made_twice_and_is_taken_over_when_that_died(self, site, means):
        release = a_sound_release(site)
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        PreflightRun.objects.update(claimed_until=DAY_BEFORE + preflight.CLAIM)
        assert preflight.run_requested_preflights(means=means, now=DAY_BEFORE) == []
        assert len(preflight.run_requested_preflights(means=means, now=DAY_BEFORE + preflight.CLAIM)) == 1

    def test_a_claim_that_no_process_can_have_made_holds_up_no_preflight(self, site, means):
        preflight.request_preflight(a_sound_release(site), by=None, now=DAY_BEFORE)
        PreflightRun.objects.update(claimed_until=DAY_BEFORE + timedelta(days=365))
        assert len(preflight.run_requested_preflights(means=means, now=DAY_BEFORE)) == 1

    def test_once_it_is_not_quiet_any_more_the_checks_that_are_left_wait_for_a_later_step(
        self, site, means, monkeypatch
    ):
        monkeypatch.setattr(preflight, "RELEASES_AT_A_TIME", 1)
        first = a_sound_release(site)
        later = ReleaseFactory(confirmed=True, due_at=DUE + timedelta(days=1), reference="later", series=first.series)
        for release in Release.objects.all():
            preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        answers = iter([True, False])
        asked: list[datetime] = []

        def quiet(at: datetime) -> bool:
            asked.append(at)
            return next(answers)

        (done,) = preflight.run_requested_preflights(means=means, now=DAY_BEFORE, quiet=quiet)
        assert PreflightRun.objects.get(pk=done).release == first
        left = PreflightRun.objects.open().get()
        assert (left.release, left.claimed_until) == (later, None)
        assert DAY_BEFORE <= asked[0] < asked[1]
        assert preflight.run_requested_preflights(means=means, now=DAY_BEFORE) == [left.pk]

    def test_checks_are_taken_some_at_a_time_so_that_another_process_can_make_the_others(
        self, site, means, monkeypatch
    ):
        monkeypatch.setattr(preflight, "RELEASES_AT_A_TIME", 1)
        sound = a_sound_release(site)
        for number in range(2):
            ReleaseFactory(confirmed=True, due_at=DUE + timedelta(days=1), reference=f"r-{number}", series=sound.series)
        for release in Release.objects.all():
            preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        taken: list[int] = []

        def quiet(_at: datetime) -> bool:
            taken.append(PreflightRun.objects.open().filter(claimed_until__isnull=False).count())
            return True

        assert len(preflight.run_requested_preflights(means=means, now=DAY_BEFORE, quiet=quiet)) == 3
        assert taken == [0, 0, 0]

    def test_what_shares_its_minute_is_told_of_every_release_however_few_are_checked_at_a_time(
        self, site, means, monkeypatch
    ):
        monkeypatch.setattr(preflight, "RELEASES_AT_A_TIME", 1)
        sound = a_sound_release(site)
        site.publish("/another", [scene("page")])
        others = [
            ReleaseFactory(confirmed=True, due_at=due_at, reference=name, series=sound.series, url=site.url("/another"))
            for name, due_at in (("together", DUE), ("alone", DUE + timedelta(days=1)))
        ]
        for release in (sound, *others):
            preflight.request_preflight(release, by=None, now=DAY_BEFORE)
        preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
        told = {r.reference for r in (sound, *others) if (PreflightCode.SHARES_MINUTE, None) in found_of(r)}
        assert told == {sound.reference, "together"}

    @pytest.mark.parametrize(("seconds", "quiet"), [(-21, True), (-20, False), (0, False), (9, False), (10, True)])
    def test_around_a_due_instant_nothing_but_looking_goes_on(self, seconds, quiet):
        ReleaseFactory(confirmed=True, due_at=DUE)
        assert preflight.is_quiet_time(now=DUE + timedelta(seconds=seconds)) == quiet


def test_the_number_of_queries_for_the_plan_does_not_grow_with_the_releases(django_assert_num_queries):
    series = a_series()
    for number in range(5):
        ReleaseFactory(
            confirmed=True, series=series, due_at=DUE + timedelta(days=1), reference=f"r-{number}", marker=MARKER
        )
    with django_assert_num_queries(2):
        assert preflight.request_missing_preflights(at=TWO, now=DAY_BEFORE) == 0


def test_many_are_asked_for_at_once(django_assert_num_queries):
    series = a_series()
    for number in range(5):
        ReleaseFactory(confirmed=True, series=series, due_at=DUE, reference=f"r-{number}", marker=MARKER)
    with django_assert_num_queries(5):
        assert preflight.request_missing_preflights(at=TWO, now=DAY_BEFORE) == 5
    assert set(PreflightRun.objects.values_list("release__reference", "schedule_version", "asked_at", "asked_by")) == {
        (f"r-{number}", 1, DAY_BEFORE, None) for number in range(5)
    }


def test_where_a_person_asks_at_the_same_moment_theirs_is_the_one_run(monkeypatch):
    keeper = create_member(Role.CALENDAR_MANAGER, (series := a_series()).producer)
    for name in ("theirs", "planned"):
        ReleaseFactory(confirmed=True, series=series, due_at=DUE, reference=name, marker=MARKER)
    is_missing = preflight._is_missing

    def meanwhile(release, last, **when):
        if release.reference == "theirs":
            preflight.request_preflight(release, by=keeper, now=DAY_BEFORE)
        return is_missing(release, last, **when)

    monkeypatch.setattr(preflight, "_is_missing", meanwhile)
    preflight.request_missing_preflights(at=TWO, now=DAY_BEFORE)
    asked = PreflightRun.objects.values_list("release__reference", "asked_by")
    assert sorted(asked) == [("planned", None), ("theirs", keeper.pk)]

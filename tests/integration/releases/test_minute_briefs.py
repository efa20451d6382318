"""Minute briefs: made once for each producer and instant, after the verdict, and without releases that were early."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from releases import exemptions, judge, minute_briefs, scheduling
from releases.minute_briefs import make_due_briefs, read_brief
from releases.models import Exemption, MinuteBrief, Release, Verification
from releases.rules.lifecycle import Role
from releases.text.minute_brief import since_sentence
from releases.verdict.address import Outcome
from tests.support.briefs import (
    BRIEFED,
    LIMIT,
    SECOND,
    due_release,
    found_live,
    make_brief,
    part_not_live,
    release_with_a_part_that_may_follow,
)
from tests.support.factories import SEED_DUE, SeriesFactory, UserFactory
from tests.support.observations import create_observation, create_observations

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def titles(lines):
    return [line.release.reference for line in lines]


def test_a_brief_is_made_five_seconds_after_the_limit_and_once(series):
    due_release(series, "late", "not_live")
    due_release(series, "on-time", "live")
    assert make_due_briefs(now=BRIEFED - SECOND) == []
    brief = make_brief()
    assert (brief.producer, brief.due_at, brief.limit_at, brief.made_at) == (series.producer, SEED_DUE, LIMIT, BRIEFED)
    assert [make_due_briefs(now=BRIEFED + number * SECOND) for number in range(3)] == [[], [], []]


def test_a_run_with_nothing_to_do_takes_one_query_and_after_the_brief_two(series, django_assert_num_queries):
    with django_assert_num_queries(1):
        make_due_briefs(now=BRIEFED)
    due_release(series, "late", "not_live")
    with django_assert_num_queries(1):
        make_due_briefs(now=BRIEFED - SECOND)
    make_brief()
    with django_assert_num_queries(2):
        make_due_briefs(now=BRIEFED + SECOND)


def test_a_brief_takes_the_same_queries_for_any_number_of_releases(series):
    for number in range(3):
        due_release(series, f"late-{number}", "not_live")
    with CaptureQueriesContext(connection) as of_three:
        read_brief(make_brief())
    MinuteBrief.objects.all().delete()
    due_release(series, "late-too", "not_live")
    with CaptureQueriesContext(connection) as of_four:
        read_brief(make_brief())
    assert len(of_four) == len(of_three)


def test_the_figures_of_hosts_are_read_only_if_they_are_wanted(series):
    due_release(series, "late", "not_live")
    due_release(SeriesFactory(), "other-late", "not_live")
    make_due_briefs(now=BRIEFED)
    row = MinuteBrief.objects.get(producer=series.producer)
    with CaptureQueriesContext(connection) as queries:
        read = read_brief(row, with_hosts=False)
    assert (len(queries), read.brief.hosts, titles(read.lines)) == (5, (), ["late"])


def test_two_processes_make_one_brief(series, monkeypatch):
    due_release(series, "late", "not_live")
    first = make_brief()
    # The other process has read the verdicts before this one stored its row.
    monkeypatch.setattr(MinuteBrief, "objects", MinuteBrief.objects.none())
    assert make_due_briefs(now=BRIEFED) == []
    monkeypatch.undo()
    assert list(MinuteBrief.objects.all()) == [first]
    with pytest.raises(IntegrityError):
        MinuteBrief.objects.create(
            producer=series.producer, due_at=SEED_DUE, limit_at=LIMIT, ready_at=BRIEFED, made_at=BRIEFED
        )


class TestLaterFailures:
    PART_LIMIT = LIMIT + 15 * MINUTE

    def test_the_brief_is_updated_once_for_a_part_that_misses_its_own_limit(self, series):
        release, other = due_release(series, "late", "not_live"), release_with_a_part_that_may_follow(series, "parts")
        first = make_brief()
        found_live(release, at=BRIEFED + MINUTE)
        assert not read_brief(first).brief.is_open
        part_not_live(other, at=self.PART_LIMIT)
        assert make_due_briefs(now=self.PART_LIMIT + 4 * SECOND) == []
        later = make_brief(now=self.PART_LIMIT + 5 * SECOND)
        assert (later.pk, later.limit_at, later.made_at) == (first.pk, self.PART_LIMIT, self.PART_LIMIT + 5 * SECOND)
        assert later.ready_at == later.made_at
        read = read_brief(later)
        assert (titles(read.not_live), titles(read.live_now), read.brief.is_open) == (["parts"], ["late"], True)
        assert [make_due_briefs(now=later.made_at + number * SECOND) for number in range(3)] == [[], [], []]

    def test_a_brief_that_is_made_after_both_limits_is_not_updated(self, series):
        due_release(series, "late", "not_live")
        part_not_live(release_with_a_part_that_may_follow(series, "parts"), at=self.PART_LIMIT)
        brief = make_brief(now=self.PART_LIMIT + MINUTE)
        assert titles(read_brief(brief).not_live) == ["late", "parts"]
        assert (brief.limit_at, brief.ready_at) == (LIMIT, BRIEFED)
        assert make_due_briefs(now=self.PART_LIMIT + 2 * MINUTE) == []

    def test_a_brief_is_made_for_a_part_that_may_follow_by_a_day_until_a_day_after_its_own_limit(self, series):
        release = release_with_a_part_that_may_follow(series, "parts", minutes=1440)
        part_limit = LIMIT + timedelta(days=1)
        part_not_live(release, at=part_limit, every=10 * MINUTE)
        assert make_due_briefs(now=part_limit + timedelta(days=1)) == []
        assert make_due_briefs(now=part_limit + 4 * SECOND) == []
        brief = make_brief(now=part_limit + 5 * SECOND)
        assert (brief.due_at, brief.limit_at, brief.made_at) == (SEED_DUE, part_limit, part_limit + 5 * SECOND)
        assert titles(read_brief(brief).not_live) == ["parts"]
        assert make_due_briefs(now=part_limit + 6 * SECOND) == []

    def test_a_failure_of_more_than_a_day_ago_does_not_make_the_brief_of_a_later_one_late(self, series):
        due_release(series, "late", "not_live")
        part_limit = LIMIT + timedelta(days=1)
        other = release_with_a_part_that_may_follow(series, "parts", minutes=1440)
        part_not_live(other, at=part_limit, every=10 * MINUTE)
        brief = make_brief(now=part_limit + 5 * SECOND)
        assert brief.limit_at == part_limit
        assert not read_brief(brief).is_late

    def test_a_release_with_a_longer_tolerance_is_a_later_failure_too(self, series):
        due_release(series, "late", "not_live")
        first = make_brief()
        limit = SEED_DUE + 170 * SECOND
        longer = SeriesFactory(producer=series.producer, tolerance_seconds=170)
        release = due_release(longer, "longer")
        create_observations(release, *["not_live"] * 6, start=LIMIT, every=10 * SECOND)
        judge.judge_one(release, now=limit + SECOND)
        assert make_brief(now=limit + 5 * SECOND).pk == first.pk
        assert make_due_briefs(now=limit + 6 * SECOND) == []

    def test_two_processes_update_a_brief_once(self, series, monkeypatch):
        due_release(series, "late", "not_live")
        other = release_with_a_part_that_may_follow(series, "parts")
        make_brief()
        part_not_live(other, at=self.PART_LIMIT)
        find_exemptions, found = minute_briefs.find_exemptions, []

        def be_overtaken(verdicts):
            monkeypatch.undo()
            found.append(make_brief(now=self.PART_LIMIT + 5 * SECOND))
            return find_exemptions(verdicts)

        monkeypatch.setattr(minute_briefs, "find_exemptions", be_overtaken)
        assert make_due_briefs(now=self.PART_LIMIT + 6 * SECOND) == []
        assert list(MinuteBrief.objects.values_list("made_at", flat=True)) == [found[0].made_at]


def test_no_brief_is_made_without_a_verdict_that_a_release_was_not_live(series):
    due_release(series, "on-time", "live")
    due_release(series, "unchecked")
    due_release(series, "unreachable", "unreachable")
    judge.judge_without_checks(now=BRIEFED + MINUTE)
    assert set(Verification.objects.values_list("outcome", flat=True)) >= {"on_time", "cannot_tell"}
    assert make_due_briefs(now=BRIEFED + MINUTE) == []


def test_the_brief_has_what_was_live_what_was_not_and_what_is_not_known(series):
    due_release(series, "late", "not_live")
    due_release(series, "on-time", "live")
    due_release(series, "unchecked")
    due_release(series, "unreachable", "unreachable")
    read = read_brief(make_brief())
    assert titles(read.not_live) == ["late"]
    assert titles(read.live) == ["on-time"]
    assert titles(read.not_known) == ["unchecked", "unreachable"]
    assert (read.brief.due, read.brief.were_not_live, read.brief.is_open) == (4, 1, True)


def test_the_brief_has_the_time_at_which_the_release_was_found_live(series):
    release = due_release(series, "late", "not_live")
    brief = make_brief()
    found_live(release, at=BRIEFED + 7 * MINUTE)
    read = read_brief(brief)
    assert titles(read.live_now) == ["late"]
    assert not read.brief.is_open
    assert read.brief.live_at == Verification.objects.get().first_live_at


def test_a_release_found_early_is_never_in_a_brief_published_or_not(series):
    late = due_release(series, "late", "not_live")
    for slug, since in (("early-and-gone", "not_live"), ("early", "live")):
        release = due_release(series, slug)
        page = release.addresses.get()
        create_observation(page, "live", at=SEED_DUE - 4 * SECOND)
        create_observation(page, "live", at=SEED_DUE - 3 * SECOND)
        create_observation(page, since, at=SEED_DUE + SECOND)
        create_observation(page, since, at=LIMIT)
        judge.judge_one(release, now=BRIEFED)
    assert Verification.objects.filter(outcome=Outcome.EARLY).count() == 2
    read = read_brief(make_brief())
    assert titles(read.lines) == [late.reference]
    assert read.brief.hosts == ()
    assert make_due_briefs(now=BRIEFED) == []


def test_an_early_release_alone_makes_no_brief(series):
    release = due_release(series, "early-and-gone")
    page = release.addresses.get()
    for seconds in (-4, -3):
        create_observation(page, "live", at=SEED_DUE + seconds * SECOND)
    create_observation(page, "not_live", at=LIMIT)
    judge.judge_one(release, now=BRIEFED)
    assert make_due_briefs(now=BRIEFED) == []


def test_the_figures_of_a_host_count_announced_releases_of_other_producers_only(series):
    due_release(series, "late", "not_live")
    other = SeriesFactory()
    due_release(other, "other-late", "not_live")
    due_release(other, "other-on-time", "live")
    due_release(other, "other-unchecked")
    due_release(other, "other-host", "not_live", host="elsewhere.example.gov.uk")
    due_release(other, "not-announced", "not_live", announced=False, confirmed=True)
    due_release(other, "rehearsed", "not_live", announced=False, confirmed=True, rehearsal=True)
    make_due_briefs(now=BRIEFED)
    read = read_brief(MinuteBrief.objects.get(producer=series.producer))
    (count,) = read.brief.hosts
    assert (count.host, count.due, count.not_live, count.not_known) == ("www.example.gov.uk", 4, 2, 1)
    assert titles(read.lines) == ["late"]


@pytest.mark.parametrize("before", [(-4, -3), (-4,), ()], ids=["early", "found live once", "clean"])
class TestReleasesOfOtherProducersFoundBefore:
    """The figures of a host have as many releases as the public calendar, and are the same as if nothing was early."""

    def read_figures(self, series, before, *results, start=LIMIT):
        """The releases that were due, not live and not known, and the other release."""
        due_release(series, "late", "not_live")
        other = due_release(SeriesFactory(), "other")
        for seconds in before:
            create_observation(other.addresses.get(), "live", at=SEED_DUE + seconds * SECOND)
        create_observations(other, *results, start=start)
        judge.judge_one(other, now=BRIEFED)
        assert (Verification.objects.get(release=other).outcome == Outcome.EARLY) == (len(before) > 1)
        make_due_briefs(now=BRIEFED)
        (count,) = read_brief(MinuteBrief.objects.get(producer=series.producer)).brief.hosts
        other.refresh_from_db()
        return (count.due, count.not_live, count.not_known), other

    def test_one_without_a_check_since_its_due_time_counts_as_not_known(self, series, before):
        figures, other = self.read_figures(series, before)
        assert (figures, other.status) == ((2, 1, 1), "confirmed")

    def test_one_that_was_gone_at_the_limit_counts_as_not_live(self, series, before):
        figures, other = self.read_figures(series, before, "not_live")
        assert (figures, other.status) == ((2, 2, 0), "confirmed")

    def test_one_that_was_published_at_its_due_time_counts_as_live(self, series, before):
        figures, other = self.read_figures(series, before, "live", start=SEED_DUE + SECOND)
        assert (figures, other.status) == ((2, 1, 0), "published")


def test_a_rehearsal_has_its_own_brief_and_counts_nothing_else(series):
    due_release(series, "late", "not_live")
    due_release(series, "rehearsed", "not_live", announced=False, confirmed=True, rehearsal=True)
    briefs = make_due_briefs(now=BRIEFED)
    assert {brief.rehearsal: titles(read_brief(brief).lines) for brief in briefs} == {
        False: ["late"],
        True: ["rehearsed"],
    }
    assert all(read_brief(brief).brief.hosts == () for brief in briefs)


def test_an_exempted_release_makes_no_brief(office, series):
    exemption = Exemption(
        producer=office.producer,
        reference="EX 1",
        words="Planned maintenance.",
        approved_on=date(2020, 6, 1),
        covers_from=date(2020, 6, 1),
        covers_to=date(2020, 6, 30),
        covers_late=True,
    )
    exemptions.record_exemption(exemption, by=office.head, at=SEED_DUE - timedelta(days=7))
    due_release(series, "late", "not_live")
    assert make_due_briefs(now=BRIEFED) == []


def test_a_brief_that_our_own_process_made_late_says_so_and_one_of_a_late_result_does_not(series):
    release = due_release(series, "late", "not_live")
    late = make_brief(now=BRIEFED + 20 * MINUTE)
    assert late.ready_at == BRIEFED
    assert read_brief(late).is_late
    MinuteBrief.objects.all().delete()
    Verification.objects.filter(release=release).update(outcome=Outcome.PENDING, revision=0)
    Verification.objects.all().update(decided_at=None)
    judge.judge_one(release, now=BRIEFED + 20 * MINUTE)
    assert make_brief(now=BRIEFED + 20 * MINUTE + SECOND)
    assert make_due_briefs(now=SEED_DUE + timedelta(days=2)) == []


def test_only_people_who_may_know_of_early_releases_read_a_brief(office, series, subtests):
    due_release(series, "late", "not_live")
    brief = make_brief()
    for role, person in office.people.items():
        with subtests.test(str(role)):
            may = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
            assert minute_briefs.briefs_known_to(person).filter(pk=brief.pk).exists() == may
    assert not minute_briefs.briefs_known_to(UserFactory(is_superuser=True)).exists()


def test_a_release_that_was_moved_or_cancelled_since_is_no_longer_expected(office, series):
    release = due_release(series, "late", "not_live")
    brief = make_brief()
    scheduling.cancel_release(release, reason="It will not come.", by=office.head, at=BRIEFED + MINUTE)
    read = read_brief(brief)
    assert (titles(read.not_live), read.not_live[0].is_over, read.brief.is_open) == (["late"], True, False)
    assert Release.objects.get().status == "cancelled"
    assert since_sentence(read) == "It was moved or cancelled, so it is no longer expected."


def test_the_brief_says_what_happened_to_each_release_that_was_not_live(office, series):
    live, *others = (due_release(series, name, "not_live") for name in ("live", "cancelled", "cancelled-too"))
    brief = make_brief()
    for release in others:
        assert since_sentence(read_brief(brief)) == ""
        scheduling.cancel_release(release, reason="It will not come.", by=office.head, at=BRIEFED + MINUTE)
    assert since_sentence(read_brief(brief)) == ""
    found_live(live, at=BRIEFED + 7 * MINUTE)
    assert since_sentence(read_brief(brief)) == (
        "Some of these releases are complete now. The rest were moved or cancelled."
    )

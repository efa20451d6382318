"""Moves, statements and comparisons of a release that was found early: none shows what was found (decision 73)."""

from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.db.models import Q
from django.test import RequestFactory

from breaches import drafting, early_releases
from breaches.models import Report, Suspicion
from breaches.versions import current_version
from releases import announcements, check_history, judge, scheduling, statements
from releases.early_findings import find_withheld, listed_preflights, without_early_events, without_early_findings
from releases.evidence import embargo, repository
from releases.evidence.embargo import Withheld
from releases.models import Address, Comparison, PreflightRun, Release, ReleaseEvent, StoredBody, Verification
from releases.rules.calendar import slot_at
from releases.rules.canonical import sha256_hex
from releases.rules.departure import SlotRefused
from releases.rules.lifecycle import EVERY_ROLE, LEADS, Role, Status
from releases.verdict.address import Outcome
from tests.support.early_release import (
    FOUND_AT,
    PAGE_SHA256,
    add_checks,
    create_early_release,
    create_release,
    move_to_quarter_past,
    publish,
)
from tests.support.factories import SEED_DUE
from tests.support.observations import create_observation
from tests.support.people import create_office
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = FOUND_AT + timedelta(minutes=1)


@shared_fixture
def early():
    return create_early_release()


def move(early, to, *, at=NOW):
    release = Release.objects.select_related("series__producer").get(pk=early.release.pk)
    return scheduling.change_date(release, to=slot_at(to), reason="Checked again.", by=early.office.head, at=at)


def body_of(release, person, now=NOW):
    (entry,) = {
        entry.sha256: entry
        for entry in embargo.stored_bodies(release, by=person, now=now)
        if entry.sha256 == PAGE_SHA256
    }.values()
    return entry


class TestAnotherDate:
    @pytest.mark.parametrize("days", [-1, 7], ids=["a past day", "a later day"])
    def test_to_move_it_opens_nothing_to_others_and_keeps_the_verdict(self, early, days):
        to = SEED_DUE + timedelta(days=days)
        # Earlier versions moved it to a past day too, so there may be such releases. Only a wrong clock does so now.
        release = move(early, to, at=min(NOW, to - timedelta(minutes=1)))
        judge.judge_without_checks(now=NOW)
        body = body_of(release, early.office.statistician)
        assert body.sealed
        assert not body.readable
        assert body_of(release, early.office.head).readable
        assert repository.find_hashes_before_due(release) == [PAGE_SHA256]
        record = check_history.release_record_of(release, by=early.office.statistician, now=NOW)
        assert record.found_before_due == [PAGE_SHA256]
        assert Verification.objects.get(release=release, schedule_version=1).outcome == Outcome.EARLY
        assert not Report.objects.listed().exists()

    def test_it_is_not_moved_to_a_past_day(self, early):
        with pytest.raises(SlotRefused, match="29 June 2020 9:30am has passed"):
            move(early, SEED_DUE - timedelta(days=1))
        assert Release.objects.get(pk=early.release.pk).schedule_version == 1

    def test_released_on_time_on_its_new_date_it_was_still_found_early(self, early):
        due_at = SEED_DUE + timedelta(days=7)
        release = move(early, due_at)
        week = 7 * 24 * 3600
        add_checks(release, ("not_live", week - 60), *(("live", week + at) for at in range(0, 125, 5)))
        drafting.draft_missing(now=due_at + timedelta(minutes=3))
        release.refresh_from_db()
        assert release.status == Status.PUBLISHED
        outcomes = dict(Verification.objects.filter(release=release).values_list("schedule_version", "outcome"))
        assert outcomes == {1: Outcome.EARLY, 2: Outcome.ON_TIME}
        assert [one.kind for one in Suspicion.objects.all()] == ["early"]
        assert Report.objects.listed().get().kind == "early"

    def test_released_at_once_while_it_is_still_there_it_stays_sealed_until_a_person_says_when(self, early):
        """No check proves that the page is the release, because no check under the new date found it missing."""
        release = move_to_quarter_past(early)
        add_checks(release, *(("live", at) for at in range(-960, -775, 5)))
        now = SEED_DUE - timedelta(minutes=10)
        release.refresh_from_db()
        assert release.status == Status.CONFIRMED
        assert body_of(release, early.office.statistician, now).sealed
        statements.record_live_time(release, live_at=now - timedelta(minutes=5), by=early.office.head, at=now)
        release.refresh_from_db()
        assert (release.status, release.published_at) == (Status.PUBLISHED, now - timedelta(minutes=5))
        assert not body_of(release, early.office.statistician, now).sealed
        assert Verification.objects.get(release=release, schedule_version=1).outcome == Outcome.EARLY
        assert Report.objects.listed().get().kind == "early"

    def test_released_at_once_after_it_was_removed_the_checks_publish_it(self, early):
        release = move_to_quarter_past(early)
        add_checks(release, ("not_live", -960), *(("live", at) for at in range(-900, -775, 5)))
        release.refresh_from_db()
        assert release.status == Status.PUBLISHED
        outcomes = dict(Verification.objects.filter(release=release).values_list("schedule_version", "outcome"))
        assert outcomes == {1: Outcome.EARLY, 2: Outcome.ON_TIME}


@pytest.mark.parametrize("state", ["not_stored", "pruned"])
def test_a_body_that_is_not_stored_is_sealed_like_a_stored_one_and_read_by_no_one(early, state):
    StoredBody.objects.filter(sha256=PAGE_SHA256).update(state=state, body=None)
    for person in (early.office.statistician, early.office.head):
        body = body_of(early.release, person)
        assert (body.sealed, body.readable, body.state) == (True, False, state)
    with pytest.raises(embargo.NoSuchBody):
        embargo.open_body(early.release, PAGE_SHA256, by=early.office.head, at=NOW, how=embargo.How.SOURCE)


class TestStatement:
    def test_that_it_was_live_before_it_was_due_publishes_nothing(self, early):
        now = SEED_DUE + timedelta(minutes=10)
        add_checks(early.release, *(("not_live", at) for at in range(0, 125, 5)))
        release = Release.objects.select_related("series__producer").get(pk=early.release.pk)
        live_at = SEED_DUE - timedelta(minutes=20)
        statements.record_live_time(release, live_at=live_at, by=early.office.statistician, at=now)
        release.refresh_from_db()
        assert release.status == Status.CONFIRMED
        assert body_of(release, early.office.statistician, now).sealed

    def test_that_it_was_live_from_the_due_time_on_publishes_it(self, early):
        now = SEED_DUE + timedelta(minutes=10)
        release = Release.objects.select_related("series__producer").get(pk=early.release.pk)
        statements.record_live_time(release, live_at=SEED_DUE, by=early.office.statistician, at=now)
        release.refresh_from_db()
        assert release.status == Status.PUBLISHED


class TestOneLiveCheck:
    """A single live check before the due time: no verdict, and yet nothing that others may know."""

    @pytest.fixture
    def office(self):
        return create_office()

    @pytest.fixture
    def once(self, office):
        release = create_release(office)
        add_checks(release, ("live", -1200))
        return release

    def test_a_preflight_that_found_it_is_not_listed_and_one_before_it_is(self, once):
        codes = ((25, "no_responsible"), (19, "live_already"), (18, "announcement_leads_on"))
        for minutes, code in codes:
            PreflightRun.objects.create(
                release=once,
                schedule_version=1,
                asked_at=NOW,
                done_at=SEED_DUE - timedelta(minutes=minutes),
                problems=1,
                findings=[{"code": code, "address": None, "facts": {}}],
            )
        assert [run.findings[0]["code"] for run in listed_preflights()] == ["no_responsible"]
        Release.objects.update(status="published")
        assert listed_preflights().count() == 3

    def test_a_draft_about_a_release_that_was_not_there_does_not_tell_of_it_before_it_is_published(self, once):
        add_checks(once, ("not_live", -600), *(("not_live", at) for at in range(0, 125, 5)))
        drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
        report = Report.objects.get()
        assert report.kind == "late"
        assert "once" not in current_version(report).content["circumstances"]
        assert "9:10" not in str(current_version(report).content)

    def test_others_do_not_read_of_a_page_that_disappeared_until_the_release_is_published(self, office, once):
        add_checks(once, ("not_live", -600))
        assert self.find_readers(office, once, kind="gone_again") == LEADS
        add_checks(once, *(("live", at) for at in range(0, 125, 5)))
        assert self.find_readers(office, once, kind="gone_again") == EVERY_ROLE

    def test_others_do_not_read_an_interval_that_ends_before_the_due_time(self, office, once):
        judge.judge_one(once, now=SEED_DUE + timedelta(minutes=10))
        (event,) = ReleaseEvent.objects.filter(release=once, kind="judged")
        assert event.facts["outcome"] == ["pending", "cannot_tell"]
        assert event.facts["delay_seconds"][1] < 0
        assert self.find_readers(office, once, kind="judged") == LEADS

    def test_others_read_that_it_was_not_there_when_it_was_due(self, office, once):
        add_checks(once, ("not_live", -600), *(("not_live", at) for at in range(0, 125, 5)))
        (event,) = ReleaseEvent.objects.filter(release=once, kind="judged")
        assert event.facts["outcome"] == ["pending", "not_seen"]
        assert event.facts["delay_seconds"][1] is None
        assert self.find_readers(office, once, kind="judged") == EVERY_ROLE

    @pytest.fixture
    def with_file(self, office):
        """A release with a file that is not required, which was live twice before the due time and then disappeared."""
        release = create_release(office)
        file = Address.objects.create(
            release=release,
            url="https://www.example.gov.uk/zephyrine.ods",
            role="attachment",
            required=False,
            added_at=release.recorded_at,
        )
        for minutes, result in ((25, "not_live"), (20, "live"), (19, "live"), (15, "not_live"), (14, "live")):
            create_observation(file, result, at=SEED_DUE - timedelta(minutes=minutes))
        assert judge.judge_one(release, now=SEED_DUE - timedelta(minutes=13)).outcome == Outcome.PENDING
        return release

    @pytest.mark.parametrize("kind", ["gone_again", "back_again"])
    def test_others_do_not_read_that_a_file_that_is_not_required_disappeared(self, office, with_file, kind):
        assert self.find_readers(office, with_file, kind=kind) == LEADS

    @pytest.mark.parametrize("name", ["once", "with_file"])
    def test_others_do_not_open_the_release_check_until_the_release_is_published(self, office, name, request):
        release = request.getfixturevalue(name)
        add_checks(release, ("not_live", -600), *(("not_live", at) for at in range(0, 125, 5)))
        verification = Verification.objects.get(release=release)
        assert (verification.outcome, verification.first_live_at) == (Outcome.NOT_SEEN, None)
        assert self.find_readers_of_check(office, verification) == LEADS
        Release.objects.update(status="published")
        assert self.find_readers_of_check(office, verification) == EVERY_ROLE

    def test_others_open_the_release_check_if_nothing_was_live_before_the_due_time(self, office):
        release = create_release(office)
        add_checks(release, *(("not_live", at) for at in range(0, 125, 5)))
        assert self.find_readers_of_check(office, Verification.objects.get(release=release)) == EVERY_ROLE

    def find_readers_of_check(self, office, verification):
        """Return the roles whose people can open a verdict in the admin site, if they may use it."""
        found = set()
        for role, person in office.people.items():
            request = RequestFactory().get("/")
            request.user = person
            if site.get_model_admin(Verification).get_queryset(request).filter(pk=verification.pk):
                found.add(role)
        return found

    def find_readers(self, office, release, *, kind):
        """Return the roles whose people are shown the only event of a kind."""
        event = ReleaseEvent.objects.get(release=release, kind=kind)
        return {
            role
            for role, person in office.people.items()
            if without_early_events(ReleaseEvent.objects.all(), person).filter(pk=event.pk)
        }


class TestComparisonWithTheAnnouncement:
    def test_a_difference_that_was_listed_stays_and_the_announcement_is_not_compared_again(self):
        office = create_office()
        release = create_release(office)
        url = "https://www.gov.uk/government/statistics/announcements/zephyrine"
        announcement = Address.objects.create(
            release=release, url=url, role="announcement", adapter="govuk", required=False, added_at=release.recorded_at
        )
        Comparison.objects.create(
            address=announcement,
            url=url,
            tried_at=FOUND_AT - timedelta(days=1),
            read_at=FOUND_AT - timedelta(days=1),
            missing="not_found",
            differs=True,
            told=[["not_found", ""]],
        )
        at = SEED_DUE.time()
        assert announcements.due_comparisons(at=at, now=NOW).exists()
        add_checks(release, ("live", -1200), ("live", -1185))
        assert not announcements.due_comparisons(at=at, now=NOW).exists()


@pytest.mark.parametrize(
    ("result", "minutes"),
    [("unrecognised", -18), ("unrecognised", 1), ("not_live", 1)],
    ids=["before the due time", "after it", "in a page that a check found not live"],
)
def test_others_do_not_read_that_a_person_recognised_a_text_from_before_the_due_time(result, minutes):
    office = create_office()
    release = create_release(office)
    identify_early_text(office, release, "this_is_it", at=SEED_DUE + timedelta(minutes=minutes), result=result)
    assert Verification.objects.get(release=release).outcome == Outcome.EARLY
    now = SEED_DUE + timedelta(minutes=2)
    for person, shown in ((office.statistician, 0), (office.head, 1)):
        record = check_history.release_record_of(release, by=person, now=now)
        assert len(record.statements) == shown
        assert len([run for address in record.addresses for run in address.runs if run.said]) == shown


def test_others_do_not_read_that_a_text_was_recognised_once_the_answer_was_corrected():
    office = create_office()
    release = create_release(office)
    identify_early_text(office, release, "this_is_it", at=FOUND_AT)
    identify_early_text(office, release, "not_it", at=NOW)
    assert Verification.objects.get(release=release).outcome == Outcome.PENDING
    events = ReleaseEvent.objects.filter(release=release)
    for person, outcomes, said in (
        (office.statistician, [], ["not_it"]),
        (office.head, [["pending", "early"], ["early", "pending"]], ["this_is_it", "not_it"]),
    ):
        shown = without_early_events(events, person).order_by("position")
        assert [event.facts["outcome"] for event in shown if event.kind == "judged"] == outcomes
        assert [event.facts["said"] for event in shown if event.kind == "stated"] == said
        left_out = find_withheld(person, release)
        assert set(events.exclude(pk__in=left_out.events)) == set(shown)
        assert len(left_out.statements) == 2 - len(said)
        assert left_out.screenshots == (person == office.statistician)
    add_checks(release, *(("live", at) for at in range(0, 125, 5)))
    assert set(without_early_events(events, office.statistician)) == set(events.all())
    assert find_withheld(office.statistician, Release.objects.get()) == Withheld()


def test_others_do_not_read_a_decision_or_a_disappearance_from_before_the_answer_was_corrected():
    office = create_office()
    release = create_release(office)
    identify_early_text(office, release, "this_is_it", at=FOUND_AT)
    create_observation(release.addresses.get(role="page"), "not_live", at=SEED_DUE - timedelta(minutes=15))
    judge.judge_one(release, now=FOUND_AT)
    drafting.draft_missing(now=FOUND_AT)
    early_releases.record_decision(
        Suspicion.objects.get(), early_releases.Choice.TAKE_DOWN, by=office.head, at=FOUND_AT, seen=0
    )
    identify_early_text(office, release, "not_it", at=NOW)
    events = ReleaseEvent.objects.filter(release=release)
    kinds = {"gone_again", "early_release_decided"}
    assert kinds <= set(events.values_list("kind", flat=True))
    assert kinds <= set(without_early_events(events, office.head).values_list("kind", flat=True))
    assert not kinds & set(without_early_events(events, office.statistician).values_list("kind", flat=True))


def identify_early_text(office, release, kind, *, at, result="unrecognised"):
    """Let a lead say what two checks from before the due time found, and store these if they are not."""
    page = release.addresses.get(role="page")
    text = sha256_hex(b"new")
    if not repository.has_seen_text(page, release, text):
        for minutes in (20, 19):
            create_observation(page, result, at=SEED_DUE - timedelta(minutes=minutes), text="new")
    last = release.statements.in_order().last()
    statements.record_text_statement(
        release, page, kind, text_digest=text, by=office.head, at=at, seen=last and last.pk
    )


def test_a_statement_that_it_was_live_early_is_read_by_its_author_and_by_those_who_may_know():
    office = create_office()
    release = create_release(office)
    now = SEED_DUE + timedelta(minutes=30)
    live_at = SEED_DUE - timedelta(minutes=20)
    statements.record_live_time(release, live_at=live_at, by=office.statistician, at=now)
    read_by = {
        role
        for role, person in office.people.items()
        if check_history.release_record_of(release, by=person, now=now).statements
    }
    assert read_by == {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def test_only_rows_since_it_was_found_are_left_out(early):
    events = ReleaseEvent.objects.filter(release=early.release)
    found_at = Verification.objects.get().occurred_at
    shown = without_early_findings(events, early.office.statistician, at="at")
    assert set(shown) == set(events.filter(at__lt=found_at))
    assert events.filter(~Q(pk__in=shown.values("pk"))).exists()
    assert set(without_early_findings(events, early.office.head, at="at")) == set(events)
    publish(early)
    assert set(without_early_findings(events, early.office.statistician, at="at")) == set(events.all())

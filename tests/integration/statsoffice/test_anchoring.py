"""When an anchor is made, and the time stamp by a real authority on loopback."""

import socket
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from breaches.models import ReportEvent
from breaches.rules.lifecycle import ReportStatus
from releases.evidence import anchors
from releases.models import Anchor, ReleaseEvent, RollCall, TimeStamp, TimeStampRequest
from releases.models.event import record_event
from releases.rules.anchor import merkle_root
from statsoffice import anchors as statsoffice_anchors
from statsoffice import jobs
from statsoffice.anchors import CHAINS
from tests.integration.releases.evidence.test_append_only import tamper
from tests.integration.tampering.verifying import findings
from tests.servers.time_stamp_authority import Authority, found_authority, time_stamp_authority
from tests.support.concurrency import are_done_at_once
from tests.support.factories import ReleaseFactory, rolled_back
from tests.support.people import approve, create_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)  # a Tuesday, 9:30am in London
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def stamping(authority: Authority, settings):
    settings.TIMESTAMP_AUTHORITY = authority.address
    settings.TIMESTAMP_CERTIFICATES = authority.certificates
    authority.queries.clear()
    yield authority
    authority.answer = (200, "application/timestamp-reply", None)


@shared_fixture
def release():
    return ReleaseFactory()


def made():
    return [(anchor.position, anchor.why) for anchor in Anchor.objects.all()]


class TestDue:
    def test_nothing_is_combined_while_there_is_no_record(self):
        assert statsoffice_anchors.make_due(now=MORNING) is None

    def test_one_anchor_a_day_in_london(self, release):
        for now in (MORNING, MORNING + HOUR, MORNING + timedelta(hours=14, minutes=29)):
            statsoffice_anchors.make_due(now=now)
        assert made() == [(1, "daily")]
        statsoffice_anchors.make_due(now=MORNING + timedelta(hours=14, minutes=30))
        assert made() == [(1, "daily"), (2, "daily")]

    def test_one_after_an_approval(self, office):
        report = create_report(office, ReportStatus.WITH_HOP)
        statsoffice_anchors.make_due(now=MORNING)
        assert statsoffice_anchors.make_due(now=MORNING + HOUR) is None
        approve(report, office)
        statsoffice_anchors.make_due(now=MORNING + HOUR)
        statsoffice_anchors.make_due(now=MORNING + HOUR)
        assert made() == [(1, "daily"), (2, "approval")]
        approval = ReportEvent.objects.get(kind="approved")
        assert Anchor.objects.get(position=2).heads["breaches.event"][0] >= approval.position

    def test_one_for_a_morning_of_all_producers_once_its_roll_calls_are_over(self, release):
        statsoffice_anchors.make_due(now=MORNING - HOUR)
        called_at = MORNING + timedelta(minutes=3)
        RollCall.objects.create(
            producer=release.series.producer, day=MORNING, due=1, live=1, not_live=0, cannot_tell=0, called_at=called_at
        )
        for minutes in (4, 10, 11):
            statsoffice_anchors.make_due(now=MORNING + timedelta(minutes=minutes))
        assert [(anchor.why, anchor.made_at - MORNING) for anchor in Anchor.objects.all()] == [
            ("daily", -HOUR),
            ("morning", timedelta(minutes=10)),
        ]

    def test_an_anchor_combines_the_heads_of_all_chains_and_the_rows_since_the_last_one(self, release):
        first = statsoffice_anchors.make_due(now=MORNING)
        record_event(release, "again", at=MORNING)
        record_event(release, "and again", at=MORNING)
        second = statsoffice_anchors.make_due(now=MORNING + DAY)
        assert set(first.heads) == {"releases.event", "releases.row"}
        assert set(second.heads) == {"releases.event", "releases.row", "releases.anchor"}
        assert second.heads["releases.event"][:3] == [3, ReleaseEvent.objects.get(position=3).row_hash, 2]
        assert second.heads["releases.row"][2] == second.heads["releases.row"][0] + 1  # nothing was added
        assert second.heads["releases.anchor"][:2] == [1, first.row_hash]
        assert merkle_root(second.combined()) == second.root

    def test_a_process_that_was_overtaken_before_it_reads_the_heads_makes_none(self, release, monkeypatch):
        find = statsoffice_anchors._why_due

        def find_and_be_overtaken(last, now):
            why = find(last, now)
            assert anchors.make_anchor(CHAINS, why=why, at=now, with_timestamp=False)
            return why

        monkeypatch.setattr(statsoffice_anchors, "_why_due", find_and_be_overtaken)
        assert statsoffice_anchors.make_due(now=MORNING) is None
        assert made() == [(1, "daily")]

    def test_of_two_processes_one_makes_it(self, release, monkeypatch):
        """The second reads the heads before the first has written its anchor."""
        read = anchors._heads

        def read_and_be_overtaken(*arguments, **named):
            found = list(read(*arguments, **named))
            monkeypatch.setattr(anchors, "_heads", read)
            assert anchors.make_anchor(CHAINS, why=Anchor.Why.DAILY, at=MORNING, with_timestamp=False)
            return found

        monkeypatch.setattr(anchors, "_heads", read_and_be_overtaken)
        assert statsoffice_anchors.make_due(now=MORNING) is None
        assert made() == [(1, "daily")]


class TestTimeStamps:
    def test_the_job_has_an_anchor_stamped_once(self, release, stamping):
        before = timezone.now().replace(microsecond=0)
        jobs.anchor()
        jobs.anchor()
        stamp = TimeStamp.objects.get()
        assert (stamp.anchor, stamp.authority, len(stamping.queries)) == (Anchor.objects.get(), stamping.address, 1)
        assert before <= stamp.stamped_at <= timezone.now()
        assert not TimeStampRequest.objects.exists()
        assert findings() == ""

    def test_no_authority_is_asked_within_a_transaction(self, release, stamping, monkeypatch):
        outer = len(connection.savepoint_ids)
        within = []
        ask = statsoffice_anchors.send_timestamp_query
        monkeypatch.setattr(
            statsoffice_anchors,
            "send_timestamp_query",
            lambda *arguments: within.append(len(connection.savepoint_ids) - outer) or ask(*arguments),
        )
        jobs.anchor()
        assert within == [0]

    def test_without_an_authority_there_is_an_anchor_and_no_request(self, release):
        jobs.anchor()
        assert (Anchor.objects.count(), TimeStampRequest.objects.count(), findings()) == (1, 0, "")

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ((503, "text/plain", b"later"), "The authority answered with status 503."),
            ((200, "text/html", b"<p>Sign in"), "The authority answered with something other than a time-stamp reply."),
            ((200, "application/timestamp-reply", b"0"), "The response of the authority is not a valid time stamp"),
            ((200, "application/timestamp-reply", b"x" * 300_000), "The response of the authority is too long"),
        ],
        ids=["unavailable", "a page", "not a reply", "too long"],
    )
    def test_a_missing_answer_leaves_its_reason_and_is_asked_for_again(self, release, stamping, answer, reason):
        stamping.answer = answer
        now = timezone.now()
        statsoffice_anchors.make_due(now=now)
        statsoffice_anchors.stamp_anchors(now=now)
        request = TimeStampRequest.objects.get()
        assert request.last_error.startswith(reason)
        assert (request.attempts, request.due_at) == (1, now + timedelta(seconds=30))
        stamping.answer = (200, "application/timestamp-reply", None)
        statsoffice_anchors.stamp_anchors(now=now + timedelta(seconds=29))
        assert not TimeStamp.objects.exists()
        statsoffice_anchors.stamp_anchors(now=now + timedelta(seconds=30))
        assert TimeStamp.objects.count() == 1

    def test_an_authority_that_is_away_prevents_no_anchor_and_is_asked_less_and_less_often(
        self, release, settings, authority
    ):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.TIMESTAMP_AUTHORITY = f"http://127.0.0.1:{unused.getsockname()[1]}"
            settings.TIMESTAMP_CERTIFICATES = authority.certificates
            waits, now = [], MORNING
            assert statsoffice_anchors.make_due(now=now)
            for _ in range(12):
                statsoffice_anchors.stamp_anchors(now=now)
                request = TimeStampRequest.objects.get()
                waits.append((request.due_at - now).total_seconds())
                now = request.due_at
        assert request.last_error == "The authority cannot be reached: ConnectionError."
        assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400, 14400]

    def test_an_old_anchor_is_not_asked_about_any_more(self, release, stamping):
        statsoffice_anchors.make_due(now=MORNING)
        statsoffice_anchors.stamp_anchors(now=MORNING + 7 * DAY)
        assert stamping.queries == []

    def test_a_request_that_another_process_has_claimed_is_left_to_it(self, release, stamping, monkeypatch):
        now = timezone.now()
        statsoffice_anchors.make_due(now=now)
        ask = statsoffice_anchors.send_timestamp_query

        def ask_and_be_asked(*arguments):
            statsoffice_anchors.stamp_anchors(now=now)
            return ask(*arguments)

        monkeypatch.setattr(statsoffice_anchors, "send_timestamp_query", ask_and_be_asked)
        statsoffice_anchors.stamp_anchors(now=now)
        assert (len(stamping.queries), TimeStamp.objects.count()) == (1, 1)

    def test_a_time_stamp_of_another_authority_is_not_stored(self, release, stamping, settings, tmp_path):
        settings.TIMESTAMP_CERTIFICATES = found_authority(tmp_path / "other").certificates
        jobs.anchor()
        assert "not a valid time stamp" in TimeStampRequest.objects.get().last_error
        assert not TimeStamp.objects.exists()

    def test_a_reply_to_another_query_is_not_stored(self, release, stamping):
        jobs.anchor()
        (query,) = stamping.queries
        stamping.answer = (200, "application/timestamp-reply", stamping.reply(query))
        now = timezone.now()
        anchors.make_anchor(CHAINS, why=Anchor.Why.DAILY, at=now, with_timestamp=True)
        statsoffice_anchors.stamp_anchors(now=now)
        assert TimeStamp.objects.count() == 1
        assert "Nonce mismatch" in TimeStampRequest.objects.get().last_error

    def test_a_changed_byte_is_no_error_of_ours_and_changes_no_time(self, release, stamping):
        jobs.anchor()
        stamp = TimeStamp.objects.get()
        response = bytes(stamp.response)
        refused = 0
        for place in range(0, len(response), 3):
            changed = response[:place] + bytes([response[place] ^ 0x41]) + response[place + 1 :]
            try:
                read = anchors.read_stamp(changed, root=stamp.anchor.root, certificates=stamping.certificates)
            except anchors.NotStamped:
                refused += 1
            else:  # in the copy of the root certificate, which nothing uses, or in a version number
                assert read == stamp.stamped_at
        assert refused > len(response) / 5


class TestVerification:
    """Changes that the chains alone show too are in tests/integration/tampering."""

    def test_a_time_stamp_that_cannot_be_checked_is_not_passed_over(self, release, stamping, settings):
        jobs.anchor()
        settings.TIMESTAMP_CERTIFICATES = ""
        assert "STATSOFFICE_TIMESTAMP_CERTIFICATES contains no root certificate" in findings()

    def test_an_anchor_that_states_another_time_than_its_time_stamp_is_named(self, release, stamping):
        now = timezone.now()
        for made_at, found in ((now - 6 * DAY, ""), (now - 8 * DAY, "the recorded time of the anchor is")):
            with rolled_back():
                statsoffice_anchors.make_due(now=made_at)
                statsoffice_anchors.stamp_anchors(now=made_at)  # the authority stamps by the clock of today
                assert found in findings()
                assert bool(found) == bool(findings())

    def test_the_first_anchor_that_does_not_fit_is_named(self, release):
        for days in range(3):
            record_event(release, f"event {days}", at=MORNING)
            statsoffice_anchors.make_due(now=MORNING + days * DAY)
        tamper(["UPDATE releases_releaseevent SET row_hash = previous_hash WHERE position = 3"])
        assert anchors.check_anchors(CHAINS) == (
            "anchor 2 of 9:30am on 1 July 2026 does not match the record: "
            "row 3 of releases.event is not the row that this anchor covers"
        )

    def test_a_row_between_two_anchors_that_was_rewritten_without_their_heads_is_found(self, release):
        record_event(release, "again", at=MORNING)
        statsoffice_anchors.make_due(now=MORNING)
        tamper(["UPDATE releases_releaseevent SET row_hash = previous_hash WHERE position = 1"])
        assert anchors.check_anchors(CHAINS) == (
            "anchor 1 of 9:30am on 30 June 2026 does not match the record: "
            "rows 1 to 2 of releases.event are not the rows that this anchor covers"
        )


@pytest.mark.django_db(transaction=True)
def test_of_several_threads_at_once_one_makes_the_anchor_and_one_asks_the_authority(stamping):
    ReleaseFactory()
    now = timezone.now()
    are_done_at_once(*[partial(statsoffice_anchors.make_due, now=now)] * 4)
    are_done_at_once(*[partial(statsoffice_anchors.stamp_anchors, now=now)] * 4)
    assert (made(), len(stamping.queries), TimeStamp.objects.count()) == ([(1, "daily")], 1, 1)

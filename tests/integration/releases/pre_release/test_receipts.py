"""Handling receipts: which links are made and when they end, what counts as an answer, and what is evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from releases import pre_release_access, receipts, scheduling
from releases.models import (
    AccessLink,
    AccessReceipt,
    ListConfirmation,
    PhoneConfirmation,
    ReleaseEvent,
    ReleaseRowRecord,
)
from releases.permissions import NotYours
from releases.receipts import AlreadyReported, LinkUnusable, answer_link, make_due_links, token_of
from releases.rules.calendar import Precision, Slot, local_date
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role
from releases.rules.pre_release import Period, Unit
from releases.rules.receipts import Answer, Disclosure, Purpose, ReceiptStatus
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.pre_release_lists import LONG_BEFORE, MINISTER, granted, seen, someone

pytestmark = pytest.mark.django_db

ASKS_AT = SEED_DUE - timedelta(days=8, minutes=30)
OPENS = SEED_DUE - timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def asking(office):
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)


@pytest.fixture
def asked(asking, entry):
    """The entry, whose recipient has a link to confirm the terms."""
    make_due_links(now=ASKS_AT)
    receipts.record_send_time(AccessLink.objects.get().pk, at=ASKS_AT)
    return entry


def link(purpose=Purpose.TERMS, **fields):
    return AccessLink.objects.get(purpose=purpose, revoked_at=None, **fields)


def token(purpose=Purpose.TERMS, **fields):
    return token_of(link(purpose, **fields))


def status_of(entry):
    release = type(entry.release).objects.select_related("series__producer").get(pk=entry.release_id)
    return receipts.recipients_of(release)[entry.pk].status


def move(release, by, *, days, at=ASKS_AT + MINUTE):
    to = Slot(on=local_date(release.due_at) + timedelta(days=days), at=release.planned_at, precision=Precision.EXACT)
    return scheduling.change_date(release, to=to, reason="The data came late.", by=by, at=at)


class TestLinks:
    def test_nothing_is_sent_until_a_lead_of_the_producer_turns_it_on(self, office, entry):
        assert make_due_links(now=OPENS) == 0
        for role, person in office.people.items():
            if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
                continue
            with pytest.raises(NotYours):
                receipts.set_recipient_requests(office.producer, asks=True, by=person)
        with pytest.raises(NotYours):
            receipts.set_recipient_requests(office.producer, asks=True, by=UserFactory(is_superuser=True))
        receipts.set_recipient_requests(office.producer, asks=True, by=office.deputy)
        assert office.producer.history.first().history_user == office.deputy
        assert make_due_links(now=OPENS) == 1

    def test_a_repeated_run_makes_no_second_link(self, asking, entry):
        assert [make_due_links(now=ASKS_AT - MINUTE), *(make_due_links(now=ASKS_AT) for _ in range(2))] == [0, 1, 0]
        assert [make_due_links(now=OPENS - MINUTE), *(make_due_links(now=OPENS) for _ in range(2))] == [0, 1, 0]

    def test_two_links_in_force_for_one_purpose_cannot_be_stored(self, asked):
        with pytest.raises(IntegrityError):
            AccessLink.objects.create(
                entry=asked, purpose="terms", schedule_version=link().schedule_version, digest="x", made_at=ASKS_AT
            )

    @pytest.mark.parametrize("kind", ["rehearsal", "not announced", "provisional", "no address", "withdrawn"])
    def test_no_link_is_made_for(self, office, asking, kind):
        fields = {"rehearsal": {"rehearsal": True, "confirmed": True}, "not announced": {"confirmed": True}}
        given = fields.get(kind, {} if kind == "provisional" else {"announced": True})
        release = ReleaseFactory(series=SeriesFactory(producer=office.producer), **given)
        entry = granted(release, replace(MINISTER, email="") if kind == "no address" else MINISTER, by=office.head)
        if kind == "withdrawn":
            pre_release_access.withdraw_access(entry, by=office.head, at=LONG_BEFORE, expected_version=1)
        assert make_due_links(now=OPENS) == 0

    def test_a_person_who_is_added_within_the_window_gets_one_link_for_both(self, office, asking, release):
        granted(release, by=office.head, at=OPENS + MINUTE)
        assert make_due_links(now=OPENS + MINUTE) == 1
        for answer in (Answer.CONFIRMED, Answer.ACKNOWLEDGED):
            assert answer_link(token(Purpose.HANDLING), answer, at=OPENS + 2 * MINUTE)

    def test_only_the_digest_is_stored_and_the_secret_key_is_needed_for_the_token(self, asked, settings):
        stored, known = link(), token()
        assert known not in {str(value) for value in vars(stored).values()}
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
        assert token_of(stored) == known, "links that were sent before a change of the key still work"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(LinkUnusable):
            token_of(stored)
        assert receipts.find_link(known, now=ASKS_AT) == stored

    def test_a_link_gives_only_its_own_answers(self, asked):
        assert answer_link(token(), Answer.ACKNOWLEDGED, at=ASKS_AT) is None
        assert answer_link(token(), Answer.SILENT, at=ASKS_AT) is None
        assert answer_link("x", Answer.CONFIRMED, at=ASKS_AT) is None
        assert not AccessReceipt.objects.exists()

    def test_a_recipient_who_no_longer_needs_access_gets_no_link_and_is_not_counted(self, office, asked):
        answer_link(token(), Answer.NOT_NEEDED, at=ASKS_AT + MINUTE)
        assert receipts.count_due_requests(office.producer, now=OPENS).emails == 0
        assert make_due_links(now=OPENS) == 0
        with pytest.raises(MoveRefused, match="this person answered that they no longer need access"):
            receipts.renew_links(asked, by=office.statistician, at=ASKS_AT + 2 * MINUTE)
        assert receipts.find_link(token(), now=OPENS), "a disclosure can still be reported"

    def test_no_link_is_made_if_the_answer_arrives_while_it_is_being_made(self, asked, monkeypatch):
        locked = receipts.lock_release

        def answer_first(key):
            monkeypatch.undo()
            answer_link(token(), Answer.NOT_NEEDED, at=OPENS)
            return locked(key)

        monkeypatch.setattr(receipts, "lock_release", answer_first)
        assert make_due_links(now=OPENS) == 0

    @pytest.mark.parametrize("why", ["a new date", "another person", "a new entry"])
    def test_a_recipient_who_no_longer_needed_access_is_asked_again_after(self, office, asked, why):
        answer_link(token(), Answer.NOT_NEEDED, at=ASKS_AT + MINUTE)
        at, opens = ASKS_AT + 2 * MINUTE, OPENS
        if why == "a new date":
            move(asked.release, office.head, days=7, at=at)
            opens += timedelta(days=7)
        elif why == "another person":
            details = replace(asked.details, person="Another Person")
            pre_release_access.change_access(asked, details, by=office.head, at=at, expected_version=asked.version)
        else:
            pre_release_access.withdraw_access(asked, by=office.head, at=at, expected_version=asked.version)
            granted(asked.release, by=office.head, at=at)
        assert make_due_links(now=opens) == 1


class TestEnd:
    def test_a_withdrawal_ends_the_links_at_once(self, office, asked):
        old = token()
        pre_release_access.withdraw_access(asked, by=office.head, at=ASKS_AT + MINUTE, expected_version=asked.version)
        assert receipts.find_link(old, now=ASKS_AT + 2 * MINUTE) is None
        assert answer_link(old, Answer.CONFIRMED, at=ASKS_AT + 2 * MINUTE) is None

    @pytest.mark.parametrize(
        "changed", [{"person": "Another Person"}, {"email": "another@example.gov.uk"}, {"period": Period(12)}]
    )
    def test_another_person_address_or_period_ends_the_link_and_its_answers(self, office, asked, changed):
        old = token()
        answer_link(old, Answer.CONFIRMED, at=ASKS_AT)
        details = replace(asked.details, period_reason="A reason." if "period" in changed else "", **changed)
        pre_release_access.change_access(
            asked, details, by=office.head, at=ASKS_AT + MINUTE, expected_version=asked.version
        )
        assert receipts.find_link(old, now=ASKS_AT + 2 * MINUTE) is None
        assert status_of(asked) is ReceiptStatus.NOT_ASKED
        assert make_due_links(now=OPENS - MINUTE) == 1
        assert status_of(asked) is ReceiptStatus.NOT_CONFIRMED

    def test_a_corrected_post_ends_nothing(self, office, asked):
        answer_link(token(), Answer.CONFIRMED, at=ASKS_AT)
        details = replace(asked.details, post="Minister for Schools")
        pre_release_access.change_access(asked, details, by=office.head, at=ASKS_AT, expected_version=asked.version)
        assert receipts.find_link(token(), now=ASKS_AT + MINUTE)
        assert status_of(asked) is ReceiptStatus.CONFIRMED

    def test_a_new_link_ends_the_old_one_and_the_answers_count(self, office, asked):
        old = token()
        answer_link(old, Answer.CONFIRMED, at=ASKS_AT)
        assert receipts.renew_links(asked, by=office.statistician, at=ASKS_AT + MINUTE) == 1
        assert make_due_links(now=ASKS_AT + 2 * MINUTE) == 1
        assert token() != old
        assert receipts.find_link(old, now=ASKS_AT + 2 * MINUTE) is None
        assert status_of(asked) is ReceiptStatus.CONFIRMED
        with pytest.raises(NotYours):
            receipts.renew_links(asked, by=office.people[Role.AUDITOR], at=ASKS_AT)

    def test_a_later_date_moves_the_window_ends_all_links_and_asks_again(self, office, asked):
        make_due_links(now=OPENS)
        old = [token(), token(Purpose.HANDLING)]
        answer_link(old[0], Answer.CONFIRMED, at=OPENS)
        answer_link(old[1], Answer.ACKNOWLEDGED, at=OPENS)
        moved = move(asked.release, office.head, days=14, at=OPENS + MINUTE)
        assert [receipts.find_link(one, now=OPENS + 2 * MINUTE) for one in old] == [None, None]
        assert status_of(asked) is ReceiptStatus.NOT_ASKED
        again, opens = ASKS_AT + timedelta(days=14), OPENS + timedelta(days=14)
        assert [make_due_links(now=at) for at in (again - MINUTE, again, opens - MINUTE, opens)] == [0, 1, 0, 1]
        assert {one.schedule_version for one in AccessLink.objects.filter(made_at__gte=again)} == {
            moved.schedule_version
        }

    def test_an_earlier_date_opens_the_window_earlier(self, office, asked):
        old = token()
        move(asked.release, office.head, days=-5)
        opens = OPENS - timedelta(days=5)
        assert receipts.find_link(old, now=ASKS_AT + 2 * MINUTE) is None
        assert make_due_links(now=opens) == 1
        assert link(Purpose.HANDLING).made_at == opens

    def test_a_cancellation_ends_the_links(self, office, asked):
        scheduling.cancel_release(asked.release, reason="Not needed.", by=office.head, at=ASKS_AT + MINUTE)
        assert receipts.find_link(token(), now=ASKS_AT + 2 * MINUTE) is None
        assert make_due_links(now=OPENS) == 0

    def test_a_link_ends_when_the_release_is_found_live(self, asked):
        make_due_links(now=OPENS)
        known = token(Purpose.HANDLING)
        assert receipts.find_link(known, now=SEED_DUE + MINUTE), "it is late, so the terms still hold"
        scheduling.publish(asked.release, by=None, at=SEED_DUE + 2 * MINUTE, published_at=SEED_DUE + 2 * MINUTE)
        assert receipts.find_link(known, now=SEED_DUE + 2 * MINUTE) is None

    def test_no_link_works_or_is_made_before_its_time_whatever_the_clock_did(self, asked):
        make_due_links(now=OPENS)
        assert receipts.find_link(token(Purpose.HANDLING), now=OPENS - MINUTE) is None
        assert receipts.find_link(token(), now=ASKS_AT - MINUTE) is None

    def test_a_window_of_working_days_of_scotland(self, office, asking):
        series = SeriesFactory(producer=office.producer, nation="scotland")
        release = ReleaseFactory(series=series, announced=True)
        days = Period(5, Unit.WORKING_DAYS)
        granted(release, replace(MINISTER, period=days, period_reason="The usual one."), by=office.head)
        # Tuesday 30 June, so from Tuesday 23 June, asked on Tuesday 16 June.
        opens = SEED_DUE - timedelta(days=7)
        assert [make_due_links(now=at) for at in (opens - MINUTE, opens)] == [1, 1]


class TestEvidence:
    def test_each_answer_is_one_row_with_an_event_and_a_digest_and_no_name(self, asked):
        make_due_links(now=OPENS)
        answer_link(token(), Answer.CONFIRMED, at=ASKS_AT)
        for _click in range(3):
            answer_link(token(Purpose.HANDLING), Answer.ACKNOWLEDGED, at=OPENS)
        rows = list(AccessReceipt.objects.values_list("answer", "terms", "at"))
        assert rows == [("confirmed", "1:england", ASKS_AT), ("acknowledged", "", OPENS)]
        events = ReleaseEvent.objects.filter(kind__in=["pre_release_terms_confirmed", "pre_release_received"])
        assert [event.facts["post"] for event in events] == [MINISTER.post] * 2
        assert all(MINISTER.person not in str(event.facts) and event.actor is None for event in events)
        recorded = [row.digests.get("releases.accessreceipt", {}) for row in ReleaseRowRecord.objects.all()]
        assert {int(key) for one in recorded for key in one} == {*AccessReceipt.objects.values_list("pk", flat=True)}

    def test_silence_is_recorded_when_the_window_opens_and_when_the_release_is_out(self, asked):
        make_due_links(now=OPENS)
        receipts.record_send_time(link(Purpose.HANDLING).pk, at=OPENS)
        assert [receipts.record_silent(now=at) for at in (OPENS - MINUTE, OPENS, OPENS + MINUTE)] == [0, 1, 0]
        assert receipts.record_silent(now=SEED_DUE + MINUTE) == 0, "it is not out yet"
        scheduling.publish(asked.release, by=None, at=SEED_DUE + MINUTE, published_at=SEED_DUE + MINUTE)
        assert [receipts.record_silent(now=SEED_DUE + 2 * MINUTE) for _ in range(2)] == [1, 0]
        assert [(row.link.purpose, row.answer) for row in AccessReceipt.objects.all()] == [
            ("terms", "silent"),
            ("handling", "silent"),
        ]

    @pytest.mark.parametrize("why", ["not sent", "withdrawn", "cancelled", "answered", "not needed", "renewed"])
    def test_a_recipient_is_not_silent_if(self, office, asked, why):
        entry = asked
        if why == "not sent":
            AccessLink.objects.update(sent_at=None)
        elif why == "withdrawn":
            pre_release_access.withdraw_access(entry, by=office.head, at=ASKS_AT, expected_version=entry.version)
        elif why == "cancelled":
            scheduling.cancel_release(entry.release, reason="Not needed.", by=office.head, at=ASKS_AT)
        elif why == "not needed":
            answer_link(token(), Answer.NOT_NEEDED, at=ASKS_AT)
        else:
            answer_link(token(), Answer.CONFIRMED, at=ASKS_AT)
            if why == "renewed":
                receipts.renew_links(entry, by=office.head, at=ASKS_AT)
                make_due_links(now=ASKS_AT)
                receipts.record_send_time(link().pk, at=ASKS_AT)
        assert receipts.record_silent(now=OPENS) == 0

    def test_a_disclosure_has_no_event_of_the_release_because_few_people_may_know_of_it(self, asked):
        before = ReleaseEvent.objects.count()
        reported = answer_link(token(), Answer.DISCLOSURE, at=ASKS_AT, what=Disclosure.LOST)
        assert (reported.what, reported.happened_at) == ("lost", None)
        assert ReleaseEvent.objects.count() == before
        assert status_of(asked) is ReceiptStatus.NOT_CONFIRMED

    @pytest.mark.parametrize(
        "second", [{"what": Disclosure.SENT}, {"what": Disclosure.LOST, "happened_at": ASKS_AT - MINUTE}]
    )
    def test_a_second_report_that_says_something_else_is_refused_and_the_same_again_is_not(self, asked, second):
        first = answer_link(token(), Answer.DISCLOSURE, at=ASKS_AT, what=Disclosure.LOST)
        with pytest.raises(AlreadyReported):
            answer_link(token(), Answer.DISCLOSURE, at=ASKS_AT + MINUTE, **second)
        assert answer_link(token(), Answer.DISCLOSURE, at=ASKS_AT + MINUTE, what=Disclosure.LOST) == first
        assert AccessReceipt.objects.get() == first


class TestCalls:
    def test_a_call_is_a_statement_of_the_person_who_recorded_it_with_an_event_and_a_digest(self, office, asked):
        for _click in range(2):
            receipts.record_phone_confirmation(asked, by=office.statistician, at=ASKS_AT + MINUTE)
        row = PhoneConfirmation.objects.get()
        assert (row.recorded_by, row.recorded_at, row.terms) == (office.statistician, ASKS_AT + MINUTE, "1:england")
        assert status_of(asked) is ReceiptStatus.CONFIRMED_BY_PHONE
        assert not AccessReceipt.objects.exists(), "it is no answer of the recipient"
        event = ReleaseEvent.objects.get(kind="pre_release_confirmed_by_phone")
        assert (event.actor, event.facts["post"]) == (office.statistician, MINISTER.post)
        assert MINISTER.person not in str(event.facts)
        recorded = [row.digests.get("releases.phoneconfirmation", {}) for row in ReleaseRowRecord.objects.all()]
        assert {int(key) for one in recorded for key in one} == {row.pk}

    def test_a_person_without_an_address_can_only_confirm_by_phone(self, office, asking, release):
        entry = granted(release, someone(), by=office.statistician)
        assert status_of(entry) is ReceiptStatus.NO_ADDRESS
        receipts.record_phone_confirmation(entry, by=office.statistician, at=ASKS_AT)
        assert status_of(entry) is ReceiptStatus.CONFIRMED_BY_PHONE

    def test_a_call_is_recorded_only_by_those_who_edit_the_list_and_only_when_recipients_are_asked(
        self, office, asking, entry
    ):
        for at in (ASKS_AT - MINUTE, SEED_DUE):
            with pytest.raises(MoveRefused):
                receipts.record_phone_confirmation(entry, by=office.head, at=at)
        for role in (Role.PUBLISHING_TEAM, Role.AUDITOR):
            with pytest.raises(NotYours):
                receipts.record_phone_confirmation(entry, by=office.people[role], at=ASKS_AT)
        make_due_links(now=ASKS_AT)
        answer_link(token(), Answer.CONFIRMED, at=ASKS_AT)
        with pytest.raises(MoveRefused):
            receipts.record_phone_confirmation(entry, by=office.head, at=ASKS_AT)
        assert not PhoneConfirmation.objects.exists()

    @pytest.mark.parametrize("why", ["its removal", "a new person", "a new date"])
    def test_a_call_no_longer_counts_after(self, office, asked, why):
        receipts.record_phone_confirmation(asked, by=office.statistician, at=ASKS_AT + MINUTE)
        at = ASKS_AT + 2 * MINUTE
        if why == "its removal":
            for _click in range(2):
                receipts.take_back_phone_confirmation(asked, by=office.head, at=at)
            last = PhoneConfirmation.objects.last()
            assert (last.recorded_by, last.is_confirmed) == (office.head, False)
        elif why == "a new person":
            details = replace(MINISTER, person="Somebody Else")
            pre_release_access.change_access(asked, details, by=office.head, at=at, expected_version=asked.version)
        else:
            move(asked.release, office.head, days=7, at=at)
        assert status_of(asked) in {ReceiptStatus.NOT_CONFIRMED, ReceiptStatus.NOT_ASKED}

    def test_a_list_is_a_task_while_it_is_not_confirmed_and_while_a_recipient_has_to_be_called(
        self, office, asking, entry
    ):
        begins_at = SEED_DUE - timedelta(hours=24)

        def tasks(at, person=office.statistician):
            return [(one.is_unconfirmed, len(one.to_call)) for one in receipts.find_list_tasks(person, now=at)]

        assert tasks(LONG_BEFORE) == [(True, 0)]
        receipts.confirm_list(entry.release, seen=seen(entry.release), by=office.head, at=LONG_BEFORE + MINUTE)
        assert tasks(LONG_BEFORE + MINUTE) == []
        calls_at = SEED_DUE - timedelta(days=4, minutes=30)  # Friday 26 June, 9am
        assert [tasks(at) for at in (calls_at - MINUTE, calls_at)] == [[], [(False, 1)]]
        (task,) = receipts.find_list_tasks(office.head, now=calls_at)
        assert task.begins_at == begins_at
        assert tasks(calls_at, office.people[Role.AUDITOR]) == []
        receipts.record_phone_confirmation(entry, by=office.statistician, at=calls_at)
        assert tasks(calls_at + MINUTE) == []

    def test_more_lists_need_no_more_queries(self, office, asking, entry):
        counts = []
        for number in range(3):
            with CaptureQueriesContext(connection) as queries:
                assert len(receipts.find_list_tasks(office.statistician, now=LONG_BEFORE)) == number + 1
            counts.append(len(queries))
            more = {"reference": f"list-{number}", "url": f"https://www.example.gov.uk/list-{number}"}
            release = ReleaseFactory(series=entry.release.series, announced=True, **more)
            granted(release, someone(), by=office.head, at=LONG_BEFORE)
        assert len(set(counts)) == 1, counts


class TestOwner:
    def test_the_list_is_confirmed_from_ten_working_days_before_by_those_who_edit_it(self, office, asking, entry):
        release, starts_at = entry.release, SEED_DUE - timedelta(days=14, minutes=30)
        for at in (starts_at - MINUTE, SEED_DUE):
            with pytest.raises(MoveRefused):
                receipts.confirm_list(release, seen=seen(release), by=office.statistician, at=at)
        with pytest.raises(NotYours):
            receipts.confirm_list(release, seen=seen(release), by=office.people[Role.PUBLISHING_TEAM], at=starts_at)
        with pytest.raises(ChangedMeanwhile):
            receipts.confirm_list(release, seen="", by=office.statistician, at=LONG_BEFORE)
        assert [one.pk for one in receipts.lists_to_confirm(now=starts_at)] == [release.pk]
        assert list(receipts.lists_to_confirm(now=starts_at - MINUTE)) == []
        for _click in range(2):
            receipts.confirm_list(release, seen=seen(release), by=office.statistician, at=LONG_BEFORE + MINUTE)
        confirmation = ListConfirmation.objects.get()
        assert (confirmation.confirmed_by, confirmation.posts) == (office.statistician, 1)
        assert list(receipts.lists_to_confirm(now=LONG_BEFORE + MINUTE)) == []

    @pytest.mark.parametrize("why", ["another post", "another period", "a corrected post", "its times", "another date"])
    def test_a_list_that_changed_after_it_was_read_is_not_confirmed(self, office, asking, entry, why):
        """Each of these leaves the number of posts as it was."""
        release, by, at = entry.release, office.head, LONG_BEFORE + MINUTE
        read = seen(release)
        changes = {"by": by, "at": at, "expected_version": entry.version}
        if why == "another post":
            pre_release_access.withdraw_access(entry, **changes)
            granted(release, someone(), by=by, at=at)
        elif why == "another period":
            shorter = replace(MINISTER, period=Period(3), period_reason="They asked for less.")
            pre_release_access.change_access(entry, shorter, **changes)
        elif why == "a corrected post":
            pre_release_access.change_access(entry, replace(MINISTER, post="Minister of State"), **changes)
        elif why == "its times":
            pre_release_access.record_begin(entry, began_at=at, **changes)
        else:
            release = move(release, by, days=1, at=at)
        assert release.pre_release_access.exclude(status="withdrawn").count() == 1
        with pytest.raises(ChangedMeanwhile):
            receipts.confirm_list(release, seen=read, by=office.statistician, at=at + MINUTE)
        assert not ListConfirmation.objects.exists()
        receipts.confirm_list(release, seen=seen(release), by=office.statistician, at=at + 2 * MINUTE)
        assert ListConfirmation.objects.get().posts == 1

    def test_a_list_whose_times_follow_the_holidays_of_another_nation_is_another_list(self, entry):
        release = entry.release
        release.due_at = SEED_DUE + timedelta(days=14)  # the day after the holiday of 13 July in Northern Ireland
        entry.length, entry.unit = 1, Unit.WORKING_DAYS
        found = set()
        for nation in ("england", "northern_ireland"):
            release.series.nation = nation
            found.add(receipts.digest_list(release, [entry]))
        assert len(found) == 2

    def test_a_changed_list_or_another_date_is_not_confirmed(self, office, asking, entry):
        receipts.confirm_list(entry.release, seen=seen(entry.release), by=office.head, at=LONG_BEFORE + MINUTE)
        assert receipts.confirmation_of(entry.release)
        granted(entry.release, someone(), by=office.head, at=LONG_BEFORE + 2 * MINUTE)
        assert receipts.confirmation_of(entry.release) is None
        receipts.confirm_list(entry.release, seen=seen(entry.release), by=office.head, at=LONG_BEFORE + 3 * MINUTE)
        moved = move(entry.release, office.head, days=7, at=LONG_BEFORE + 4 * MINUTE)
        assert receipts.confirmation_of(moved) is None

    def test_a_change_made_after_a_confirmation_counts_even_if_its_time_was_read_before(self, office, asking, entry):
        """Pages read the time before they wait for the lock on the release."""
        release, at = entry.release, LONG_BEFORE + MINUTE
        receipts.confirm_list(release, seen=seen(release), by=office.head, at=at + timedelta(milliseconds=1))
        granted(release, someone(), by=office.head, at=at)
        assert receipts.confirmation_of(release) is None
        second = receipts.confirm_list(release, seen=seen(release), by=office.statistician, at=at)
        assert receipts.confirmation_of(release) == second

    def test_a_confirmation_made_after_a_change_counts_even_if_its_time_was_read_before(self, office, asking, entry):
        release, at = entry.release, LONG_BEFORE + MINUTE
        granted(release, someone(), by=office.head, at=at + timedelta(milliseconds=1))
        confirmation = receipts.confirm_list(release, seen=seen(release), by=office.head, at=at)
        assert receipts.confirmation_of(release) == confirmation

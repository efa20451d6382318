"""Exceptions for one release: recorded with their event and digest, shown to readers, and never the series' rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases import corrections, date_changes, preflight, scheduling
from releases.models import (
    AgreementCorrection,
    DateChangeRequest,
    Departure,
    NonWorkingDay,
    Release,
    ReleaseEvent,
    ReleaseRowRecord,
)
from releases.models.append_only import AppendOnlyRow
from releases.rules.departure import Grounds, SlotRefused
from releases.rules.lifecycle import FieldRefused, MoveRefused, Role, WrongRole, WrongState
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEDNESDAY, SATURDAY, HOLIDAY = date(2026, 7, 1), date(2026, 7, 4), date(2026, 8, 31)
AGREED = Grounds(osr_reference="OSR 12", osr_agreed_on=date(2026, 2, 27))
REASON = Grounds(bank_holiday_reason="Other countries publish on that day.")
LEAK = {"reason": "The figures were quoted on the radio.", "osr_told_at": NOW - timedelta(minutes=10)}


def person(release, role=Role.CALENDAR_MANAGER):
    return create_member(role, release.series.producer)


def provisional(on=WEDNESDAY, at=time(9, 30), **fields):
    return ReleaseFactory(slot=london_slot(on, at), recorded_at=NOW - timedelta(days=1), **fields)


def confirmed(**fields):
    return ReleaseFactory(announced=True, slot=london_slot(WEDNESDAY), recorded_at=NOW - timedelta(days=1), **fields)


def only_departure():
    return Departure.objects.get()


class TestAnotherTime:
    def test_a_release_is_recorded_at_another_time_with_osrs_agreement_and_the_series_stays(self):
        series = SeriesFactory()
        new = {"reference": "seven", "title": "Seven", "slot": london_slot(WEDNESDAY, time(7)), "at": NOW}
        with pytest.raises(SlotRefused, match="7am is not the release time of this series") as refused:
            scheduling.record_release(series, **new)
        assert refused.value.field == "planned_at"
        release = scheduling.record_release(series, **new, grounds=AGREED)
        departure = only_departure()
        assert (departure.kind, departure.osr_reference, departure.osr_agreed_on) == (
            "osr_agreement",
            "OSR 12",
            date(2026, 2, 27),
        )
        series.refresh_from_db()
        assert (series.release_time, release.planned_at) == (time(9, 30), time(7))

    def test_an_exception_has_an_event_and_a_digest_and_cannot_be_changed(self):
        release = provisional()
        keeper = person(release)
        to = london_slot(WEDNESDAY, time(12))
        scheduling.change_date(release, to=to, by=keeper, at=NOW, grounds=AGREED)
        departure = only_departure()
        event = ReleaseEvent.objects.get(kind="exception_recorded")
        assert (event.actor, event.facts) == (
            keeper,
            {"exception": "osr_agreement", "osr_reference": "OSR 12", "osr_agreed_on": "2026-02-27"},
        )
        recorded = [row.digests for row in ReleaseRowRecord.objects.all() if "releases.departure" in row.digests]
        assert [list(each["releases.departure"]) for each in recorded] == [[str(departure.pk)]]
        with pytest.raises(AppendOnlyRow):
            Departure.objects.update(osr_reference="Another")
        with pytest.raises(AppendOnlyRow):
            departure.delete()

    def test_the_agreement_is_for_one_date_only(self):
        release = provisional()
        keeper = person(release)
        noon = london_slot(WEDNESDAY, time(12))
        release = scheduling.change_date(release, to=noon, by=keeper, at=NOW, grounds=AGREED)
        later = london_slot(WEDNESDAY + timedelta(days=1), time(12))
        with pytest.raises(SlotRefused):
            scheduling.change_date(release, to=later, by=keeper, at=NOW)
        usual = scheduling.change_date(release, to=london_slot(WEDNESDAY), by=keeper, at=NOW)
        assert scheduling.recorded_departures(usual) == []

    def test_an_agreement_that_the_date_does_not_need_is_refused(self):
        release = provisional()
        with pytest.raises(FieldRefused, match="Leave this empty") as refused:
            scheduling.change_date(
                release, to=london_slot(date(2026, 7, 2)), by=person(release), at=NOW, grounds=AGREED
            )
        assert refused.value.field == "osr_reference"
        assert not Departure.objects.exists()


class TestAWeekend:
    def test_it_is_confirmed_with_osrs_agreement_given_then_or_before(self):
        release = provisional(SATURDAY)
        with pytest.raises(SlotRefused, match="Saturday 4 July 2026 is not a weekday"):
            scheduling.confirm_release(release, by=person(release), at=NOW)
        scheduling.confirm_release(release, by=person(release), at=NOW, grounds=AGREED)
        assert only_departure().kind == "osr_agreement"

    def test_an_agreement_recorded_with_the_provisional_date_is_enough(self):
        release = provisional()
        release = scheduling.change_date(release, to=london_slot(SATURDAY), by=person(release), at=NOW, grounds=AGREED)
        scheduling.confirm_release(release, by=person(release), at=NOW)
        assert (only_departure().osr_reference, Release.objects.get().status) == ("OSR 12", "confirmed")

    def test_another_reference_for_the_same_date_is_refused(self):
        release = provisional()
        release = scheduling.change_date(release, to=london_slot(SATURDAY), by=person(release), at=NOW, grounds=AGREED)
        with pytest.raises(FieldRefused, match="which you cannot change"):
            scheduling.confirm_release(
                release, by=person(release), at=NOW, grounds=replace(AGREED, osr_reference="Another")
            )
        assert Release.objects.get().status == "provisional"


class TestABankHoliday:
    @pytest.mark.parametrize("role", [Role.HEAD_OF_PROFESSION, Role.DEPUTY])
    def test_it_is_confirmed_with_the_reason_of_a_lead(self, role):
        release = provisional(HOLIDAY)
        lead = person(release, role)
        with pytest.raises(SlotRefused, match="Summer bank holiday"):
            scheduling.confirm_release(release, by=lead, at=NOW)
        scheduling.confirm_release(release, by=lead, at=NOW, grounds=REASON)
        departure = only_departure()
        assert (departure.kind, departure.holiday, departure.decided_by) == (
            "bank_holiday",
            "Summer bank holiday",
            lead,
        )
        assert ReleaseEvent.objects.get(kind="exception_recorded").words == REASON.bank_holiday_reason

    def test_its_reason_is_not_corrected_as_an_agreement_of_osr(self):
        release = provisional(HOLIDAY)
        lead = person(release, Role.HEAD_OF_PROFESSION)
        scheduling.confirm_release(release, by=lead, at=NOW, grounds=REASON)
        with pytest.raises(corrections.NoAgreement):
            corrections.correct_agreement(
                only_departure(), reference="OSR 12", agreed_on=AGREED.osr_agreed_on, by=lead, at=NOW, seen=0
            )
        assert not AgreementCorrection.objects.exists()

    def test_nobody_else_gives_the_reason(self):
        release = provisional(HOLIDAY)
        for by in (person(release), None):
            with pytest.raises(SlotRefused, match="Only the Head of Profession or a deputy"):
                scheduling.confirm_release(release, by=by, at=NOW, grounds=REASON)
        assert not Departure.objects.exists()

    def test_the_days_are_those_of_the_nation_of_the_statistics(self):
        release = provisional(HOLIDAY)
        release.series.nation = "scotland"
        release.series.save()
        scheduling.confirm_release(Release.objects.get(), by=person(release), at=NOW)
        assert not Departure.objects.exists()

    def test_a_request_carries_the_reason_and_the_lead_who_agrees_gives_it(self):
        release = confirmed()
        to = london_slot(HOLIDAY)
        date_changes.request_date_change(
            release, to=to, reason="Late data.", by=person(release), at=NOW, grounds=REASON
        )
        assert not Departure.objects.exists()
        head = person(release, Role.HEAD_OF_PROFESSION)
        date_changes.agree_to_date_change(DateChangeRequest.objects.get(), by=head, at=NOW)
        departure = only_departure()
        assert (departure.decided_by, departure.reason, departure.schedule_version) == (
            head,
            REASON.bank_holiday_reason,
            2,
        )


class TestARehearsal:
    def test_it_needs_no_exception_and_records_none(self):
        release = provisional(SATURDAY, time(11), rehearsal=True)
        scheduling.confirm_release(release, by=person(release), at=NOW)
        assert not Departure.objects.exists()


class TestAtOnce:
    DUE = NOW + timedelta(minutes=15)

    def test_a_lead_releases_a_confirmed_release_at_once_with_a_public_reason(self):
        release = confirmed()
        head = person(release, Role.HEAD_OF_PROFESSION)
        released = scheduling.release_at_once(release, due_at=self.DUE, by=head, at=NOW, **LEAK)
        assert (released.due_at, released.status, released.schedule_version) == (self.DUE, "confirmed", 2)
        departure = only_departure()
        assert (departure.kind, departure.reason, departure.osr_told_at, departure.decided_by) == (
            "at_once",
            LEAK["reason"],
            LEAK["osr_told_at"],
            head,
        )
        (change,) = released.date_changes.all()
        assert (change.public_reason, change.agreed_by) == (LEAK["reason"], head)
        assert Release.objects.monitored(now=NOW, ahead=timedelta(hours=1), behind=timedelta(0)).get() == released
        released.series.refresh_from_db()
        assert released.series.release_time == time(9, 30)

    def test_a_provisional_release_is_confirmed_and_announced_as_well(self):
        release = provisional()
        deputy = person(release, Role.DEPUTY)
        released = scheduling.release_at_once(release, due_at=self.DUE, by=deputy, at=NOW, **LEAK)
        assert (released.status, released.announced_at) == ("confirmed", NOW)

    def test_it_may_be_on_a_saturday_or_a_bank_holiday(self):
        for number, day in enumerate((SATURDAY, HOLIDAY)):
            release = confirmed(reference=f"leaked-{number}")
            at = datetime(day.year, day.month, day.day, 18, 0, tzinfo=UTC)
            told = {**LEAK, "osr_told_at": at}
            head = person(release, Role.HEAD_OF_PROFESSION)
            Release.objects.filter(pk=release.pk).update(
                planned_on=date(2026, 12, 2), due_at=london_slot(date(2026, 12, 2)).due_at
            )
            scheduling.release_at_once(
                Release.objects.get(pk=release.pk), due_at=at + timedelta(minutes=5), by=head, at=at, **told
            )
        assert Departure.objects.filter(kind="at_once").count() == 2

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.HEAD_OF_PROFESSION, Role.DEPUTY}))
    def test_nobody_else_decides_it(self, role):
        release = confirmed()
        with pytest.raises(WrongRole):
            scheduling.release_at_once(release, due_at=self.DUE, by=person(release, role), at=NOW, **LEAK)
        assert Release.objects.get().schedule_version == 1

    def test_a_cancelled_release_and_a_rehearsal_are_not_released_at_once(self):
        cancelled, rehearsal = confirmed(), provisional(reference="practice", rehearsal=True)
        head = person(cancelled, Role.HEAD_OF_PROFESSION)
        cancelled = scheduling.cancel_release(cancelled, reason="Not needed.", by=head, at=NOW)
        with pytest.raises(WrongState):
            scheduling.release_at_once(cancelled, due_at=self.DUE, by=head, at=NOW, **LEAK)
        with pytest.raises(MoveRefused):
            scheduling.release_at_once(rehearsal, due_at=self.DUE, by=person(rehearsal, Role.DEPUTY), at=NOW, **LEAK)
        assert not Departure.objects.exists()


class TestNonWorkingDays:
    def test_the_checks_before_release_are_made_on_the_offices_own_working_day(self):
        release = confirmed()
        day = datetime(2026, 6, 30, 13, 0, tzinfo=UTC)
        assert preflight.preflight_planned_at(release, at=time(14)) == day
        NonWorkingDay.objects.create(producer=release.series.producer, on=date(2026, 6, 30), title="Privilege day")
        release = Release.objects.select_related("series__producer").get()
        assert preflight.preflight_planned_at(release, at=time(14)) == day - timedelta(days=1)

    def test_they_do_not_lengthen_the_period_of_the_law(self):
        release = confirmed()
        NonWorkingDay.objects.create(producer=release.series.producer, on=date(2026, 6, 30), title="Privilege day")
        terms = release.series.pre_release_terms()
        assert terms.usual.begins(release.due_at, nation=terms.nation) == release.due_at - timedelta(hours=24)

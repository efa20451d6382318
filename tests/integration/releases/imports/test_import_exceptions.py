"""A file gives the exceptions for one release: OSR's agreement, and the reason for a bank holiday."""

from datetime import date

import pytest

from releases.models import Departure, Release
from releases.rules.lifecycle import Role
from tests.support.factories import create_member
from tests.support.stored_imports import applied, checked, outcomes

pytestmark = pytest.mark.django_db

AGREED = {"osr_reference": "OSR 12", "osr_agreed_on": "2026-02-27"}
NOON = {"scheduled_for": "2098-07-02 12:00"}
SATURDAY = {"scheduled_for": "2098-07-05 09:30", "status": "confirmed"}


def faults(found):
    """The faults of an import's rows: column and why."""
    return [tuple(fault) for row in found.rows.all() for fault in row.faults]


@pytest.fixture
def head(series):
    return create_member(Role.HEAD_OF_PROFESSION, series.producer)


@pytest.mark.parametrize("row", [NOON, SATURDAY], ids=["another-time", "a-weekend"])
def test_what_needs_osrs_agreement_is_refused_without_it_and_imported_once_with_it(keeper, row):
    ((column, why),) = faults(checked(keeper, row))
    what = "enter the reference and date of OSR’s written agreement to this release"
    assert (column, what in why) == ("scheduled_for", True)
    applied(keeper, row | AGREED)
    departure = Departure.objects.get()
    assert (departure.osr_reference, departure.osr_agreed_on, departure.decided_by) == (
        "OSR 12",
        date(2026, 2, 27),
        keeper,
    )
    assert outcomes(checked(keeper, row | AGREED)) == [(2, "unchanged")]


def test_the_date_of_the_agreement_is_read_in_the_order_of_the_file(keeper):
    applied(keeper, {"scheduled_for": "02/07/2098 12:00", "osr_reference": "OSR 12", "osr_agreed_on": "27/02/2026"})
    assert Departure.objects.get().osr_agreed_on == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"osr_reference": "OSR 12"}, "osr_agreed_on"),
        ({"osr_agreed_on": "2026-02-27"}, "osr_reference"),
        (AGREED | {"osr_agreed_on": "soon"}, "osr_agreed_on"),
    ],
)
def test_half_an_agreement_is_refused_at_the_column_that_is_missing_or_wrong(keeper, given, column):
    ((refused, _why),) = faults(checked(keeper, NOON | given))
    assert refused == column


def test_an_agreement_that_the_row_does_not_need_is_refused(keeper):
    ((column, why),) = faults(checked(keeper, AGREED))
    assert (column, "Leave this empty" in why) == ("osr_reference", True)


def test_another_reference_for_an_unchanged_date_is_refused(keeper):
    applied(keeper, NOON | AGREED)
    ((column, why),) = faults(checked(keeper, NOON | AGREED | {"osr_reference": "OSR 99"}))
    assert (column, "This exception is not recorded for" in why) == ("osr_reference", True)


def test_a_bank_holiday_is_imported_by_a_lead_with_the_reason_and_by_nobody_else(keeper, head, monkeypatch):
    monkeypatch.setattr("releases.rules.calendar.bank_holidays", lambda year, *, nation: {date(2098, 7, 2): "Rain day"})
    holiday = {"scheduled_for": "2098-07-02 09:30", "status": "confirmed"}
    ((column, why),) = faults(checked(keeper, holiday))
    assert (column, "Only the Head of Profession or a deputy" in why) == ("scheduled_for", True)
    ((column, why),) = faults(checked(keeper, holiday | {"bank_holiday_reason": "Other countries."}))
    assert (column, "Only the Head of Profession or a deputy" in why) == ("bank_holiday_reason", True)
    applied(head, holiday | {"bank_holiday_reason": "Other countries."})
    departure = Departure.objects.get()
    assert (departure.kind, departure.holiday, departure.decided_by) == ("bank_holiday", "Rain day", head)
    assert Release.objects.get().status == "confirmed"


def test_a_reason_for_a_bank_holiday_is_refused_while_the_date_stays_provisional(head, monkeypatch):
    monkeypatch.setattr("releases.rules.calendar.bank_holidays", lambda year, *, nation: {date(2098, 7, 2): "Rain day"})
    holiday = {"scheduled_for": "2098-07-02 09:30", "bank_holiday_reason": "Other countries."}
    unused = [("bank_holiday_reason", "You gave a reason, but the release is not confirmed.")]
    assert faults(checked(head, holiday)) == unused
    applied(head, {})
    for status in ("", "provisional"):
        assert faults(checked(head, holiday | {"status": status})) == unused
    assert str(Release.objects.get().slot) == "1 July 2098 9:30am"
    applied(head, holiday | {"status": "confirmed"})
    assert (Release.objects.get().status, Departure.objects.get().reason) == ("confirmed", "Other countries.")


def test_an_export_of_an_exception_is_imported_again_unchanged(client, keeper):
    applied(keeper, NOON | AGREED)
    client.force_login(keeper)
    exported = client.get("/your-releases/export/csv/")
    header, row = exported.content.decode("utf-8-sig").splitlines()[:2]
    assert "osr_reference" in header
    assert "OSR 12" in row
    assert "2026-02-27" in row

"""Exceptions for one release on its pages: asked for where they are needed, and shown to readers."""

from datetime import UTC, date, datetime, time, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from releases import scheduling
from releases.models import (
    AgreementCorrection,
    DateChangeRequest,
    Departure,
    NonWorkingDay,
    Release,
    ReleaseEvent,
    ReleaseRowRecord,
    Series,
)
from releases.permissions import TABLE, Action
from releases.public.export import export_calendar
from releases.rules.departure import Grounds
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from releases.text.calendar import event_details
from tests.support.admin_site import address_rows, form_of, page, staff
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEDNESDAY, SATURDAY, HOLIDAY = date(2026, 7, 1), date(2026, 7, 4), date(2026, 8, 31)
AGREED = {
    "osr_reference": "OSR 12",
    "osr_agreed_on-day": "27",
    "osr_agreed_on-month": "2",
    "osr_agreed_on-year": "2026",
}
BY_OSR = (
    "The Office for Statistics Regulation agreed to this date and time in writing on 27 February 2026 "
    "(reference OSR 12)."
)
PUBLIC_REASON = "The figures were quoted on the radio."


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def words(response):
    return " ".join(unescape(strip_tags(response.text)).split())


def address(name, release):
    return reverse(f"releases:{name}", args=[release.reference])


def release_on(day=WEDNESDAY, **fields):
    return ReleaseFactory(slot=london_slot(day), recorded_at=NOW - timedelta(days=1), **fields)


def sign_in(client, release, role=Role.CALENDAR_MANAGER):
    user = create_member(role, release.series.producer)
    client.force_login(user)
    return user


def new_date(on, **fields):
    return {
        "seen_version": "1",
        "planned_on-day": on.day,
        "planned_on-month": on.month,
        "planned_on-year": on.year,
        "planned_at": "9:30am",
        "precision": "exact",
        **fields,
    }


def test_another_time_is_refused_with_the_part_for_the_agreement_open_and_taken_with_it(client):
    release = release_on()
    sign_in(client, release)
    shown = client.get(address("change_date", release))
    assert '<details class="govuk-details">' in shown.text
    refused = client.post(address("change_date", release), new_date(WEDNESDAY, planned_at="7am"))
    assert list(refused.context["form"].errors) == ["planned_at"]
    assert '<details class="govuk-details" open>' in refused.text
    sent = new_date(WEDNESDAY, planned_at="7am", **AGREED)
    assert client.post(address("change_date", release), sent).status_code == 302
    assert Release.objects.get().planned_at == time(7)
    assert BY_OSR in words(client.get(address("release", release)))


def test_a_reference_without_its_date_is_refused_at_the_date_and_nothing_typed_is_lost(client):
    release = release_on()
    sign_in(client, release)
    sent = new_date(WEDNESDAY, planned_at="7am", osr_reference="OSR 12")
    refused = client.post(address("change_date", release), sent)
    assert list(refused.context["form"].errors) == ["osr_agreed_on"]
    assert 'value="OSR 12"' in refused.text


@pytest.mark.parametrize(
    ("name", "role"),
    [("change_date", Role.HEAD_OF_PROFESSION), ("ask_date_change", Role.STATISTICIAN)],
)
@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        # A past Saturday at another time: the day has one error, although two rules refuse it.
        (new_date(date(2026, 2, 28), planned_at="7am"), ["reason", "planned_on"]),
        (new_date(date(2026, 2, 27), planned_at="7am"), ["reason", "planned_on", "planned_at"]),
        (new_date(SATURDAY, osr_reference="OSR 12"), ["reason", "osr_agreed_on"]),
        (new_date(SATURDAY, bank_holiday_reason="A visit."), ["reason", "planned_on", "bank_holiday_reason"]),
        (new_date(WEDNESDAY, planned_at=""), ["planned_at", "reason"]),
        ({"seen_version": "1", "planned_at": "9:30am"}, ["planned_on", "reason"]),
        (new_date(WEDNESDAY), ["reason", "planned_on"]),
    ],
)
def test_all_errors_of_a_new_date_are_shown_at_once(client, name, role, sent, fields):
    release = release_on(announced=True)
    sign_in(client, release, role)
    refused = client.post(address(name, release), sent)
    errors = refused.context["form"].errors
    assert list(errors) == fields
    assert [len(found) for found in errors.values()] == [1] * len(fields)
    assert Release.objects.get().schedule_version == 1
    assert not DateChangeRequest.objects.exists()


def test_readers_see_the_exception_and_not_what_is_for_the_office(client):
    release = release_on(announced=True)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer, name="Robin Head")
    told_at = NOW - timedelta(minutes=10)
    scheduling.release_at_once(
        release, due_at=NOW + timedelta(minutes=30), reason=PUBLIC_REASON, osr_told_at=told_at, by=head, at=NOW
    )
    public = words(client.get(address("release", release)))
    assert "Release at once, decided by the Head of Profession for Statistics or a deputy." in public
    assert PUBLIC_REASON in public
    assert "OSR was informed at" not in public
    assert "Robin Head" not in public
    client.force_login(head)
    assert "OSR was informed at 11:50am on 2 March 2026. Decided by Robin Head." in words(
        client.get(address("release", release))
    )


def test_the_exception_of_an_earlier_date_is_not_shown_for_a_later_one(client):
    release = release_on(announced=True)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    grounds = Grounds("OSR 12", date(2026, 2, 27))
    to = london_slot(SATURDAY)
    moved = scheduling.change_date(release, to=to, reason="Late.", by=head, at=NOW, grounds=grounds)
    assert "OSR 12" in client.get(address("release", moved)).text
    scheduling.change_date(moved, to=london_slot(WEDNESDAY), reason="Back.", by=head, at=NOW)
    assert "OSR 12" not in client.get(address("release", moved)).text


def test_a_weekend_is_confirmed_with_the_agreement(client):
    release = release_on(SATURDAY)
    sign_in(client, release)
    shown = words(client.get(address("confirm", release)))
    assert "You need OSR’s written agreement." in shown
    refused = client.post(address("confirm", release))
    assert list(refused.context["form"].errors) == ["osr_reference"]
    assert client.post(address("confirm", release), AGREED).status_code == 302
    assert Release.objects.get().status == "confirmed"


def test_a_release_at_the_former_time_of_its_series_is_confirmed_only_with_the_agreement(client):
    release = release_on()
    approved = {"alternative_time_reference": "OSR 3", "alternative_time_approved_on": date(2026, 1, 5)}
    Series.objects.update(release_time=time(7), **approved)
    sign_in(client, release)
    assert words(client.get(address("confirm", release))).count("written agreement") == 1
    refused = client.post(address("confirm", release))
    assert list(refused.context["form"].errors) == ["osr_reference"]
    assert "9:30am is not the release time of this series" in words(refused)
    assert client.post(address("confirm", release), AGREED).status_code == 302
    assert Release.objects.get().status == "confirmed"


def test_a_bank_holiday_is_named_and_a_lead_confirms_it_with_a_reason(client):
    release = release_on(HOLIDAY)
    sign_in(client, release, Role.DEPUTY)
    assert "This day is a bank holiday (Summer bank holiday)." in words(client.get(address("confirm", release)))
    refused = client.post(address("confirm", release))
    assert list(refused.context["form"].errors) == ["bank_holiday_reason"]
    sent = {"bank_holiday_reason": "Other countries publish then."}
    assert client.post(address("confirm", release), sent).status_code == 302
    shown = words(client.get(address("release", release)))
    assert "This day is a bank holiday (Summer bank holiday). Other countries publish then." in shown


def test_a_calendar_manager_is_told_who_gives_the_reason_for_a_bank_holiday(client):
    release = release_on(HOLIDAY)
    sign_in(client, release)
    shown = words(client.get(address("confirm", release)))
    assert "Only the Head of Profession or a deputy can give the reason." in shown
    assert "Confirm the date</button>" not in client.get(address("confirm", release)).text
    client.post(address("confirm", release), {"bank_holiday_reason": "Because."})
    assert Release.objects.get().status == "provisional"


def test_a_lead_sees_the_grounds_of_a_request_before_they_agree(client):
    release = release_on(announced=True)
    sign_in(client, release)
    sent = new_date(HOLIDAY, reason="Late data.", bank_holiday_reason="Other countries publish then.")
    assert client.post(address("ask_date_change", release), sent).status_code == 302
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    waiting = reverse("releases:changes_waiting")
    assert "Reason for a bank holiday Other countries publish then." in words(client.get(waiting))
    client.post(waiting, {"requests": [DateChangeRequest.objects.get().pk]})
    assert (Release.objects.get().planned_on, Departure.objects.get().kind) == (HOLIDAY, "bank_holiday")


def at_once(**fields):
    return {
        "seen_version": "1",
        "day": "2026-03-02",
        "planned_at": "2:15pm",
        "reason": PUBLIC_REASON,
        "osr_told_on-day": "2",
        "osr_told_on-month": "3",
        "osr_told_on-year": "2026",
        "osr_told_time": "11:50am",
        **fields,
    }


def test_a_lead_releases_at_once_from_the_page_of_the_release(client):
    release = release_on(announced=True)
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    assert address("release_at_once", release) in client.get(address("release", release)).text
    for given, field in (
        ({"day": ""}, "day"),
        ({"day": "2026-03-04"}, "day"),
        ({"planned_at": "11am"}, "planned_at"),
        ({"day": "2026-03-03", "planned_at": "12:01pm"}, "planned_at"),
        ({"reason": ""}, "reason"),
        ({"osr_told_time": "1pm"}, "osr_told_time"),
        ({"osr_told_time": ""}, "osr_told_time"),
    ):
        refused = client.post(address("release_at_once", release), at_once(**given))
        assert list(refused.context["form"].errors) == [field]
    assert client.post(address("release_at_once", release), at_once()).status_code == 302
    moved = Release.objects.get()
    assert (moved.due_at, moved.schedule_version) == (datetime(2026, 3, 2, 14, 15, tzinfo=UTC), 2)
    again = client.post(address("release_at_once", release), at_once(day="2026-03-03", planned_at="7am"))
    assert again.status_code == 409
    assert Release.objects.get().schedule_version == 2


def test_a_release_at_once_can_be_tomorrow_within_24_hours(client):
    release = release_on(announced=True)
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    page = words(client.get(address("release_at_once", release)))
    assert "Today, 2 March 2026 Tomorrow, 3 March 2026" in page
    assert "For a later date, change the date of the release instead." in page
    sent = at_once(day="2026-03-03", planned_at="7am")
    assert client.post(address("release_at_once", release), sent).status_code == 302
    assert Release.objects.get().due_at == datetime(2026, 3, 3, 7, tzinfo=UTC)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.HEAD_OF_PROFESSION, Role.DEPUTY}))
def test_nobody_else_is_offered_to_release_at_once_or_may(client, role):
    release = release_on(announced=True)
    sign_in(client, release, role)
    assert address("release_at_once", release) not in client.get(address("release", release)).text
    assert client.get(address("release_at_once", release)).status_code == 404
    assert client.post(address("release_at_once", release), at_once()).status_code == 404


CORRECTED_REASON = "The figures were quoted on television."


@pytest.mark.parametrize("state", ["provisional", "provisional and announced", "confirmed and announced"])
def test_the_reason_for_a_release_at_once_is_corrected_and_readers_see_the_present_and_the_first_one(client, state):
    release = release_on(announced=state.startswith("confirmed"))
    if state == "provisional and announced":
        scheduling.announce_release(release, by=None, at=NOW - timedelta(hours=1))
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    assert client.post(address("release_at_once", release), at_once()).status_code == 302
    correct = reverse("releases:correct_reason", args=[release.reference, 2])
    assert correct in client.get(address("release", release)).text
    assert PUBLIC_REASON in words(client.get(correct))
    assert client.post(correct, {"reason": CORRECTED_REASON, "seen": "0"}).status_code == 302
    client.logout()
    exception = words(client.get(address("release", release))).partition(" Exception ")[2].partition(" Status ")[0]
    present, _, first = exception.partition("Reason as first published")
    assert f"or a deputy. {CORRECTED_REASON} This reason was corrected at midday on 2 March 2026." in present
    assert PUBLIC_REASON not in present
    assert first.strip() == PUBLIC_REASON
    assert "Correct this reason" not in exception


def test_the_reason_for_a_bank_holiday_stays_when_the_reason_for_the_change_is_corrected(client):
    release = release_on(announced=True)
    head = sign_in(client, release, Role.HEAD_OF_PROFESSION)
    grounds = Grounds(bank_holiday_reason="Other countries publish then.")
    to = london_slot(HOLIDAY)
    moved = scheduling.change_date(release, to=to, reason=PUBLIC_REASON, by=head, at=NOW, grounds=grounds)
    correct = reverse("releases:correct_reason", args=[release.reference, 2])
    assert client.post(correct, {"reason": CORRECTED_REASON, "seen": "0"}).status_code == 302
    exception = words(client.get(address("release", moved))).partition(" Exception ")[2].partition(" Status ")[0]
    assert exception == "This day is a bank holiday (Summer bank holiday). Other countries publish then."


def test_a_new_release_at_another_time_is_recorded_in_the_admin_site_with_the_agreement():
    series = SeriesFactory()
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    new = {
        "series": series.pk,
        "reference": "noon",
        "title": "Noon",
        "planned_on": "2026-07-01",
        "planned_at": "12:00",
        "precision": "exact",
        **address_rows(),
    }
    assert client.post(page("release", "add"), new).status_code == 200
    sent = new | {"osr_reference": "OSR 12", "osr_agreed_on": "2026-02-27"}
    assert client.post(page("release", "add"), sent).status_code == 302
    assert (Release.objects.get().planned_at, Departure.objects.get().osr_reference) == (time(12), "OSR 12")
    assert Series.objects.get().release_time == time(9, 30)


def test_a_date_is_changed_to_a_bank_holiday_in_the_admin_site_with_the_reason_of_a_lead():
    release = release_on(announced=True)
    client = staff(Role.DEPUTY, release.series.producer)
    sent = form_of(release, new_on="2026-08-31", reason="Late data.", bank_holiday_reason="Other countries publish.")
    assert client.post(page("release", "change", release.pk), sent).status_code == 302
    assert Departure.objects.get().holiday == "Summer bank holiday"


def inline(*days):
    rows = {"non_working_days-TOTAL_FORMS": len(days), "non_working_days-INITIAL_FORMS": 0}
    for number, (on, title) in enumerate(days):
        rows |= {f"non_working_days-{number}-on": on, f"non_working_days-{number}-title": title}
    return rows


def test_a_calendar_manager_enters_the_offices_non_working_days_and_confirming_names_them(client):
    release = release_on()
    producer = release.series.producer
    site = staff(Role.CALENDAR_MANAGER, producer)
    sent = {"negative_markers": "", **inline(("2026-07-01", "Founders’ day"))}
    assert site.post(page("producer", "change", producer.pk), sent).status_code == 302
    assert str(NonWorkingDay.objects.get()) == "Founders’ day, 1 July 2026"
    sign_in(client, release)
    assert "Your office is closed on this day (Founders’ day)." in words(client.get(address("confirm", release)))


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR])
def test_others_do_not_change_the_offices_non_working_days(role):
    producer = release_on().series.producer
    site = staff(role, producer)
    sent = {"negative_markers": "", **inline(("2026-07-01", "Founders’ day"))}
    assert site.post(page("producer", "change", producer.pk), sent).status_code in {403, 404}
    assert not NonWorkingDay.objects.exists()


@pytest.fixture
def agreed():
    """Return a release at 7am with OSR's agreement, announced and confirmed."""
    release = release_on(announced=True)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    grounds = Grounds("OSR 12", date(2026, 2, 27))
    return scheduling.change_date(
        release, to=london_slot(WEDNESDAY, time(7)), reason="Markets.", by=head, at=NOW, grounds=grounds
    )


def correct_address(release):
    return reverse("releases:correct_agreement", args=[release.reference, release.schedule_version])


def correction(**fields):
    return {**AGREED, "osr_reference": "OSR 21", "osr_agreed_on-day": "26", "seen": "0", **fields}


class TestCorrectedAgreement:
    """A wrong reference is corrected without moving the date; both values stay on record."""

    def test_readers_see_the_corrected_agreement_and_the_first_one(self, client, agreed):
        manager = sign_in(client, agreed)
        manager.name = "Cal Manager"
        manager.save()
        assert "Correct this agreement" in client.get(address("release", agreed)).text
        assert 'value="OSR 12"' in client.get(correct_address(agreed)).text
        assert client.post(correct_address(agreed), correction()).status_code == 302
        assert "Corrected by Cal Manager. Only your office" in words(client.get(address("release", agreed)))
        client.logout()
        before, _, first = words(client.get(address("release", agreed))).partition("The agreement as first recorded")
        assert "in writing on 26 February 2026 (reference OSR 21)." in before
        assert "The reference or the date of the agreement was corrected at midday on 2 March 2026." in before
        assert BY_OSR in first
        assert "Cal Manager" not in before + first
        assert "Correct this agreement" not in before + first

    def test_the_date_and_the_first_agreement_stay_and_the_record_names_who_corrected_it_and_when(self, client, agreed):
        manager = sign_in(client, agreed)
        client.post(correct_address(agreed), correction())
        release, departure = Release.objects.get(), Departure.objects.get()
        assert (release.due_at, release.schedule_version) == (agreed.due_at, agreed.schedule_version)
        assert (departure.osr_reference, departure.osr_agreed_on) == ("OSR 12", date(2026, 2, 27))
        assert departure.agreement == Grounds("OSR 21", date(2026, 2, 26))
        row = departure.corrections.get()
        assert (row.corrected_by, row.corrected_at) == (manager, NOW)
        event = ReleaseEvent.in_order().last()
        assert (event.kind, event.actor, event.facts["changed"]["osr_reference"]) == (
            "agreement_corrected",
            manager,
            ["OSR 12", "OSR 21"],
        )
        # PostgreSQL orders the keys of JSON by their length.
        assert set(event_details(event)) == {
            "reference of OSR’s agreement: “OSR 12” → “OSR 21”",
            "date of OSR’s agreement: “2026-02-27” → “2026-02-26”",
        }
        assert any("releases.agreementcorrection" in record.digests for record in ReleaseRowRecord.objects.all())

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"osr_reference": " "}, "osr_reference"),
            ({"osr_agreed_on-day": ""}, "osr_agreed_on"),
            ({"osr_agreed_on-month": "12"}, "osr_agreed_on"),
            ({"osr_reference": "OSR 12", "osr_agreed_on-day": "27"}, "osr_reference"),
        ],
        ids=["no reference", "no date", "a date to come", "unchanged"],
    )
    def test_a_correction_that_is_not_one_is_refused_on_its_field(self, client, agreed, given, field):
        sign_in(client, agreed)
        refused = client.post(correct_address(agreed), correction(**given))
        assert list(refused.context["form"].errors) == [field]
        assert not AgreementCorrection.objects.exists()

    def test_of_two_who_correct_at_once_the_second_is_told_and_changes_nothing(self, client, agreed):
        sign_in(client, agreed)
        client.post(correct_address(agreed), correction())
        second = client.post(correct_address(agreed), correction(osr_reference="OSR 3"))
        assert second.status_code == 409
        assert AgreementCorrection.objects.count() == 1

    @pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR])
    def test_people_who_may_not_edit_the_calendar_do_not_correct_it(self, client, agreed, role):
        sign_in(client, agreed, role)
        allowed = role in TABLE[Action.EDIT]
        assert ("Correct this agreement" in client.get(address("release", agreed)).text) == allowed
        assert client.post(correct_address(agreed), correction()).status_code == (302 if allowed else 404)

    def test_a_release_without_an_agreement_has_none_to_correct(self, client):
        release = release_on(announced=True)
        sign_in(client, release)
        assert client.get(correct_address(release)).status_code == 404

    def test_a_file_has_the_corrected_agreement(self, client, agreed):
        head = sign_in(client, agreed, Role.HEAD_OF_PROFESSION)
        client.post(correct_address(agreed), correction())
        file = export_calendar(Release.objects.all(), TableKind.CSV, title="Calendar", by=head).decode()
        assert '"OSR 21","2026-02-26"' in file
        assert "OSR 12" not in file

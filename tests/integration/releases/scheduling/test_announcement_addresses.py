"""Where a release is announced: one address at most, never required, by hand and by file (V16)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from releases import corrections
from releases.corrections import CorrectionRefused
from releases.imports.apply import ImportOutcome, import_calendar
from releases.imports.parse import FileRefused, read_calendar
from releases.models import Address, Release
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress, SecondAnnouncement
from releases.text.imports import describe_row
from tests.support.admin_site import address_rows, form_of, page, refusals, said, staff
from tests.support.factories import ReleaseFactory, SeriesFactory, london_slot
from tests.support.import_files import csv_of
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

DAY = date(2098, 7, 1)
NOW = datetime(2097, 1, 1, tzinfo=UTC)
ANNOUNCED = "https://www.example.gov.uk/announcements/rain"
ANOTHER = "https://www.example.gov.uk/announcements/another"

pytestmark = pytest.mark.django_db


@shared_fixture
def release():
    """A release long after the tests run, without an announcement."""
    return ReleaseFactory(slot=london_slot(DAY))


def planned(url=ANNOUNCED, **fields):
    return PlannedAddress(url=url, role="announcement", **fields)


def add(release, url=ANNOUNCED):
    return corrections.correct_missing_address(release, planned(url), by=None, at=release.recorded_at)


def announcements():
    return list(Address.objects.filter(role="announcement").values_list("url", "required", "adapter"))


class TestByCorrection:
    def test_an_announcement_is_never_required_whatever_was_asked_for(self, release):
        add(release)
        assert announcements() == [(ANNOUNCED, False, "page")]

    def test_a_second_one_is_refused_in_one_sentence(self, release):
        address = add(release)
        with pytest.raises(SecondAnnouncement, match=f"already has an announcement, {ANNOUNCED}"):
            add(release, ANOTHER)
        corrections.change_address(address, planned(adapter="govuk"), by=None, at=release.recorded_at)
        with pytest.raises(SecondAnnouncement):
            corrections.change_address(
                release.addresses.get(role="page"), planned(ANOTHER), by=None, at=release.recorded_at
            )
        assert announcements() == [(ANNOUNCED, False, "govuk")]

    def test_its_address_may_be_corrected_after_it_was_checked_at_because_each_check_keeps_its_own(self, release):
        address = add(release)
        look = create_observation(address, "not_live", at=release.due_at - timedelta(days=9))
        corrections.change_address(address, planned(ANOTHER), by=None, at=release.recorded_at)
        look.refresh_from_db()
        assert (announcements()[0][0], look.url) == (ANOTHER, ANNOUNCED)

    def test_what_was_checked_at_as_a_page_is_not_taken_out_of_judging_by_calling_it_an_announcement(self, release):
        address = release.addresses.get(role="page")
        create_observation(address, "live", at=release.due_at - timedelta(hours=1))
        with pytest.raises(CorrectionRefused, match="already checked it with the type ‘page’"):
            corrections.change_address(address, planned(address.url), by=None, at=release.recorded_at)


class TestInTheAdmin:
    def send(self, release, *new, **changes):
        client = staff(Role.CALENDAR_MANAGER, release.series.producer)
        rows = address_rows(release, *new)
        return client.post(page("release", "change", release.pk), form_of(release) | rows | changes)

    def test_it_is_one_of_the_rows_of_addresses(self, release):
        response = self.send(release, {"url": ANNOUNCED, "role": "announcement"})
        assert response.status_code == 302, refusals(response)
        assert announcements() == [(ANNOUNCED, False, "page")]

    def test_two_of_them_are_refused_on_the_form(self, release):
        new = [{"url": url, "role": "announcement"} for url in (ANNOUNCED, ANOTHER)]
        response = self.send(release, *new)
        assert response.status_code == 200
        assert "can have only one announcement" in response.text
        assert announcements() == []

    def test_one_more_is_refused_on_the_form(self, release):
        add(release)
        response = self.send(release, {"url": ANOTHER, "role": "announcement"})
        assert response.status_code == 200
        assert "one announcement" in response.text
        assert len(announcements()) == 1

    def test_a_refusal_at_the_last_moment_is_a_message(self, release):
        address = release.addresses.get(role="page")
        create_observation(address, "not_live", at=release.due_at - timedelta(hours=1))
        response = self.send(release, **{"addresses-0-role": "announcement"})
        assert "already checked it with the type ‘page’" in said(response)[0]


class TestByFile:
    def take(self, *rows):
        content = csv_of(*({"producer": series.producer.name, "series": series.title} | row for series, row in rows))
        parsed = read_calendar(content, name="calendar.csv", adapters={"page", "govuk"})
        return import_calendar(parsed, at=NOW).rows

    def test_a_column_names_it_and_the_same_file_twice_changes_nothing(self):
        series = SeriesFactory()
        row = (series, {"announcement": ANNOUNCED, "adapter": "govuk"})
        self.take(row)
        assert announcements() == [(ANNOUNCED, False, "govuk")]
        assert [row.outcome for row in self.take(row)] == [ImportOutcome.UNCHANGED]

    def test_it_follows_the_file_and_an_empty_cell_says_nothing(self):
        series = SeriesFactory()
        self.take((series, {}))
        (added,) = self.take((series, {"announcement": ANNOUNCED}))
        assert describe_row(added) == f"rain-june-2098: announcement {ANNOUNCED} added"
        (corrected,) = self.take((series, {"announcement": ANOTHER}))
        assert f"announcement corrected from {ANNOUNCED}, adapter page to {ANOTHER}" in describe_row(corrected)
        assert [row.outcome for row in self.take((series, {}))] == [ImportOutcome.UNCHANGED]
        assert announcements() == [(ANOTHER, False, "page")]

    @pytest.mark.parametrize(
        ("cell", "why"),
        [
            pytest.param("not an address", "Row 2, announcement:", id="no address"),
            pytest.param(
                "https://www.example.gov.uk/rain/june-2098", "the same web address twice", id="the page's own"
            ),
            pytest.param("https://www.example.gov.uk/" + "a" * 1000, "up to 1000 characters", id="too long"),
        ],
    )
    def test_what_is_wrong_with_it_is_said_with_row_and_column(self, cell, why):
        with pytest.raises(FileRefused, match=why):
            self.take((SeriesFactory(), {"announcement": cell}))
        assert Release.objects.count() == 0

"""The number of a report as people read and type it."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from breaches.rules.lifecycle import RESTRICTED, ReportKind
from breaches.rules.report_number import NumberSeries, ReportNumber, parse_number, series_of, year_of


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (ReportNumber(2026, NumberSeries.OFFICIAL, 14), "BR-2026-014"),
        (ReportNumber(2026, NumberSeries.REHEARSAL, 3), "BR-2026-R003"),
        (ReportNumber(2026, NumberSeries.CONFIDENTIAL, 4821), "BR-2026-C4821"),
        (ReportNumber(2026, NumberSeries.CONFIDENTIAL_REHEARSAL, 4821), "BR-2026-RC4821"),
        (ReportNumber(2026, NumberSeries.OFFICIAL, 1000), "BR-2026-1000"),
    ],
)
def test_a_number_is_written_with_three_digits_at_least_and_read_as_it_is_written(number, written):
    assert str(number) == written
    assert parse_number(written) == number


@pytest.mark.parametrize(
    "typed",
    [
        "br-2026-14",
        " BR 2026 014 ",
        "BR/2026/014",
        "BR\N{EN DASH}2026\N{EN DASH}014",
        "BR  -  2026 - 14",
        "BR\N{NO-BREAK SPACE}2026\N{NO-BREAK SPACE}014",
    ],
)
def test_a_number_is_found_as_people_type_it(typed):
    assert parse_number(typed) == ReportNumber(2026, NumberSeries.OFFICIAL, 14)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "breach-schools",
        "2026-014",
        "BR-26-014",
        "BR-2026-X014",
        "BR-2026-",
        "BR2026-14",
        "BR-2026",
        "BR -- 2026-14",
    ],
)
def test_other_text_is_no_number(typed):
    assert parse_number(typed) is None


def test_thousands_of_spaces_are_searched_once():
    # A search that takes linear time needs milliseconds for these; a quadratic one needs at least ten seconds.
    command = "from breaches.rules.report_number import parse_number; [parse_number(f'{start}{\" \" * 20_000}x')"
    command += " for start in ('BR', 'BR-2026', 'BR-2026-R')]"
    subprocess.run([sys.executable, "-c", command], timeout=5, check=True)


def test_rehearsals_and_confidential_reports_have_series_of_their_own():
    for kind in ReportKind:
        restricted = kind in RESTRICTED or kind is ReportKind.EARLY
        official = series_of(kind, rehearsal=False)
        rehearsed = series_of(kind, rehearsal=True)
        assert official is (NumberSeries.CONFIDENTIAL if restricted else NumberSeries.OFFICIAL)
        assert rehearsed is (NumberSeries.CONFIDENTIAL_REHEARSAL if restricted else NumberSeries.REHEARSAL)


def test_the_year_is_that_of_the_day_in_london():
    assert year_of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == 2026
    assert year_of(datetime(2020, 6, 30, 23, 30, tzinfo=UTC)) == 2020

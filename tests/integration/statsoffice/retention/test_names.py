"""Names on lists of pre-release access at the end of their time: by the worker and by the command."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from breaches import drafting
from releases.models import PreReleaseAccess
from statsoffice import jobs
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.pre_release_lists import AFTERWARDS, PERSON, granted

pytestmark = pytest.mark.django_db

TWO_YEARS = timedelta(days=730)
OVER = SEED_DUE + TWO_YEARS + timedelta(seconds=1)


@pytest.fixture
def release(office):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    return release


def run(**options):
    out = StringIO()
    call_command("erase_pre_release_names", stdout=out, **options)
    return out.getvalue()


def person():
    return PreReleaseAccess.objects.get().person


@pytest.mark.both_databases
def test_the_worker_erases_names_two_years_after_the_release_and_not_before(release, time_machine):
    time_machine.move_to(SEED_DUE + TWO_YEARS, tick=False)
    jobs.erase_names()
    assert person() == PERSON
    time_machine.move_to(OVER, tick=False)
    jobs.erase_names()
    assert person() == ""


def test_the_setting_says_how_long(release, settings, time_machine):
    settings.PRE_RELEASE_NAMES_KEPT = timedelta(days=30)
    time_machine.move_to(SEED_DUE + timedelta(days=30, seconds=1), tick=False)
    jobs.erase_names()
    assert person() == ""


def test_the_command_says_what_it_erased_and_a_dry_run_erases_nothing(release, time_machine):
    time_machine.move_to(OVER, tick=False)
    assert "Names older than 730 days would be erased: 1. Releases with these names: 1." in run(dry_run=True)
    assert person() == PERSON
    assert "Names older than 730 days erased: 1. Releases with these names: 1." in run()
    assert "erased: 0. Releases with these names: 0." in run()


def test_a_list_about_which_a_report_is_undecided_is_spared(office, release, time_machine):
    drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.statistician, at=AFTERWARDS)
    time_machine.move_to(OVER, tick=False)
    assert "undecided: 1." in run()
    assert person() == PERSON

"""What the dashboard says of monitoring, working and failing, in a real browser at both widths."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from releases.models import Coverage
from statsoffice.self_monitoring.models import Heartbeat
from tests.browser.barriers import is_clean
from tests.browser.office import NOW
from tests.browser.patience import PATIENCE
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


@pytest.fixture
def desk(page, live_server, morning, sign_in):
    """Open the dashboard as the head of profession sees it."""
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['the desk']}")
    return page


def test_a_monitoring_process_that_is_well_is_said_to_be_so_quietly(desk):
    expect(desk.locator("#desk-today")).to_contain_text("Monitoring is working. Last self-test passed at 9:34am.")
    expect(desk.locator(".govuk-warning-text")).to_have_count(0)
    is_clean(desk)


def test_a_monitoring_process_that_falls_ill_is_told_to_those_who_are_looking(desk):
    a_rehearsal(finished_at=NOW, right=False, found="cannot_tell")
    expect(desk.locator(".govuk-warning-text")).to_contain_text("check each release yourself", timeout=PATIENCE)
    why = desk.locator("#desk-today .govuk-list--bullet li")
    expect(why).to_contain_text("was ‘cannot tell’. The expected result was ‘on time’.")
    is_clean(desk)


def test_several_problems_at_once_are_all_shown(desk):
    stopped_at = NOW - timedelta(minutes=5)
    Heartbeat.objects.update(begun_at=stopped_at, finished_at=stopped_at)
    Coverage.objects.update(began_at=stopped_at, ended_at=stopped_at, recorded_until=stopped_at)
    a_rehearsal(finished_at=NOW, right=False, found="not_seen", clock_off=True)
    why = desk.locator("#desk-today .govuk-list--bullet li")
    expect(why).to_have_count(3, timeout=PATIENCE)
    expect(why.nth(0)).to_contain_text("Monitoring stopped at 9:30am. We are not checking any releases.")
    expect(why.nth(2)).to_contain_text("The monitoring clock is wrong.")
    is_clean(desk)

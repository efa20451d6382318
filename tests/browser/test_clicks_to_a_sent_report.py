"""The clicks from the draft of a late release to its dispatch, counted in a browser that types without clicking."""

import pytest
import time_machine
from playwright.sync_api import expect

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from tests.browser.mouse import Mouse
from tests.support.admin_site import signed_in
from tests.support.people import AT, create_office, create_report

pytestmark = pytest.mark.django_db(transaction=True)

TITLE = "Schools at 31 March 2020"
REGULATOR = "regulator@example.gov.uk"
MOST_OF_A_STATISTICIAN, MOST_OF_A_HEAD = 9, 5


@pytest.fixture
def report(transactional_db, settings):
    """The draft of a late release at eleven o'clock, in an office that knows to whom it sends its reports."""
    settings.REPORT_RECIPIENT = REGULATOR
    with time_machine.travel(AT, tick=True):
        office = create_office()
        yield create_report(office, complete=False, title=TITLE), office


def test_a_statistician_needs_at_most_nine_clicks_and_a_head_five(page, live_server, sign_in, report):
    draft, office = report
    sign_in(office.statistician)
    page.goto(f"{live_server}/reports/")
    writer = Mouse(page)
    writer.open(TITLE)
    writer.press("Assign to me")
    writer.press("Complete the report")
    writer.select("Human error")
    writer.press("Save and continue")
    writer.write("Impact of the breach", "Readers waited for just under an hour.")
    writer.press("Save and continue")
    writer.write("Action", "A person checks the page at 9:30am")
    writer.select("Short-term")
    page.keyboard.press("Tab")
    writer.write("Owner", "Head of dissemination")
    for part, number in (("Day", "31"), ("Month", "7"), ("Year", "2020")):
        page.keyboard.press("Tab")
        writer.write(part, number)
    writer.press("Save and continue")
    expect(page.get_by_role("main")).to_contain_text("Owner: Head of dissemination. Due: 31 July 2020.")
    writer.press("Submit")
    submitted = Report.objects.get(pk=draft.pk)
    assert (submitted.status, submitted.person_dealing) == (ReportStatus.WITH_HOP, office.statistician)
    assert writer.clicks <= MOST_OF_A_STATISTICIAN

    sign_in(office.head)
    page.goto(f"{live_server}/reports/")
    head = Mouse(page)
    head.open(TITLE)
    assert page.get_by_role("radio", checked=True).count() == 0
    head.select("Yes")
    head.select("Yes, report it to the Office for Statistics Regulation (OSR)")
    head.press("Continue")
    expect(page.get_by_role("main")).to_contain_text(REGULATOR)
    head.confirm("Approve")
    head.press("Send by email")
    head.confirm("Send the report")
    assert Report.objects.get(pk=draft.pk).status == ReportStatus.SENT
    assert head.clicks <= MOST_OF_A_HEAD


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_second_action_is_typed_where_the_button_leads(new_context, live_server, report, scripts):
    draft, office = report
    context = new_context(java_script_enabled=scripts)
    cookie = signed_in(office.statistician).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])
    page = context.new_page()
    page.goto(f"{live_server}/reports/{draft.reference}/corrective-actions/")
    page.get_by_role("textbox", name="Action", exact=True).fill("A person checks the page at 9:30am")
    writer = Mouse(page)
    writer.press("Add another action")
    expect(page.get_by_role("heading", name="There is a problem")).to_have_count(0)
    writer.write("Action 2", "Train the team")
    expect(page.get_by_role("textbox", name="Action", exact=True)).to_have_value("A person checks the page at 9:30am")

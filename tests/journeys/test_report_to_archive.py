"""From a late release to the archive in a real browser: returned, corrected, approved, sent, and counted.

The release is announced and official, because rehearsals count in no figure; its checks are on record.
"""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases.rules.calendar import Nation, local_date, working_days_away
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from tests.support.factories import ReleaseFactory, london_slot
from tests.support.people import REGULATOR, create_office, create_report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

ASKED = "Say how many users asked."
IMPACT = "Access was delayed by just under an hour. Two users asked."
ACTION = "Manual check at the next release"


class Person:
    """One of the office's people with their own browser."""

    def __init__(self, new_context, live_server, user):
        self.page, self.site = new_context().new_page(), live_server.url
        self.page.goto(f"{self.site}{reverse('account_login')}")
        self.page.locator("input[name=login]").fill(user.email)
        self.page.locator("input[name=password]").fill("correct horse battery")
        self.page.locator("main form button[type=submit]").first.click()

    def opens(self, name, *args):
        self.page.goto(f"{self.site}{reverse(name, args=args)}")
        return self.page

    def presses(self, button):
        self.page.get_by_role("button", name=button, exact=True).last.click()


@pytest.fixture
def office():
    return create_office(name="Office for Invented Numbers")


@pytest.fixture
def report(office):
    """The draft that the record wrote of a late release."""
    return create_report(office, complete=False)


def writes(person, report, section, label, text):
    page = person.opens("breaches:section", report.reference, section)
    page.get_by_role("textbox", name=label).fill(text)
    person.presses("Save and continue")


def test_a_late_release_is_reported_returned_corrected_approved_sent_and_counted(
    new_context,
    live_server,
    settings,
    office,
    report,
    mailbox,
):
    settings.REPORT_RECIPIENT = REGULATOR
    series = report.suspicions.get().release.series
    statistician, head = (Person(new_context, live_server, one) for one in (office.statistician, office.head))

    # The statistician writes what no record can know.
    writes(statistician, report, "impact", "Impact of the breach", "Access was delayed by just under an hour.")
    writes(statistician, report, "corrective_actions", re.compile("Corrective actions"), "The scheduler was mended.")
    page = statistician.opens("breaches:cause", report.reference)
    page.get_by_label("Scheduler fault").check()
    statistician.presses("Save and continue")
    page = statistician.opens("breaches:add_action", report.reference)
    page.get_by_label("Action", exact=True).fill(ACTION)
    page.get_by_label("Short-term").check()
    page.get_by_label("Owner").fill("Head of dissemination")
    page.get_by_label(series.title).check()
    statistician.presses("Save")
    statistician.opens("breaches:check", report.reference)
    statistician.presses("Submit")

    # The Head of Profession asks for more in one section, and gets it.
    page = head.opens("breaches:return", report.reference)
    page.get_by_label(re.compile("Comment on ‘Impact of the breach’")).fill(ASKED)
    head.presses("Return the report")
    page = statistician.opens("breaches:section", report.reference, "impact")
    expect(page.get_by_text(ASKED)).to_be_visible()
    writes(statistician, report, "impact", "Impact of the breach", IMPACT)
    statistician.opens("breaches:check", report.reference)
    statistician.presses("Submit")
    page = head.opens("breaches:report", report.reference)
    page.get_by_role("link", name="View changes since it was returned").click()
    expect(page.locator("ins").filter(has_text="Two users asked.")).to_be_visible()

    # Approved and sent, by two steps; the mail carries the very document.
    head.opens("breaches:approve", report.reference)
    head.presses("Approve")
    page = head.opens("breaches:send", report.reference)
    expect(page.locator("main")).to_contain_text(REGULATOR)
    head.presses("Send the report")
    sent = Report.objects.get(pk=report.pk)
    assert sent.status == ReportStatus.SENT
    dispatched_at = sent.dispatches.get().at
    outbox.create_missing(now=dispatched_at)
    deliver_messages(now=dispatched_at)
    (mail,) = [mail for mail in mailbox.mails if mail["To"] == REGULATOR]
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == bytes(sent.approved_documents.get().pdf)
    page = head.opens("breaches:report", report.reference)
    expect(page.locator("main")).to_contain_text("The mail server accepted it at")

    # It is in the register and its figure, and the promised action is a task at the next release.
    page = head.opens("breaches:register")
    expect(page.get_by_role("link", name=re.compile("State-funded schools"))).to_be_visible()
    page.goto(f"{head.site}{reverse('breaches:figures')}?year=2020")
    breaches = page.get_by_role("row", name=re.compile(r"^Breaches"))
    expect(breaches.first).to_contain_text("1")
    on = working_days_away(local_date(dispatched_at), 20, nation=Nation.ENGLAND)
    upcoming = ReleaseFactory(announced=True, series=series, reference="the-next-one", slot=london_slot(on))
    page = statistician.opens("releases:release", upcoming.reference)
    page.get_by_role("tab", name="Setup").click()
    expect(page.get_by_text(ACTION)).to_be_visible()

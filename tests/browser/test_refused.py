"""Pages that refuse someone, in a real browser: each says so in a heading, and has no barriers."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from breaches import decisions
from breaches.rules.content import ReportSection
from releases.rules.lifecycle import Role
from statsoffice.accounts import invitations
from tests.browser.barriers import is_clean
from tests.browser.patience import PATIENCE
from tests.support.factories import UserFactory
from tests.support.people import AT, create_office, create_report
from tests.support.report_forms import section_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOG_IN = "/accounts/login/"


def says(page, heading):
    """Assert that a page is headed so, once, and is clean."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE)
    is_clean(page)


def send_log_in(page):
    """Send the log-in form unchanged, and return the status of the answer."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator("main form button[type=submit]").first.click()
    return answer.value.status


@pytest.mark.parametrize(
    ("name", "status", "heading"),
    [
        ("account_signup", 200, "You need an invitation"),
        ("account_inactive", 200, "Your account is closed"),
        ("account_accept", 410, "This invitation is no longer valid"),
        ("admin:index", 403, "You cannot view this page"),
    ],
    ids=["signing up", "a closed account", "an invitation that is over", "the admin site"],
)
def test_the_person_who_may_not_come_in_is_told_so(page, live_server, sign_in, name, status, heading):
    if name.startswith("admin"):
        sign_in(UserFactory())
    assert page.goto(live_server.url + reverse(name)).status == status
    says(page, heading)


def test_the_person_who_follows_the_invitation_of_someone_else(page, live_server, sign_in):
    office = create_office()
    told = {"email": "jo.lane@example.gov.uk", "name": "Jo Lane", "producer": office.producer}
    _, secret = invitations.invite(**told, role=Role.AUDITOR, by=office.head, at=timezone.now())
    sign_in(office.deputy)
    assert page.goto(live_server.url + reverse("account_invited", args=[secret])).status == 409
    says(page, "This invitation is for someone else")


def test_a_list_that_cannot_be_erased_yet(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    assert page.goto(live_server.url + reverse("releases:pre_release_erase", args=["access-ahead"])).status == 409
    says(page, "We made no change")


def test_a_report_that_was_submitted_while_someone_wrote(page, live_server, sign_in):
    office = create_office()
    report = create_report(office)
    sign_in(office.statistician)
    page.goto(live_server.url + section_address(report, ReportSection.IMPACT))
    page.get_by_label("Impact of the breach").fill("Somebody wrote.\n\n" + "Averyveryverylongword" * 9)
    decisions.submit_report(report, by=office.statistician, at=AT)
    page.get_by_role("button", name="Save and continue").last.click()
    says(page, "We did not make this change")


def test_a_form_without_its_token(page, live_server):
    page.goto(live_server.url + LOG_IN)
    page.context.clear_cookies()
    assert send_log_in(page) == 403
    says(page, "Your page has expired")


@pytest.fixture
def attempts_forgotten(transactional_db):
    """Let no later test be refused for the attempts made here: pytest-django does not empty the cache."""
    yield
    cache.clear()


@pytest.mark.usefixtures("attempts_forgotten")
def test_too_many_attempts_to_sign_in_from_one_machine(page, live_server):
    page.goto(live_server.url + LOG_IN)
    for number in range(31):
        Client().post(LOG_IN, {"login": f"person.{number}@example.gov.uk", "password": ""})
    assert send_log_in(page) == 429
    says(page, "Too many attempts")


def test_too_many_requests_for_public_pages(page, live_server, settings):
    settings.RATES = {"person": 1, "program": 1}
    page.goto(live_server.url)
    assert page.goto(live_server.url).status == 429
    says(page, "Too many requests")


@pytest.mark.urls("tests.pages.components.pages")
def test_a_fault_of_our_own(page, live_server):
    assert page.goto(f"{live_server.url}/broken/").status == 500
    says(page, "Sorry, there is a problem with the service")

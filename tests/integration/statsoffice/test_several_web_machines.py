"""Two web machines, each with its own folder and one database: whichever answers, a person sees no difference."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from contextlib import ExitStack

import pytest
from django.contrib.sessions.models import Session

from breaches.rules.content import ReportSection
from statsoffice import processes
from tests.pages.statsoffice.test_saved_text import PASSWORD, TYPED, impact, kept_form
from tests.servers.ports import free_port
from tests.servers.process import running
from tests.support.people import create_office, create_report
from tests.support.report_forms import filled_in, section_address, words
from tests.support.shared_database import environment_of_processes

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TOKEN = "t" * 32


class Browser:
    """A person's browser; a proxy that takes turns sends it to either machine."""

    def __init__(self):
        # Cookies belong to a host, whatever the port.
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, address, **headers):
        """Read a page, and return the address it led to, and its text."""
        return self._ask(urllib.request.Request(address, headers=headers))  # noqa: S310  # a server of the tests

    def post(self, address, fields):
        """Send a form, and return the address it led to, and the page's text."""
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        return self._ask(urllib.request.Request(address, data=body))  # noqa: S310  # a server of the tests

    def _ask(self, request):
        with self._opener.open(request, timeout=30) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()


@pytest.fixture(scope="module")
def machines(django_db_setup, redis_url, tmp_path_factory):
    """Run two web machines for all tests, each with one process, and yield their addresses."""
    environment, above = environment_of_processes(redis_url=redis_url), tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        addresses = []
        for name in "ab":
            port, folder = free_port(), above / name
            folder.mkdir()
            own = {
                "STATSOFFICE_VAR": str(folder),
                "STATSOFFICE_ADDRESS": processes.local_address(port),
                "STATSOFFICE_METRICS_TOKEN": TOKEN,
            }
            web = running(
                [*processes.web_command(port), "--workers", "1"],
                answers=lambda port=port: processes.web_answers(port),
                log=above / f"{name}.log",
                within_seconds=60,
                environment=environment | own,
            )
            stack.enter_context(web)
            addresses.append(processes.local_address(port))
        yield addresses


def test_a_session_and_what_was_typed_go_on_at_the_other_machine(machines, settings):
    # The web processes take the product's own hashes, and not the tests' quick ones.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    one, other = machines
    office = create_office()
    report = create_report(office, complete=False)
    office.statistician.set_password(PASSWORD)
    office.statistician.save()
    section = section_address(report, ReportSection.IMPACT)
    browser = Browser()

    def sign_in(address):
        log_in = f"{address}/accounts/login/"
        who = {"login": office.statistician.email, "password": PASSWORD}
        return browser.post(log_in, filled_in(browser.get(log_in)[1]) | who)

    assert sign_in(one)[0] == "/desk/"
    path, page = browser.get(f"{other}{section}")
    assert path == section
    fields = filled_in(page) | {"impact": TYPED}
    Session.objects.all().delete()
    assert browser.post(f"{one}{section}", fields)[0] == "/accounts/login/"
    sign_in(other)
    path, page = browser.get(f"{one}/unsent/")
    assert path == "/unsent/"
    assert "Two users wrote to us." in words(page)
    browser.post(f"{other}{section}", kept_form(page))
    assert impact(report) == TYPED


def test_both_machines_tell_the_same_figures(machines):
    token = {"Authorization": f"Bearer {TOKEN}"}
    told = [Browser().get(f"{machine}/metrics", **token)[1] for machine in machines]
    counted = [re.findall(r"^statsoffice_(?:looks|verdicts|outbox_m).*", text, re.MULTILINE) for text in told]
    assert counted[0] == counted[1] != []

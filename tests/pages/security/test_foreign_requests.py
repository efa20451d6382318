"""What other sites and made-up requests try: forged forms, other hosts, being framed, leading people away."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from releases.models import Release
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.pages.security.urls import every_url
from tests.support.factories import ReleaseFactory, UserFactory, create_member
from tests.support.people import create_office, create_report

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "https://elsewhere.example/",
    "http://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "/\\elsewhere.example/",
    "\\\\elsewhere.example/",
    "https:elsewhere.example",
    "https://testserver@elsewhere.example/",
    "https://testserver.elsewhere.example/",
    "javascript:alert(1)",
    "data:text/html,hello",
    " https://elsewhere.example/",
    "/\t/elsewhere.example/",
]
PASSWORD = "a long password of nobody"


def somebody(**fields):
    person = UserFactory(email="known@example.gov.uk", **fields)
    person.set_password(PASSWORD)
    person.save()
    return person


def test_a_form_that_another_site_sends_is_refused_at_every_address():
    head = create_office().head
    User.objects.filter(pk=head.pk).update(is_staff=True, is_superuser=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(head)
    found = list(every_url())
    assert len(found) > 150
    taken = []
    for address, _pattern in found:
        answer = client.post(address, {"anything": "x"}, headers={"origin": "https://elsewhere.example"})
        # A report's form that came too late is stored, and shown to the person who wrote it.
        refused = answer.status_code == 403 or answer.headers.get("Location") == reverse("unsent")
        if not refused and not address.startswith("/api/"):
            taken.append((address, answer.status_code))
    assert taken == []


def test_the_api_takes_nothing_from_a_session_and_so_needs_no_csrf_token():
    for address, _pattern in every_url():
        if address.startswith("/api/"):
            assert Client(enforce_csrf_checks=True).post(address, {"a": "b"}).status_code in {401, 403, 404, 405}, (
                address
            )


# Its lists and forms are answered by the same views for every model.
OF_THE_ADMIN_SITE = ("/admin/", "/admin/login/", "/admin/releases/release/", "/admin/releases/release/add/")


@pytest.mark.parametrize(
    "is_asked",
    [
        pytest.param(lambda address: not address.startswith("/admin/") or address in OF_THE_ADMIN_SITE, id="most"),
        pytest.param(lambda address: address.startswith("/admin/"), id="all of the admin site", marks=pytest.mark.full),
    ],
)
def test_no_answer_may_be_framed_or_taken_for_another_kind_of_file(is_asked):
    head = create_office().head
    User.objects.filter(pk=head.pk).update(is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(head)
    asked = [address for address, _pattern in every_url() if is_asked(address)]
    assert {*OF_THE_ADMIN_SITE} <= {*asked}
    for address in asked:
        answer = client.get(address)
        assert answer.headers["X-Frame-Options"] == "DENY", address
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], address
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        assert answer.status_code < 500 or address == "/health/ready", address


def test_signing_in_and_out_leads_to_no_other_site(subtests):
    somebody()
    for to in ELSEWHERE:
        with subtests.test(to):
            client = Client()
            form = {"login": "known@example.gov.uk", "password": PASSWORD, "next": to}
            answers = [
                client.post(reverse("account_login"), form),
                client.get(reverse("account_login"), {"next": to}),
                client.post(reverse("account_logout"), {"next": to}),
            ]
            for answer in answers:
                assert answer.status_code in {200, 302}
                assert answer.headers.get("Location", "/").startswith("/")
                assert not answer.headers.get("Location", "/").startswith(("//", "/\\"))


def test_signing_in_leads_on_to_a_page_of_ours(client):
    somebody()
    form = {"login": "known@example.gov.uk", "password": PASSWORD, "next": "/reports/"}
    assert client.post(reverse("account_login"), form).headers["Location"] == "/reports/"


@pytest.mark.parametrize("host", ["elsewhere.example", "testserver.elsewhere.example", "testserver@elsewhere.example"])
def test_a_request_for_another_host_is_refused(client, host):
    somebody()
    answer = client.post(reverse("account_reset_password"), {"email": "known@example.gov.uk"}, headers={"host": host})
    assert answer.status_code == 400
    assert mail.outbox == []


def test_what_a_client_says_of_its_host_by_other_headers_reaches_no_mail(client):
    somebody()
    forged = {"x-forwarded-host": "elsewhere.example", "x-forwarded-server": "elsewhere.example"}
    client.post(reverse("account_reset_password"), {"email": "known@example.gov.uk"}, headers=forged)
    (message,) = mail.outbox
    links = re.findall(r"https?://[^/\s]+", message.body)
    assert links
    assert "elsewhere" not in message.body


class TestFieldsThatNoFormAsksFor:
    """Fields that no form asks for change nothing."""

    def test_of_a_report(self, client):
        office = create_office()
        report = create_report(office)
        before = (report.status, report.reference, report.producer_id, report.drafted_at)
        client.force_login(office.statistician)
        address = reverse("breaches:section", args=[report.reference, "impact"])
        more = {
            "status": "approved",
            "reference": "taken",
            "producer": "999",
            "rehearsal": "on",
            "drafted_at": "2001-01-01",
        }
        answer = client.post(address, {"impact": "Nobody noticed.", "version": report.version, **more})
        assert answer.status_code == 302
        report.refresh_from_db()
        assert (report.status, report.reference, report.producer_id, report.drafted_at) == before

    def test_of_a_release(self, client):
        release = ReleaseFactory(reference="rain")
        client.force_login(create_member(Role.CALENDAR_MANAGER, release.series.producer))
        more = {"status": "published", "title": "Taken", "rehearsal": "on", "series": "999", "first_live_at": "2001"}
        client.post(reverse("releases:announce", args=["rain"]), more)
        kept = Release.objects.get(pk=release.pk)
        assert (kept.status, kept.title, kept.rehearsal, kept.series_id) == (
            "provisional", release.title, False, release.series_id,
        )  # fmt: skip

    def test_of_ones_own_account(self, client):
        person = somebody()
        client.force_login(person)
        form = {"oldpassword": PASSWORD, "password1": "another long password", "password2": "another long password"}
        more = {"is_staff": "on", "is_superuser": "on", "email": "taken@example.gov.uk", "is_active": "on"}
        client.post(reverse("account_change_password"), {**form, **more})
        kept = User.objects.get(pk=person.pk)
        assert kept.check_password("another long password")
        assert (kept.is_staff, kept.is_superuser, kept.email) == (False, False, "known@example.gov.uk")

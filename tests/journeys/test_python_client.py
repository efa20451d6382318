"""The Python client over HTTP: whole lists, changes sent twice, refusals, and no token for another address."""

import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings
from django.core.cache import caches
from statsoffice_client import Client, RequestRefused

from breaches.rules.lifecycle import ReportStatus
from releases.models import Release
from releases.rules.canonical import sha256_hex
from statsoffice.office_api.api import api
from statsoffice.office_api.models import Scope
from tests.support.api_tokens import NOW, issue
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, create_office, create_report, move_report

FOLDER = settings.BASE_DIR / "clients" / "python"


@pytest.mark.django_db(transaction=True)
def test_a_system_reads_whole_lists_and_plans_once(live_server, time_machine):
    time_machine.move_to(NOW)
    caches["rates"].clear()
    office = create_office(name="Office for Rain", slug="rain")
    series = SeriesFactory(producer=office.producer, slug="rain")
    for month, day in ((6, 16), (7, 14), (8, 18)):
        due_at = NOW.replace(month=month, day=day, hour=8, minute=30)
        ReleaseFactory(series=series, reference=f"rain-{month}", due_at=due_at, announced=True)
    secret = issue(office, Scope.READ_CALENDAR, Scope.CHANGE_CALENDAR).secret
    client = Client(live_server.url, secret)

    assert client.token()["producer"] == "rain"
    references = [release["reference"] for release in client.releases(per_page=1, from_="2026-07-01")]
    assert references == ["rain-7", "rain-8"]
    plan = {"series": "rain", "reference": "rain-9", "title": "Rain in August", "date": {"day": "2026-09-15"}}
    planned = client.plan_release(plan, key="key-of-this-plan")
    assert client.plan_release(plan, key="key-of-this-plan") == planned
    assert planned["outcome"] == "planned"
    assert Release.objects.filter(reference="rain-9").count() == 1
    with pytest.raises(RequestRefused) as refusal:
        client.evidence("rain-6")
    assert (refusal.value.status, "export_evidence" in refusal.value.sentence) == (403, True)
    with pytest.raises(RequestRefused) as refusal:
        next(client.results())
    assert (refusal.value.status, "read_results" in refusal.value.sentence) == (403, True)


@pytest.mark.django_db(transaction=True)
def test_a_system_downloads_an_approved_report(live_server, time_machine):
    time_machine.move_to(AT)
    caches["rates"].clear()
    office = create_office(name="Office for Rain", slug="rain")
    report = move_report(create_report(office, announced=True), office, ReportStatus.APPROVED)
    client = Client(live_server.url, issue(office, Scope.READ_REPORTS, Scope.READ_DOCUMENTS, at=AT).secret)

    assert [one["reference"] for one in client.reports()] == [report.reference]
    assert sha256_hex(client.report_document(report.reference)) == report.approved_documents.get().pdf_sha256


def test_it_follows_no_redirect_and_refuses_an_address_without_encryption():
    asked = []

    class Redirects(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Redirects) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_port}", "secret")
        with pytest.raises(RequestRefused) as refusal:
            client.token()
        server.shutdown()
    assert refusal.value.status == 302
    assert asked == ["/api/office/v1/token"]
    with pytest.raises(ValueError, match="must begin with https://"):
        Client("http://calendar.example.gov.uk", "secret")


def test_it_belongs_to_the_openapi_document():
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.CLIENT.read_text() == generate.write_client(api.get_openapi_schema())

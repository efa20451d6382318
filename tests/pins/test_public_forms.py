"""What programs read: answers of API v1, feeds, exports, the bundle of evidence, and JSON of the commands."""

import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.test import Client

from tests.pins.conftest import Pinned
from tests.pins.office import NOW
from tests.support.people import Office

pytestmark = pytest.mark.django_db

PUBLIC = {
    "/api/v1/releases": "api-releases.json",
    "/api/v1/releases/moved": "api-release.json",
    "/api/v1/producers": "api-producers.json",
    "/api/v1/series": "api-series.json",
    "/calendar.ics": "calendar.ics.txt",
    "/producers/office/changes.atom": "changes.atom.txt",
}
FOR_THE_HEAD = {
    "/changes/export/csv/": "changes.csv.txt",
    "/your-releases/export/csv/": "releases.csv.txt",
    "/imports/template/csv/": "import-template.csv.txt",
    "/reports/breach-approved-report/download/statement.txt": "statement.txt",
}
MOST_LINES = 20
COMMANDS = {"release_status": "release-status.json", "breach_reports": "breach-reports.json"}


@pytest.fixture
def head(office: Office, client: Client, time_machine) -> Client:
    time_machine.move_to(NOW, tick=False)
    client.force_login(office.head)
    return client


def read(client: Client, address: str, **posted: str) -> bytes:
    answer = client.post(address, posted) if posted else client.get(address)
    assert answer.status_code == 200, address
    return answer.getvalue()


def pin_file(pinned: Pinned, name: str, content: bytes) -> None:
    pinned(name, json.loads(content) if name.endswith(".json") else content.decode("utf-8-sig").replace("\r\n", "\n"))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_anyone_may_read(address: str, head: Client, pinned: Pinned):
    head.logout()
    pin_file(pinned, PUBLIC[address], read(head, address))


@pytest.mark.parametrize("address", FOR_THE_HEAD)
def test_what_people_download(address: str, head: Client, pinned: Pinned):
    pin_file(pinned, FOR_THE_HEAD[address], read(head, address))


def test_the_register_as_a_file(head: Client, pinned: Pinned):
    pin_file(pinned, "register.csv.txt", read(head, "/reports/register/export/", kind="csv", contacts="on"))


@pytest.mark.parametrize("reference", ["published", "approved-report"])
def test_the_bundle_of_evidence(reference: str, head: Client, pinned: Pinned):
    """The README of the bundle is text for people, and is left out. Of long files the hash is enough."""
    content = read(head, f"/releases/{reference}/evidence/", any="thing")
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        files = {name: bundle.read(name).decode().splitlines() for name in bundle.namelist()}
    shown = {name: lines[:MOST_LINES] for name, lines in files.items() if not name.endswith("README.txt")}
    sums = f"evidence-{reference}/SHA256SUMS"
    shown[sums] = [line for line in files[sums] if not line.endswith("README.txt")]
    pinned(f"bundle-{reference}.json", shown)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("head")
def test_the_json_of_a_command(command: str, pinned: Pinned):
    out = io.StringIO()
    call_command(command, json=True, stdout=out)
    pinned(COMMANDS[command], json.loads(out.getvalue()))


@pytest.mark.usefixtures("office")
def test_the_names_of_the_metrics(client: Client, settings, pinned: Pinned):
    settings.METRICS_TOKEN = "a-token-of-the-operator-with-40-characters"
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    pinned("metrics.txt", "\n".join(line for line in answer.text.splitlines() if line.startswith("# TYPE")))

"""A whole office is backed up and brought back elsewhere, as on the day on which its machine is lost."""

import hashlib
import shutil
from textwrap import dedent

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from breaches.core.status import ReportStatus
from breaches.deciding import sign_off
from breaches.models import ApprovedDocument
from breaches.paper import pdf
from releases.models import Release, ReleaseEvent
from tests.breaches.people import AT, a_report
from tests.browser.conftest import morning, mornings  # noqa: F401  # the fixtures
from tests.factories import a_release
from tests.servers.private_postgresql import private_cluster
from tests.statsoffice.backup.commands import an_office_elsewhere, manage, said_by, script

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "a password that outlives a machine"

A_FURTHER_LOOK = dedent("""
    from releases.models import Observation, Release, Series
    from tests.releases.on_record import a_look
    from tests.factories import SEED_DUE, a_release
    before = Observation.objects.order_by("position").last()
    look = a_look(Release.objects.get(reference="postponed").addresses.first(), "live", at=SEED_DUE)
    assert look.previous_hash == before.row_hash and look.position == before.position + 1
    print(a_release(reference="after", series=Series.objects.first()).pk)
""")
LOG_IN = dedent(f"""
    from django.test import Client, override_settings
    with override_settings(ALLOWED_HOSTS=["*"]):
        client = Client()
        for password in ("not this one", "{PASSWORD}"):
            answer = client.post("/accounts/login/", {{"login": "head@example.gov.uk", "password": password}})
            print(answer.status_code, "sessionid" in client.cookies)
""")


@pytest.fixture(scope="module")
def cluster():
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def office(morning):  # noqa: F811
    """The office of the browser's tests, with a real PDF, a stored file, and a release that was deleted."""
    office = morning.office
    report = a_report(office, ReportStatus.WITH_HOP, reference="printed", title="Printed and approved")
    sign_off.approve(report, by=office.head, at=AT, render=pdf.render)
    office.head.email = "head@example.gov.uk"
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        office.head.set_password(PASSWORD)
    office.head.save()
    Client().force_login(office.head, backend=settings.AUTHENTICATION_BACKENDS[0])
    deleted = a_release(reference="deleted", title="Recorded by mistake")
    assert ReleaseEvent.objects.filter(release_id=deleted.pk).exists()
    Release.objects.filter(pk=deleted.pk).delete()
    file = settings.MEDIA_ROOT / "letters" / "2020" / "approval of an hour.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(range(256)) * 9)
    yield {"deleted": deleted.pk, "approved": report.reference}
    shutil.rmtree(settings.MEDIA_ROOT)


def test_every_row_and_file_is_the_same_in_a_fresh_postgresql_and_the_record_goes_on(
    office, process_environment, tmp_path, cluster
):
    source, copy, again = process_environment, tmp_path / "copy.zip", tmp_path / "again.zip"
    cluster.create("restored")
    target = an_office_elsewhere(cluster.url("restored"), tmp_path / "elsewhere")

    told = manage("backup", copy, environment=source)
    assert f"{len(said_by(copy)['tables'])} tables, 1 stored files" in told
    assert copy.stat().st_mode & 0o077 == 0
    told = manage("restore", copy, environment=target)
    assert "releases.observation: " in told
    assert "Restored." in told

    manage("backup", again, environment=target)
    before, after = said_by(copy), said_by(again)
    assert after["tables"] == before["tables"]
    assert after["files"] == before["files"]
    assert after["numbered"] == before["numbered"]
    assert after["migrations"] == before["migrations"]
    filled = {table["model"] for table in before["tables"] if table["rows"]}
    assert {
        "releases.observation", "releases.body", "releases.verification", "releases.prereleaseaccess",
        "breaches.suspicion", "breaches.approveddocument", "breaches.dispatch", "breaches.timelinenote",
        "breaches.published", "outbox.message",
    } <= filled  # fmt: skip
    assert Session.objects.exists()
    assert "sessions.session" not in {table["model"] for table in before["tables"]}
    restored = tmp_path / "elsewhere" / "stored" / "letters" / "2020" / "approval of an hour.pdf"
    assert restored.read_bytes() == bytes(range(256)) * 9

    approved = ApprovedDocument.objects.get(report__reference=office["approved"])
    manage("export_report", office["approved"], "--output", tmp_path / "approved.pdf", environment=target)
    assert (tmp_path / "approved.pdf").read_bytes() == bytes(approved.pdf)
    assert hashlib.sha256(bytes(approved.pdf)).hexdigest() == approved.pdf_sha256
    assert script(LOG_IN, environment=target).splitlines() == ["200 False", "302 True"]
    assert int(script(A_FURTHER_LOOK, environment=target)) > office["deleted"]
    assert "holds" in manage("verify_evidence", environment=target)
    cluster.create("fresh")
    manage("migrate", environment=an_office_elsewhere(cluster.url("fresh"), tmp_path / "fresh"))
    assert guards_and_indexes(cluster, "restored") == guards_and_indexes(cluster, "fresh")


def guards_and_indexes(cluster, database):
    """Every trigger, index and constraint of a database, as PostgreSQL itself writes them."""
    with cluster.connect(database) as server:
        triggers = server.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
        ).fetchall()
        indexes = server.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1").fetchall()
        constraints = server.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall()
    assert len(triggers) > 10
    assert len(indexes) > 100
    return triggers, indexes, constraints

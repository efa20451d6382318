"""The database of the version before is brought to this one, and everything in it can still be read."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.servers.private_postgresql import private_cluster
from tests.statsoffice.backup.commands import an_office_elsewhere, manage, said_by, script

pytestmark = pytest.mark.slow

ARCHIVES = sorted(Path(__file__).parent.glob("from_*.zip"))

PAGES = dedent("""
    import json
    from django.test import Client, override_settings
    from django.urls import reverse
    from breaches.models import ApprovedDocument, Report
    from releases.core.canonical import sha256_hex
    from releases.models import Membership, Release
    head = Membership.objects.filter(role="head_of_profession", producer__breach_reports__isnull=False).first().user
    client = Client()
    client.force_login(head, backend="django.contrib.auth.backends.ModelBackend")
    wanted = [reverse(name) for name in ("desk", "releases:calendar", "releases:all_months", "breaches:register",
                                         "breaches:figures", "breaches:report_list", "outbox:sent")]
    mine = Release.objects.filter(series__producer__memberships__user=head)
    wanted += [reverse("releases:release", args=[release.reference]) for release in mine]
    for report in Report.objects.filter(producer__memberships__user=head):
        wanted += [reverse(f"breaches:{name}", args=[report.reference]) for name in ("report", "history", "timeline")]
    documents = 0
    with override_settings(ALLOWED_HOSTS=["*"]):
        statuses = {page: client.get(page).status_code for page in wanted}
        for document in ApprovedDocument.objects.filter(report__producer__memberships__user=head):
            answer = client.get(reverse("breaches:approved_pdf", args=[document.report.reference, document.version]))
            documents += sha256_hex(b"".join(answer)) == document.pdf_sha256
    print(json.dumps({"pages": len(wanted), "documents": documents,
                      "wrong": {page: status for page, status in statuses.items() if status != 200}}))
""")


@pytest.fixture(scope="module")
def cluster():
    with private_cluster() as cluster:
        yield cluster


def test_there_is_an_archive_to_upgrade_from():
    assert ARCHIVES


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("archive", ARCHIVES, ids=[path.stem for path in ARCHIVES])
def test_the_database_of_an_earlier_version_is_migrated_with_its_evidence_and_every_page_opens(
    archive, kind, tmp_path, cluster
):
    name = archive.stem.replace(".", "_")
    if kind == "postgresql":
        cluster.create(name)
    url = cluster.url(name) if kind == "postgresql" else f"sqlite:///{tmp_path / 'upgraded.sqlite3'}"
    office = an_office_elsewhere(url, tmp_path / "office")
    told = manage("restore", archive, environment=office)
    assert f"of version {archive.stem.removeprefix('from_')}" in told
    assert "No migrations to apply" in manage("migrate", environment=office)
    assert "releases.observation: " in manage("verify_evidence", environment=office)
    manage("backup", tmp_path / "after.zip", environment=office)
    before, after = (
        {t["model"]: t["rows"] for t in said_by(path)["tables"]} for path in (archive, tmp_path / "after.zip")
    )
    assert {model: after.get(model) for model in KEPT} == {model: before[model] for model in KEPT}
    seen = json.loads(script(PAGES, environment=office))
    assert seen["wrong"] == {}
    assert seen["pages"] > 40
    assert seen["documents"] > 0


KEPT = (
    "accounts.user",
    "releases.release",
    "releases.observation",
    "releases.body",
    "releases.releaseevent",
    "releases.verification",
    "releases.prereleaseaccess",
    "breaches.report",
    "breaches.reportversion",
    "breaches.reportevent",
    "breaches.approveddocument",
    "breaches.dispatch",
    "outbox.message",
)

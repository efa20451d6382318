"""The commands export_evidence and prune_evidence, as an operator runs them."""

import zipfile
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from breaches import drafting
from breaches.facts import releases_with_needed_evidence
from breaches.models import Report
from breaches.rules.lifecycle import MERGED_OR_SPLIT, ReportStatus
from releases import judge
from releases.models import Body, Release, ReleaseEvent
from releases.rules.canonical import sha256_hex
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, rolled_back
from tests.support.observations import create_checks_until
from tests.support.people import create_report
from tests.support.people import move_report as as_brought
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=1)


@shared_fixture
def release():
    release = ReleaseFactory(confirmed=True)
    store_checks(*(make_check(release.addresses.get(), "not_live", b"not yet", at=seconds) for seconds in (-5, 0, 120)))
    return release


@shared_fixture
def report(office):
    return create_report(office)


def run(*words, **options):
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def refused(*words):
    with pytest.raises(CommandError) as refusal:
        run(*words)
    return str(refusal.value)


def exports():
    return ReleaseEvent.objects.filter(kind="evidence_exported")


def test_a_bundle_is_written_and_put_on_record_with_its_hash(release, tmp_path):
    path = tmp_path / "proof.zip"
    told = run("export_evidence", release.reference, "--output", str(path))
    sha256 = sha256_hex(path.read_bytes())
    assert told == f"{release.reference}: {path}, SHA-256 {sha256}\n"
    assert exports().get().facts == {"role": "command line", "sha256": sha256, "sealed": 0}
    assert exports().get().actor is None
    assert "evidence-schools-march-2020/README.txt" in zipfile.ZipFile(path).namelist()
    assert [file.name for file in tmp_path.iterdir()] == ["proof.zip"]


def test_a_second_bundle_of_the_same_evidence_is_the_same_file(release, tmp_path):
    for name in ("a.zip", "b.zip"):
        run("export_evidence", release.reference, "--output", str(tmp_path / name))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_command_knows_no_person_and_takes_nothing_that_is_sealed(tmp_path, time_machine):
    release = ReleaseFactory(confirmed=True)
    store_checks(make_check(release.addresses.get(), "live", b"the figures", at=-600))
    time_machine.move_to(SEED_DUE - timedelta(minutes=9), tick=False)
    path = tmp_path / "proof.zip"
    said = run("export_evidence", release.reference, "--output", str(path))
    assert "Stored pages left out because they are sealed: 1." in said
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "/bodies/" in name]
        assert b"the figures" not in b"".join(archive.read(name) for name in archive.namelist())


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(release, tmp_path):
    path = tmp_path / "proof.zip"
    path.write_text("mine")
    assert refused("export_evidence", release.reference, "--output", str(path)) == (
        f"{path} exists already. Choose another file, or use --overwrite."
    )
    assert path.read_text() == "mine"
    assert not exports().exists()
    run("export_evidence", release.reference, "--output", str(path), "--overwrite")
    assert path.read_bytes().startswith(b"PK")


def test_a_reference_that_does_not_exist_is_said_in_one_sentence(tmp_path):
    sentence = refused("export_evidence", "nothing", "--output", str(tmp_path / "proof.zip"))
    assert sentence == "There is no release nothing."
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_in_one_sentence_and_nothing_is_on_record(release, tmp_path):
    path = tmp_path / "nowhere" / "proof.zip"
    sentence = refused("export_evidence", release.reference, "--output", str(path))
    assert sentence == f"{path} could not be written: No such file or directory."
    assert not exports().exists()


@pytest.mark.parametrize("form", [[], ["--warc"]], ids=["bundle", "warc"])
def test_a_body_that_the_storage_does_not_return_is_said_in_one_sentence(release, tmp_path, settings, form):
    settings.STORAGES = settings.STORAGES | {"bodies": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    body = Body.objects.first()
    Body.objects.move_out(body)
    path = tmp_path / "proof"
    sentence = refused("export_evidence", release.reference, "--output", str(path), *form)
    assert sentence.startswith(f"{path} was not written. The storage of bodies did not return {body.sha256}: ")
    assert list(tmp_path.iterdir()) == []
    assert not exports().exists()


def test_pruning_says_what_it_did_and_a_dry_run_what_it_would_do(release, settings, time_machine):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    time_machine.move_to(SEED_DUE + timedelta(days=400), tick=False)
    told = (
        "Stored pages older than 365 days {0}: 4. Releases with these pages: 1. Releases left out because a report "
        "needs their pages: 0. Attached files {0}: 0.\n"
    )
    assert run("prune_evidence", "--dry-run") == told.format("would be removed")
    assert Body.objects.count() == 1
    assert run("prune_evidence") == told.format("removed")
    assert not Body.objects.exists()


def test_a_body_on_which_a_report_rests_is_spared_until_the_report_is_dismissed(release, settings, time_machine):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    create_checks_until(release.addresses.get(), SEED_DUE + timedelta(seconds=120))
    judge.judge_one(Release.objects.get(pk=release.pk), now=AFTER)
    drafting.draft_missing(now=AFTER)
    time_machine.move_to(SEED_DUE + timedelta(days=400), tick=False)
    assert "left out because a report needs their pages: 1." in run("prune_evidence")
    assert Body.objects.count() == 1
    Report.objects.update(status=ReportStatus.DISMISSED, decided_at=AFTER, decision_reason="check_error")
    assert "removed: 4" in run("prune_evidence")


def test_every_report_but_a_dismissed_one_needs_its_evidence(office, report, subtests):
    releases = {suspicion.release_id for suspicion in report.suspicions.all()}
    assert releases
    for status in set(ReportStatus).difference(MERGED_OR_SPLIT):
        with subtests.test(status), rolled_back():
            assert as_brought(Report.objects.get(pk=report.pk), office, status).status == status
            assert releases_with_needed_evidence(releases) == (set() if status is ReportStatus.DISMISSED else releases)


def test_a_suspicion_that_has_no_report_yet_needs_its_evidence(report):
    releases = {suspicion.release_id for suspicion in report.suspicions.all()}
    report.suspicions.update(report=None)
    other = ReleaseFactory(confirmed=True, reference="other", series=SeriesFactory())
    assert releases_with_needed_evidence({*releases, other.pk}) == releases

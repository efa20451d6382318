"""The evidence bundle: its content, and that its own README is enough to check it."""

import json
import re
import subprocess
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest

from releases import judge, scheduling, statements
from releases.evidence import coverage, export
from releases.evidence.embargo import Withheld
from releases.models import Observation, Release, ReleaseEvent
from releases.models.event import record_event
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.observations import create_checks_until
from tests.support.people import add_role
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(hours=2)
PAGE, EARLY = b"<title>Coming soon \xe2\x80\x93 \\n 'quotes' $(no) %s</title>\n", b"<title>The figures</title>"
WORDS = "Ada Example saw it on her own screen."


@shared_fixture
def release():
    """A late release with something of every kind on record, between the rows of another one."""
    release = ReleaseFactory(announced=True)
    address = release.addresses.get()
    other = ReleaseFactory(announced=True, reference="other", series=release.series).addresses.get()
    for seconds in (-70, -60, -50):
        coverage.mark_alive("test", at=SEED_DUE + timedelta(seconds=seconds))
    store_checks(make_check(other, "not_live", PAGE, at=-60), make_check(address, "not_live", PAGE, at=-60))
    store_checks(make_check(other, "not_live", PAGE, at=-50), make_check(other, "live", b"another's", at=-40))
    store_checks(make_check(address, "live", EARLY, at=-30))
    create_checks_until(address, SEED_DUE + timedelta(seconds=130))
    store_checks(make_check(address, "not_live", PAGE, at=130))
    store_checks(
        make_check(other, "live", b"another's", at=140), make_check(address, "live", b"<title>Out</title>", at=150)
    )
    judge.judge_one(release, now=NOW)
    person = create_member(Role.STATISTICIAN, release.series.producer, name="Ada Example", email="ada@example.gov.uk")
    statements.record_live_time(release, live_at=SEED_DUE, words=WORDS, by=person, at=NOW)
    return Release.objects.get(pk=release.pk)


def written(release, *, now=NOW, withheld=export.NOTHING_WITHHELD):
    out = BytesIO()
    export.write_bundle(release, out, now=now, withheld=withheld)
    return out.getvalue()


def files(content):
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def lines(content, name):
    return [json.loads(line) for line in files(content)[name].splitlines()]


def unpacked(content, folder):
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder)
    return next(folder.iterdir())


def commands(folder):
    """Read the commands in the README, one text for each indented block."""
    blocks = re.findall(r"(?m)(?:^ {7}.*\n(?:\s*\n(?= {7}))?)+", (folder / "README.txt").read_text())
    return [block for block in blocks if re.search(r"sha256sum|awk", block)]


def checked(folder, shell="sh"):
    """Run the README's commands with a real shell, and return for each what it says."""
    said = []
    for command in commands(folder):
        told = subprocess.run([shell, "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        said.append(told.stdout + told.stderr)
    return said


def test_the_readme_begins_with_the_office_and_what_to_do_if_a_check_fails(release, tmp_path, settings):
    settings.OFFICE_NAME = "Office of Fish"
    folder = unpacked(written(release), tmp_path)
    assert " ".join((folder / "README.txt").read_text().split("\n\n")[1].split()) == (
        "From Office of Fish. If a check below fails, do not rely on this file. Ask the office for a new one. "
        "Save this one unchanged, because it can show what was altered."
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_commands_of_the_readme_say_nothing_of_a_bundle_that_holds(release, tmp_path, shell):
    folder = unpacked(written(release), tmp_path)
    sums, first_row, rows, links, bodies = checked(folder, shell)
    assert (sums, rows, links, bodies) == ("", "", "", "")
    first_line = (folder / "looks.chain").read_text().splitlines()[0]
    assert first_row.split()[0] == first_line.split()[2]


SUMS, ROWS, LINKS, BODIES = 0, 2, 3, 4


CHANGES = {
    "a look": ("looks.jsonl", lambda text: text.replace(b'"live"', b'"Live"', 1), {SUMS, ROWS}),
    "an event": ("events.jsonl", lambda text: text.replace(b"late", b"lato", 1), {SUMS, ROWS}),
    "a hash of the chain": ("looks.chain", lambda text: flipped(text, 100), {SUMS, ROWS, LINKS}),
    "missing links": ("looks.chain", lambda text: b"".join(text.splitlines(True)[::2]), {SUMS, ROWS, LINKS}),
    "a verdict": ("verifications.jsonl", lambda text: text.replace(b"late", b"lato", 1), {SUMS}),
    "a body": (f"bodies/{sha256_hex(PAGE)}", lambda text: flipped(text, 9), {SUMS, BODIES}),
}


def test_one_changed_byte_is_noticed(release, tmp_path, subtests):
    folder = unpacked(written(release), tmp_path)
    for what, (name, change, notices) in CHANGES.items():
        with subtests.test(what):
            before = (folder / name).read_bytes()
            (folder / name).write_bytes(change(before))
            assert (folder / name).read_bytes() != before
            said = checked(folder)
            (folder / name).write_bytes(before)
            assert {number for number in (SUMS, ROWS, LINKS, BODIES) if said[number]} == notices


def flipped(content, at):
    """The bytes with one of them changed into another digit or letter."""
    new = b"1" if content[at : at + 1] == b"0" else b"0"
    return content[:at] + new + content[at + 1 :]


def test_the_same_evidence_gives_the_same_bytes_and_reading_it_changes_nothing(release):
    first = written(release)
    record_event(release, "body_read", at=NOW, sha256="0" * 64)
    record_event(release, "evidence_exported", at=NOW, sha256="0" * 64)
    assert written(release, now=NOW + timedelta(days=1)) == first
    store_checks(make_check(release.addresses.get(), "live", b"new", at=200))
    assert written(release) != first


def test_every_row_of_the_release_is_in_it_and_of_others_the_hashes_alone(release):
    content = written(release)
    looks = Observation.objects.filter(release=release).order_by("position")
    own = [2, *range(5, 20), 21]
    assert [row[1] for row in lines(content, "looks.jsonl")] == [look.position for look in looks] == own
    chain = files(content)["looks.chain"].decode().splitlines()
    assert [line.split()[0] for line in chain] == [str(position) for position in range(2, 22)]
    assert chain[0].split()[1:] == [looks[0].previous_hash, looks[0].row_hash]
    events = ReleaseEvent.objects.filter(release=release)
    assert [row[1] for row in lines(content, "events.jsonl")] == [event.position for event in events]
    assert b"another's" not in content
    assert "other" not in files(content)["release.json"].decode()


def test_a_bundle_without_the_rows_that_its_reader_may_not_know_holds_and_has_only_their_hashes(release, tmp_path):
    stated = ReleaseEvent.objects.get(kind="stated")
    record_event(release, "afterwards", at=NOW)
    withheld = Withheld(statements=[release.statements.get().pk], events=[stated.pk])
    content = written(release, withheld=withheld)
    folder = unpacked(content, tmp_path)
    said = checked(folder)
    assert (said[SUMS], said[ROWS], said[LINKS], said[BODIES]) == ("", "", "", "")
    assert lines(content, "statements.jsonl") == []
    assert stated.position not in [row[1] for row in lines(content, "events.jsonl")]
    assert f"{stated.position} {stated.previous_hash} {stated.row_hash}" in (folder / "events.chain").read_text()
    assert b"was_live" not in b"".join(files(content).values())


def test_a_row_that_was_changed_in_the_database_is_noticed_in_its_bundle(release, tmp_path):
    from tests.integration.statsoffice.test_verify_evidence import tamper

    tamper("UPDATE releases_observation SET result = 'not_live' WHERE result = 'live'")
    assert checked(unpacked(written(release), tmp_path))[ROWS]


def test_no_name_no_address_of_a_person_and_no_free_text_is_in_it(release):
    everything = b"\n".join(files(written(release)).values()).decode(errors="replace")
    for private in ("Ada", "ada@example.gov.uk", "own screen", release.series.responsible.name):
        assert private not in everything
    event = ReleaseEvent.objects.get(kind="stated")
    add_role(event.actor, release.series.producer, Role.HEAD_OF_PROFESSION)  # a promotion after the statement
    (statement,) = lines(written(release), "statements.jsonl")
    assert (statement["role"], statement["event"]) == ("statistician", event.position)
    assert statement["words"] == event.payload()["words"] != ""


def test_verdict_coverage_and_addresses_are_in_it(release):
    content = written(release)
    (verdict,) = lines(content, "verifications.jsonl")
    assert verdict["outcome"] == "late"
    assert "release" not in verdict
    (stretch,) = lines(content, "coverage.jsonl")
    first_look = Observation.objects.filter(release=release).earliest("sent_at")
    assert stretch["began_at"] == first_look.sent_at.isoformat(timespec="microseconds")
    assert stretch["ended_at"] == (SEED_DUE - timedelta(seconds=50)).isoformat(timespec="microseconds")
    (told,) = lines(content, "release.json")
    assert told["addresses"][0]["url"] == release.addresses.get().url


def test_what_is_sealed_is_left_out_until_the_release_is_due_and_live(release):
    Release.objects.filter(pk=release.pk).update(status="confirmed", published_at=None)
    content = written(release)
    entries = {(entry["why"], entry["since_due"]): entry for entry in lines(content, "bodies.jsonl")}
    assert entries["first_live", False]["state"] == "sealed"
    assert "size" not in entries["first_live", False]
    assert f"bodies/{sha256_hex(EARLY)}" not in files(content)
    assert EARLY not in b"".join(files(content).values())
    scheduling.publish(Release.objects.get(pk=release.pk), by=None, at=NOW, published_at=NOW)
    assert files(written(release))[f"bodies/{sha256_hex(EARLY)}"] == EARLY


def test_each_kept_body_is_in_it_as_it_was_seen_under_its_own_hash(release):
    found = {name.partition("/")[2]: body for name, body in files(written(release)).items() if "bodies/" in name}
    assert {sha256_hex(body) for body in found.values()} == set(found)
    assert set(found) == {kept.sha256 for kept in release.stored_bodies.all()}
    assert {PAGE, EARLY} <= set(found.values())


def test_a_release_that_no_one_checked_at_has_a_bundle_that_holds(tmp_path):
    release = ReleaseFactory(confirmed=True)
    folder = unpacked(written(release), tmp_path)
    assert (folder / "looks.jsonl").read_bytes() == b""
    said = checked(folder)
    assert (said[SUMS], said[ROWS], said[LINKS]) == ("", "", "")

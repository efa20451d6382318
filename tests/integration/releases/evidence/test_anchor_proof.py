"""The proof in an evidence bundle: checked with its own script, by sha256sum and openssl alone."""

import os
import re
import shutil
import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone

from releases.evidence import anchors, export
from releases.evidence.embargo import Withheld
from releases.models import Anchor, Release, ReleaseEvent
from releases.models.event import record_event
from statsoffice import anchors as statsoffice_anchors
from statsoffice.anchors import CHAINS
from tests.integration.releases.evidence.test_bundle import files, flipped, unpacked
from tests.servers.time_stamp_authority import Authority, found_authority, time_stamp_authority
from tests.support.factories import ReleaseFactory
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

NOT_PROVED = 3


def not_proved(rows: int) -> str:
    return (
        f"NOT PROVED: {f'{rows} rows are' if rows > 1 else '1 row is'} in no anchor. The office may have added rows "
        "after the newest anchor, or anchors may be missing. Ask the office for a newer bundle."
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def release(authority: Authority, settings) -> Release:
    """A release whose rows are in two anchors, of which the first has a time stamp; its last event is in neither."""
    settings.TIMESTAMP_CERTIFICATES = authority.certificates
    now = timezone.now()
    other = ReleaseFactory(confirmed=True, reference="other")
    record_event(other, "first", at=now)
    anchor_now(now)  # has none of its rows
    release = ReleaseFactory(confirmed=True, series=other.series)
    for seconds in (-20, -10):
        store_checks(
            make_check(other.addresses.get(), "not_live", b"another", at=seconds),
            make_check(release.addresses.get(), "not_live", b"not yet", at=seconds),
        )
    anchor_now(now)
    anchors.stamp_due(
        send_query=lambda query: statsoffice_anchors.send_timestamp_query(authority.address, query),
        authority=authority.address,
        certificates=authority.certificates,
        now=now,
    )
    record_event(other, "in between", at=now)
    anchor_now(now)  # again none
    store_checks(make_check(release.addresses.get(), "live", b"there", at=10))
    store_checks(make_check(other.addresses.get(), "live", b"another", at=20))
    anchor_now(now + timedelta(days=1), with_timestamp=False)
    record_event(release, "afterwards", at=now)
    return Release.objects.get(pk=release.pk)


def anchor_now(at, *, with_timestamp=True):
    assert anchors.make_anchor(CHAINS, why=Anchor.Why.DAILY, at=at, with_timestamp=with_timestamp)


@pytest.fixture
def folder(release, tmp_path) -> Path:
    out = BytesIO()
    export.write_bundle(release, out, now=timezone.now())
    return unpacked(out.getvalue(), tmp_path)


def check(folder, *arguments, shell="sh", path=None):
    told = subprocess.run(
        [shutil.which(shell), str(folder / "check-anchors.sh"), *arguments],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": path or os.environ["PATH"]},
    )
    assert told.stderr == ""
    return told.returncode, told.stdout


def test_the_bundle_has_the_anchors_of_its_rows_and_no_others(release):
    out = BytesIO()
    export.write_bundle(release, out, now=timezone.now())
    proof = {name for name in files(out.getvalue()) if name.startswith("anchors/")}
    assert proof == {
        "anchors/2/root",
        "anchors/2/looks",
        "anchors/2/events",
        "anchors/2/response.tsr",
        "anchors/2/stamped_at",
        "anchors/4/root",
        "anchors/4/looks",
        "anchors/authority.pem",
    }


def test_the_script_finds_nothing_wrong_with_a_bundle_that_leaves_out_events(release, tmp_path):
    out = BytesIO()
    last_two = ReleaseEvent.objects.filter(release=release).order_by("-position")[:2]
    withheld = Withheld(events=[event.pk for event in last_two])
    export.write_bundle(release, out, now=timezone.now(), withheld=withheld)
    code, said = check(unpacked(out.getvalue(), tmp_path))
    assert "WRONG" not in said
    assert "events: 1 rows, 1 of them in an anchor above" in said
    assert code == 0


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_script_finds_nothing_wrong_and_prints_roots_and_times(folder, authority, tmp_path, shell):
    (tmp_path / "root.pem").write_text(authority.certificates)
    code, said = check(folder, "root.pem", shell=shell)
    second, fourth = (Anchor.objects.get(position=number) for number in (2, 4))
    stamped = second.time_stamp.stamped_at
    lines = said.splitlines()
    assert lines[0] == f"anchor 2 root {second.root}"
    assert (
        lines[1] == f"  The authority stamped it at {stamped:%b} {stamped.day:2} {stamped:%H:%M:%S} {stamped.year} GMT"
    )
    assert lines[2] == f"anchor 4 root {fourth.root}"
    assert lines[3] == "  It has no time stamp. Only an email or a backup shows how old this root is."
    assert lines[4] == "looks: 3 rows, 3 of them in an anchor above"
    assert lines[5] == "events: 3 rows, 2 of them in an anchor above"
    assert " ".join(lines[6:]) == not_proved(1)
    assert code == NOT_PROVED


def test_it_says_when_all_rows_are_in_anchors(folder):
    """Without the last event, which is newer than the newest anchor."""
    events = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(events[:-1]))
    code, said = check(folder)
    assert "WRONG" not in said
    assert " ".join(said.splitlines()[-2:]) == (
        "All rows are in the anchors above. A time stamp, or the same root in an email that you saved, shows how old "
        "they are."
    )
    assert code == 0


def test_it_proves_nothing_if_the_anchors_are_missing(folder):
    shutil.rmtree(folder / "anchors")
    code, said = check(folder)
    assert said.splitlines()[:2] == [
        "looks: 3 rows, 0 of them in an anchor above",
        "events: 3 rows, 0 of them in an anchor above",
    ]
    assert " ".join(said.splitlines()[2:]) == not_proved(6)
    assert code == NOT_PROVED


@pytest.mark.parametrize("number", ["2", "4"])
def test_it_proves_less_if_one_anchor_is_missing(folder, number):
    shutil.rmtree(folder / "anchors" / number)
    code, said = check(folder)
    assert (code, "NOT PROVED: " in said) == (NOT_PROVED, True)


def test_an_anchor_without_its_root_proves_nothing(folder):
    (folder / "anchors" / "2" / "root").unlink()
    code, said = check(folder)
    assert (code, "WRONG: anchors/2: the file root is missing" in said) == (1, True)


@pytest.mark.parametrize("name", ["looks.jsonl", "events.jsonl"])
def test_a_missing_file_of_rows_is_named(folder, name):
    (folder / name).unlink()
    code, said = check(folder)
    assert (code, f"WRONG: {name} is missing" in said) == (1, True)


def test_it_uses_the_certificates_of_the_bundle_where_none_are_given(folder):
    code, said = check(folder)
    assert (code, "The authority stamped it at" in said, "WRONG" in said) == (NOT_PROVED, True, False)


CHANGES = {
    "a look": (
        "looks.jsonl",
        lambda text: text.replace(b'"not_live"', b'"not_Live"', 1),
        "rows that are not in looks.chain",
    ),
    "an event": (
        "events.jsonl",
        lambda text: text.replace(b"confirm", b"Confirm", 1),
        "rows that are not in events.chain",
    ),
    "a hash of another release's row": ("looks.chain", lambda text: flipped(text, 5), "of looks.chain are not those"),
    "a row of the chain missing": ("looks.chain", lambda text: text.split(b"\n", 1)[1], "of looks.chain are not those"),
    "the head in a proof": (
        "anchors/2/events",
        lambda text: re.sub(rb"^releases.event \d+", b"releases.event 1", text),
        "the proof of events gives another root",
    ),
    "a neighbour in a proof": ("anchors/4/looks", lambda text: flipped(text, -5), "gives another root"),
    "a root": ("anchors/2/root", lambda text: flipped(text, 3), "openssl does not accept the time stamp"),
    "a time stamp": (
        "anchors/2/response.tsr",
        lambda text: flipped(text, -5),
        "openssl does not accept the time stamp",
    ),
    "a proof of another chain": (
        "anchors/2/events",
        lambda text: text.replace(b"releases.event", b"releases.other"),
        "the proof of events belongs to another chain",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_script_names_a_change(folder, what):
    name, change, found = CHANGES[what]
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(change(before))
    assert (folder / name).read_bytes() != before
    code, said = check(folder)
    assert (code, found in said) == (1, True), said


def test_a_row_that_was_changed_together_with_the_chain_is_not_in_the_anchor(folder):
    """The office writes its chain anew from that row on, and publishes a bundle that is consistent in itself."""
    changed = (folder / "looks.jsonl").read_bytes().replace(b'"not_live"', b'"not_Live"', 1)
    (folder / "looks.jsonl").write_bytes(changed)
    first = subprocess.run(["sha256sum"], input=changed.split(b"\n")[0], capture_output=True, check=True).stdout[:64]
    position = changed.split(b",")[1]
    lines = [line.split(b" ") for line in (folder / "looks.chain").read_bytes().splitlines()]
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        if line[0] == position:
            line[2] = first
            after[1] = first
    (folder / "looks.chain").write_bytes(b"".join(b" ".join(line) + b"\n" for line in lines))
    code, said = check(folder)
    assert (code, "rows that" in said) == (1, False)
    assert "of looks.chain are not those of the anchor" in said


def test_the_time_stamp_of_another_authority_is_not_accepted(folder, tmp_path):
    other = found_authority(tmp_path / "other")
    code, said = check(folder, str(other.folder / "root.pem"))
    assert (code, "openssl does not accept the time stamp" in said) == (1, True)


def test_no_part_of_the_product_is_needed(folder, tmp_path):
    """The tools that the script may use, and no others."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sha256sum", "openssl", "awk", "cat", "cut", "dirname", "sed", "sort", "tr"):
        (tools / name).symlink_to(shutil.which(name))
    assert check(folder, path=str(tools))[0] == NOT_PROVED


def test_a_bundle_without_an_anchor_has_no_proof(tmp_path):
    out = BytesIO()
    export.write_bundle(ReleaseFactory(confirmed=True), out, now=timezone.now())
    assert not [name for name in files(out.getvalue()) if "anchor" in name]

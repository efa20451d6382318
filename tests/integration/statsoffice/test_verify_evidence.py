"""The command verify_evidence: every chain of the record, walked whole."""

import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError, connection

from breaches.models import Report, ReportEvent, ReportRowRecord
from releases.models import Observation
from releases.rules.canonical import sha256_hex
from tests.integration.releases.evidence.test_append_only import make_observation
from tests.integration.statsoffice.backup.commands import manage
from tests.support.factories import ProducerFactory, ReleaseFactory, create_bare_report
from tests.support.stored_checks import make_check, store_checks

AT = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)

ANCHORS = ("releases.anchor", "releases.time_stamp")
ROW_RECORDS = ("releases.row", "releases.monitoring_row", "breaches.row", "accounts.row", "messages.row")

NO_ANCHOR = (
    "We did not compare it with an anchor from outside the office. Without one, a record that was completely rewritten "
    "also passes. Use --anchor FILE."
)

pytestmark = pytest.mark.django_db


def verify():
    """Run the command, and return both outputs and the failure's sentence, if it fails."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_evidence", stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), str(error)
    return out.getvalue(), err.getvalue(), None


def a_record():
    release = ReleaseFactory(confirmed=True)
    Observation.append([make_observation(release), make_observation(release), make_observation(release)])
    report = create_bare_report(reference="breach-one", producer=ProducerFactory(), kind="late", drafted_at=AT)
    ReportEvent.append([ReportEvent(report=report, report_reference="breach-one", kind="drafted", at=AT)])
    ReportRowRecord.record({Report: [report.pk]})


def tamper(statement):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(statement)


def test_an_empty_record_holds():
    out, err, failure = verify()
    assert out.splitlines() == [
        "releases.event: 0 rows, valid",
        "releases.observation: 0 rows, valid",
        "breaches.event: 0 rows, valid",
        "breaches.register_event: 0 rows, valid",
        "accounts.event: 0 rows, valid",
        *(f"{name}: 0 rows, valid" for name in (*ROW_RECORDS, *ANCHORS)),
        "releases.body: 0 bodies, valid",
        f"The record is as it was saved: 12 chains and 0 stored pages. {NO_ANCHOR}",
    ]
    assert (err, failure) == ("", None)


def test_each_chain_is_told_with_its_number_of_rows():
    a_record()
    assert verify()[0].splitlines() == [
        "releases.event: 2 rows, valid",
        "releases.observation: 3 rows, valid",
        "breaches.event: 1 row, valid",
        "breaches.register_event: 0 rows, valid",
        "accounts.event: 0 rows, valid",
        "releases.row: 3 rows, valid",
        "releases.monitoring_row: 0 rows, valid",
        "breaches.row: 1 row, valid",
        *(f"{name}: 0 rows, valid" for name in (*ROW_RECORDS[3:], *ANCHORS)),
        "releases.body: 0 bodies, valid",
        f"The record is as it was saved: 12 chains and 0 stored pages. {NO_ANCHOR}",
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        pytest.param(
            "UPDATE releases_observation SET result = 'live' WHERE position = 2",
            "releases.observation: row 2 was changed after it was written",
            id="a-changed-look",
        ),
        pytest.param(
            "DELETE FROM releases_releaseevent WHERE position = 1",
            "releases.event: row 1 is missing",
            id="a-lost-event",
        ),
        pytest.param(
            "DELETE FROM breaches_reportevent", "breaches.event: rows after 0 are missing", id="a-reports-events-lost"
        ),
    ],
)
def test_a_chain_that_does_not_hold_is_told_by_its_first_broken_row_and_the_others_still_walked(statement, sentence):
    a_record()
    tamper(statement)
    out, err, failure = verify()
    assert err.strip() == sentence
    assert failure == (
        "1 of 12 chains was changed after it was written. Do not repair or restore this database: it is evidence. "
        "Save these lines, make a backup with manage.py backup, and tell your Head of Profession for Statistics and "
        "your security team. Approve and send no report until they agree. "
        "docs/operations/failed-verification.md says how to find the change."
    )
    assert "as it was saved" not in out
    assert out.count(", valid\n") == 12  # 11 chains and the stored bodies
    assert "releases.body: 0 bodies, valid" in out


@pytest.mark.both_databases
def test_kept_bodies_are_read_as_well_and_one_that_was_changed_is_named():
    address = ReleaseFactory(confirmed=True).addresses.get()
    store_checks(make_check(address, "live", b"what was seen", at=0))
    assert "releases.body: 1 body, valid" in verify()[0]
    assert "12 chains and 1 stored page." in verify()[0]
    tamper("UPDATE releases_body SET size = 12")
    out, err, failure = verify()
    why = f"the stored body {sha256_hex(b'what was seen')} does not match its recorded size and hash"
    assert err.strip() == f"releases.body: {why}"
    assert failure.startswith("The stored pages were changed after they were written. Do not repair or restore")
    assert out.count(", valid\n") == 12


@pytest.mark.parametrize(
    "content",
    [b"", b"See the attachment.", "anchor 1\nmade today\nroot".encode("utf-16"), b"\xff\xfe\x00"],
    ids=["empty", "another text", "UTF-16", "no text"],
)
def test_a_file_without_an_anchor_is_a_wrong_file_and_no_changed_record(tmp_path, content):
    file = tmp_path / "anchor.eml"
    file.write_bytes(content)
    with pytest.raises(CommandError) as failure:
        call_command("verify_evidence", anchor=[file], stdout=StringIO())
    assert str(failure.value) == (
        f"We found no anchor in {file}, so we did not compare the record with it. Use the original email (.eml), or "
        "its plain text in UTF-8 without added line breaks."
    )
    assert failure.value.returncode == 2


def test_a_file_that_cannot_be_read_has_the_same_exit_code(tmp_path):
    with pytest.raises(CommandError, match=r"none could not be read: No such file") as failure:
        call_command("verify_evidence", anchor=[tmp_path / "none"], stdout=StringIO())
    assert failure.value.returncode == 2


def test_every_chain_of_the_product_is_walked():
    from releases.models.append_only import ChainedRow
    from statsoffice.anchors import CHAINS

    def kinds(row):
        return {row} | {kind for below in row.__subclasses__() for kind in kinds(below)}

    assert set(CHAINS) == {row for row in kinds(ChainedRow) if not row._meta.abstract}


COMMANDS = ("export_evidence", "import_calendar", "prune_evidence", "release_status", "verify_evidence")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_a_command_in_paragraphs(command):
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    assert "\n\n" in parser.description
    assert parser.description.strip() in parser.format_help()


def test_a_command_that_fails_says_so_in_one_line_and_with_its_exit_code(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    environment["STATSOFFICE_VAR"] = str(tmp_path)
    told = subprocess.run(
        [sys.executable, "manage.py", "release_status", "nothing"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert told.returncode != 0
    assert told.stdout == ""
    assert "The database cannot be used (no such table" in told.stderr.splitlines()[-1]
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", [["verify_evidence"], ["backup", "here"], ["backup_nightly", "."]], ids=" ".join)
def test_a_command_that_reads_the_record_creates_no_database(tmp_path, command):
    folder = tmp_path / "new"
    environment = {"DATABASE_URL": f"sqlite:///{folder}/office.sqlite3", "STATSOFFICE_VAR": str(folder)}
    sentence = manage(*command, environment=environment, fails=True)
    assert f"(there is no file {folder}/office.sqlite3). Check DATABASE_URL or, with SQLite" in sentence
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("command", ["release_status", "breach_reports", "verify_evidence"])
def test_a_database_that_was_not_set_up_is_said_in_one_line(command):
    def fails(*_):
        message = "no such table: any\nand more"
        raise OperationalError(message)

    words = ["nothing"] if command == "release_status" else []
    with connection.execute_wrapper(fails), pytest.raises(CommandError) as failure:
        call_command(command, *words, stdout=StringIO())
    assert str(failure.value) == (
        "The database cannot be used (no such table: any). Check DATABASE_URL or, with SQLite, STATSOFFICE_VAR. "
        "If the database is new, run ./run --setup."
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(["none.csv"], "none.csv cannot be read: No such file", id="no-such-file"),
        pytest.param([], "Give one of these: a file, --govuk or --ons.", id="no-file-named"),
    ],
)
def test_a_file_that_cannot_be_imported_is_said_in_one_line(arguments, line):
    with pytest.raises(CommandError) as failure:
        call_command("import_calendar", *arguments)
    assert line in str(failure.value)
    assert "\n" not in str(failure.value)

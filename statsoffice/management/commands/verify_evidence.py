"""The command that verifies that the evidence was not changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from releases.management.base import PlainCommand
from statsoffice import verification

TO_BE_DONE = (
    "Do not repair or restore this database: it is evidence. Save these lines, make a backup with manage.py backup, "
    "and tell your Head of Profession for Statistics and your security team. Approve and send no report until they "
    "agree. docs/operations/failed-verification.md says how to find the change."
)
UNUSABLE_FILE = 2
"""The exit code if a file given with --anchor cannot be read or has no complete anchor."""


class Command(PlainCommand):
    help = """\
Check that the record is as it was written.

Each row of a chain contains the hash of its content and of the row before it. This
verifies the chains of releases' events, of checks, of reports' events, of exports of
the register and of accounts, and prints the number of rows of each. If a chain is
broken, its first broken row is named on standard error and the exit code is 1.

The chains whose names end in "row" contain digests of other rows: releases, addresses,
verdicts, suspicions, versions of reports, approved documents, messages, coverage, roles
and administrators. This compares each of these rows with its last digest, and computes
each verdict from the checks again if it was judged by the present version of the rules.
The first row that was changed, added or deleted is named in the same way.

The chain releases.anchor contains anchors: roots over the heads of all chains. The
chain releases.time_stamp contains the time stamps that a time-stamp authority issued
for the anchors. The command names the first anchor that does not match the chains,
and the first time stamp that does not match its anchor. A person who can write to the
database can replace the chains, the anchors and the time stamps. Anchors that are
stored outside the office reveal this. Save an email that contains an anchor, or take
the backup.json of a backup, and give the file as --anchor FILE. You can repeat this
option. If a file has no complete anchor, nothing is checked and the exit code is 2.

Then it reads every stored page and compares it with its hash and with the check
that received it. The first page that differs or is missing is named on standard
error, and the exit code is 1."""

    NEEDS_A_DATABASE = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="compare with the anchors in this file, such as a saved email or a backup.json",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        files = _read(options["anchor"])
        found = verification.check_evidence(now=timezone.now())
        outside = [verification.check_outside(name, content) for name, content in files.items()]
        for one in [*found, *outside]:
            (self.stdout if one.why is None else self.stderr).write(one.describe())
        *chains, bodies = found
        broken = sum(one.why is not None for one in chains)
        sentences = []
        if broken:
            changed = "was changed after it was" if broken == 1 else "were changed after they were"
            sentences.append(f"{broken} of {len(chains)} chains {changed} written.")
        if bodies.why is not None:
            sentences.append("The stored pages were changed after they were written.")
        if any(one.why is not None for one in outside):
            sentences.append("The record does not match an anchor from outside the office.")
        if sentences:
            raise CommandError(" ".join([*sentences, TO_BE_DONE]))
        self.stdout.write(_conclude(len(chains), pages=bodies.rows, anchors=sum(one.rows for one in outside)))


def _read(paths: Sequence[Path]) -> dict[str, bytes]:
    """Read the files with anchors, and return a dict that maps the path of each file to its content.

    :raises CommandError: if a file cannot be read, or has no complete anchor.
    """
    try:
        files = {str(path): path.read_bytes() for path in paths}
    except OSError as fault:
        message = f"{fault.filename} could not be read: {fault.strerror}."
        raise CommandError(message, returncode=UNUSABLE_FILE) from fault
    for name, content in files.items():
        if unusable := verification.find_fault(name, content):
            raise CommandError(unusable, returncode=UNUSABLE_FILE)
    return files


def _conclude(chains: int, *, pages: int, anchors: int) -> str:
    record = f"The record is as it was saved: {chains} chains and {pages} stored page{'' if pages == 1 else 's'}."
    if anchors:
        return f"{record} It matches {anchors} anchor{'' if anchors == 1 else 's'} from outside the office."
    return (
        f"{record} We did not compare it with an anchor from outside the office. Without one, a record that was "
        "completely rewritten also passes. Use --anchor FILE."
    )

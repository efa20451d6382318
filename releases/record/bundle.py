"""An evidence bundle: one file that somebody outside can check with the tools of any machine."""

import hashlib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO

from django.conf import settings

from releases.models import Release
from releases.record import dossier

# Bundles of the same evidence are the same, byte for byte: the earliest date that the format knows, for every file.
_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3

README = """\
EVIDENCE ON ONE RELEASE OF STATISTICS

From THE OFFICE. If a check below fails, do not rely on this file: ask the
office for a new one. Save this one as it is: it can show what was changed.

What was seen at its addresses, what happened to it, and what people said.
Times are in UTC. No names of people and no free text are in here: people stand
by their roles, and what they wrote by a salted digest.

release.json           the release and its addresses, as they are now
looks.jsonl            each look at an address, one row on each line
events.jsonl           what happened to the release, one row on each line
looks.chain            where the rows stand in the office's two chains: position,
events.chain           hash of the row before, hash of the row. Rows of other
                       releases lie between; of them the hashes alone are here
anchors/               proofs that the rows are in anchors of the whole record, with
                       the responses of a time-stamp authority, if the office uses
                       one; missing as long as no row is in an anchor
anchors/authority.pem  the office's copy of the authority's certificates; get your
                       own from the authority
check-anchors.sh       checks these proofs; missing as long as no row is in an anchor
verifications.jsonl    what the looks amount to, by schedule
statements.jsonl       what people said
coverage.jsonl         when each watcher was alive meanwhile
bodies.jsonl           which bodies are kept, of which look, and why; "sealed" is
                       what was seen before its time and is still under embargo
bodies/                the bodies, each named by its SHA-256. They are pages of
                       others: do not open them in a browser
SHA256SUMS             the hash of every file in here

WHAT A LOOK SAYS

A row is format, position, hash of the row before, and what was seen. In that:

planned_at                    the instant for which the look was planned
sent_at, completed_at         when the first request left and the last answer was
                              complete, by the watcher's clock, which may have been
                              off by clock_bound_seconds (null: nothing vouched for it)
seconds                       connect and first_byte count from the beginning of the
                              last request, total is what all of them took; monotonic,
                              monotonic_first_byte and monotonic_done are readings of a
                              clock that nobody sets, when the first request was sent,
                              the last answer began, and it was complete
hops, status, failure         the chain of addresses that answered, each with its
                              status; why there was no answer
peer_address, vantage         who answered; from where it was asked
certificate_sha256            of the server's own certificate (DER), if there was one
headers                       those of a fixed list; cookies are never kept
body_sha256, text_digest      of the bytes as a browser has them; of the text that a
                              reader sees, without what changes at every look (of a
                              file: of its bytes)
result, reasons               what the look shows, and why
purpose                       plain looks are judged; fresh ones asked past the caches;
                              announcement ones looked at the announcement

The addresses are not public before the release is live. Who read or took this
evidence is on record at the office and no part of it.

HOW TO CHECK IT

Commands for a shell in this folder (on macOS: shasum -a 256 for sha256sum).

1. That no file was changed since the bundle was made:

       sha256sum --check --quiet SHA256SUMS

   It prints nothing if all is well. The office put the hash of the whole bundle
   on record when it was taken: ask, and compare it with sha256sum of the file.

2. That each row is the one that the chain holds. The hash of a row is the SHA-256
   of its line without the line's end. Of the first look:

       head -n 1 looks.jsonl | tr -d '\\n' | sha256sum

   The same hash is the third word on that row's line in looks.chain. All rows at
   once (a row begins with its format, its position, and the hash before it):

       export LC_ALL=C
       for chain in looks events; do
         sort $chain.chain > $chain.sorted
         while IFS= read -r row; do printf '%s' "$row" | sha256sum | cut -c 1-64; done < $chain.jsonl |
           paste -d ' ' $chain.jsonl - |
           sed -E 's/^\\[[0-9]+,([0-9]+),"([0-9a-f]{64})",.* ([0-9a-f]{64})$/\\1 \\2 \\3/' |
           sort | comm -23 - $chain.sorted
       done

   It prints the rows that the chain does not hold, and nothing if all is well.

3. That each row of the chain follows the one before it:

       for chain in looks events; do
         awk -v chain=$chain 'NR > 1 && ($1 != position + 1 || $2 != hash) { print chain ": broken at " $1 }
           { position = $1; hash = $3 }' $chain.chain
       done

   It prints nothing if all is well.

4. That each body is the one that a look saw: the name of its file is its hash, and
   the row of the look names it as body_sha256.

       cd bodies && for body in *; do echo "$body  $body"; done | sha256sum --check --quiet

5. That the rows are older than the newest anchors, without trusting the office.
   Read the script first: it is short, and needs only sha256sum and openssl. It is
   missing as long as no row is in an anchor: then ask for a newer bundle.

       sh check-anchors.sh CERTIFICATES-OF-THE-AUTHORITY.pem

   Every day, and after each approved report and each morning, the office combines
   the ends of all its chains into one root (a Merkle tree as in RFC 6962). An office
   can have roots stamped by an authority (RFC 3161), email them to people outside,
   or both. The script checks that the hashes in looks.chain and events.chain are
   those of the anchors, and prints each root and when it was stamped. If it prints
   no time stamp, compare the root with an email or a backup. Otherwise the anchor
   proves nothing to you.

   A row that is in a stamped anchor was not changed since, even if the whole record
   was written anew: its hash would be another. The script prints NOT PROVED, with
   exit code 3, if some rows are in no anchor.

What the rows of other releases say is not in here, so that their own hashes cannot
be worked out from this bundle. Two bundles of one office must agree on every
position that both of them name, and the office can walk its chains from their
first row with one command, verify_evidence.
"""


def write(release: Release, out: IO[bytes], *, now: datetime) -> None:
    """Write the bundle of a release as a ZIP file; the same evidence gives the same bytes.

    :param out: a file that can be written, opened for bytes.
    :param now: the aware instant by which seals are lifted or not.
    """
    folder = folder_name(release)
    sums: list[str] = []
    with zipfile.ZipFile(out, "w") as bundle:
        for name, parts in [("README.txt", [_readme().encode()]), *dossier.files_of(release, now=now)]:
            sha256 = _add(bundle, f"{folder}/{name}", parts)
            sums.append(f"{sha256}  {name}\n")
        _add(bundle, f"{folder}/SHA256SUMS", [line.encode() for line in sums])


def folder_name(release: Release) -> str:
    """Name the folder that the bundle of a release unpacks into."""
    return f"evidence-{release.reference}"


def _readme() -> str:
    return README.replace("THE OFFICE", settings.OFFICE_NAME, 1)


def _add(bundle: zipfile.ZipFile, name: str, parts: Iterable[bytes]) -> str:
    entry = zipfile.ZipInfo(name, date_time=_DATE)
    entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _PLAIN_FILE, _UNIX
    digest = hashlib.sha256()
    # The length of a chain is not known before it is written, and may be more than the format's old limit.
    with bundle.open(entry, "w", force_zip64=True) as file:
        for part in parts:
            digest.update(part)
            file.write(part)
    return digest.hexdigest()

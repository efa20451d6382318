"""Reports to be printed, and what can be read from a printed file."""

import dataclasses
import re
import subprocess
import unicodedata
from datetime import UTC, date, datetime

import pikepdf

from breaches.pdf import render_pdf
from breaches.rules.content import Output, TimelineEntry
from breaches.rules.document import describe_approval, lay_out
from breaches.rules.narrative import write_account
from releases.rules.lifecycle import Role
from tests.support.report_evidence import SEED_LOOKS, address, london, record
from tests.support.seed_case import CONTENT, URL

SEED = dataclasses.replace(CONTENT, circumstances=write_account(record(address(*SEED_LOOKS))))
APPROVED_AT = london("14:15")
APPROVAL = describe_approval("Bernard Low", Role.HEAD_OF_PROFESSION, at=APPROVED_AT, one_person=True)
NASTY = (
    "<b>bold</b> <script>alert(1)</script> <style>*{display:none}</style> </p></section></body> &amp; {{ 7|add:7 }} "
    "<img src=file:///etc/hostname> <link rel=attachment href=file:///etc/passwd> <object data=file:///etc/passwd>"
)
SCRIPTS = "é ŵ ŷ Ω Ж שלום مرحبا 漢字 😀 👩‍🔬 🏴󠁧󠁢󠁥󠁮󠁧󠁿 \U00013000 \ue000"
LONG_WORD = "W" * 600
_RENDERED = {}


def approved(content=SEED):
    return lay_out(content, number="BR-2020-001", version=3, approved_at=APPROVED_AT, decision=APPROVAL)


def draft(content=SEED):
    return lay_out(content, number="BR-2020-001", version=1, with_cause_prompt=True)


def crowded():
    """A report with many outputs, practices and days, long texts, names from right to left and all that people type."""
    practice = CONTENT.practices[0]
    right_to_left, pasted = (
        dataclasses.replace(CONTENT.dealing, name=name) for name in ("ليلى حسن", "Ada 🙂 <b>Hill</b>")
    )
    return dataclasses.replace(
        SEED,
        outputs=tuple(
            Output(f"Statistics of region {number}: {NASTY}", f"{URL}-{number}-{'long-path/' * number * 4}")
            for number in range(1, 6)
        ),
        producers=(NASTY, SCRIPTS),
        dealing=right_to_left,
        head_of_profession=pasted,
        practices=tuple(
            dataclasses.replace(
                practice,
                code=f"T{number}.{number}",
                text=f"Practice number {number}. {'Words ' * 25}end{number}.",
            )
            for number in range(1, 51)
        ),
        other_practices=SCRIPTS,
        occurred_on=(date(2020, 6, 30), date(2020, 7, 1)),
        impact="\n\n".join([NASTY, SCRIPTS, LONG_WORD, *["A long paragraph of plain words. " * 60] * 2]),
        timeline=tuple(
            TimelineEntry(datetime(2020, 6, 30, hour, 35, 20, tzinfo=UTC), f"{NASTY}\n{SCRIPTS}", f"note-{hour}")
            for hour in (12, 9, 8)
        ),
    )


def scripts():
    """A report on few pages that holds every kind of character."""
    return dataclasses.replace(SEED, producers=(NASTY, SCRIPTS), impact=f"{NASTY}\n\n{SCRIPTS}\n\n{LONG_WORD}")


def all_of_the_document(document):
    """Each word that a document says, as `solid` returns it."""
    for section in document.sections:
        yield from map(solid, (section.heading, section.prompt, *(label for label, _entries in section.rows)))
        for _label, entries in section.rows:
            yield from (solid(word) for entry in entries for line in entry for word in line.text.split())
        for paragraph in (*section.paragraphs, *((when, *lines) for when, lines in section.timeline)):
            yield from (solid(word) for line in paragraph for word in line.split())


def rendered(document):
    """The file of a document, printed once for all tests that only read it."""
    # An annex holds lists, which cannot be the key of a cache; what a document is printed from is all in its repr.
    key = repr(document)
    if key not in _RENDERED:
        _RENDERED[key] = render_pdf(document)
    return _RENDERED[key]


def text_of(path, page=None):
    pages = ["-f", str(page), "-l", str(page)] if page else []
    done = subprocess.run(["pdftotext", *pages, str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def words(text):
    return " ".join(text.split())


def solid(text):
    """Text without white space and characters that cannot be seen, as it stays the same wherever its lines end."""
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char) != "Cf")


PAGE_HEIGHT, FOOTER = 297, 25


def end_of_text(path, page=1):
    """The millimetres from the top of a page to the end of its last line, which is not of the footer."""
    told = ["-f", str(page), "-l", str(page), "-bbox"]
    done = subprocess.run(["pdftotext", *told, str(path), "-"], capture_output=True, check=True)
    bottoms = [float(bottom) * 25.4 / 72 for bottom in re.findall(r'<word .*?yMax="([^"]+)"', done.stdout.decode())]
    return max(bottom for bottom in bottoms if bottom < PAGE_HEIGHT - FOOTER)


def page_count(path):
    with pikepdf.open(path) as file:
        return len(file.pages)

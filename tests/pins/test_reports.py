"""Breach reports: the text that is drafted for each kind of verdict, and the document that is approved."""

import dataclasses
import hashlib
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.test import Client

from breaches import drafting
from breaches.models import Report
from tests.integration.breaches.pdf import documents
from tests.pins.conftest import Pinned
from tests.pins.office import fixed_rows
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, Office, create_office, write_sections
from tests.support.report_evidence import london
from tests.support.report_forms import page_of, send
from tests.support.report_mornings import (
    EARLY_MORNING,
    LIVE,
    MONITORED,
    NOT_LIVE,
    NOT_SEEN_MORNING,
    SEED_MORNING,
    record_checks,
    record_coverage,
)

pytestmark = pytest.mark.django_db

ATTACHMENT = "https://www.example.gov.uk/statistics/schools-march-2020.ods"
type Morning = Callable[[Any], None]


def page_shows(*checks: tuple[str, str]) -> Morning:
    return lambda release: record_checks(release, *checks)


def only_the_page_is_live(release: Any) -> None:
    page, attachment = release.addresses.order_by("pk")
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE), address=page)
    record_checks(release, ("09:29:55", NOT_LIVE), *MONITORED, ("09:33", NOT_LIVE), address=attachment)


MORNINGS: dict[str, Morning] = {
    "late": page_shows(*SEED_MORNING),
    "late-after-a-gap": page_shows(*NOT_SEEN_MORNING, ("10:20", "unreachable"), ("10:27", LIVE)),
    "early": page_shows(*EARLY_MORNING),
    "not-seen": page_shows(*NOT_SEEN_MORNING),
    "gone-again": page_shows(*SEED_MORNING, ("10:28", NOT_LIVE), ("10:29", NOT_LIVE), ("10:40", LIVE)),
    "partial": only_the_page_is_live,
}


@pytest.fixture
def office(time_machine) -> Office:
    time_machine.move_to(AT, tick=False)
    with fixed_rows():
        return create_office(name="Office for Invented Numbers", slug="office")


def drafted(office: Office, morning: str) -> Report:
    """The draft of the report on one release after a morning."""
    with fixed_rows():
        attachments = (ATTACHMENT,) if morning == "partial" else ()
        series = SeriesFactory(producer=office.producer, slug="schools", title="Schools inspections and outcomes")
        release = ReleaseFactory(confirmed=True, series=series, reference=morning, attachments=attachments)
        record_coverage(release)
        MORNINGS[morning](release)
        (report,) = drafting.draft_missing(now=london("10:45"))
    return report


@pytest.mark.parametrize("morning", MORNINGS)
def test_the_draft_of_a_report(morning: str, office: Office, pinned: Pinned):
    report = drafted(office, morning)
    version = report.versions.get()
    assert version.machine == {name: version.content[name] for name in version.machine}
    content = version.content | {"circumstances": version.content["circumstances"].splitlines()}
    stored = {"kind": report.kind, "content": content, "sha256": version.content_sha256}
    pinned(f"draft-{morning}.json", stored | {"written by the machine": sorted(version.machine)})


@pytest.mark.parametrize("annex", [False, True], ids=["report", "annex"])
def test_an_approved_report_as_a_file(annex: bool, office: Office, client: Client, tmp_path: Path, pinned: Pinned):
    report = write_sections(drafted(office, "late"), by=office.statistician)
    client.force_login(office.head)
    address = page_of(report, "approve") + ("?annex=1" if annex else "")
    page = client.get(address).text
    assert send(client, address, page).status_code == 302
    version = Report.objects.get(pk=report.pk).version
    pdf = client.get(page_of(report, "approved_pdf", version=version)).content
    name = "approved-with-annex" if annex else "approved"
    pinned(f"{name}.txt", described(pdf, tmp_path))


@pytest.mark.parametrize("lay_out", [documents.approved, documents.draft], ids=["approved", "draft"])
def test_a_report_with_a_timeline_as_a_file(lay_out: Callable[..., Any], tmp_path: Path, pinned: Pinned):
    entries = documents.crowded().timeline
    timeline = tuple(dataclasses.replace(one, text=f"Event {number}") for number, one in enumerate(entries))
    pdf = documents.rendered(lay_out(dataclasses.replace(documents.SEED, timeline=timeline)))
    pinned(f"timeline-{lay_out.__name__}.txt", described(pdf, tmp_path))


def described(pdf: bytes, folder: Path) -> str:
    """The hash of a file, its text and its structure."""
    return "\n".join([f"SHA-256 {hashlib.sha256(pdf).hexdigest()}", "", text_of(pdf, folder), *outline(pdf)])


def text_of(pdf: bytes, folder: Path) -> str:
    """The text of a file, page by page."""
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.replace("\f", "\n--- page ---\n").splitlines())


def outline(pdf: bytes) -> list[str]:
    """The information of a file, and its tags as a tree, each run of the same tags once with their number."""
    with pikepdf.open(BytesIO(pdf)) as file:
        information = [f"{name} {value}" for name, value in sorted(file.docinfo.items())]
        return [*information, f"{len(file.pages)} pages", *tags(file.Root.StructTreeRoot.K)]


def tags(element: pikepdf.Object, depth: int = 0) -> list[str]:
    if isinstance(element, pikepdf.Array):
        return [line for child in element for line in tags(child, depth)]
    if not isinstance(element, pikepdf.Dictionary) or "/S" not in element:
        return []
    alternative = f" ({element.Alt})" if "/Alt" in element else ""
    return [f"{'  ' * depth}{element.S}{alternative}", *tags(element.get("/K", pikepdf.Array()), depth + 1)]

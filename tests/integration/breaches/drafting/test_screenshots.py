"""The stored screenshots of a release in the annex of its report, and in the printed document."""

import io

import pikepdf
import pytest

from breaches import drafting, pdf
from breaches.layout import lay_out_draft
from breaches.refreshing import with_annex
from releases.models import Body
from releases.rules.canonical import sha256_hex
from tests.support.factories import ReleaseFactory
from tests.support.report_evidence import london
from tests.support.report_mornings import NOT_SEEN_MORNING, SEED_MORNING, record_checks, record_coverage
from tests.support.screenshots import NOTHING, add_screenshot, png

pytestmark = pytest.mark.django_db


def pictures_in_annex(report):
    """The moment and the hash of each screenshot in the annex that the report has now."""
    (output,) = with_annex(report).annex.outputs
    return [(picture.moment, picture.sha256) for picture in output.pictures]


def draw(release, moment, *, at, colour):
    """Store a screenshot that differs from others by its colour, and return its hash."""
    content = png(1280, 1024, colour)
    sha256 = sha256_hex(content)
    Body.of(content, sha256=sha256, media_type="image/png").save()
    add_screenshot(release, moment, at=at, sha256=sha256, body_id=sha256)
    return sha256


def test_the_screenshots_of_a_late_release_are_in_the_annex_of_its_draft_and_in_the_printed_document(report):
    release = report.suspicions.get().release
    assert pictures_in_annex(report) == []
    due = draw(release, "due", at=1, colour="white")
    limit = draw(release, "limit", at=121, colour="silver")
    live = draw(release, "first_live", at=3421, colour="gold")
    assert pictures_in_annex(report) == [
        ("At the release time", due),
        ("At the end of the tolerance", limit),
        ("When first found live", live),
    ]
    document = pdf.render_pdf(lay_out_draft(report, annex=True))
    with pikepdf.open(io.BytesIO(document)) as file:
        assert len({picture.objgen for page in file.pages for picture in page.get_images().values()}) == 3


def test_a_screenshot_requested_before_the_due_time_is_sealed_until_the_release_is_found_live(
    office,
):
    release = ReleaseFactory(confirmed=True, series__producer=office.producer)
    record_coverage(release)
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=london("09:32:02"))
    sealed = draw(release, "due", at=-1, colour="red")
    shown = draw(release, "limit", at=121, colour="silver")
    assert pictures_in_annex(report) == [("At the end of the tolerance", shown)]
    record_checks(release, *SEED_MORNING[-2:])
    drafting.draft_missing(now=london("10:27:05"))
    assert pictures_in_annex(report) == [("At the release time", sealed), ("At the end of the tolerance", shown)]


def test_a_moment_without_a_picture_is_not_in_the_annex(report):
    release = report.suspicions.get().release
    add_screenshot(release, "due", **NOTHING, reason="timeout")
    shown = draw(release, "limit", at=121, colour="silver")
    assert pictures_in_annex(report) == [("At the end of the tolerance", shown)]

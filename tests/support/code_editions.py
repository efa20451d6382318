"""Reports that cite practices of the Code, as its list has them."""

from breaches import code_of_practice, editing
from breaches.models import Practice
from breaches.rules.content import ReportSection
from breaches.versions import content_of
from tests.support.people import AT


def practice(edition, code):
    return Practice.objects.select_related("edition").get(edition__number=edition, code=code)


def citing(report, *cited, by):
    """Let a report cite some practices, by edition and code, in addition to those that it cites."""
    added = tuple(code_of_practice.cite_practice(practice(*one)) for one in cited)
    return editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        only=("practices",),
        values={"practices": (*content_of(report).practices, *added)},
        expected_version=report.version,
        by=by,
        at=AT,
    ).report


def sentences(report):
    """Return the warnings about the editions that a report cites."""
    return [remark.sentence for remark in code_of_practice.find_edition_remarks(content_of(report))]

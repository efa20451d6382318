"""Where a report is found in the register: by its day of occurrence and by the practices that it cites.

Both stand in the content of its versions. They are kept a second time as a column and rows, in step with the present
version, because a register of ten thousand reports cannot read every version for each question.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain

from breaches.core.content import ReportContent
from breaches.models import PracticeCited, Report


def first_day(content: ReportContent) -> date | None:
    """Return the day by which a report counts: the first on which the breach occurred, if any is given."""
    return min(content.occurred_on, default=None)


def cite(reports: Mapping[Report, ReportContent]) -> None:
    """Keep which practices some new reports cite."""
    PracticeCited.objects.bulk_create(chain.from_iterable(_rows(*one) for one in reports.items()))


def cite_anew(report: Report, content: ReportContent) -> None:
    """Keep which practices a report cites now, instead of those that it cited before."""
    wanted = {(row.edition, row.code): row for row in _rows(report, content)}
    kept = {(row.edition, row.code): row for row in PracticeCited.objects.filter(report=report)}
    if gone := [row.pk for key, row in kept.items() if key not in wanted]:
        PracticeCited.objects.filter(pk__in=gone).delete()
    PracticeCited.objects.bulk_create(row for key, row in wanted.items() if key not in kept)


def _rows(report: Report, content: ReportContent) -> Iterable[PracticeCited]:
    cited = dict.fromkeys((practice.edition, practice.code) for practice in content.practices)
    return [PracticeCited(report=report, edition=edition, code=code) for edition, code in cited]

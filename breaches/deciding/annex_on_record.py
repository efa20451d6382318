"""The annex that a report would have by now, from what is on record, and the text that agrees with it."""

from dataclasses import replace

from breaches.core.content import ReportContent
from breaches.core.printed.annex_facts import annex_of
from breaches.core.status import OPEN
from breaches.drafts.refreshing import is_untouched, up_to_date
from breaches.models import Report
from breaches.reports import facts_on_record
from breaches.reports.versions import content_of, present


def with_annex(report: Report) -> ReportContent:
    """Return what a report says with what the looks show by now as its annex, which is None without a suspicion.

    What nobody edited in an undecided report is told from the very looks of its annex: nothing is written. Beside any
    other text the annex says that it may tell of more.
    """
    suspicions = list(report.suspicions.with_facts())
    facts = facts_on_record.facts_of_suspicions(suspicions)
    is_open = bool(facts) and report.status in OPEN
    own_text = not is_open or not is_untouched(present(report), "circumstances")
    content = up_to_date(report, suspicions, facts) if is_open else content_of(report)
    return replace(content, annex=annex_of(facts.values(), own_text=own_text) if facts else None)

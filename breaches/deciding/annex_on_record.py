"""The annex that a report would have by now, from what is on record."""

from breaches.core.annex import Annex
from breaches.core.printed.annex_facts import annex_of
from breaches.models import Report
from breaches.reports import facts_on_record


def annex_for(report: Report) -> Annex | None:
    """Return what the looks show of each release that a report is about; None where it rests on no suspicion."""
    facts = facts_on_record.facts_of_suspicions(report.suspicions.with_facts())
    return annex_of(facts.values()) if facts else None

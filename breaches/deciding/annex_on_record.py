"""The annex that a report would have by now, from what is on record."""

from breaches.core.annex import Annex
from breaches.core.printed.annex_facts import annex_of
from breaches.models import Report
from breaches.reports import facts_on_record


def annex_for(report: Report) -> Annex | None:
    """Return what the looks show of each release that a report is about; None where it rests on no suspicion."""
    suspicions = report.suspicions.select_related("verification__release__series__producer")
    verdicts = {suspicion.verification_id: suspicion.verification for suspicion in suspicions}
    if not verdicts:
        return None
    facts = facts_on_record.facts_of(list(verdicts.values()))
    return annex_of(facts[verdict] for verdict in verdicts)

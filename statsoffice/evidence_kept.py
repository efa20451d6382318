"""How long evidence is kept, over both apps: what no report needs any more goes at the end of its time."""

from datetime import datetime

from django.conf import settings

from breaches import needed_evidence
from releases import retention
from releases.retention import Pruned


def prune(*, now: datetime, dry_run: bool = False) -> Pruned:
    """Remove the bodies that are older than EVIDENCE_KEPT and that no open or approved report rests on.

    Safe to call again and again: what is gone is not removed twice.

    :param now: the aware instant of pruning.
    :param dry_run: say what would be removed, and remove nothing.
    """
    return retention.prune(now=now, kept_for=settings.EVIDENCE_KEPT, needed=needed_evidence.needed, dry_run=dry_run)

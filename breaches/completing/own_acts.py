"""A person declares that a report is about their own act: from then on they do not decide on it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from breaches.core.status import WRITERS
from breaches.models import OwnAct, Report
from breaches.permissions import acting_role
from breaches.reports.versions import record

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


def declare(report: Report, *, by: "User", at: datetime, words: str = "") -> None:
    """Keep a person's declaration that a report is about something that they did; a second one changes nothing.

    They may go on writing, submit the report, note its answer and send what another has approved. What decides on it is
    left to others: the moves in `DECISIONS`, and whether anyone may read it.

    :param words: what they want to say about it; may be empty.
    :raises ValueError: if the person holds no role by which reports are written or decided.
    """
    role = acting_role(by, WRITERS, report)
    try:
        with transaction.atomic():
            # The row comes before the chain of events, as it does for all who change a report.
            Report.objects.select_for_update(no_key=True).get(pk=report.pk)
            OwnAct(report=report, person=by, at=at).save()
            record(report, "own_act_declared", at=at, by=by, words=words.strip(), role=role)
    except IntegrityError:
        if not OwnAct.objects.filter(report=report, person=by).exists():
            raise

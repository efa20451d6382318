"""Who is told that a report was submitted, taken back, returned or approved, and in which words."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Report, ReportEvent
from breaches.rules.lifecycle import APPROVE, PAST_TENSE, RETURN, SUBMIT, TAKE_BACK
from statsoffice.messages import rehearsed
from statsoffice.messages.concerned import People, people_of
from statsoffice.messages.owed import NEWS, Owed, about_report

SUBMITTED, TAKEN_BACK, RETURNED, APPROVED = (PAST_TENSE[move] for move in (SUBMIT, TAKE_BACK, RETURN, APPROVE))
SUBJECTS: dict[str, Promise] = {
    SUBMITTED: lazy("Report submitted: %(reference)s"),
    TAKEN_BACK: lazy("Report taken back: %(reference)s"),
    RETURNED: lazy("Report returned: %(reference)s"),
    APPROVED: lazy("Report approved: %(reference)s"),
}
WORDS: dict[str, tuple[Promise, Promise]] = {
    SUBMITTED: (
        lazy("The report %(reference)s was submitted to the Head of Profession and the deputies."),
        lazy("Read it, and return it or decide on it, here, after signing in:"),
    ),
    TAKEN_BACK: (
        lazy("The report %(reference)s was taken back by those who write it. It will be submitted again."),
        lazy("How it stands is here, after signing in:"),
    ),
    RETURNED: (
        lazy("The report %(reference)s was returned with a comment."),
        lazy("What is asked for is here, after signing in:"),
    ),
    APPROVED: (
        lazy("The report %(reference)s was approved. It was sent to nobody by this."),
        lazy("How it stands is here, after signing in:"),
    ),
}


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for reports that somebody moved on: by reference and link, and never to who did it.

    What was submitted or taken back goes to the Heads of Profession and deputies, what was returned to who submitted
    it and whoever deals with it, what was approved to all of them. Of a rehearsal only those are told who take part.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what happened in the last seven days is told.
    """
    recent = ReportEvent.objects.filter(kind__in=SUBJECTS, at__gt=now - NEWS).order_by("position")
    missing = [key for key, kind in recent.values_list("pk", "kind") if _event(kind, key) not in told]
    if not missing:
        return
    events = list(ReportEvent.objects.filter(pk__in=missing).select_related("report").order_by("position"))
    people = people_of([event.report for event in events])
    for event in events:
        yield Owed(
            event=_event(event.kind, event.pk),
            recipients=_recipients(event, people[event.report_id]),
            subject=_subject(event.report, SUBJECTS[event.kind]),
            text=_text(event.report, *WORDS[event.kind]),
            about=about_report(event.report),
        )


def _event(kind: str, key: int) -> str:
    return f"report-{kind.replace('_', '-')}-{key}"


def _recipients(event: ReportEvent, people: People) -> frozenset[str]:
    match event.kind:
        case kind if kind == RETURNED:
            told = people.dealing | people.submitters(before=event.position)
        case kind if kind == APPROVED:
            told = people.leads | people.dealing | people.submitters(before=event.position)
        case _:
            told = people.leads
    return people.addresses(told, but=event.actor_id)


def _subject(report: Report, words: Promise) -> str:
    subject = str(words) % {"reference": report.reference}
    return rehearsed.subject(subject, rehearsal=report.rehearsal)


def _text(report: Report, what: Promise, where: Promise) -> str:
    rehearsal = rehearsed.opening(rehearsed.AFTERWARDS, rehearsal=report.rehearsal)
    path = reverse("breaches:report", args=[report.reference])
    lines = [*rehearsal, str(what) % {"reference": report.reference}, str(where), f"{settings.ADDRESS}{path}"]
    return "\n\n".join(lines) + "\n"

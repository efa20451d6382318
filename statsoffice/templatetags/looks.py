"""Verdicts and runs of looks in pages, worded by `releases.text.release`."""

from datetime import datetime

from django import template

from breaches import text as breaches_wording
from breaches.models import Report, Suspicion
from releases.check_history import SaidRun
from releases.models import Release, Verification
from releases.rules.runs import Run
from releases.statements import OpenQuestion
from releases.text.release import (
    OUTCOMES,
    delay_note,
    describe_diagnosis,
    describe_publisher,
    describe_verdict,
    hole_sentence,
    look_sentence,
    looks_when,
    says_sentence,
)
from releases.verdict.address import Outcome

register = template.Library()


@register.filter
def verdict_sentence(verification: Verification) -> str:
    return describe_verdict(verification)


@register.filter
def run_sentence(run: Run) -> str:
    """Say what a run of looks showed: "Not live: there was no such page"."""
    sentence = look_sentence(run.result, run.reasons, said=run.said)
    return sentence[:1].upper() + sentence[1:]


@register.filter
def run_when(run: Run, release: Release) -> str:
    """Say when a run of looks was: "24 looks from 9.29.05am to 9.31.55am"; with the day where it is another."""
    return looks_when(run.looks, run.first_at, run.last_at, day_of=release.due_at)


@register.filter
def seen_between(question: OpenQuestion) -> str:
    return looks_when(question.looks, question.first_seen_at, question.last_seen_at, day_of=None)


@register.filter
def publisher_sentence(verification: Verification) -> str:
    return describe_publisher(verification)


@register.filter
def diagnosis_sentences(verification: Verification) -> list[str]:
    return describe_diagnosis(verification)


@register.simple_tag
def filled_by_publisher(start: datetime, end: datetime, verification: Verification | None) -> str:
    """Say that the publisher's own time lies in a hole of our watching, if it does."""
    return hole_sentence(start, end, verification)


@register.filter
def said_sentence(run: SaidRun, release: Release) -> str:
    return says_sentence(run.says, due_at=release.due_at) if release.due_at else ""


@register.filter
def said_when(run: SaidRun, release: Release) -> str:
    return looks_when(run.looks, run.first_at, run.last_at, day_of=release.due_at)


@register.filter
def outcome_and_seconds(verification: Verification) -> str:
    """Say in one line what a verdict is and the seconds behind it: "Seen late: 40 s to 46 s after it was due"."""
    label, _ = OUTCOMES[Outcome(verification.outcome)]
    note = delay_note(verification)
    return f"{label}: {note}" if note else str(label)


@register.filter
def kind_of(report: Report) -> str:
    return breaches_wording.kind_name(report)


@register.filter
def suspected_as(suspicion: Suspicion) -> str:
    return breaches_wording.suspicion_name(suspicion)

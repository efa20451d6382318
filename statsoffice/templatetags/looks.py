"""Verdicts and runs of looks in pages, worded by `releases.words.wording`."""

from datetime import datetime

from django import template

from breaches.models import Report, Suspicion
from breaches.words import wording as breaches_wording
from releases.core.judging.verdict import Outcome
from releases.core.looks.runs import Run
from releases.models import Release, Verification
from releases.overview.on_record import SaidRun
from releases.verdicts.asking import OpenQuestion
from releases.words import second_clock, wording

register = template.Library()


@register.filter
def verdict_sentence(verification: Verification) -> str:
    """Say what the looks at a release amount to."""
    return wording.verdict_sentence(verification)


@register.filter
def run_sentence(run: Run) -> str:
    """Say what a run of looks showed: "Not live: there was no such page"."""
    sentence = wording.look_sentence(run.result, run.reasons, said=run.said)
    return sentence[:1].upper() + sentence[1:]


@register.filter
def run_when(run: Run, release: Release) -> str:
    """Say when a run of looks was: "24 looks from 9.29.05am to 9.31.55am"; with the day where it is another."""
    return wording.looks_when(run.looks, run.first_at, run.last_at, day_of=release.due_at)


@register.filter
def seen_between(question: OpenQuestion) -> str:
    """Say when the text of a question was seen."""
    return wording.looks_when(question.looks, question.first_seen_at, question.last_seen_at, day_of=None)


@register.filter
def publisher_sentence(verification: Verification) -> str:
    """Say when the publisher's own system says that the release was published."""
    return second_clock.publisher_sentence(verification)


@register.filter
def diagnosis_sentences(verification: Verification) -> list[str]:
    """Say what may explain the verdict."""
    return second_clock.diagnosis_sentences(verification)


@register.simple_tag
def filled_by_publisher(start: datetime, end: datetime, verification: Verification | None) -> str:
    """Say that the publisher's own time lies in a hole of our watching, if it does."""
    return second_clock.hole_sentence(start, end, verification)


@register.filter
def said_sentence(run: SaidRun, release: Release) -> str:
    """Say what the publisher's own system said at some looks."""
    return second_clock.says_sentence(run.says, due_at=release.due_at) if release.due_at else ""


@register.filter
def said_when(run: SaidRun, release: Release) -> str:
    """Say at which looks the publisher's own system said so."""
    return wording.looks_when(run.looks, run.first_at, run.last_at, day_of=release.due_at)


@register.filter
def outcome_and_seconds(verification: Verification) -> str:
    """Say in one line what a verdict is and the seconds behind it: "Seen late: 40 s to 46 s after it was due"."""
    label, _ = wording.OUTCOMES[Outcome(verification.outcome)]
    note = wording.delay_note(verification)
    return f"{label}: {note}" if note else str(label)


@register.filter
def kind_of(report: Report) -> str:
    """Name the kind of a report as the record has it by now."""
    return breaches_wording.kind_of(report)


@register.filter
def suspected_as(suspicion: Suspicion) -> str:
    """Say what a suspicion is of as the record has it by now."""
    return breaches_wording.suspected_as(suspicion)

"""Verdicts and runs of looks in pages, worded by `releases.wording`."""

from django import template

from releases import wording
from releases.asking import OpenQuestion
from releases.models import Release, Verification
from releases.timeline import Run

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

"""What an import does, in words for people: steps and outcomes go in, sentences come out."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.exchange.import_steps import Made, Making, Outcome, Step, StepKind, Taken

OUTCOMES: dict[Outcome, Promise] = {
    Outcome.ADDED: lazy("Added"),
    Outcome.CHANGED: lazy("Changed"),
    Outcome.UNCHANGED: lazy("Unchanged"),
    Outcome.REFUSED: lazy("Refused"),
}
COLOURS = {Outcome.ADDED: "green", Outcome.CHANGED: "blue", Outcome.UNCHANGED: "grey", Outcome.REFUSED: "red"}

_STEPS: dict[StepKind, Promise] = {
    StepKind.RECORDED: lazy("recorded for %(to)s"),
    StepKind.AS_REHEARSAL: lazy("as a rehearsal"),
    StepKind.TITLE_CORRECTED: lazy("title corrected from “%(was)s” to “%(to)s”"),
    StepKind.PAGE_ADDED: lazy("page %(to)s added"),
    StepKind.PAGE_CORRECTED: lazy("page corrected from %(was)s to %(to)s"),
    StepKind.ATTACHMENT_ADDED: lazy("attachment %(to)s added"),
    StepKind.ANNOUNCEMENT_ADDED: lazy("announcement %(to)s added"),
    StepKind.ANNOUNCEMENT_CORRECTED: lazy("announcement corrected from %(was)s to %(to)s"),
    StepKind.MOVED: lazy("moved from %(was)s to %(to)s"),
    StepKind.CHANGE_ASKED: lazy("asked to be moved from %(was)s to %(to)s; it stays until that is agreed to"),
    StepKind.CONFIRMED: lazy("confirmed"),
    StepKind.ANNOUNCED: lazy("announced"),
    StepKind.CANCELLED: lazy("cancelled, with the public reason: %(to)s"),
}
_MADE: dict[Making, Promise] = {
    Making.PRODUCER: lazy("producer %(name)s"),
    Making.SERIES: lazy("series %(name)s of %(of)s"),
    Making.CONTACT: lazy("contact %(name)s"),
    Making.RESPONSIBLE: lazy("%(name)s as the responsible contact of %(of)s"),
}


def step_in_words(step: Step) -> str:
    """Say what is done: "moved from 1 July 2026 9:30am to 2 July 2026 9:30am"."""
    return str(_STEPS[step.kind]) % {"was": step.was, "to": step.to}


def made_in_words(made: Made) -> str:
    """Say what is made beside the releases: "series Monthly rain of Office for Rain"."""
    return str(_MADE[made.kind]) % {"name": made.name, "of": made.of}


def row_in_words(taken: Taken) -> str:
    """Say in one line what becomes of a row that is not refused."""
    done = ", ".join(step_in_words(step) for step in taken.steps) or _("unchanged")
    return f"{taken.reference}: {done}"

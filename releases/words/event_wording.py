"""What happened to a release, in words for people: events go in, sentences come out."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.core.judging.verdict import Outcome
from releases.models import ReleaseEvent
from releases.words.wording import OUTCOMES

SENTENCES = {
    "recorded": lazy("Recorded for %(slot)s"),
    "announce": lazy("Announced"),
    "confirm": lazy("Confirmed"),
    "change_date": lazy("Date changed from %(was)s to %(to)s"),
    "cancel": lazy("Cancelled"),
    "publish": lazy("Published"),
    "corrected": lazy("Corrected"),
    "address_added": lazy("Address added: %(url)s"),
    "address_changed": lazy("Address changed: %(url)s"),
    "address_removed": lazy("Address removed: %(url)s"),
    "stated": lazy("Somebody said what they saw"),
    "task_done": lazy("Task ticked off"),
    "task_open_again": lazy("Task open again"),
    "evidence_exported": lazy("Evidence exported"),
}

FIELDS = {
    "title": lazy("title"),
    "reference": lazy("reference"),
    "url": lazy("address"),
    "role": lazy("role"),
    "marker": lazy("marker"),
    "adapter": lazy("how it is read"),
    "required": lazy("required"),
}


def sentence(event: ReleaseEvent) -> str:
    """Say in one line what happened; a kind for which there are no words is named as it is kept."""
    facts: Mapping[str, Any] = event.facts
    if event.kind == "judged":
        return _("Verdict: %(outcome)s") % {"outcome": OUTCOMES[Outcome(facts["outcome"][1])][0]}
    words = SENTENCES.get(event.kind)
    if words is None:
        return event.kind.replace("_", " ").capitalize()
    try:
        return str(words) % facts
    except KeyError:
        # An event written before its kind had these facts.
        return event.kind.replace("_", " ").capitalize()


def details(event: ReleaseEvent) -> Iterable[str]:
    """Say field by field what was changed, and what a person wrote about it."""
    for name, (was, now) in event.facts.get("changed", {}).items():
        yield changed(FIELDS.get(name, name), was, now)
    if event.words:
        yield f"“{event.words}”"


def changed(name: Any, was: Any, now: Any) -> str:
    """Say that one field of something was changed: title: “A” → “B”."""
    return _("%(field)s: %(was)s → %(now)s") % {"field": name, "was": _value(was), "now": _value(now)}


def _value(value: Any) -> str:
    if value is True or value is False:
        return _("yes") if value else _("no")
    return _("nothing") if value in (None, "") else f"“{value}”"

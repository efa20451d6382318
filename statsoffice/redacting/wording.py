"""Where words were found, as people call the places."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

PLACES: dict[str, Promise] = {
    "breaches.report": lazy("The report: what the automatic check wrote, and its cause"),
    "breaches.reportversion": lazy("Versions of the report’s text"),
    "breaches.reportevent": lazy("The report’s history: reasons and comments"),
    "breaches.timelinenote": lazy("Notes on the timeline"),
    "breaches.sectioncomment": lazy("Comments on single sections"),
    "breaches.correctiveaction": lazy("Corrective actions"),
    "breaches.dispatch": lazy("What was written with the report when it was sent"),
    "breaches.published": lazy("What was made public of it"),
    "releases.statement": lazy("Statements about its releases"),
    "releases.releasetask": lazy("Tasks at a next release that are its corrective actions"),
    "releases.releaseevent": lazy("The history of its releases: reasons"),
    "outbox.message": lazy("Messages about it, as they are kept here"),
}
"""By table, each with whatever holds words of people there."""


def places_in_words(rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return each place in which words were found, as people call it, and in how many rows."""
    return [(str(PLACES.get(table, table)), number) for table, number in sorted(rows.items())]

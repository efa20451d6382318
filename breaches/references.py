"""The names under which reports are known."""

from collections.abc import Sequence

from breaches.models import Report


def free_references(wanted: Sequence[str]) -> list[str]:
    """Return a name for each report: the one that is wanted, or, where an earlier report has it, one with a number."""
    taken = set(Report.objects.filter(reference__in=wanted).values_list("reference", flat=True))
    free: list[str] = []
    for name in wanted:
        number, reference = 1, name
        while reference in taken or (number > 1 and Report.objects.filter(reference=reference).exists()):
            number += 1
            reference = f"{name}-{number}"
        taken.add(reference)
        free.append(reference)
    return free

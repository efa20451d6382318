"""The names under which reports are known."""

from collections.abc import Sequence
from secrets import token_hex

from breaches.core.status import RESTRICTED, Kind
from breaches.models import Report

# What a wanted name may take up of the column, so that a number or a tail still fits.
LONGEST = 100


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


def reference_to_start(wanted: str, *, kind: Kind) -> str:
    """Return the name of a report that a person starts.

    Those of a restricted kind have a tail that nobody can guess: counted names would tell how many others there are.
    """
    wanted = wanted[:LONGEST].rstrip("-")
    if kind in RESTRICTED:
        return f"{wanted}-{token_hex(4)}"
    (free,) = free_references([wanted])
    return free

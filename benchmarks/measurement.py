"""The list of measurements: each with its sizes, its databases, and how often it is repeated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One module of this package, whose `measure(size, rounds=)` returns rows.

    Every size, database and `round` is its own process with a new database. `rounds_inside` are repetitions within that
    process, where a new one would only be dear.
    """

    name: str
    sizes: tuple[int, ...]
    databases: tuple[str, ...] = ("sqlite",)
    rounds: int = 1
    rounds_inside: int = 1

    @property
    def quick(self) -> "Measurement":
        """The same with so little to do that it says nothing, but shows that it can be made."""
        return replace(self, sizes=(4,), rounds=1, rounds_inside=2)


MEASUREMENTS: Sequence[Measurement] = (
    Measurement("first_checks", sizes=(100, 1_000, 10_000), rounds_inside=5),
    Measurement("whole_sweep", sizes=(100, 1_000, 10_000), databases=BOTH, rounds=3),
    Measurement("precision", sizes=(1, 10)),
    Measurement("checks_per_second", sizes=(10_000,), rounds_inside=5),
    Measurement("shares", sizes=(60,), databases=("postgresql",), rounds=3, rounds_inside=9),
    Measurement("late_drafts", sizes=(1_000,), databases=BOTH, rounds=3),
    Measurement("memory", sizes=(10_000,), databases=("postgresql",), rounds=3),
    Measurement("growth", sizes=(100_000,), databases=BOTH, rounds_inside=15),
    Measurement("calendar", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("pages", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("register", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("morning", sizes=(100_000,), databases=("postgresql",), rounds_inside=60),
    Measurement("backup", sizes=(10_000,), databases=("postgresql",), rounds_inside=3),
    Measurement("pdf", sizes=(1,), rounds_inside=30),
    Measurement("examiners", sizes=(4_000,), rounds_inside=3),
    Measurement("examination", sizes=(1_600_000,), rounds_inside=2),
)

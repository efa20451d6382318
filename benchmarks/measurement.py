"""The list of measurements, each with its sizes, its databases and its number of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One module of this package, whose `measure(size, rounds=)` returns rows.

    Each size, database and round has its own process and a new database. `rounds_inside` is the number of repetitions
    within that process, for measurements that need no new process each time. One that is `on_request` takes long, and
    is made only if it is named.
    """

    name: str
    sizes: tuple[int, ...]
    databases: tuple[str, ...] = ("sqlite",)
    rounds: int = 1
    rounds_inside: int = 1
    on_request: bool = False

    @property
    def quick(self) -> "Measurement":
        """The same with almost no work: its figures mean nothing, but show that the measurement works."""
        return replace(self, sizes=(4,), rounds=1, rounds_inside=2)


MEASUREMENTS: Sequence[Measurement] = (
    Measurement("first_checks", sizes=(100, 1_000, 10_000), rounds_inside=5),
    Measurement("whole_sweep", sizes=(100, 1_000, 10_000), databases=BOTH, rounds=3),
    Measurement("precision", sizes=(1, 10)),
    Measurement("checks_per_second", sizes=(10_000,), rounds_inside=5),
    Measurement("scale", sizes=(1_000_000,), databases=("postgresql",), rounds_inside=5),
    Measurement("partitions", sizes=(10_000_000,), databases=("postgresql",), rounds_inside=50, on_request=True),
    Measurement("shares", sizes=(60,), databases=("postgresql",), rounds=3, rounds_inside=9),
    Measurement("late_drafts", sizes=(1_000,), databases=BOTH, rounds=3),
    Measurement("memory", sizes=(10_000,), databases=("postgresql",), rounds=3),
    Measurement("growth", sizes=(100_000,), databases=BOTH, rounds_inside=15),
    Measurement("calendar", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("pages", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("register", sizes=(100_000,), databases=("postgresql",), rounds_inside=200),
    Measurement("morning", sizes=(100_000,), databases=("postgresql",), rounds_inside=60),
    Measurement("backup", sizes=(10_000,), databases=("postgresql",), rounds_inside=3),
    Measurement("demo", sizes=(1,), rounds=3, rounds_inside=3),
    Measurement("first_verdict", sizes=(1,), rounds=3),
    Measurement("pdf", sizes=(1,), rounds_inside=30),
    Measurement("browser", sizes=(1,), rounds_inside=9),
    Measurement("examiners", sizes=(4_000,), rounds_inside=3),
    Measurement("examination", sizes=(1_600_000,), rounds_inside=2),
)

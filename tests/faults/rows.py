"""The rows of the table: who is at work, what breaks when, and what must be found out all the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import methodcaller

from statsoffice.celery import app
from tests.faults.office import Office
from tests.faults.truth import STORIES, Story

Act = Callable[[Office], object]
ALL = frozenset(story.slug for story in STORIES)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    :param office: the name of its office in the addresses of its releases.
    :param cast: the processes that run from the beginning.
    :param acts: what is done when, in seconds after the releases are due.
    :param database: "shared" with others, "own", or "sqlite".
    :param exact: the releases on which the verdict must be the true one; of others it may be open.
    :param unkept: how many looks at one page may have died with the processes that made them.
    """

    title: str
    office: str
    cast: Sequence[str]
    acts: Sequence[tuple[float, Act]] = ()
    database: str = "shared"
    own_redis: bool = False
    exact: frozenset[str] = ALL
    unkept: int = 0
    stories: Sequence[Story] = STORIES


def kill(name: str) -> Act:
    """Kill one process with everything below it."""
    return methodcaller("kill", name)


def start(name: str) -> Act:
    """Start a process, for the first time or again."""
    return methodcaller("start", name)


kill_holder: Act = methodcaller("kill_holder")
kill_child: Act = methodcaller("kill_child")
crash_database: Act = methodcaller("crash_database")


def deliver_again(office: Office) -> None:
    """Deliver every task three more times at once."""
    with app.connection_for_write(url=office.environment["REDIS_URL"]) as connection:
        for _ in range(3):
            for task, queue in (("sweep", "watch"), ("draft", "draft"), ("deliver", "deliver")):
                app.send_task(task, queue=queue, connection=connection)


ROWS = (
    Row(
        "two beats; every task delivered twice and more",
        "doubles",
        cast=("worker-a", "worker-b", "beat-a", "beat-b"),
        acts=[(seconds, deliver_again) for seconds in (-30, -1, 1, 15, 21, 22, 23, 24)],
    ),
    Row(
        "worker killed inside a sweep, at T-30 s and its process at T+1 s",
        "killed-a",
        cast=("worker-a", "worker-b", "worker-c", "beat-a"),
        acts=[(-30, kill_holder), (1, kill_child)],
        unkept=2,
    ),
    Row(
        "worker killed inside a sweep, at T-1 s and T+15 s",
        "killed-b",
        cast=("watch-a", "watch-b", "watch-c"),
        acts=[(-1, kill_holder), (15, kill_holder)],
        unkept=2,
    ),
)

EARLIEST = timedelta(seconds=95)
"""So long before the releases are due every process must be at work."""

"""The rows of the table: who is at work, what breaks when, and what must be found out all the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import methodcaller

from releases.verdict.address import Outcome
from statsoffice.celery import app
from tests.faults.office import Office
from tests.faults.truth import COSTLY, GOOD, HOSTILE, STORIES, Story

Act = Callable[[Office], object]
ALL = frozenset(story.slug for story in STORIES)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    :param office: the name of its office in the addresses of its releases.
    :param cast: the processes that run from the beginning.
    :param acts: the acts by time, in seconds after the releases are due.
    :param database: "shared" with others, "own", or "sqlite".
    :param exact: the releases on which the verdict must be the true one; of others it may be open.
    :param unkept: how many checks of one page may have died with the processes that made them.
    :param clock: by how many seconds the clock of its `stepped` processes is ahead from the beginning.
    :param repeated: whether the clock passes some instants twice, so that checks are planned for them twice.
    :param by_the_site: for a second after due by that clock, the second by the site's.
    :param padding: bytes by which each page is longer than it need be.
    :param largest_file: bytes beyond which no file of its separate database grows: then its disk is full.
    :param hostile: whether it also monitors a hostile site.
    :param costly: whether it also monitors pages whose examination costs much, and twenty more good ones.
    :param punctual: whether someone can be there at the due instant.
    :param judged_apart: whether sweeps only check, and processes of their own judge.
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
    clock: float = 0
    repeated: bool = False
    by_the_site: Callable[[float], float] = lambda seconds: seconds
    padding: int = 0
    largest_file: int = 0
    hostile: bool = False
    costly: bool = False
    punctual: bool = True
    judged_apart: bool = False


def kill(name: str) -> Act:
    """Kill one process with everything below it."""
    return methodcaller("kill", name)


def start(name: str) -> Act:
    """Start a process, for the first time or again."""
    return methodcaller("start", name)


def set_clock(seconds: float) -> Act:
    """Set the clock of the office's `stepped` processes, to be so many seconds ahead."""
    return methodcaller("set_clock", seconds)


kill_holder: Act = methodcaller("kill_holder")
kill_child: Act = methodcaller("kill_child")
crash_database: Act = methodcaller("crash_database")


def deliver_again(office: Office) -> None:
    """Deliver every task three more times at once."""
    with app.connection_for_write(url=office.environment["REDIS_URL"]) as connection:
        for _ in range(3):
            for task, queue in (("sweep", "watch"), ("draft", "draft"), ("deliver", "deliver")):
                app.send_task(task, queue=queue, connection=connection)


# In the office where everything is off, the clock runs from before five minutes before due, and then from ten minutes
# after: what its pages show in between, they show while no one checks.
OFF_AT, ON_AT, OFF_AT_BY_THE_SITE = -300.0, 600.0, -30.0


def while_off(seconds: float) -> float:
    """Return the second by the site's clock at which a page changes, for a second by the clock of the office."""
    if seconds < OFF_AT:
        return OFF_AT_BY_THE_SITE + (seconds - OFF_AT)
    return OFF_AT_BY_THE_SITE + 1 if seconds < ON_AT else OFF_AT_BY_THE_SITE + (seconds - ON_AT)


# One page asks its readers to wait for a second, each time that it is asked.
BUSY = tuple(replace(s, in_trouble=False, retry_after=1) if s.slug == "in-trouble" else s for s in STORIES)
# One page asks its readers to wait for 40 seconds, at the due instant. Another one of its host is live meanwhile, and
# is taken down before it can be checked again.
TAKEN_DOWN = {
    "in-trouble": {"in_trouble": False, "retry_after": 40, "asks_from": -2},
    "late": {"published": 0.7, "taken_down": 12, "outcome": Outcome.CANNOT_TELL, "kind": None},
}
FLAPPING = tuple(replace(story, **TAKEN_DOWN.get(story.slug, {})) for story in STORIES)
UNSEEN = tuple(replace(story, published=635) if story.slug == "late" else story for story in STORIES)

# Another process takes hosts over eight seconds after one was killed, at its next sweep. That gap may be longer than
# ten seconds, and then nothing is late.
AFTER_A_GAP = ALL - {"late", "late-file", "never"}

ROWS = (
    Row(
        "database away from T-90 s on; its watcher killed at T+15 s, before it is back at T+18 s",
        "away-long",
        cast=("watch-a",),
        acts=[
            (-90, crash_database),
            (15, kill("watch-a")),
            (18, start("postgresql")),
            # Without its database a process ends at once, and systemd starts it again every two seconds.
            (19, start("watch-b")),
        ],
        database="own",
        exact=AFTER_A_GAP,
        unkept=2,
    ),
    Row(
        "database away at T, from T-2 s to T+12 s",
        "away",
        cast=("worker-a", "beat-a"),
        acts=[(-2, crash_database), (12, start("postgresql"))],
        database="own",
    ),
    Row(
        "everything off from T-5 min to T+10 min",
        "off",
        cast=("stepped-a",),
        acts=[
            (OFF_AT_BY_THE_SITE, kill("stepped-a")),
            (OFF_AT_BY_THE_SITE + 0.5, set_clock(ON_AT - OFF_AT_BY_THE_SITE)),
            (OFF_AT_BY_THE_SITE + 1.5, start("stepped-b")),
        ],
        database="sqlite",
        exact=frozenset({"in-trouble"}),
        unkept=2,
        stories=UNSEEN,
        clock=OFF_AT - OFF_AT_BY_THE_SITE,
        by_the_site=while_off,
        punctual=False,
    ),
    Row("beat dead from T-65 s on", "no-beat", cast=("worker-a", "beat-a"), acts=[(-65, kill("beat-a"))]),
    Row(
        "two beats; every task delivered twice and more",
        "doubles",
        cast=("worker-a", "worker-b", "beat-a", "beat-b"),
        acts=[(seconds, deliver_again) for seconds in (-30, -1, 1, 15, 21, 22, 23, 24)],
    ),
    Row(
        "Redis down from T-30 s to T+12 s, started again empty",
        "no-redis",
        cast=("worker-a", "beat-a"),
        acts=[(-30, kill("redis")), (12, start("redis"))],
        own_redis=True,
    ),
    Row(
        "worker killed inside a sweep, at T-30 s and its process at T+1 s",
        "killed-a",
        cast=("worker-a", "worker-b", "worker-c", "beat-a"),
        acts=[(-30, kill_holder), (1, kill_child)],
        exact=AFTER_A_GAP,
        unkept=2,
        punctual=False,
    ),
    Row(
        "worker killed inside a sweep, at T-1 s and T+15 s",
        "killed-b",
        cast=("watch-a", "watch-b", "watch-c"),
        acts=[(-1, kill_holder), (15, kill_holder)],
        exact=AFTER_A_GAP,
        unkept=2,
        punctual=False,
    ),
    Row(
        "two judging processes, one killed at T+1 s, the other at T+21 s when most verdicts are due",
        "judged-apart",
        cast=("sweeper-a", "judge-a", "judge-b", "beat-a"),
        acts=[(1, kill("judge-a")), (5, start("judge-c")), (21, kill("judge-b"))],
        judged_apart=True,
    ),
    Row(
        "clock set forward by 30 s at T-20 s",
        "clock-forward",
        cast=("stepped-a",),
        acts=[(-20, set_clock(30))],
        database="sqlite",
        exact=frozenset(),
        punctual=False,
    ),
    Row(
        "clock set back by 30 s at T+9 s",
        "clock-back",
        cast=("stepped-a",),
        acts=[(9, set_clock(-30))],
        database="sqlite",
        exact=frozenset({"on-time", "early"}),
        repeated=True,
    ),
    Row(
        "disk full when a body is stored",
        "disk-full",
        cast=("watch-a",),
        database="own",
        padding=3_000_000,
        largest_file=2_000_000,
    ),
    Row(
        "a page that asks to wait for a second at every check, beside the others of its host",
        "busy",
        cast=("watch-a",),
        stories=BUSY,
    ),
    Row(
        "a page that asks its host to wait for 40 s at T, while another one is live and taken down again",
        "flapping",
        cast=("watch-a",),
        stories=FLAPPING,
        exact=frozenset({"on-time", "never", "early", "late", "in-trouble"}),
    ),
    Row(
        "a hostile site beside the others: slow drip, silence, endless body, 1 GB bomb, redirect loop, 10,000 headers, "
        "a body broken off, a name that leads to loopback",
        "hostile",
        cast=("watch-a",),
        stories=(*STORIES, *HOSTILE),
        exact=ALL | {story.slug for story in HOSTILE},
        hostile=True,
    ),
    *(
        Row(
            f"{title}: pages whose examination goes over the limits of time and memory, beside 20 good releases",
            office,
            cast=cast,
            stories=(*STORIES, *GOOD, *COSTLY),
            exact=ALL | {story.slug for story in GOOD},
            costly=True,
        )
        for title, office, cast in (
            ("one watcher", "costly", ("watch-a",)),
            ("two watchers", "costly-two", ("watch-a", "watch-b")),
        )
    ),
)

EARLIEST = timedelta(seconds=95)
"""So long before the releases are due every process must be at work."""

"""A release morning in small, played once in real time by the real processes, and what is left of it."""

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from breaches.models import Report, Suspicion
from releases.models import Observation, Release, Verification
from releases.verdict import Outcome
from statsoffice.celery import app
from statsoffice.messages.models import Message
from statsoffice.rehearsal_site.client import RehearsalSite
from statsoffice.rehearsal_site.stage import Arrival
from statsoffice.running import programs
from tests.journeys.release_morning import STORIES, a_series_with_people, prepare
from tests.servers.process import running
from tests.statsoffice.messages.mail_server import Mailbox

# So long before it is due a rehearsal must be known, for the early one to be seen "not live" first.
HEAD_START = timedelta(seconds=38)
WAIT_AT_MOST = timedelta(seconds=60)
# Drafts are looked for every 2 s and messages every 5 s: what comes too much has come by then.
QUIET = timedelta(seconds=7)


@dataclass(frozen=True, slots=True)
class Looked:
    """One kept look."""

    reference: str
    url: str
    purpose: str
    planned_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """What the processes had made of the morning when they were stopped."""

    due_at: datetime
    outcomes: tuple[tuple[str, str], ...]
    delays: Mapping[str, tuple[float | None, float | None]]
    decided_at: Mapping[str, datetime | None]
    suspicions: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, str, datetime], ...]
    statuses: Mapping[str, str]
    messages: tuple[tuple[str, str], ...]
    mails: tuple[tuple[str, str], ...]
    looks: tuple[Looked, ...]
    arrivals: tuple[Arrival, ...]
    logs: Mapping[str, str]


@contextlib.contextmanager
def two_of_each(environment: Mapping[str, str], *, folder: Path) -> Iterator[Mapping[str, Path]]:
    """Run two Celery workers and two beats side by side; gives the log of each."""
    logs = {f"{kind}-{place}": folder / f"{kind}-{place}.log" for kind in ("worker", "beat") for place in "ab"}
    with contextlib.ExitStack() as stack:
        for name, log in logs.items():
            var = folder / name
            var.mkdir()
            worker = name.startswith("worker")
            command = [*programs.WORKER, "--hostname", f"{name}@%h"] if worker else programs.beat(var)
            says = " ready." if worker else "beat: Starting"
            stack.enter_context(
                running(
                    command,
                    answers=lambda log=log, says=says: says in log.read_text(errors="replace"),
                    log=log,
                    within_seconds=60,
                    stop_with=signal.SIGQUIT,
                    environment=dict(environment),
                )
            )
        yield logs


def next_minute(now: datetime) -> datetime:
    """Give the first whole minute that leaves the head start."""
    return (now + HEAD_START + timedelta(seconds=60)).replace(second=0, microsecond=0)


def play(
    due_at: datetime, *, site: RehearsalSite, mailbox: Mailbox, logs: Mapping[str, Path], redis_url: str
) -> Played:
    """Record the rehearsals, let the processes see the morning through, and gather what they made of it.

    Around the limit every task is delivered three more times at once.
    """
    series = a_series_with_people()
    for story in STORIES:
        prepare(story, series=series, due_at=due_at, now=datetime.now(UTC), site=site)
    sleep_until(due_at + timedelta(seconds=4))
    while datetime.now(UTC) < due_at + timedelta(seconds=12):
        _deliver_three_times(redis_url)
        time.sleep(0.7)
    while not _is_complete(mailbox) and datetime.now(UTC) < due_at + WAIT_AT_MOST:
        time.sleep(0.5)
    _deliver_three_times(redis_url)
    time.sleep(QUIET.total_seconds())
    return _gather(due_at, site=site, mailbox=mailbox, logs=logs)


def sleep_until(instant: datetime) -> None:
    """Wait until an aware instant has come."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def _deliver_three_times(redis_url: str) -> None:
    with app.connection_for_write(url=redis_url) as connection:
        for _ in range(3):
            for task, queue in (("sweep", "watch"), ("draft", "draft"), ("deliver", "deliver")):
                app.send_task(task, queue=queue, connection=connection)


def _is_complete(mailbox: Mailbox) -> bool:
    """Tell whether all that must come has come; whether more has come is for the tests to see."""
    expected = {story.slug: story.outcome for story in STORIES}
    found = dict(Verification.objects.values_list("release__reference", "outcome"))
    suspicious = sum(story.kind is not None for story in STORIES)
    told = suspicious + sum(story.outcome == Outcome.LATE for story in STORIES)
    return found == expected and Report.objects.count() >= suspicious and len(mailbox.mails) >= 2 * told


def _gather(due_at: datetime, *, site: RehearsalSite, mailbox: Mailbox, logs: Mapping[str, Path]) -> Played:
    verdicts = list(Verification.objects.select_related("release").order_by("release__reference"))
    looks = tuple(
        Looked(*row)
        for row in Observation.objects.order_by("sent_at").values_list(
            "release__reference", "url", "purpose", "planned_at", "sent_at"
        )
    )
    return Played(
        due_at=due_at,
        outcomes=tuple((one.release.reference, Outcome(one.outcome)) for one in verdicts),
        delays={one.release.reference: (one.delay_from, one.delay_to) for one in verdicts},
        decided_at={one.release.reference: one.decided_at for one in verdicts},
        suspicions=tuple(Suspicion.objects.values_list("release__reference", "kind").order_by("release__reference")),
        reports=tuple(
            Report.objects.values_list("suspicions__release__reference", "kind", "drafted_at").order_by("reference")
        ),
        statuses=dict(Release.objects.values_list("reference", "status")),
        messages=tuple(Message.objects.values_list("recipient", "subject")),
        mails=tuple((str(mail["To"]), str(mail["Subject"])) for mail in mailbox.mails),
        looks=looks,
        arrivals=tuple(site.arrivals()),
        logs={name: log.read_text(errors="replace") for name, log in logs.items()},
    )

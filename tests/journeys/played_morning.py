"""A release morning in small, played once in real time by the real processes, and its record."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from breaches import decisions
from breaches.models import ApprovedDocument, Report, ReportEvent, Suspicion
from releases.models import HostLease, MinuteBrief, Observation, Release, ReleaseEvent, Verification
from releases.verdict.address import NEEDS_CHECKING, Outcome
from statsoffice import processes
from statsoffice.celery import app
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import Arrival
from statsoffice.notifications.models import Message
from tests.integration.statsoffice.deploy.behind_nginx import Front
from tests.journeys.announced_release import ANNOUNCED, ANNOUNCED_TOLD, appear, create_announced_release
from tests.journeys.at_the_web import Seen, at_the_web
from tests.journeys.release_morning import STORIES, a_series_with_people, prepare
from tests.servers.process import running
from tests.servers.programs import celery_beat
from tests.support.mail_server import Mailbox

# So long before it is due a rehearsal must be known, for the early one to be seen "not live" first.
HEAD_START = timedelta(seconds=38)
WAIT_AT_MOST = timedelta(seconds=60)
# Drafts are made every 2 s and messages every 5 s: surplus ones have come by then.
QUIET = timedelta(seconds=7)
BRIEF_SUBJECT = " not live at "
"""A part of the subject of each minute brief."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One stored check."""

    reference: str
    url: str
    purpose: str
    planned_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Briefed:
    """The minute brief of the announced release, and when its one mail arrived."""

    limit_at: datetime
    made_at: datetime
    arrived_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A process that is at work, and what it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def end(self) -> int:
        """Ask it to end by SIGTERM, and wait for that, and return its exit code."""
        self.process.terminate()
        return self.process.wait(60)


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
    briefs: tuple[Briefed, ...]
    looks: tuple[Looked, ...]
    arrivals: tuple[Arrival, ...]
    logs: Mapping[str, str]
    ended: Mapping[str, int]
    came: tuple[float, float]
    seen: Seen
    pdfs: tuple[bytes, ...]
    release_events: tuple[tuple[str, str, str], ...]
    report_events: tuple[tuple[str, str], ...]


@contextlib.contextmanager
def two_of_each(environment: Mapping[str, str], *, folder: Path) -> Iterator[Mapping[str, Running]]:
    """Run two Celery workers and two beats side by side, and yield each by name."""
    logs = {f"{kind}-{place}": folder / f"{kind}-{place}.log" for kind in ("worker", "beat") for place in "ab"}
    started = {}
    with contextlib.ExitStack() as stack:
        for name, log in logs.items():
            var = folder / name
            var.mkdir()
            worker = name.startswith("worker")
            command = [*processes.WORKER, "--hostname", f"{name}@%h"] if worker else celery_beat(var)
            says = " ready." if worker else "beat: Starting"
            process = stack.enter_context(
                running(
                    command,
                    answers=lambda log=log, says=says: says in log.read_text(errors="replace"),
                    log=log,
                    within_seconds=60,
                    stop_with=signal.SIGQUIT,
                    environment=dict(environment),
                )
            )
            started[name] = Running(process, log)
        yield started


def next_minute(now: datetime) -> datetime:
    """Return the first whole minute that leaves the head start."""
    return (now + HEAD_START + timedelta(seconds=60)).replace(second=0, microsecond=0)


def play(
    due_at: datetime,
    *,
    site: RehearsalSite,
    mailbox: Mailbox,
    started: Mapping[str, Running],
    redis_url: str,
    front: Front,
) -> Played:
    """Record the releases, let the processes and people see the morning through, and gather what came of it.

    Around the limit every task is delivered three more times at once. Once all that was scripted is found out, the
    worker that monitors the announced release and one beat are ended, and only then it appears. One web machine is
    ended once a report is approved there.
    """
    series = a_series_with_people()
    for story in STORIES:
        prepare(story, series=series, due_at=due_at, now=datetime.now(UTC), site=site)
    office = create_announced_release(due_at=due_at, site=site)
    with at_the_web(front, office) as web:
        web.before_it_is_due()
        sleep_until(due_at + timedelta(seconds=4))
        while datetime.now(UTC) < due_at + timedelta(seconds=12):
            _deliver_three_times(redis_url)
            time.sleep(0.7)
        _wait(lambda: _is_complete(mailbox))
        report = Report.objects.get(suspicions__release__reference=ANNOUNCED.slug)
        web.while_it_is_suspected(report)
        ended = {name: started[name].end() for name in (_holder(started), "beat-b")}
        came = _let_it_appear(site, due_at=due_at)
        _wait(lambda: _is_seen(report.pk, after=report.version, mailbox=mailbox))
        web.it_is_decided(report)
        ended["web"] = web.without_one_machine(report)
        _deliver_three_times(redis_url)
        _wait(lambda: _told(mailbox) > _told_of_stories() + 2 * ANNOUNCED_TOLD)
        time.sleep(QUIET.total_seconds())
        logs = {name: one.log for name, one in started.items()}
        logs |= {f"web-{place}": machine.log for place, machine in zip("ab", front.machines, strict=True)}
        return _gather(due_at, site=site, mailbox=mailbox, logs=logs, ended=ended, came=came, seen=web.seen())


def _wait(until: Callable[[], bool]) -> None:
    """Wait, though not for ever: what has not come by then is for the tests to see."""
    end = time.monotonic() + WAIT_AT_MOST.total_seconds()
    while not until() and time.monotonic() < end:
        time.sleep(0.5)


def _holder(started: Mapping[str, Running]) -> str:
    """Return the worker that is in the middle of a sweep of the host on which the announced release is to appear."""
    group = 0

    def is_held() -> bool:
        nonlocal group
        lease = HostLease.objects.filter(host__startswith=ANNOUNCED.host).exclude(holder="").first()
        group = os.getpgid(int(lease.holder.split(":")[1])) if lease else 0
        return bool(group)

    _wait(is_held)
    return next(name for name, one in started.items() if one.process.pid == group)


def _let_it_appear(site: RehearsalSite, *, due_at: datetime) -> tuple[float, float]:
    """Publish the announced release now, and return the seconds after it was due between which it appeared."""
    before = datetime.now(UTC)
    appear(site)
    return (before - due_at).total_seconds(), (datetime.now(UTC) - due_at).total_seconds()


def sleep_until(instant: datetime) -> None:
    """Wait until an aware instant has come."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def _deliver_three_times(redis_url: str) -> None:
    with app.connection_for_write(url=redis_url) as connection:
        for _ in range(3):
            for task, queue in (("sweep", "watch"), ("draft", "draft"), ("brief", "deliver"), ("deliver", "deliver")):
                app.send_task(task, queue=queue, connection=connection)


def _is_complete(mailbox: Mailbox) -> bool:
    """Return whether all that was scripted has come; whether more has come is for the tests to see."""
    expected = {story.slug: story.outcome for story in STORIES} | {ANNOUNCED.slug: Outcome.NOT_SEEN}
    found = dict(Verification.objects.values_list("release__reference", "outcome"))
    suspicious = sum(story.kind is not None for story in (*STORIES, ANNOUNCED))
    told = _told_of_stories() + ANNOUNCED_TOLD
    return found == expected and Report.objects.count() >= suspicious and _told(mailbox) >= told


def _told(mailbox: Mailbox) -> int:
    """Count the mails, but for briefs and for checks ahead: the minute leaves time for these, or does not."""
    others = ("Check before release: ", BRIEF_SUBJECT)
    return sum(not any(words in str(mail["Subject"]) for words in others) for mail in mailbox.mails)


def _told_of_stories() -> int:
    suspicious = sum(story.kind is not None for story in STORIES)
    to_check = sum(story.outcome in NEEDS_CHECKING for story in STORIES)
    return 2 * (suspicious + to_check + sum(story.outcome == Outcome.LATE for story in STORIES))


def _is_seen(key: int, *, after: int, mailbox: Mailbox) -> bool:
    """Return whether the announced release was seen, a later version of the draft says so, and people were notified."""
    report = Report.objects.get(pk=key)
    return (
        decisions.is_closed(report)
        and report.version > after
        and _told(mailbox) >= _told_of_stories() + 2 * ANNOUNCED_TOLD
    )


def _gather(
    due_at: datetime,
    *,
    site: RehearsalSite,
    mailbox: Mailbox,
    logs: Mapping[str, Path],
    ended: Mapping[str, int],
    came: tuple[float, float],
    seen: Seen,
) -> Played:
    verdicts = list(Verification.objects.select_related("release").order_by("release__reference"))
    looks = tuple(
        Looked(*row)
        for row in Observation.objects.order_by("sent_at").values_list(
            "release__reference", "url", "purpose", "planned_at", "sent_at"
        )
    )
    # At once: each query in between would leave time for a request whose check is not among these.
    arrivals = tuple(site.arrivals())
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
        briefs=tuple(
            Briefed(
                brief.limit_at,
                brief.made_at,
                tuple(
                    at
                    for mail, at in zip(mailbox.mails, mailbox.arrived, strict=False)
                    if BRIEF_SUBJECT in mail["Subject"]
                ),
            )
            for brief in MinuteBrief.objects.filter(rehearsal=False)
        ),
        looks=looks,
        arrivals=arrivals,
        logs={name: log.read_text(errors="replace") for name, log in logs.items()},
        ended=ended,
        came=came,
        seen=seen,
        pdfs=tuple(bytes(pdf) for pdf in ApprovedDocument.objects.values_list("pdf", flat=True)),
        release_events=tuple(
            (one.release.reference, one.kind, one.facts.get("outcome", [""])[-1])
            for one in ReleaseEvent.objects.select_related("release")
        ),
        report_events=tuple(ReportEvent.objects.values_list("report__suspicions__release__reference", "kind")),
    )

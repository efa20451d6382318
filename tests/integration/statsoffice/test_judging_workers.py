"""Two judging workers on a real Redis: each release gets one verdict, although one of the workers is killed."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from releases import verdict_queue
from releases.models import ReleaseEvent, VerdictRequest, Verification
from releases.models.append_only import check_chain
from statsoffice import processes
from tests.servers.process import running, wait_until
from tests.support.factories import ReleaseFactory, SeriesFactory

# An office has to turn this on. Its rules have tests of their own, which run at each commit.
pytestmark = [pytest.mark.slow, pytest.mark.full]

RELEASES = 260
READY_WITHIN_SECONDS = 180
JUDGED_WITHIN_SECONDS = 90


def test_two_workers_share_what_is_to_be_judged_and_one_of_them_may_be_killed(process_environment, tmp_path):
    environment = process_environment | {
        "STATSOFFICE_VAR": str(tmp_path),
        "STATSOFFICE_JUDGE_QUEUE": "on",
        "STATSOFFICE_CANARY": "off",
    }
    series = SeriesFactory()
    due_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    # Nothing was observed, so each verdict is that we cannot tell.
    releases = [
        ReleaseFactory(confirmed=True, series=series, reference=f"release-{number}", due_at=due_at, rehearsal=True)
        for number in range(RELEASES)
    ]
    logs = [tmp_path / f"{name}.log" for name in ("first", "second")]
    first, second = (
        running(
            [*processes.WORKER, "-Q", "judge", "--concurrency", "1", "--hostname", f"{log.stem}@%h", *options],
            answers=lambda log=log: " ready." in log.read_text(errors="replace"),
            log=log,
            environment=environment,
            within_seconds=READY_WITHIN_SECONDS,
            stop_with=signal.SIGQUIT,
        )
        for log, options in zip(logs, (["-B"], []), strict=True)
    )
    with first, second:
        now = datetime.now(UTC)
        verdict_queue.request_verdicts(releases, answered_until=lambda address: now, now=now)
        claimed_by = VerdictRequest.objects.exclude(claimed_by="").values_list("claimed_by", flat=True)
        holders = list[str]()
        wait_until(
            lambda: holders.extend(claimed_by[:1]) or holders,
            logs=logs,
            seconds=JUDGED_WITHIN_SECONDS,
            every_seconds=0.01,
        )
        os.kill(int(holders[0].split(":")[1]), signal.SIGKILL)
        killed_at = time.monotonic()
        wait_until(lambda: not VerdictRequest.objects.exists(), logs=logs, seconds=JUDGED_WITHIN_SECONDS)
        took = time.monotonic() - killed_at
    assert took < verdict_queue.CLAIM_DURATION.total_seconds() + JUDGED_WITHIN_SECONDS / 2
    assert list(Verification.objects.values_list("outcome", flat=True)) == ["cannot_tell"] * RELEASES
    judged = ReleaseEvent.objects.filter(kind="judged")
    assert (judged.count(), judged.values("release").distinct().count()) == (RELEASES, RELEASES)
    assert check_chain(ReleaseEvent)[1] is None

"""Up to when every check is over, as far as one monitoring process knows."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.monitoring.sweep import find_answered_until

NOW = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
TICK = timedelta.resolution


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("unanswered", "held_since", "until"),
    [
        pytest.param(None, LONG_AGO, NOW, id="nothing-under-way"),
        pytest.param(ago(3), LONG_AGO, ago(3) - TICK, id="own-look-under-way"),
        pytest.param(ago(-5), LONG_AGO, NOW, id="own-next-look-is-still-to-come"),
        pytest.param(None, None, ago(15), id="somebody-else-looks"),
        pytest.param(None, ago(4), ago(4 + 15), id="taken-over-just-now"),
        pytest.param(None, ago(15), NOW, id="taken-over-fifteen-seconds-ago"),
        pytest.param(ago(30), ago(4), ago(30) - TICK, id="own-look-older-than-the-others"),
    ],
)
def test_a_monitoring_process_vouches_for_its_own_checks_and_waits_for_those_of_others(unanswered, held_since, until):
    assert find_answered_until(unanswered=unanswered, held_since=held_since, now=NOW) == until

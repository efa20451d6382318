"""What an account says of an output that was seen, then not found, and seen again: each with its time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from breaches.core.account.facts import AddressFacts
from breaches.core.account.times import down, time_in_words, up
from releases.verdict.address import Away, Outcome


def away_of(kept: Mapping[str, Any]) -> tuple[Away, ...]:
    """Return when an output was gone again and back, as a verdict keeps it of one address.

    The first verdicts kept when it was first gone, and no more.
    """
    flips = kept.get("flips") or ([(kept["gone_again_at"], None)] if kept["gone_again_at"] else [])
    return tuple(
        Away(datetime.fromisoformat(gone_at), datetime.fromisoformat(back_at) if back_at else None)
        for gone_at, back_at in flips
    )


def gone_again_told(address: AddressFacts, *, due_at: datetime) -> Iterator[str]:
    """Say when a later look did not find an output any more, and when it was seen there again.

    Of what was out too early this tells what happened before it was due; the rest is told as what was seen since then.

    :param due_at: the aware instant at which it was due.
    """
    away = list(address.verdict.away)
    if address.verdict.outcome is Outcome.EARLY:
        away = [_until(one, due_at) for one in away if one.gone_at < due_at]
    if not away:
        return
    first, *more = away
    yield f"A later look, at {_gone(first, due_at)}, did not find it there any more."
    if first.back_at:
        yield f"It was seen there again at {_back(first.back_at, due_at)}."
    if more:
        times = "once more: a" if len(more) == 1 else f"{len(more)} more times: the last time a"
        back = more[-1].back_at
        again = f"; it was seen there again at {_back(back, due_at)}" if back else ""
        yield f"That happened {times} look at {_gone(more[-1], due_at)} did not find it there{again}."


def _until(away: Away, due_at: datetime) -> Away:
    return away if away.back_at and away.back_at < due_at else replace(away, back_at=None)


def _gone(away: Away, due_at: datetime) -> str:
    return time_in_words(down(away.gone_at), due_at=due_at)


def _back(instant: datetime, due_at: datetime) -> str:
    # Rounding up may not carry what was seen before the due time over it.
    rounded = down(instant) if instant < due_at <= up(instant) else up(instant)
    return time_in_words(rounded, due_at=due_at)

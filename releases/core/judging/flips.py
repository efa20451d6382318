"""What goes away after it was seen live, and comes back: facts beside the verdict, which they never change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from releases.core.judging.evidence import LookResult

if TYPE_CHECKING:
    from releases.core.judging.verdict import Sighting


@dataclass(frozen=True, slots=True)
class Flip:
    """A stretch in which an address that had been seen live was not: what was seen, and no finding.

    It was not live at `looks` looks from `gone_at` to `last_gone_at`, and live again at `back_at`, which is None
    while it is not.
    """

    gone_at: datetime
    last_gone_at: datetime
    looks: int
    back_at: datetime | None


@dataclass(frozen=True, slots=True)
class Away:
    """What is kept of a flip: the first look that did not see the address, and the one that saw it again, if any."""

    gone_at: datetime
    back_at: datetime | None


def flips_after(first: "Sighting | None", looks: "Iterable[Sighting]") -> tuple[Flip, ...]:
    """Return the stretches after the first live look in which the address was surely not live any more.

    Looks that showed neither are passed over. A look that was under way while another showed the opposite proves
    nothing, and neither does one by a clock that may have been off by as much as lies between them.

    :param first: the look that first showed the release, or None where none did.
    :param looks: all looks at the address, in the order in which they were sent.
    """
    if first is None:
        return ()
    flips: list[Flip] = []
    live_until, gone_until = first.surely_by, None
    for look in looks:
        if look.result is LookResult.NOT_LIVE and gone_until and flips[-1].back_at is None:
            flips[-1] = replace(flips[-1], last_gone_at=look.sent_at, looks=flips[-1].looks + 1)
            gone_until = max(gone_until, look.surely_by)
        elif look.result is LookResult.NOT_LIVE and look.surely_from > live_until:
            flips.append(Flip(gone_at=look.sent_at, last_gone_at=look.sent_at, looks=1, back_at=None))
            gone_until = look.surely_by
        elif look.result is LookResult.LIVE:
            live_until = max(live_until, look.surely_by)
            if gone_until and look.surely_from > gone_until and flips[-1].back_at is None:
                flips[-1] = replace(flips[-1], back_at=look.completed_at)
    return tuple(flips)

"""What may explain that readers saw a release late: never a cause that is certain, and never an excuse."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from releases.detection.finding import LookResult


class Diagnosis(StrEnum):
    """What the looks show beside the verdict."""

    EDGE_CACHE = "edge_cache"


PLAIN, FRESH = "plain", "fresh"


@dataclass(frozen=True, slots=True)
class DiagnosedLook:
    """One look at one address as far as a diagnosis needs it; instants are aware, header names in lower case.

    `purpose` is `PLAIN` for a look as any reader makes it, `FRESH` for one past the caches. `result` is what the
    look itself showed, whatever a person stated of it since.
    """

    purpose: str
    result: LookResult
    sent_at: datetime
    completed_at: datetime
    headers: Sequence[tuple[str, str]] = ()

    def header(self, name: str) -> str:
        """Return the last value of a header, or an empty text."""
        return next((value for known, value in reversed(self.headers) if known == name), "")


def diagnose(looks: Iterable[DiagnosedLook], *, published_at: datetime | None = None) -> tuple[Diagnosis, ...]:
    """Say what the looks at one address show of why it was seen when it was.

    :param looks: plain and fresh ones under one schedule, in any order.
    :param published_at: the publisher's own time of publication, an aware instant, if it gives one.
    """
    plain, fresh = split_diagnosed(looks)
    if seen_past_the_caches(plain, fresh) or _old_copy_was_stored(plain, published_at=published_at):
        return (Diagnosis.EDGE_CACHE,)
    return ()


def split_diagnosed(looks: Iterable[DiagnosedLook]) -> tuple[list[DiagnosedLook], list[DiagnosedLook]]:
    """Part the looks into plain and fresh ones, each in the order in which they were sent."""
    in_order = sorted(looks, key=lambda look: (look.sent_at, look.completed_at))
    return [look for look in in_order if look.purpose == PLAIN], [look for look in in_order if look.purpose == FRESH]


def seen_past_the_caches(
    plain: Sequence[DiagnosedLook], fresh: Sequence[DiagnosedLook]
) -> tuple[DiagnosedLook, DiagnosedLook] | None:
    """Find the first fresh look that was live while a plain one sent after it still was not, with the last such one.

    A page that readers had seen before, or that a later fresh look did not show any more, had gone again: then
    nothing is found.

    :param plain: in the order in which they were sent, as `fresh` is.
    """
    first_plain = next((look for look in plain if look.result is LookResult.LIVE), None)
    for look in fresh:
        if look.result is not LookResult.LIVE:
            continue
        gone_at = next(
            (later.sent_at for later in fresh if later.sent_at > look.sent_at and later.result is LookResult.NOT_LIVE),
            None,
        )
        still_old = [
            later
            for later in plain
            if later.result is LookResult.NOT_LIVE
            and later.sent_at >= look.completed_at
            and (first_plain is None or later.sent_at < first_plain.sent_at)
            and (gone_at is None or later.completed_at < gone_at)
        ]
        if still_old:
            return look, still_old[-1]
    return None


def _old_copy_was_stored(plain: Sequence[DiagnosedLook], *, published_at: datetime | None) -> bool:
    """Tell whether the last look without the release was answered from a store while the release was already out.

    That it was out is known from the age of the copy in which it was first seen, or from the publisher's own time;
    Last-Modified says nothing of it, because a page is often written long before it is published. The old copy must
    itself have been stored before that moment, as its own age tells.

    Source: RFC 9111, section 5.1: Age is the time in seconds since the answer was made or confirmed at the origin.
    """
    live = next((look for look in plain if look.result is LookResult.LIVE), None)
    old = [look for look in plain if look.result is LookResult.NOT_LIVE and live and look.sent_at < live.sent_at]
    if live is None or not old:
        return False
    last, stored_by = old[-1], _made_by(old[-1])
    out_by = (_made_by(live), published_at)
    return stored_by is not None and any(moment and stored_by < moment < last.sent_at for moment in out_by)


def _made_by(look: DiagnosedLook) -> datetime | None:
    """Return by when the copy that was served had been made at the origin, if it came out of a store at all."""
    age = look.header("age").strip()
    if not re.fullmatch(r"[0-9]{1,8}", age, re.ASCII) or int(age) == 0:
        return None
    # An age is told in whole seconds, rounded either way: what is only just so proves nothing.
    return look.completed_at - timedelta(seconds=int(age) - 1)

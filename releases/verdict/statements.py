"""As what a kept look counts: a person's word or a wrong clock changes that, and the look stays as it was kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from releases.detection.finding import LookResult
from releases.verdict.address import Sighting

_COUNTS_AS = {
    # "Something else" may be a bot challenge behind which the release stands: it answers the question, and
    # makes nothing late.
    "previous_edition": LookResult.NOT_LIVE,
    "this_is_it": LookResult.LIVE,
}


def last_said(spoken: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what was said last of each text, by the text's digest; what was said of no text is left out.

    :param spoken: digest and kind (of `releases.models.Statement`), in the order in which they were stated.
    """
    return {digest: kind for digest, kind in spoken if digest}


def counts_as(result: str, said: str | None, *, clock_off: bool = False) -> LookResult:
    """Return the result as which a look counts.

    :param result: what the look itself showed.
    :param said: the kind of statement that a person last made of the very text that it saw, if any.
    :param clock_off: whether the watcher's clock was known to be wrong: nobody can say when the look was made, so
        whatever it showed is a fault of ours.
    """
    if clock_off:
        return LookResult.OBSERVER_FAULT
    return _COUNTS_AS.get(said or "") or LookResult(result)


def is_corrected(said: str | None) -> bool:
    """Tell whether a person's word, not the check itself, decides as what a look counts."""
    return (said or "") in _COUNTS_AS


def sighting_of(
    result: str,
    said: str | None,
    *,
    planned_at: datetime,
    sent_at: datetime,
    completed_at: datetime,
    text_digest: str,
    clock_off: bool,
    bound_seconds: float | None,
    taken_away: bool,
) -> Sighting:
    """Return a kept look as it counts: a verdict is judged by it, and the account of a breach is written from it.

    :param result: what the look itself showed.
    :param said: the kind of statement that a person last made of the very text that it saw, if any.
    :param text_digest: names that text. What a person called the release, or its last edition, needs no proof by it.
    :param clock_off: whether the watcher's clock was known to be wrong.
    :param bound_seconds: how far that clock may have been off; None where nothing confirmed it.
    :param taken_away: whether what the look itself saw tells that the release had been there.
    """
    corrected = is_corrected(said)
    return Sighting(
        result=counts_as(result, said, clock_off=clock_off),
        planned_at=planned_at,
        sent_at=sent_at,
        completed_at=completed_at,
        clock_bound=timedelta(seconds=bound_seconds or 0.0),
        clock_confirmed=bound_seconds is not None,
        text_digest="" if corrected else text_digest,
        taken_away=taken_away and not corrected,
    )

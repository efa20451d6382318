"""As what a kept look counts: a person's word or a wrong clock changes that, and the look stays as it was kept."""

from collections.abc import Iterable

from releases.core.judging.evidence import LookResult

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

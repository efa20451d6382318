"""What a person's word makes of a look: the look stays as it was kept, and counts as the person says."""

from collections.abc import Iterable

from releases.evidence import LookResult

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


def counts_as(result: str, said: str | None) -> LookResult:
    """Return the result as which a look counts.

    :param result: what the look itself showed.
    :param said: the kind of statement that a person last made of the very text that it saw, if any.
    """
    return _COUNTS_AS.get(said or "") or LookResult(result)


def is_corrected(said: str | None) -> bool:
    """Tell whether a person's word, not the check itself, decides as what a look counts."""
    return (said or "") in _COUNTS_AS

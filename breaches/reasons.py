"""Why a look did not show the release, in words: one clause for each code that `releases.evidence` gives."""

from collections.abc import Iterable

NOT_LIVE_WORDS = {
    "not_found": "the site answered that there was no such page",
    "gone": "the site answered that the page was no longer there",
    "other_host": "the address led to another site",
    "home_page": "the address led to a home page",
    "log_in": "the address led to a page for logging in",
    "negative_marker": "the page itself said that the release was not there",
    "wrong_type": "what was there was not a file of the announced kind",
    "empty": "what was there was empty",
    "unchanged": "the page had not changed since an earlier look without the release",
    "previous_edition": "the page still showed the previous edition",
}


def why_not_live(reasons: Iterable[str]) -> str:
    """Say in one clause why a look did not show the release, or nothing if no code has words of its own.

    :param reasons: codes of the look in the order in which they were given; the first with words is said.
    """
    return next((NOT_LIVE_WORDS[reason] for reason in reasons if reason in NOT_LIVE_WORDS), "")

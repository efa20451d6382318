"""Why a look did not show the release, in words: one clause for each code that `evidence` gives."""

from collections.abc import Iterable

from releases.detection.finding import Reason

NOT_LIVE_WORDS = {
    Reason.NOT_FOUND: "the site answered that there was no such page",
    Reason.GONE: "the site answered that the page was no longer there",
    Reason.OTHER_HOST: "the address led to another site",
    Reason.HOME_PAGE: "the address led to a home page",
    Reason.SEARCH: "the address led to a search",
    Reason.LOG_IN: "the address led to a page for logging in",
    Reason.NEGATIVE_MARKER: "the page bore words such as “not found” or “coming soon”",
    Reason.LIKE_NOT_FOUND: "what was there was the site's page for what it does not have",
    Reason.OTHER_EDITION: "the address led to another edition",
    Reason.WRONG_TYPE: "what was there was not a file of the announced kind",
    Reason.EMPTY: "what was there was empty",
    Reason.ANNOUNCEMENT: "only the announcement of the release was there",
    Reason.CANCELLED: "the announcement that was there said that the release was cancelled",
    Reason.MOVED: "the announcement that was there gave another time",
    Reason.WITHDRAWN: "the page was marked as withdrawn",
    Reason.EARLIER_EDITION: "by its own dates the page was that of an earlier edition",
    Reason.UNCHANGED: "the page had not changed since an earlier look without the release",
    Reason.PREVIOUS_EDITION: "the page still showed the previous edition",
}


def why_not_live(reasons: Iterable[str]) -> str:
    """Say in one clause why a look did not show the release, or nothing if no code has words of its own.

    :param reasons: codes of the look in the order in which they were given; the first with words is said.
    """
    words: dict[str, str] = {code.value: clause for code, clause in NOT_LIVE_WORDS.items()}
    return next((words[reason] for reason in reasons if reason in words), "")

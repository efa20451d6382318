"""The sentences about the recorded cause of a breach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from breaches.rules.facts import exact_time, join_words, sentence, with_capital, without_full_stop
from breaches.rules.lifecycle import Cause

CAUSE_NOT_RECORDED = "The cause has not been recorded."


@dataclass(frozen=True, slots=True)
class StatedAvailability:
    """When the late releases of a report became available, according to the producer.

    If the report has several late releases, `at` is the time of the last one.
    """

    titles: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordedCause:
    """The cause that people chose for a report, and their own description of the cause.

    `cause` is None until people choose one. `words` is empty if there is no description.
    """

    cause: Cause | None = None
    words: str = ""
    available: StatedAvailability | None = None


NO_CAUSE = RecordedCause()

# The text that follows "because" for each known cause. `Cause.OTHER` has no text here, because people describe the
# cause in their own words.
_BECAUSE: Mapping[Cause, str] = {
    Cause.SCHEDULER_FAULT: "of a scheduler fault",
    Cause.NOT_AUTHORISED: "the publication was not authorised",
    Cause.LATE_FIX: "of a late data correction",
    Cause.PROCESSING_ERROR: "of a processing error",
    Cause.OUTAGE: "of an outage",
    Cause.WRONG_FILE: "the wrong file was used",
    Cause.CACHE: "of caching",
    Cause.HUMAN_ERROR: "of human error",
    Cause.WRONG_RECIPIENT: "the wrong recipient was chosen",
    Cause.LIST_OUT_OF_DATE: "the list of recipients was out of date",
    Cause.SENT_TOO_EARLY: "the time of sending was wrong",
    Cause.WRONG_DOCUMENT: "the wrong document or link was used",
    Cause.STATUS_MISUNDERSTOOD: "the status of the statistics was misunderstood",
    Cause.LIVE_TEST: "a test was made on the live site",
    Cause.SAID_IN_PUBLIC: "the figures were mentioned in public before release",
}


def describe_reason(recorded: RecordedCause) -> str:
    """Return the text that follows "because" for a recorded cause.

    Return "" if no cause is recorded, if the cause is not known, or if people described the cause in their own words.
    """
    return _BECAUSE.get(recorded.cause, "") if recorded.cause else ""


# If people describe a cause in one sentence of at most this many words, the account includes the sentence. A longer
# description becomes a separate paragraph.
MOST_WORDS = 20


def describe_cause(recorded: RecordedCause, *, of_one: bool = True) -> str:
    """Return a sentence about the recorded cause for the account.

    Return "" if people's description of the cause is too long for a sentence. Then use `describe_cause_in_full`.

    :param of_one: whether the account is about only one breach.
    """
    if recorded.cause is None:
        return CAUSE_NOT_RECORDED
    if recorded.cause is Cause.NOT_KNOWN:
        return "The cause is not known yet."
    if reason := describe_reason(recorded):
        if reason.startswith("of "):
            return f"{with_capital(reason.removeprefix('of '))} caused {'this' if of_one else 'these breaches'}."
        return f"{'It' if of_one else 'These breaches'} happened because {reason}."
    words = without_full_stop(recorded.words)
    return sentence(words) if len(words.split()) <= MOST_WORDS and ". " not in words else ""


def describe_cause_in_full(recorded: RecordedCause) -> str:
    """Return people's description of a cause as a paragraph. Return "" if `describe_cause` returns a sentence."""
    words = recorded.words.strip() if recorded.cause is Cause.OTHER else ""
    return "" if describe_cause(recorded) else words


def name_last(titles: Sequence[str]) -> str:
    """Return the subject of a sentence about when releases became available.

    For example, this is "‘A’" for one title, "the last of ‘A’ and ‘B’" for two titles, and "it" for no title.
    """
    names = join_words(f"‘{title}’" for title in titles) if titles else "it"
    return f"the last of {names}" if len(titles) > 1 else names


def describe_availability(stated: StatedAvailability) -> str:
    return f"The producer states that {name_last(stated.titles)} was available at {exact_time(stated.at)}."


def find_other_cause(account: str, recorded: RecordedCause) -> str:
    """Return the words with which an account gives another cause than the recorded one, or "" if there are none.

    Only our own words for a cause are found, because we cannot understand text that people wrote.
    """
    text = " ".join(account.split()).lower()
    description = " ".join(without_full_stop(recorded.words).split())
    if any(words and words.lower() in text for words in (*_word_cause(recorded), description)):
        return ""
    others = (words for cause in Cause for words in _word_cause(RecordedCause(cause)))
    return next((words for words in others if words.lower() in text), "")


def _word_cause(recorded: RecordedCause) -> list[str]:
    reason = describe_reason(recorded)
    sentences = [without_full_stop(describe_cause(recorded, of_one=of_one)) for of_one in (True, False)]
    return [words for words in (f"because {reason}" if reason else "", *sentences) if words]

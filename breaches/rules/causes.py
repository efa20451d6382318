"""The recorded cause of a breach in the words of its account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from breaches.rules.facts import join_words, sentence, with_capital, without_full_stop
from breaches.rules.lifecycle import Cause
from releases.rules.calendar import format_moment

CAUSE_NOT_RECORDED = "The cause has not been recorded."


@dataclass(frozen=True, slots=True)
class StatedAvailability:
    """When the late releases of a report became available, as the producer states; of several, the last one."""

    titles: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordedCause:
    """The cause that people chose, with their own words for it; `cause` is None until they choose one."""

    cause: Cause | None = None
    words: str = ""
    available: StatedAvailability | None = None


NO_CAUSE = RecordedCause()

# The causes as they follow "because". "Other" is missing, because people describe it in their own words.
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
    """Write the cause as it follows "because"; "" if there is none, or people describe it in their own words."""
    return _BECAUSE.get(recorded.cause, "") if recorded.cause else ""


# People's own words for a cause become a sentence of the account if they are one sentence and have at most this many
# words. Otherwise they become a paragraph.
MOST_WORDS = 20


def describe_cause(recorded: RecordedCause, *, of_one: bool = True) -> str:
    """Write the recorded cause as a sentence of the account; "" if only `describe_cause_in_full` can describe it.

    :param of_one: whether the account is about one breach.
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
    """Return people's words for another cause as a paragraph, if they are too long for a sentence of the account."""
    words = recorded.words.strip() if recorded.cause is Cause.OTHER else ""
    return "" if describe_cause(recorded) else words


# Words by which people introduce a cause in an account that they write themselves.
_INTRODUCED = ("because", "caus", "owing to", "as a result", "resulted", "led to")


def name_last(titles: Sequence[str]) -> str:
    """Name the releases of a stated time of availability: "‘A’", "the last of ‘A’ and ‘B’", "it" without a title."""
    names = join_words(f"‘{title}’" for title in titles) if titles else "it"
    return f"the last of {names}" if len(titles) > 1 else names


def describe_availability(stated: StatedAvailability) -> str:
    return f"The producer states that {name_last(stated.titles)} was available at {format_moment(stated.at)}."


def may_lack_cause(account: str, recorded: RecordedCause) -> bool:
    """Return whether an account that a person edited does not seem to contain the recorded cause."""
    if recorded.cause is None:
        return False
    ours = without_full_stop(describe_reason(recorded) or describe_cause(recorded) or recorded.words).lower()
    text = without_full_stop(account).lower()
    return ours not in text and not any(word in text for word in _INTRODUCED)

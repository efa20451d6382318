"""What the publisher's own system gives, and what looks past the caches showed: told beside what readers saw."""

from collections.abc import Iterator
from datetime import datetime

from breaches.core.account.delay import duration
from breaches.core.account.facts import Facts, PastCaches, PublisherTime
from breaches.core.account.times import down, time_in_words, up
from releases.detection.finding import Source, fills
from releases.verdict.diagnosis import Diagnosis

SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "by the time for which it was scheduled and the delay that the system recorded",
    Source.CHANGE_HISTORY: "by the public history of the page",
}


def publisher_told(facts: Facts) -> Iterator[str]:
    """Say when the publisher's own system says that the release was published, as its word and no observation.

    Where that time lies in a stretch in which nothing was observed, the account says that it alone fills it.
    """
    told = facts.publisher_time
    if told is None:
        return
    at = _at(down(told.at), facts)
    if told.source is Source.PUBLIC_UPDATED_AT:
        yield (
            f"The publisher’s own system gives {at} as the time of the last public update of the page. That time "
            "moves with every update, so it says only that the release was not published later; it is the "
            "publisher’s figure, not an observation."
        )
        return
    yield (
        f"The publisher’s own system gives {at} as the time of publication, {SOURCES[told.source]}: "
        f"{_beside_due(told, facts)}. That is the publisher’s figure, not an observation."
    )
    for start, end in facts.not_observed:
        if fills(told.at, told.source, start=start, end=end):
            hole = f"from {_at(down(start), facts)} to {_at(up(end), facts)}"
            yield (
                f"It lies in the time {hole}, in which nothing was observed: for that time the account rests on the "
                "publisher’s figure alone."
            )


def caches_told(facts: Facts) -> Iterator[str]:
    """Say what shows that readers may have been given an old copy of a page; a cause is for people to name."""
    if Diagnosis.EDGE_CACHE not in facts.diagnoses:
        return
    found = [address.past_caches for address in facts.addresses if address.past_caches]
    if found:
        yield _found_past_caches(found[0], facts)
    else:
        yield (
            "What is kept of the answers shows that looks were still answered with a copy of the page stored before "
            "the release was out. An old copy held by a cache on the way (an “edge cache”) may explain why readers "
            "saw the release later than it was published."
        )


def _found_past_caches(found: PastCaches, facts: Facts) -> str:
    return (
        f"A look that asked past the caches on the way found the release at {_at(up(found.found_at), facts)}, while "
        "looks made as any reader makes them still did not find it, the last of them at "
        f"{_at(down(found.not_found_until), facts)}. An old copy held by a cache on the way (an “edge cache”) may "
        "explain why readers saw the release later than it was published."
    )


def _beside_due(told: PublisherTime, facts: Facts) -> str:
    seconds = int((down(told.at) - facts.due_at).total_seconds())
    if seconds == 0:
        return "the time at which it was due"
    return f"{duration(abs(seconds))} {'after' if seconds > 0 else 'before'} it was due"


def _at(instant: datetime, facts: Facts) -> str:
    return time_in_words(instant, due_at=facts.due_at)

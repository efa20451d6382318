"""The sentences of the annex of a report.

They are about checks, the error of the clock, periods without checks, caches, statements, the publisher's own time, and
the access periods on a pre-release access list.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from breaches.rules.facts import (
    PART_NOUNS,
    AddressFacts,
    CheckFact,
    Facts,
    PostAccess,
    describe_duration,
    join_words,
    round_down,
    round_up,
    time_in_words,
    with_capital,
    without_full_stop,
)
from breaches.rules.narrative import describe_statement, file_name
from releases.detection.finding import AddressRole, CheckOutcome, Reason, Source, fills
from releases.rules.calendar import format_moment
from releases.verdict.release import Diagnosis

NOT_LIVE_WORDS = {
    Reason.NOT_FOUND: "the site answered “page not found”",
    Reason.GONE: "the site answered that the page was gone",
    Reason.OTHER_HOST: "the address led to another site",
    Reason.HOME_PAGE: "the address led to a home page",
    Reason.SEARCH: "the address led to a search page",
    Reason.LOG_IN: "the address led to a sign-in page",
    Reason.NEGATIVE_MARKER: "the page said “not found”, “coming soon” or similar",
    Reason.LIKE_NOT_FOUND: "the page was like the site’s own “page not found”",
    Reason.OTHER_EDITION: "the address led to another edition",
    Reason.WRONG_TYPE: "it was not a file of the announced type",
    Reason.EMPTY: "the response was empty",
    Reason.ANNOUNCEMENT: "only the announcement of the release was live",
    Reason.CANCELLED: "the announcement said that the release was cancelled",
    Reason.MOVED: "the announcement gave another time",
    Reason.WITHDRAWN: "the page was marked as withdrawn",
    Reason.EARLIER_EDITION: "the dates on the page were those of an earlier edition",
    Reason.UNCHANGED: "the page had not changed since an earlier check that did not find the release",
    Reason.PREVIOUS_EDITION: "the page still showed the previous edition",
}
SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "from its scheduled time and recorded delay",
    Source.CHANGE_HISTORY: "from the public history of the page",
}
# The text for results that do not show whether the release was live.
INCONCLUSIVE = {
    CheckOutcome.UNREACHABLE: "got no usable response",
    CheckOutcome.OBSERVER_FAULT: "failed because of a fault in our monitoring",
    CheckOutcome.UNRECOGNISED: "got a response, but we could not tell whether it was the release",
}

# The annex lists at most this many periods without checks. If there are more, it gives the number of periods and the
# length of the longest one, because a long list is hard to read.
MOST_LISTED_GAPS = 4
CLOCK_ERROR = "Our clock may have been wrong by up to"
NAME_OF_ONLY_PAGE = "the release"
OLD_COPY = "An old copy in a cache (“edge cache”) may explain why readers saw the release later than it was published."


def output_names(facts: Facts, address: AddressFacts) -> tuple[str, str]:
    """Return the name of an address for use within a sentence, and the name for use at the start of a sentence.

    Example: "attachment 1" and "Attachment 1".

    A named part has a number if several addresses are the same part. Any other address has a number if several
    addresses have the same role, or if the address is an attachment. The name of the only page of a release is
    `NAME_OF_ONLY_PAGE`, unless the page is a named part.
    """
    if noun := PART_NOUNS.get(address.part):
        same = [other for other in facts.addresses if other.part is address.part]
        name = f"{noun} {same.index(address) + 1}" if len(same) > 1 else f"the {noun}"
        return name, with_capital(name)
    alike = [other for other in facts.addresses if other.role is address.role]
    number = f" {alike.index(address) + 1}" if len(alike) > 1 or address.role is AddressRole.ATTACHMENT else ""
    if address.role is AddressRole.ATTACHMENT:
        return f"attachment{number}", f"Attachment{number}"
    return (f"page{number}", f"Page{number}") if number else (NAME_OF_ONLY_PAGE, with_capital(NAME_OF_ONLY_PAGE))


def name_in_timeline(facts: Facts, address: AddressFacts) -> str:
    """Return the name of an address in the timeline. A file has its file name there, as in the account of the breach.

    If the web address of a file has no file name, or another file has the same one, return the name in the annex.
    """
    is_file = address.role is AddressRole.ATTACHMENT and address.part not in PART_NOUNS
    name = file_name(address) if is_file else ""
    if name and [file_name(other) for other in facts.addresses].count(name) == 1:
        return f"the file ‘{name}’"
    return output_names(facts, address)[0]


def narrate_check(check: CheckFact) -> str:
    """Write what one check showed, such as "did not find it: the site answered “page not found”"."""
    result = check.sighting.result
    if result in INCONCLUSIVE:
        return INCONCLUSIVE[result]
    if check.by_statement:
        which = "was" if result is CheckOutcome.LIVE else "was not"
        return f"got a response, and a person stated that it {which} the release"
    if result is CheckOutcome.LIVE:
        return "found it"
    words: dict[str, str] = {code.value: clause for code, clause in NOT_LIVE_WORDS.items()}
    if check.words:
        quoted = check.words.replace("'", "’")
        words[Reason.NEGATIVE_MARKER] = f"the page said “{quoted}”"
    why = next((words[reason] for reason in check.reasons if reason in words), "")
    return f"did not find it: {why}" if why else "did not find it"


def describe_clock_error(facts: Facts) -> Iterator[str]:
    """Yield sentences about the largest clock error at the deciding checks, and whether the clock was confirmed."""
    checks = [check for address in facts.addresses for check in _deciding_checks(address, facts.due_at)]
    largest = max((check.sighting.clock_bound for check in checks), default=timedelta(0))
    if largest:
        seconds, tenths = largest.total_seconds(), math.ceil(round(largest.total_seconds() * 10, 6))
        length = describe_duration(math.ceil(seconds)) if seconds >= 1 or tenths == 10 else f"0.{tenths} seconds"
        yield (
            f"{CLOCK_ERROR} {length}. The table shows the times of our clock. "
            "The chart, the delays and the account allow for the error."
        )
    unconfirmed = [check for check in checks if not check.sighting.clock_confirmed]
    if unconfirmed:
        if len(unconfirmed) == len(checks):
            yield "The clock was not confirmed, so the times prove nothing."
        else:
            yield "At some checks the clock was not confirmed, so the times of those checks prove nothing."


def _deciding_checks(address: AddressFacts, due_at: datetime) -> list[CheckFact]:
    """Return the checks whose times affect the account.

    Before the due time, these are the checks that found the release, and the last check before them that did not find
    it. From the due time, these are the checks up to the first that found the release, and the checks that show that
    the release disappeared or came back. A clock error at other checks does not affect the account.
    """
    checks = address.checks_in_order()
    before = [check for check in checks if _is_before(check, due_at)]
    live = [check for check in before if check.sighting.result is CheckOutcome.LIVE]
    until = live[0].sighting.sent_at if live else due_at
    absent = [
        check for check in before if check.sighting.result is CheckOutcome.NOT_LIVE and check.sighting.sent_at < until
    ]
    since = [check for check in checks if not _is_before(check, due_at)]
    first_live = next((at for at, check in enumerate(since) if check.sighting.result is CheckOutcome.LIVE), len(since))
    away = address.verdict.flips
    gone_at, back_at = {one.gone_at for one in away}, {one.back_at for one in away}
    turns = [
        check
        for check in since[first_live + 1 :]
        if check.sighting.sent_at in gone_at or check.sighting.completed_at in back_at
    ]
    return [*absent[-1:], *live, *since[: first_live + 1], *turns]


def _is_before(check: CheckFact, due_at: datetime) -> bool:
    """Return whether a check was made and answered before the due instant."""
    return check.sighting.instant < due_at and check.sighting.completed_at < due_at


def describe_publisher_times(facts: Facts) -> Iterator[str]:
    """Yield sentences about the time of publication according to the publisher's own system."""
    if facts.publisher_time is None:
        return
    published_at, source = facts.publisher_time
    at = _time_from(published_at, facts)
    if source is Source.PUBLIC_UPDATED_AT:
        yield (
            f"The publisher’s own system gives {at} as the time of the last public update of the page. Every update "
            "changes this time. So it shows only that the release was published at this time or earlier. It is not an "
            "observation."
        )
        return
    seconds = int((round_down(published_at) - facts.due_at).total_seconds())
    when = "the time at which it was due"
    if seconds:
        when = f"{describe_duration(abs(seconds))} {'after' if seconds > 0 else 'before'} it was due"
    yield (
        f"The publisher’s own system gives {at} as the time of publication ({SOURCES[source]}), {when}. "
        "It is not an observation."
    )
    for start, end in facts.not_observed:
        if fills(published_at, source, start=start, end=end):
            yield (
                f"We made no checks {_stretch(start, end, facts)}. For that period only the publisher’s time is known."
            )


def describe_publication_statements(facts: Facts) -> Iterator[str]:
    """Yield a note for each statement in which a system of the publisher gave a time of publication."""
    for stated in facts.publications:
        yield (
            f"{without_full_stop(stated.system)}, a system of the publisher, stated that it published the release at "
            f"{_time_from(stated.published_at, facts)}. We received this statement at "
            f"{_time_by(stated.received_at, facts)}. It is not an observation."
        )


def describe_caches(facts: Facts) -> Iterator[str]:
    """Yield a note about evidence that readers may have received an old copy from a cache.

    The note does not say that the cache was the cause. Only people state causes.
    """
    if Diagnosis.EDGE_CACHE not in facts.diagnoses:
        return
    found = next((address.past_caches for address in facts.addresses if address.past_caches), None)
    if found:
        found_at, not_found_until = found
        yield (
            f"A check that bypassed caches found the release at {_time_by(found_at, facts)}. Ordinary checks still did "
            f"not find it, the last of them at {_time_from(not_found_until, facts)}. {OLD_COPY}"
        )
    else:
        yield f"The stored responses show that checks still received a copy from before the release. {OLD_COPY}"


def describe_gaps(facts: Facts) -> Iterator[str]:
    """Yield a note about the periods in which we made no checks.

    If there are many periods, the note gives the number of periods and the length of the longest one.
    """
    holes = facts.not_observed
    if len(holes) > MOST_LISTED_GAPS:
        longest = max(math.ceil((end - start).total_seconds()) for start, end in holes)
        first, last = _time_from(holes[0][0], facts), _time_by(holes[-1][1], facts)
        yield (
            f"We made no checks in {len(holes)} periods between {first} and {last}. "
            f"The longest was {describe_duration(longest)}."
        )
    elif holes:
        yield f"We made no checks {join_words(_stretch(start, end, facts) for start, end in holes)}."


def describe_vantage_points(facts: Facts) -> Iterator[str]:
    """Yield a note for each further vantage point that found a page or file in time when the main one did not."""
    for address in facts.addresses:
        for name, at in address.found_elsewhere:
            yield (
                f"Our check from ‘{name}’ found {output_names(facts, address)[0]} by {_time_by(at, facts)}. "
                "The table lists only the checks from our main vantage point."
            )


def describe_statements(facts: Facts) -> Iterator[str]:
    """Yield a sentence for each statement by a person, and a final sentence if the result depends on the statements."""
    for statement in facts.statements:
        yield describe_statement(statement, facts)
    if any(check.by_statement for address in facts.addresses for check in address.checks):
        yield "If a check did not show whether the release was live, the result is based on these statements."


def describe_access_period(access: PostAccess) -> str:
    """Return the access period of one post as text.

    If the record gives a different start of access, or a withdrawal, the text includes this.
    """
    begins = f", from {format_moment(access.period_begins_at)}" if access.period_begins_at else ""
    sentences = [f"{access.period}{begins}"]
    if access.began_at and not access.began_as_planned:
        sentences.append(f"According to the record, access began at {format_moment(access.began_at)}")
        if access.earlier_begins_at:
            began = format_moment(access.earlier_begins_at)
            sentences.append(f"Before the release was rescheduled, the access period began at {began}")
    if access.withdrawn_at:
        sentences.append(f"Withdrawn at {format_moment(access.withdrawn_at)}")
    return ". ".join(sentences)


def _time_from(instant: datetime, facts: Facts) -> str:
    return time_in_words(round_down(instant), due_at=facts.due_at)


def _time_by(instant: datetime, facts: Facts) -> str:
    return time_in_words(round_up(instant), due_at=facts.due_at)


def _stretch(start: datetime, end: datetime, facts: Facts) -> str:
    return f"from {_time_from(start, facts)} to {_time_by(end, facts)}"

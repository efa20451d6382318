"""The drafted account of a suspected breach: only what the record proves."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from breaches.rules.delay import (
    delay_in_figures,
    delay_in_words,
    describe_duration,
    join_words,
    round_down,
    round_up,
    time_in_words,
)
from breaches.rules.facts import (
    AddressFacts,
    CheckFact,
    Facts,
    PastCaches,
    PublisherTime,
    Statement,
    StatementFact,
    facts_in_order,
    from_due_on,
    is_before,
    live_before_due,
    seen_again,
)
from releases.detection.finding import AddressRole, LookResult, Reason, Source, fills
from releases.rules.lifecycle import Role
from releases.rules.london import format_moment, in_london
from releases.verdict.address import ASKS_A_PERSON, BeforeDue, Flip, Interval, Outcome
from releases.verdict.release import Diagnosis

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


def reason_not_live(reasons: Iterable[str]) -> str:
    """Say in one clause why a look did not show the release, or nothing if no code has words of its own.

    :param reasons: codes of the look in the order in which they were given; the first with words is said.
    """
    words: dict[str, str] = {code.value: clause for code, clause in NOT_LIVE_WORDS.items()}
    return next((words[reason] for reason in reasons if reason in words), "")


def describe_absence(address: AddressFacts, *, due_at: datetime) -> Iterator[str]:
    """Say when a later look did not find an output any more, and when it was seen there again.

    Of what was out too early this tells what happened before it was due; the rest is told as what was seen since then.

    :param due_at: the aware instant at which it was due.
    """
    away = list(address.verdict.flips)
    if address.verdict.outcome is Outcome.EARLY:
        away = [_until(one, due_at) for one in away if one.gone_at < due_at]
    if not away:
        return
    first, *more = away
    yield f"A later look, at {_gone(first, due_at)}, did not find it there any more."
    if first.back_at:
        yield f"It was seen there again at {_back(first.back_at, due_at)}."
    if more:
        times = "once more: a" if len(more) == 1 else f"{len(more)} more times: the last time a"
        back = more[-1].back_at
        again = f"; it was seen there again at {_back(back, due_at)}" if back else ""
        yield f"That happened {times} look at {_gone(more[-1], due_at)} did not find it there{again}."


def _until(away: Flip, due_at: datetime) -> Flip:
    return away if away.back_at and away.back_at < due_at else replace(away, back_at=None)


def _gone(away: Flip, due_at: datetime) -> str:
    return time_in_words(round_down(away.gone_at), due_at=due_at)


def _back(instant: datetime, due_at: datetime) -> str:
    # Rounding up may not carry what was seen before the due time over it.
    rounded = round_down(instant) if instant < due_at <= round_up(instant) else round_up(instant)
    return time_in_words(rounded, due_at=due_at)


def describe_clock_error(facts: Facts) -> Iterator[str]:
    """Say how far the clock may have been off at any of the checks that tell, and where nothing confirmed it."""
    looks = [look for address in facts.addresses for look in _telling(address, facts.due_at)]
    largest = max((look.sighting.clock_bound for look in looks), default=timedelta(0))
    if largest:
        yield (
            f"The clock of the check may have been off by up to {_length(largest)}. The times are as it showed them; "
            "the bounds of each delay allow for that."
        )
    unconfirmed = [look for look in looks if not look.sighting.clock_confirmed]
    if unconfirmed:
        when = "Nothing" if len(unconfirmed) == len(looks) else "At some checks nothing"
        yield f"{when} confirmed the clock of the check: the times are as it showed them, and prove nothing."


def _telling(address: AddressFacts, due_at: datetime) -> list[CheckFact]:
    """Return the looks on whose times an account rests: of those before due, the last that did not find the release.

    Where it was found before it was due, these are all that found it, and the last one before them that did not. Since
    it was due they end with the first that found it, but for those that did not find it any more, or found it again:
    looks go on for hours, and what the clock did in the afternoon says nothing of the morning.
    """
    looks = facts_in_order(address)
    before = [look for look in looks if is_before(look, due_at)]
    shown = [look for look in before if look.sighting.result is LookResult.LIVE]
    until = shown[0].sighting.sent_at if shown else due_at
    absent = [look for look in before if look.sighting.result is LookResult.NOT_LIVE and look.sighting.sent_at < until]
    since = [look for look in looks if not is_before(look, due_at)]
    seen = next((at for at, look in enumerate(since) if look.sighting.result is LookResult.LIVE), len(since))
    away = address.verdict.flips
    gone_at, back_at = {one.gone_at for one in away}, {one.back_at for one in away}
    turns = [
        look for look in since[seen + 1 :] if look.sighting.sent_at in gone_at or look.sighting.completed_at in back_at
    ]
    return [*absent[-1:], *shown, *since[: seen + 1], *turns]


def _length(bound: timedelta) -> str:
    """Write a bound rounded up: in tenths of a second where it is below one."""
    seconds = bound.total_seconds()
    if seconds >= 1:
        return describe_duration(math.ceil(seconds))
    tenths = math.ceil(round(seconds * 10, 6))
    return "1 second" if tenths == 10 else f"0.{tenths} seconds"


SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "by the time for which it was scheduled and the delay that the system recorded",
    Source.CHANGE_HISTORY: "by the public history of the page",
}


def describe_publisher_times(facts: Facts) -> Iterator[str]:
    """Say when the publisher's own system says that the release was published, as its word and no observation.

    Where that time lies in a stretch in which nothing was observed, the account says that it alone fills it.
    """
    told = facts.publisher_time
    if told is None:
        return
    at = _at(round_down(told.at), facts)
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
            hole = f"from {_at(round_down(start), facts)} to {_at(round_up(end), facts)}"
            yield (
                f"It lies in the time {hole}, in which nothing was observed: for that time the account rests on the "
                "publisher’s figure alone."
            )


def describe_caches(facts: Facts) -> Iterator[str]:
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
        f"A look that asked past the caches on the way found the release at {_at(round_up(found.found_at), facts)}, "
        "while looks made as any reader makes them still did not find it, the last of them at "
        f"{_at(round_down(found.not_found_until), facts)}. An old copy held by a cache on the way (an “edge cache”) "
        "may explain why readers saw the release later than it was published."
    )


def _beside_due(told: PublisherTime, facts: Facts) -> str:
    seconds = int((round_down(told.at) - facts.due_at).total_seconds())
    if seconds == 0:
        return "the time at which it was due"
    return f"{describe_duration(abs(seconds))} {'after' if seconds > 0 else 'before'} it was due"


def _at(instant: datetime, facts: Facts) -> str:
    return time_in_words(instant, due_at=facts.due_at)


ZONES = {"BST": "British Summer Time", "GMT": "Greenwich Mean Time"}

# What is said of looks that show neither that the release was there nor that it was not.
INCONCLUSIVE = {
    LookResult.UNREACHABLE: "got no answer that could be used",
    LookResult.OBSERVER_FAULT: "failed on the side of the check itself",
    LookResult.UNRECOGNISED: "got an answer in which the release could be neither recognised nor ruled out",
}

UNKNOWN = "The record does not show whether it was there in time."
# More times than these without observation are counted: a list of a hundred says less than their number and length.
MOST_HOLES_TOLD = 4
NOT_ENDED = "The check had not ended when this account was written."

SPEAKERS = {
    Role.STATISTICIAN: "A statistician",
    Role.HEAD_OF_PROFESSION: "The Head of Profession for Statistics",
    Role.DEPUTY: "A deputy of the Head of Profession for Statistics",
    Role.CALENDAR_MANAGER: "A calendar manager",
    Role.PUBLISHING_TEAM: "A member of the publishing team",
    Role.AUDITOR: "An auditor",
}


def write_account(facts: Facts) -> str:
    """Write the circumstances of a suspected breach from what is on record.

    The paragraphs are parted by blank lines. Times are London's; lower bounds are rounded down and upper bounds
    up to the second. The account names no cause, no person and no reaction: those are for people to write. What may
    explain a late sighting is said as what the looks show.

    :raises ValueError: if the facts hold no address.
    """
    if not facts.addresses:
        message = "An account needs at least one address that was looked at."
        raise ValueError(message)
    paragraphs = [_due(facts)]
    paragraphs += [_address(facts, address) for address in facts.addresses]
    paragraphs += _kept_apart(facts)
    return "\n\n".join(paragraphs)


def _due(facts: Facts) -> str:
    series = f", in the series ‘{facts.series_title}’," if facts.series_title else ""
    zone = ZONES.get(in_london(facts.due_at).tzname() or "", "London time")
    return (
        f"‘{facts.release_title}’{series} was due to be released at {format_moment(facts.due_at)}. "
        f"All times given here are London time ({zone} on that day)."
    )


def _address(facts: Facts, address: AddressFacts) -> str:
    name, subject = output_names(facts, address)
    if not address.looks:
        return f"No look was made at the announced address of {name} ({address.url})."
    opening = f"An automatic check looked for {name} at its announced address ({address.url})."
    if not address.required:
        opening += " The release counts as complete without it."
    if address.verdict.outcome is Outcome.EARLY:
        told = [*_early(facts, address, subject), *describe_absence(address, due_at=facts.due_at)]
        told += [*_at_due(facts, address), *_after_early(facts, address)] if _was_judged(address) else [NOT_ENDED]
    else:
        told = [*_at_due(facts, address), *_seen_once(facts, address), *_in_force(facts, address, subject)]
        told += describe_absence(address, due_at=facts.due_at)
    return " ".join([opening, *told, *_inconclusive(facts, address)])


def output_names(facts: Facts, address: AddressFacts) -> tuple[str, str]:
    """Return how an address is named within a sentence and at its beginning: "attachment 1", "Attachment 1"."""
    alike = [other for other in facts.addresses if other.role is address.role]
    number = f" {alike.index(address) + 1}" if len(alike) > 1 or address.role is AddressRole.ATTACHMENT else ""
    if address.role is AddressRole.ATTACHMENT:
        return f"attachment{number}", f"Attachment{number}"
    return (f"page{number}", f"Page{number}") if number else ("the release", "The release")


def _at_due(facts: Facts, address: AddressFacts) -> Iterator[str]:
    looks = from_due_on(address, facts.due_at)
    if not looks:
        yield "No look was made there at or after the due time."
        return
    first = looks[0].sighting
    opening = "A look at the due time" if first.instant == facts.due_at else "The first look after the due time"
    at = "" if first.instant == facts.due_at else f", at {_time(round_down(first.sent_at), facts)},"
    yield f"{opening}{at} {describe_checks(looks[0])}."


def describe_checks(look: CheckFact) -> str:
    """Say what one look showed, as what follows on "the look": "did not find it: the site answered ..."."""
    result = look.sighting.result
    if result in INCONCLUSIVE:
        return INCONCLUSIVE[result]
    if look.by_statement:
        which = "to be" if result is LookResult.LIVE else "not to be"
        return f"got what a person stated {which} the release"
    if result is LookResult.LIVE:
        return "found it"
    why = reason_not_live(look.reasons)
    return f"did not find it: {why}" if why else "did not find it"


def _seen_once(facts: Facts, address: AddressFacts) -> Iterator[str]:
    verdict = address.verdict
    if verdict.before is BeforeDue.SEEN_ONCE and verdict.live_before_due_at:
        seen = _time(round_down(verdict.live_before_due_at), facts)
        yield f"One look before the due time, at {seen}, found it there; a single look is not taken as proof."


def _in_force(facts: Facts, address: AddressFacts, subject: str) -> Iterator[str]:
    verdict = address.verdict
    if verdict.outcome is Outcome.LATE and verdict.last_not_live_at and verdict.first_live_at:
        yield from _late(facts, verdict.last_not_live_at, verdict.first_live_at, subject, delay=verdict.delay)
    elif verdict.outcome is Outcome.NOT_SEEN and verdict.last_not_live_at:
        yield _not_seen(facts, verdict.last_not_live_at, subject)
    elif verdict.outcome is Outcome.ON_TIME and verdict.first_live_at:
        yield _in_time(facts, verdict.first_live_at, subject)
    elif verdict.outcome is Outcome.PENDING:
        yield NOT_ENDED
    else:
        if verdict.last_not_live_at:
            yield f"{subject} was still not seen there at {_time(round_down(verdict.last_not_live_at), facts)}."
        if verdict.first_live_at:
            yield f"{subject} was first seen there at {_time(round_up(verdict.first_live_at), facts)}."
        yield from _unknown(facts, address)


def _unknown(facts: Facts, address: AddressFacts) -> Iterator[str]:
    yield UNKNOWN
    gaps = [
        f"from {_time(round_down(gap.begins_at), facts)} to {_time(round_up(gap.ends_at), facts)}"
        for gap in address.verdict.gaps
    ]
    if gaps:
        yield f"No check shows whether it was there {join_words(gaps)}."


def _in_time(facts: Facts, seen_at: datetime, subject: str) -> str:
    seen, tolerance = _time(round_up(seen_at), facts), describe_duration(facts.tolerance_seconds)
    if seen_at > facts.limit_at:
        return f"{subject} was seen in time, by a look made within the tolerance of {tolerance} and answered at {seen}."
    return f"{subject} was seen in time: first at {seen}, within the tolerance of {tolerance}."


def _late(
    facts: Facts,
    absent_at: datetime,
    seen_at: datetime,
    subject: str,
    *,
    delay: Interval | None,
    seen: str = "first seen",
) -> Iterator[str]:
    absent, present = round_down(absent_at), round_up(seen_at)
    yield (
        f"{subject} was still not seen there at {_time(absent, facts)}, and was {seen} there at "
        f"{_time(present, facts)}."
    )
    if delay is None or delay.to_seconds is None:
        return
    bounds = math.floor(delay.from_seconds), math.ceil(delay.to_seconds)
    words, figures = delay_in_words(*bounds), delay_in_figures(*bounds)
    yield f"Access to it was therefore delayed by {words}{'' if words == figures else f': {figures}'}."


def _not_seen(facts: Facts, absent_at: datetime, subject: str, *, seen: str = "seen") -> str:
    absent = round_down(absent_at)
    waited = int((absent - facts.due_at).total_seconds())
    overdue = f", {describe_duration(waited)} after it was due" if waited > 0 else ""
    return f"{subject} had not been {seen} there by {_time(absent, facts)}{overdue}."


def _early(facts: Facts, address: AddressFacts, subject: str) -> Iterator[str]:
    absent_at, seen_at = address.verdict.last_not_live_at, address.verdict.first_live_at
    delay = address.verdict.delay
    if absent_at and seen_at and delay and delay.to_seconds is not None:
        seen = _up_before_due(seen_at, facts)
        early = delay_in_figures(-delay.to_seconds, -delay.from_seconds)
        yield (
            f"{subject} was still not seen there at {_time(round_down(absent_at), facts)}, and was first seen there at "
            f"{_time(seen, facts)}, before it was due. It became visible {early} too early."
        )
    if looks := live_before_due(address, facts.due_at):
        answered = [_time(_up_before_due(look.completed_at, facts), facts) for look in looks]
        yield f"In all, {_count(looks)} answered before the due time found it there{_between(answered)}."


def _was_judged(address: AddressFacts) -> bool:
    # An early release is drafted before it is due: of looks that are still to come nothing can be said.
    return address.verdict.from_due is not Outcome.PENDING


def _after_early(facts: Facts, address: AddressFacts) -> Iterator[str]:
    absent, seen = seen_again(address, facts.due_at)
    from_due, subject = address.verdict.from_due, "After the due time it"
    if from_due is Outcome.LATE and absent and seen:
        between = (absent.sighting.surely_from, seen.sighting.surely_by)
        delay = Interval(*((bound - facts.due_at).total_seconds() for bound in between))
        at = seen.sighting.completed_at
        yield from _late(facts, absent.sighting.sent_at, at, subject, delay=delay, seen="next seen")
    elif from_due is Outcome.NOT_SEEN and absent:
        yield _not_seen(facts, absent.sighting.sent_at, subject, seen="seen again")
    elif from_due in ASKS_A_PERSON:
        yield from _unknown(facts, address)


def _inconclusive(facts: Facts, address: AddressFacts) -> Iterator[str]:
    early, seen_at = address.verdict.outcome is Outcome.EARLY, address.verdict.first_live_at
    told = from_due_on(address, facts.due_at)[:1]
    looks = [
        look
        for look in facts_in_order(address)
        if early or (not is_before(look, facts.due_at) and (not seen_at or look.sighting.sent_at <= seen_at))
    ]
    for result, words in INCONCLUSIVE.items():
        idle = [look for look in looks if look.sighting.result is result]
        if idle and idle != told:
            count = _count(idle)
            yield f"{count[0].upper()}{count[1:]}{_span(idle, facts)} {words}."


def _kept_apart(facts: Facts) -> list[str]:
    """Write what is no observation, or says that there was none, each kind in a paragraph of its own."""
    beside = (
        describe_clock_error(facts),
        describe_gaps(facts),
        describe_publisher_times(facts),
        describe_caches(facts),
        _all_stated(facts),
    )
    return [paragraph for sentences in beside if (paragraph := " ".join(sentences))]


def describe_gaps(facts: Facts) -> Iterator[str]:
    """Say when nothing was observed: each such time, or how many there were if that is a long list."""
    holes = facts.not_observed
    if len(holes) > MOST_HOLES_TOLD:
        longest = max(math.ceil((end - start).total_seconds()) for start, end in holes)
        first, last = _time(round_down(holes[0][0]), facts), _time(round_up(holes[-1][1]), facts)
        yield (
            f"Between {first} and {last} there were {len(holes)} periods, each of at most "
            f"{describe_duration(longest)}, in which nothing was observed."
        )
    elif holes:
        times = [f"from {_time(round_down(start), facts)} to {_time(round_up(end), facts)}" for start, end in holes]
        yield f"Nothing was observed {join_words(times)}."


def _all_stated(facts: Facts) -> Iterator[str]:
    yield from (_stated(statement, facts) for statement in facts.statements)
    if any(look.by_statement for address in facts.addresses for look in address.looks):
        yield "Looks that the check could not decide are counted here as these statements say."


def _stated(statement: Statement, facts: Facts) -> str:
    what = {
        StatementFact.THIS_IS_IT: "that what the check had found was the release",
        StatementFact.PREVIOUS_EDITION: "that what the check had found was the previous edition",
        StatementFact.NOT_IT: "that what the check had found was something else than the release",
        StatementFact.WAS_LIVE: "that the release was live",
    }[statement.said]
    if statement.live_at:
        what += f" at {_time(round_down(statement.live_at), facts)}"
    stated_at = _time(round_down(statement.stated_at), facts)
    speaker = SPEAKERS[statement.role] if statement.role else "A person whose role is not on record"
    return f"{speaker} stated at {stated_at} {what}; this is that person’s word, not an observation."


def _count(looks: Sequence[object]) -> str:
    return "one look" if len(looks) == 1 else f"{len(looks)} looks"


def _span(looks: Sequence[CheckFact], facts: Facts) -> str:
    return _between([_time(round_down(look.sighting.sent_at), facts) for look in looks])


def _between(times: Sequence[str]) -> str:
    first, last = times[0], times[-1]
    return f" at {first}" if first == last else f" from {first} to {last}"


def _up_before_due(instant: datetime, facts: Facts) -> datetime:
    # Rounding up may not carry the time that was early over the due time itself.
    return round_up(instant) if round_up(instant) < facts.due_at else round_down(instant)


def _time(instant: datetime, facts: Facts) -> str:
    return time_in_words(instant, due_at=facts.due_at)

"""The account of a suspected breach: what the record can prove, in plain British English, and no more."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from breaches.core.account.clock_told import clock_told
from breaches.core.account.delay import delay_in_figures, delay_in_words, duration
from breaches.core.account.facts import (
    AddressFacts,
    Facts,
    Look,
    Said,
    Statement,
    from_due_on,
    in_order,
    is_before,
    live_before_due,
    seen_again,
)
from breaches.core.account.gone_again import gone_again_told
from breaches.core.account.publisher_word import caches_told, publisher_told
from breaches.core.account.reasons import why_not_live
from breaches.core.account.times import down, listed, time_in_words, up
from releases.detection.finding import AddressRole, LookResult
from releases.rules.lifecycle import Role
from releases.rules.london import format_moment, in_london
from releases.verdict.address import ASKS_A_PERSON, BeforeDue, Interval, Outcome

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


def account(facts: Facts) -> str:
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
    name, subject = names_of(facts, address)
    if not address.looks:
        return f"No look was made at the announced address of {name} ({address.url})."
    opening = f"An automatic check looked for {name} at its announced address ({address.url})."
    if not address.required:
        opening += " The release counts as complete without it."
    if address.verdict.outcome is Outcome.EARLY:
        told = [*_early(facts, address, subject), *gone_again_told(address, due_at=facts.due_at)]
        told += [*_at_due(facts, address), *_after_early(facts, address)] if _was_judged(address) else [NOT_ENDED]
    else:
        told = [*_at_due(facts, address), *_seen_once(facts, address), *_in_force(facts, address, subject)]
        told += gone_again_told(address, due_at=facts.due_at)
    return " ".join([opening, *told, *_inconclusive(facts, address)])


def names_of(facts: Facts, address: AddressFacts) -> tuple[str, str]:
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
    at = "" if first.instant == facts.due_at else f", at {_time(down(first.sent_at), facts)},"
    yield f"{opening}{at} {what_it_saw(looks[0])}."


def what_it_saw(look: Look) -> str:
    """Say what one look showed, as what follows on "the look": "did not find it: the site answered ..."."""
    result = look.sighting.result
    if result in INCONCLUSIVE:
        return INCONCLUSIVE[result]
    if look.by_statement:
        which = "to be" if result is LookResult.LIVE else "not to be"
        return f"got what a person stated {which} the release"
    if result is LookResult.LIVE:
        return "found it"
    why = why_not_live(look.reasons)
    return f"did not find it: {why}" if why else "did not find it"


def _seen_once(facts: Facts, address: AddressFacts) -> Iterator[str]:
    verdict = address.verdict
    if verdict.before is BeforeDue.SEEN_ONCE and verdict.live_before_due_at:
        seen = _time(down(verdict.live_before_due_at), facts)
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
            yield f"{subject} was still not seen there at {_time(down(verdict.last_not_live_at), facts)}."
        if verdict.first_live_at:
            yield f"{subject} was first seen there at {_time(up(verdict.first_live_at), facts)}."
        yield from _unknown(facts, address)


def _unknown(facts: Facts, address: AddressFacts) -> Iterator[str]:
    yield UNKNOWN
    gaps = [
        f"from {_time(down(gap.begins_at), facts)} to {_time(up(gap.ends_at), facts)}" for gap in address.verdict.gaps
    ]
    if gaps:
        yield f"No check shows whether it was there {listed(gaps)}."


def _in_time(facts: Facts, seen_at: datetime, subject: str) -> str:
    seen, tolerance = _time(up(seen_at), facts), duration(facts.tolerance_seconds)
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
    absent, present = down(absent_at), up(seen_at)
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
    absent = down(absent_at)
    waited = int((absent - facts.due_at).total_seconds())
    overdue = f", {duration(waited)} after it was due" if waited > 0 else ""
    return f"{subject} had not been {seen} there by {_time(absent, facts)}{overdue}."


def _early(facts: Facts, address: AddressFacts, subject: str) -> Iterator[str]:
    absent_at, seen_at = address.verdict.last_not_live_at, address.verdict.first_live_at
    delay = address.verdict.delay
    if absent_at and seen_at and delay and delay.to_seconds is not None:
        seen = _up_before_due(seen_at, facts)
        early = delay_in_figures(-delay.to_seconds, -delay.from_seconds)
        yield (
            f"{subject} was still not seen there at {_time(down(absent_at), facts)}, and was first seen there at "
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
        for look in in_order(address)
        if early or (not is_before(look, facts.due_at) and (not seen_at or look.sighting.sent_at <= seen_at))
    ]
    for result, words in INCONCLUSIVE.items():
        idle = [look for look in looks if look.sighting.result is result]
        if idle and idle != told:
            count = _count(idle)
            yield f"{count[0].upper()}{count[1:]}{_span(idle, facts)} {words}."


def _kept_apart(facts: Facts) -> list[str]:
    """Write what is no observation, or says that there was none, each kind in a paragraph of its own."""
    beside = (clock_told(facts), holes_told(facts), publisher_told(facts), caches_told(facts), _all_stated(facts))
    return [paragraph for sentences in beside if (paragraph := " ".join(sentences))]


def holes_told(facts: Facts) -> Iterator[str]:
    """Say when nothing was observed: each such time, or how many there were if that is a long list."""
    holes = facts.not_observed
    if len(holes) > MOST_HOLES_TOLD:
        longest = max(math.ceil((end - start).total_seconds()) for start, end in holes)
        first, last = _time(down(holes[0][0]), facts), _time(up(holes[-1][1]), facts)
        yield (
            f"Between {first} and {last} there were {len(holes)} periods, each of at most {duration(longest)}, "
            "in which nothing was observed."
        )
    elif holes:
        times = [f"from {_time(down(start), facts)} to {_time(up(end), facts)}" for start, end in holes]
        yield f"Nothing was observed {listed(times)}."


def _all_stated(facts: Facts) -> Iterator[str]:
    yield from (_stated(statement, facts) for statement in facts.statements)
    if any(look.by_statement for address in facts.addresses for look in address.looks):
        yield "Looks that the check could not decide are counted here as these statements say."


def _stated(statement: Statement, facts: Facts) -> str:
    what = {
        Said.THIS_IS_IT: "that what the check had found was the release",
        Said.PREVIOUS_EDITION: "that what the check had found was the previous edition",
        Said.NOT_IT: "that what the check had found was something else than the release",
        Said.WAS_LIVE: "that the release was live",
    }[statement.said]
    if statement.live_at:
        what += f" at {_time(down(statement.live_at), facts)}"
    stated_at = _time(down(statement.stated_at), facts)
    speaker = SPEAKERS[statement.role] if statement.role else "A person whose role is not on record"
    return f"{speaker} stated at {stated_at} {what}; this is that person’s word, not an observation."


def _count(looks: Sequence[object]) -> str:
    return "one look" if len(looks) == 1 else f"{len(looks)} looks"


def _span(looks: Sequence[Look], facts: Facts) -> str:
    return _between([_time(down(look.sighting.sent_at), facts) for look in looks])


def _between(times: Sequence[str]) -> str:
    first, last = times[0], times[-1]
    return f" at {first}" if first == last else f" from {first} to {last}"


def _up_before_due(instant: datetime, facts: Facts) -> datetime:
    # Rounding up may not carry the time that was early over the due time itself.
    return up(instant) if up(instant) < facts.due_at else down(instant)


def _time(instant: datetime, facts: Facts) -> str:
    return time_in_words(instant, due_at=facts.due_at)

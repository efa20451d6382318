"""Automatic accounts of a suspected breach and of a pre-release access list. They state only recorded facts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from breaches.rules.facts import (
    AccessFacts,
    AddressFacts,
    CheckFact,
    Facts,
    PostAccess,
    StatementFact,
    delay_in_figures,
    delay_in_words,
    describe_duration,
    join_words,
    round_down,
    round_up,
    round_up_before,
    time_in_words,
)
from releases.detection.finding import AddressRole, CheckOutcome, Reason, Source, fills
from releases.rules.calendar import format_moment, in_london
from releases.rules.lifecycle import Role
from releases.verdict.address import NEEDS_CHECKING, BeforeDue, Interval, Outcome, early_sightings
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
SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "by the time for which it was scheduled and the delay that the system recorded",
    Source.CHANGE_HISTORY: "by the public history of the page",
}
ZONES = {"BST": "British Summer Time", "GMT": "Greenwich Mean Time"}

# The words for checks that show neither that the release was there nor that it was not.
INCONCLUSIVE = {
    CheckOutcome.UNREACHABLE: "got no answer that could be used",
    CheckOutcome.OBSERVER_FAULT: "failed on the side of the check itself",
    CheckOutcome.UNRECOGNISED: "got an answer in which the release could be neither recognised nor ruled out",
}

UNKNOWN = "The record does not show whether it was there in time."
# More gaps than these are not listed: their number and length are more useful than a list of a hundred.
MOST_LISTED_GAPS = 4
NOT_ENDED = "The check had not ended when this account was written."

SPEAKERS = {
    Role.STATISTICIAN: "A statistician",
    Role.HEAD_OF_PROFESSION: "The Head of Profession for Statistics",
    Role.DEPUTY: "A deputy of the Head of Profession for Statistics",
    Role.CALENDAR_MANAGER: "A calendar manager",
    Role.PUBLISHING_TEAM: "A member of the publishing team",
    Role.AUDITOR: "An auditor",
}
STATED = {
    StatementFact.THIS_IS_IT: "what the check had found was the release",
    StatementFact.PREVIOUS_EDITION: "what the check had found was the previous edition",
    StatementFact.NOT_IT: "what the check had found was something else than the release",
    StatementFact.WAS_LIVE: "the release was live",
}


def describe_absence(facts: Facts, address: AddressFacts) -> Iterator[str]:
    """Describe when an output disappeared after it was found, and when it was found again.

    For an early release this covers only the time before it was due; `_after_early` describes the rest.
    """
    due_at, away = facts.due_at, list(address.verdict.flips)
    if address.verdict.outcome is Outcome.EARLY:
        away = [
            one if one.back_at and one.back_at < due_at else replace(one, back_at=None)
            for one in away
            if one.gone_at < due_at
        ]
    if not away:
        return
    first, *more = away
    yield f"A later look, at {_time_from(first.gone_at, facts)}, did not find it there any more."
    if first.back_at:
        yield f"It was seen there again at {_time_by_before_due(first.back_at, facts)}."
    if more:
        times = "once more: a" if len(more) == 1 else f"{len(more)} more times: the last time a"
        back = more[-1].back_at
        again = f"; it was seen there again at {_time_by_before_due(back, facts)}" if back else ""
        yield f"That happened {times} look at {_time_from(more[-1].gone_at, facts)} did not find it there{again}."


def describe_clock_error(facts: Facts) -> Iterator[str]:
    """Describe how far the clock may have been off at the deciding checks, and whether nothing confirmed it."""
    checks = [check for address in facts.addresses for check in _deciding_checks(address, facts.due_at)]
    largest = max((check.sighting.clock_bound for check in checks), default=timedelta(0))
    if largest:
        seconds, tenths = largest.total_seconds(), math.ceil(round(largest.total_seconds() * 10, 6))
        length = describe_duration(math.ceil(seconds)) if seconds >= 1 or tenths == 10 else f"0.{tenths} seconds"
        yield (
            f"The clock of the check may have been off by up to {length}. The times are as it showed them; "
            "the bounds of each delay allow for that."
        )
    unconfirmed = [check for check in checks if not check.sighting.clock_confirmed]
    if unconfirmed:
        when = "Nothing" if len(unconfirmed) == len(checks) else "At some checks nothing"
        yield f"{when} confirmed the clock of the check: the times are as it showed them, and prove nothing."


def _deciding_checks(address: AddressFacts, due_at: datetime) -> list[CheckFact]:
    """Return the checks whose times an account uses.

    Before the due time these are the checks that found the release, and the last check before them that did not. From
    the due time on they end with the first check that found it; only checks at which it disappeared or reappeared
    follow. Checks continue for hours, but the error of the clock in the afternoon does not matter for the morning.
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
    """Describe the time of publication according to the publisher's own system, which is not an observation.

    If that time lies in a gap in our observations, the account says that it relies on this time alone there.
    """
    if facts.publisher_time is None:
        return
    published_at, source = facts.publisher_time
    at = _time_from(published_at, facts)
    if source is Source.PUBLIC_UPDATED_AT:
        yield (
            f"The publisher’s own system gives {at} as the time of the last public update of the page. That time "
            "moves with every update, so it says only that the release was not published later; it is the "
            "publisher’s figure, not an observation."
        )
        return
    seconds = int((round_down(published_at) - facts.due_at).total_seconds())
    when = "the time at which it was due"
    if seconds:
        when = f"{describe_duration(abs(seconds))} {'after' if seconds > 0 else 'before'} it was due"
    yield (
        f"The publisher’s own system gives {at} as the time of publication, {SOURCES[source]}: {when}. "
        "That is the publisher’s figure, not an observation."
    )
    for start, end in facts.not_observed:
        if fills(published_at, source, start=start, end=end):
            yield (
                f"It lies in the time {_stretch(start, end, facts)}, in which nothing was observed: for that time the "
                "account rests on the publisher’s figure alone."
            )


def describe_caches(facts: Facts) -> Iterator[str]:
    """Describe evidence that caches may have served readers an old copy of the page. Only people state a cause."""
    if Diagnosis.EDGE_CACHE not in facts.diagnoses:
        return
    found = next((address.past_caches for address in facts.addresses if address.past_caches), None)
    if found:
        found_at, not_found_until = found
        yield (
            f"A look that asked past the caches on the way found the release at {_time_by(found_at, facts)}, "
            "while looks made as any reader makes them still did not find it, the last of them at "
            f"{_time_from(not_found_until, facts)}. An old copy held by a cache on the way (an “edge cache”) "
            "may explain why readers saw the release later than it was published."
        )
    else:
        yield (
            "What is kept of the answers shows that looks were still answered with a copy of the page stored before "
            "the release was out. An old copy held by a cache on the way (an “edge cache”) may explain why readers "
            "saw the release later than it was published."
        )


def write_account(facts: Facts) -> str:
    """Write the circumstances of a suspected breach from the record.

    Blank lines separate the paragraphs. Times are London's; lower bounds are rounded down and upper bounds up to the
    second. The account states no cause, person or reaction, because people write those. A possible explanation of a
    late sighting is stated only as a check result.

    :raises ValueError: if the facts contain no address.
    """
    if not facts.addresses:
        raise ValueError("An account needs at least one address that was checked.")
    # Statements that are not observations, and gaps, follow in separate paragraphs.
    apart = (
        describe_clock_error(facts),
        describe_gaps(facts),
        describe_publisher_times(facts),
        describe_caches(facts),
        _statements(facts),
    )
    series = f", in the series ‘{facts.series_title}’," if facts.series_title else ""
    due = _due(f"‘{facts.release_title}’{series} was due", facts.due_at)
    paragraphs = [due, *(_address(facts, address) for address in facts.addresses), *map(" ".join, apart)]
    return "\n\n".join(filter(None, paragraphs))


def _due(release_was_due: str, due_at: datetime) -> str:
    zone = ZONES.get(in_london(due_at).tzname() or "", "London time")
    return (
        f"{release_was_due} to be released at {format_moment(due_at)}. "
        f"All times given here are London time ({zone} on that day)."
    )


def _address(facts: Facts, address: AddressFacts) -> str:
    name, subject = output_names(facts, address)
    if not address.checks:
        return f"No look was made at the announced address of {name} ({address.url})."
    opening = f"An automatic check looked for {name} at its announced address ({address.url})."
    if not address.required:
        opening += " The release counts as complete without it."
    if address.verdict.outcome is Outcome.EARLY:
        sentences = [*_early(facts, address, subject), *describe_absence(facts, address)]
        # A report on an early release is drafted before the release is due, so checks after the due time may be
        # missing.
        has_ended = address.verdict.from_due is not Outcome.PENDING
        sentences += [*_at_due(facts, address), *_after_early(facts, address)] if has_ended else [NOT_ENDED]
    else:
        sentences = [
            *_at_due(facts, address),
            *_in_force(facts, address, subject),
        ]
        sentences += describe_absence(facts, address)
    return " ".join([opening, *sentences, *_inconclusive(facts, address)])


def output_names(facts: Facts, address: AddressFacts) -> tuple[str, str]:
    """Return the name of an address for use within a sentence and at its beginning: "attachment 1", "Attachment 1"."""
    alike = [other for other in facts.addresses if other.role is address.role]
    number = f" {alike.index(address) + 1}" if len(alike) > 1 or address.role is AddressRole.ATTACHMENT else ""
    if address.role is AddressRole.ATTACHMENT:
        return f"attachment{number}", f"Attachment{number}"
    return (f"page{number}", f"Page{number}") if number else ("the release", "The release")


def _at_due(facts: Facts, address: AddressFacts) -> Iterator[str]:
    checks = address.checks_since(facts.due_at)
    if not checks:
        yield "No look was made there at or after the due time."
        return
    first = checks[0].sighting
    opening = "A look at the due time" if first.instant == facts.due_at else "The first look after the due time"
    at = "" if first.instant == facts.due_at else f", at {_time_from(first.sent_at, facts)},"
    yield f"{opening}{at} {narrate_check(checks[0])}."


def narrate_check(check: CheckFact) -> str:
    """Describe the result of one check, to follow "the check": "did not find it: the site answered ..."."""
    result = check.sighting.result
    if result in INCONCLUSIVE:
        return INCONCLUSIVE[result]
    if check.by_statement:
        which = "to be" if result is CheckOutcome.LIVE else "not to be"
        return f"got what a person stated {which} the release"
    if result is CheckOutcome.LIVE:
        return "found it"
    words: dict[str, str] = {code.value: clause for code, clause in NOT_LIVE_WORDS.items()}
    why = next((words[reason] for reason in check.reasons if reason in words), "")
    return f"did not find it: {why}" if why else "did not find it"


def _in_force(facts: Facts, address: AddressFacts, subject: str) -> Iterator[str]:
    verdict = address.verdict
    if verdict.before is BeforeDue.SEEN_ONCE and verdict.live_before_due_at:
        seen = _time_from(verdict.live_before_due_at, facts)
        yield f"One look before the due time, at {seen}, found it there; a single look is not taken as proof."
    if verdict.outcome is Outcome.LATE and verdict.last_not_live_at and verdict.first_live_at:
        yield from _late(facts, verdict.last_not_live_at, verdict.first_live_at, subject, delay=verdict.delay)
    elif verdict.outcome is Outcome.NOT_SEEN and verdict.last_not_live_at:
        yield _state_absence(facts, verdict.last_not_live_at, subject)
    elif verdict.outcome is Outcome.ON_TIME and verdict.first_live_at:
        yield _in_time(facts, verdict.first_live_at, subject)
    elif verdict.outcome is Outcome.PENDING:
        yield NOT_ENDED
    else:
        if verdict.last_not_live_at:
            yield f"{subject} was still not seen there at {_time_from(verdict.last_not_live_at, facts)}."
        if verdict.first_live_at:
            yield f"{subject} was first seen there at {_time_by(verdict.first_live_at, facts)}."
        yield from _unknown(facts, address)


def _unknown(facts: Facts, address: AddressFacts) -> Iterator[str]:
    yield UNKNOWN
    if gaps := [_stretch(gap.begins_at, gap.ends_at, facts) for gap in address.verdict.gaps]:
        yield f"No check shows whether it was there {join_words(gaps)}."


def _in_time(facts: Facts, seen_at: datetime, subject: str) -> str:
    seen, tolerance = _time_by(seen_at, facts), describe_duration(facts.tolerance_seconds)
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
    seen_how: str = "first seen",
) -> Iterator[str]:
    yield (
        f"{subject} was still not seen there at {_time_from(absent_at, facts)}, and was {seen_how} there at "
        f"{_time_by(seen_at, facts)}."
    )
    if delay is None or delay.to_seconds is None:
        return
    bounds = math.floor(delay.from_seconds), math.ceil(delay.to_seconds)
    words, figures = delay_in_words(*bounds), delay_in_figures(*bounds)
    yield f"Access to it was therefore delayed by {words}{'' if words == figures else f': {figures}'}."


def _state_absence(facts: Facts, absent_at: datetime, subject: str, *, seen_how: str = "seen") -> str:
    waited = int((round_down(absent_at) - facts.due_at).total_seconds())
    overdue = f", {describe_duration(waited)} after it was due" if waited > 0 else ""
    return f"{subject} had not been {seen_how} there by {_time_from(absent_at, facts)}{overdue}."


def _early(facts: Facts, address: AddressFacts, subject: str) -> Iterator[str]:
    absent_at, seen_at = address.verdict.last_not_live_at, address.verdict.first_live_at
    delay = address.verdict.delay
    if absent_at and seen_at and delay and delay.to_seconds is not None:
        early = delay_in_figures(-delay.to_seconds, -delay.from_seconds)
        yield (
            f"{subject} was still not seen there at {_time_from(absent_at, facts)}, and was first seen there at "
            f"{_time_by_before_due(seen_at, facts)}, before it was due. It became visible {early} too early."
        )
    if checks := early_sightings((check.sighting for check in address.checks), due_at=facts.due_at):
        answered = [_time_by_before_due(check.completed_at, facts) for check in checks]
        yield f"In all, {_count(checks)} answered before the due time found it there{_between(answered)}."


def _after_early(facts: Facts, address: AddressFacts) -> Iterator[str]:
    checks = [check.sighting for check in address.checks_since(facts.due_at)]
    live = next((check for check in checks if check.result is CheckOutcome.LIVE), None)
    before = [
        check
        for check in checks
        if check.result is CheckOutcome.NOT_LIVE and (live is None or check.sent_at < live.sent_at)
    ]
    absent = before[-1] if before else None
    from_due, subject = address.verdict.from_due, "After the due time it"
    if from_due is Outcome.LATE and absent and live:
        delay = Interval(*((at - facts.due_at).total_seconds() for at in (absent.surely_from, live.surely_by)))
        yield from _late(facts, absent.sent_at, live.completed_at, subject, delay=delay, seen_how="next seen")
    elif from_due is Outcome.NOT_SEEN and absent:
        yield _state_absence(facts, absent.sent_at, subject, seen_how="seen again")
    elif from_due in NEEDS_CHECKING:
        yield from _unknown(facts, address)


def _inconclusive(facts: Facts, address: AddressFacts) -> Iterator[str]:
    early, seen_at = address.verdict.outcome is Outcome.EARLY, address.verdict.first_live_at
    already_described = address.checks_since(facts.due_at)[:1]
    checks = [
        check
        for check in address.checks_in_order()
        if early or (not _is_before(check, facts.due_at) and (not seen_at or check.sighting.sent_at <= seen_at))
    ]
    for result, words in INCONCLUSIVE.items():
        idle = [check for check in checks if check.sighting.result is result]
        if idle and idle != already_described:
            times = [_time_from(check.sighting.sent_at, facts) for check in idle]
            yield f"{_count(idle).capitalize()}{_between(times)} {words}."


def describe_gaps(facts: Facts) -> Iterator[str]:
    """Describe the gaps in which nothing was observed: each of them, or only their number if there are many."""
    holes = facts.not_observed
    if len(holes) > MOST_LISTED_GAPS:
        longest = max(math.ceil((end - start).total_seconds()) for start, end in holes)
        first, last = _time_from(holes[0][0], facts), _time_by(holes[-1][1], facts)
        yield (
            f"Between {first} and {last} there were {len(holes)} periods, each of at most "
            f"{describe_duration(longest)}, in which nothing was observed."
        )
    elif holes:
        yield f"Nothing was observed {join_words(_stretch(start, end, facts) for start, end in holes)}."


def _statements(facts: Facts) -> Iterator[str]:
    for statement in facts.statements:
        live_at = f" at {_time_from(statement.live_at, facts)}" if statement.live_at else ""
        stated_at = _time_from(statement.stated_at, facts)
        speaker = SPEAKERS[statement.role] if statement.role else "A person whose role is not on record"
        yield (
            f"{speaker} stated at {stated_at} that {STATED[statement.said]}{live_at}; this is that person’s word, "
            "not an observation."
        )
    if any(check.by_statement for address in facts.addresses for check in address.checks):
        yield "Looks that the check could not decide are counted here as these statements say."


def _count(checks: Sequence[object]) -> str:
    return "one look" if len(checks) == 1 else f"{len(checks)} looks"


def _between(times: Sequence[str]) -> str:
    first, last = times[0], times[-1]
    return f" at {first}" if first == last else f" from {first} to {last}"


def _time_from(instant: datetime, facts: Facts) -> str:
    return time_in_words(round_down(instant), due_at=facts.due_at)


def _time_by(instant: datetime, facts: Facts) -> str:
    return time_in_words(round_up(instant), due_at=facts.due_at)


def _time_by_before_due(instant: datetime, facts: Facts) -> str:
    return time_in_words(round_up_before(instant, facts.due_at), due_at=facts.due_at)


def _stretch(start: datetime, end: datetime, facts: Facts) -> str:
    return f"from {_time_from(start, facts)} to {_time_by(end, facts)}"


REQUESTED_CHANGES = {
    "add": "to grant access to",
    "change": "to change the entry of",
    "withdraw": "to withdraw the access of",
}
LIMITS_OF_THE_LIST = (
    "The list shows to whom access was granted and what was recorded of it. It does not show what was sent, to whom, "
    "or who saw it."
)


def write_access_account(facts: AccessFacts) -> str:
    """Describe a pre-release access list, for the circumstances of a breach that a person will complete.

    Blank lines separate the paragraphs, and line ends the entries of the list. Times are London's. The account names
    posts and organisations but no person. It does not say that any access was wrong, only that a recorded time does not
    match the period or the grant.
    """
    read = f"The pre-release access list of this release was read at {format_moment(facts.read_at)}."
    if facts.posts:
        posts = (f"– {' '.join(_post(post))}" for post in facts.posts)
        listed = [f"{read} It held these posts; each period is the time before the release:", *posts]
    else:
        listed = [f"{read} Nobody was on it."]
    paragraphs = [_planned(facts), "\n".join(listed)]
    if facts.requests:
        lines = ["These changes had been asked for, and nobody had agreed to them:"]
        for one in facts.requests:
            change = f"{REQUESTED_CHANGES[one.kind]} {one.post}, {one.organisation}"
            lines.append(f"– {change} (asked at {format_moment(one.asked_at)}).")
        paragraphs.append("\n".join(lines))
    return "\n\n".join([*paragraphs, LIMITS_OF_THE_LIST])


def _planned(facts: AccessFacts) -> str:
    series = f", in the series ‘{facts.series_title}’," if facts.series_title else ""
    if facts.due_at is None:
        return (
            f"‘{facts.release_title}’{series} is planned for {facts.planned_for}. All times given here are London time."
        )
    tense = "was due" if facts.due_at <= facts.read_at else "is due"
    return _due(f"‘{facts.release_title}’{series} {tense}", facts.due_at)


def _post(post: PostAccess) -> Iterator[str]:
    begins = f", from {format_moment(post.period_begins_at)}" if post.period_begins_at else ""
    agreed = ", by agreement of the Head of Profession for Statistics or a deputy" if post.agreed else ""
    granted_at = format_moment(post.granted_at)
    yield f"{post.post}, {post.organisation}: {post.period}{begins}; granted at {granted_at}{agreed}."
    if post.withdrawn_at:
        yield f"It was withdrawn at {format_moment(post.withdrawn_at)}; no access is recorded."
    elif post.began_at is None:
        yield "It is not recorded when access began."
    else:
        ended = f" and ended at {format_moment(post.ended_at)}" if post.ended_at else ""
        yield f"Access is recorded to have begun at {format_moment(post.began_at)}{ended}."
        if post.began_at < post.granted_at:
            yield "That is before it was granted."
        if post.period_begins_at and post.began_at < post.period_begins_at:
            yield "That is before the period."

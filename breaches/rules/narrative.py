"""The account of a suspected breach, drafted only from recorded facts.

The account says when the release was due, what the check found, when the release appeared, and which cause people
recorded. It has two to four sentences. It has at most 80 words unless the title is very long. All times in the account
are true even if the clock that was used for the checks was wrong by its full error bound. Details about the clock,
caches, the publisher's own time and single checks are in the annex instead.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from breaches.rules.causes import (
    NO_CAUSE,
    RecordedCause,
    describe_availability,
    describe_cause,
    describe_cause_in_full,
    describe_reason,
)
from breaches.rules.facts import (
    PART_NOUNS,
    AddressFacts,
    EarlyDecision,
    Facts,
    Statement,
    StatementFact,
    delay_in_words,
    describe_exceptions,
    describe_grounds,
    join_words,
    round_down,
    round_up,
    round_up_before,
    time_in_words,
    with_capital,
)
from breaches.rules.lifecycle import Cause
from releases.detection.finding import AddressRole, CheckOutcome, Reason
from releases.rules.calendar import format_day, format_moment, local_date
from releases.rules.lifecycle import Role
from releases.rules.parts import Part
from releases.verdict.address import NEEDS_CHECKING, BeforeDue, Interval, Outcome, Sighting
from releases.verdict.parts import measure_spread

CHECKS_NOT_ENDED = "Our checks had not ended when this was written."
LATE = frozenset({Outcome.LATE, Outcome.NOT_SEEN})
# Phrases for a page that a check found instead of the release, keyed by the reason of the check. Reasons that do not
# help the readers of a report are left out.
FOUND_INSTEAD: dict[str, str] = {
    Reason.ANNOUNCEMENT: "only its announcement",
    Reason.CANCELLED: "an announcement of its cancellation",
    Reason.MOVED: "an announcement with another time",
    Reason.PREVIOUS_EDITION: "the previous edition",
    Reason.EARLIER_EDITION: "an earlier edition",
    Reason.WITHDRAWN: "a page marked as withdrawn",
}
SPEAKERS = {
    Role.STATISTICIAN: "A statistician",
    Role.HEAD_OF_PROFESSION: "The Head of Profession for Statistics",
    Role.DEPUTY: "A deputy of the Head of Profession for Statistics",
    Role.CALENDAR_MANAGER: "A calendar manager",
    Role.PUBLISHING_TEAM: "A member of the publishing team",
    Role.AUDITOR: "An auditor",
}
STATED = {
    StatementFact.THIS_IS_IT: "the page or file that our check had found was the release",
    StatementFact.PREVIOUS_EDITION: "the page or file that our check had found was the previous edition",
    StatementFact.NOT_IT: "the page or file that our check had found was not the release",
    StatementFact.WAS_LIVE: "the release was live",
}
MOST_WORDS = 80
# The account only quotes the last statements, because these decide the result. The annex lists every statement.
MOST_STATEMENTS = 2


def write_account(*releases: Facts, cause: RecordedCause = NO_CAUSE) -> str:
    """Write the circumstances of a suspected breach from the recorded facts about one or more releases.

    Each release has a paragraph. This paragraph can be followed by paragraphs about the exceptions of the release, the
    decision on an early release, and people's statements about the release. If the producer stated when the late
    releases were available, a paragraph gives that time. If people described the cause, and their description is too
    long for the account, the description is the last paragraph.

    Times are in London time. The account does not name people. Reactions to the breach are not part of the account,
    because people describe them.

    :raises ValueError: if the facts about a release have no address.
    """
    if not all(facts.addresses for facts in releases):
        message = "An account needs at least one address that was checked."
        raise ValueError(message)
    *others, last = releases
    in_own_words = describe_cause_in_full(cause)
    written = _write_release(last, cause=cause, of_one=not others)
    if cause.cause is Cause.OTHER and not in_own_words and _is_long(written):
        written, in_own_words = _write_release(last), cause.words.strip()
    accounts = [*map(_write_release, others), written]
    paragraphs = []
    for account, facts in zip(accounts, releases, strict=True):
        paragraphs += [
            account,
            describe_exceptions(facts.exceptions),
            " ".join(_describe_decision(facts)),
            " ".join(_statements(facts)),
        ]
    available = describe_availability(cause.available) if cause.available else ""
    return "\n\n".join(filter(None, [*paragraphs, available, in_own_words]))


def _write_release(facts: Facts, *, cause: RecordedCause | None = None, of_one: bool = False) -> str:
    """Write the paragraph about one release.

    If the paragraph is too long, these facts are left out one after another until the paragraph is short enough: when
    the release disappeared again, how far apart its parts were published, and when we made no checks. The annex has all
    of these facts.

    :param cause: the cause to add to the paragraph. It is None for all releases except the last one.
    :param of_one: whether the account is about one release only.
    """
    shorter = _without_absences(facts)
    for version, has_spread in (
        (facts, True),
        (shorter, True),
        (shorter, False),
        (replace(shorter, not_observed=()), False),
    ):
        *sentences, last = _due(version), *_describe_checks(version)
        account = " ".join((*sentences, _add_spread(last, version) if has_spread else last))
        if cause is not None:
            account = _add_cause(account, cause, of_one=of_one)
        if not _is_long(account):
            break
    return account


def _is_long(account: str) -> bool:
    return len(account.split()) > MOST_WORDS


def _without_absences(facts: Facts) -> Facts:
    verdicts = ((address, replace(address.verdict, flips=())) for address in facts.addresses)
    return replace(facts, addresses=tuple(replace(address, verdict=verdict) for address, verdict in verdicts))


def _add_cause(account: str, cause: RecordedCause, *, of_one: bool) -> str:
    """Add the recorded cause to an account.

    If the account is about one release, and its last sentence says how late or early the release was, the cause becomes
    part of this sentence. Otherwise, the cause is a separate sentence.
    """
    reason = describe_reason(cause)
    if of_one and reason and account.endswith((" late.", " early.")):
        return f"{account.removesuffix('.')}, because {reason}."
    return f"{account} {describe_cause(cause, of_one=of_one)}".rstrip()


def _add_spread(sentence: str, facts: Facts) -> str:
    """Extend the last sentence of an account with the part that was published longest after the first part.

    Parts that may have been published at the same time as the first part are left out.
    """
    spread = measure_spread(facts.addresses)
    if spread is None or spread.first is None:
        return sentence
    measured = [
        (one.lag, one.part)
        for one in spread.others
        if one.lag is not None and one.lag.from_seconds > 0 and one.lag.to_seconds is not None
    ]
    if not measured:
        return sentence
    lag, part = max(measured, key=lambda each: each[0].from_seconds)
    what, length, first = _name_alone(part, facts), _length(lag), _name_alone(spread.first, facts)
    if not (what and first):
        return sentence
    if sentence.startswith(f"{with_capital(what)} appeared "):
        return sentence.replace(" late", f" late and {length} after {first}", 1)
    return f"{sentence.removesuffix('.')}, and {what} appeared {length} after {first}."


def _name_alone(part: AddressFacts, facts: Facts) -> str:
    """Return a name for a part, such as "the tables", or "" if another part would have the same name."""
    names = [_the(one) for one in facts.addresses]
    if names.count(_the(part)) == 1:
        return _the(part)
    by_file = [_page_or_file(one) for one in facts.addresses]
    own = _page_or_file(part)
    return f"the {own.removeprefix('its ')}" if by_file.count(own) == 1 else ""


def describe_checks(facts: Facts) -> str:
    """Describe the results of the checks of a release in one paragraph, without the due time and the cause."""
    return " ".join(_describe_checks(facts))


def _due(facts: Facts) -> str:
    return f"‘{facts.release_title}’ was due for release at {format_moment(facts.due_at)}."


def _describe_checks(facts: Facts) -> Iterator[str]:
    required = [address for address in facts.addresses if address.required] or list(facts.addresses)
    main_pages = facts.main_pages
    # Early addresses come first, because early is worse than late. Main pages and other pages come next, because
    # readers can only miss the other parts after they have found the page. A part that may still follow is not faulty.
    faulty = [
        address
        for address in required
        if address.verdict.outcome is not Outcome.ON_TIME
        and not (address.may_follow and address.verdict.outcome is Outcome.PENDING)
    ]
    faulty.sort(
        key=lambda address: (
            address.verdict.outcome is not Outcome.EARLY,
            address not in main_pages,
            address.role is not AddressRole.PAGE,
        )
    )
    lead = faulty[0] if faulty else (main_pages or required)[0]
    late_files = [address for address in faulty if address not in main_pages and address.verdict.outcome in LATE]
    if not lead.checks:
        yield f"We made no checks of {_page_or_file(lead)}."
    elif lead.verdict.outcome is Outcome.EARLY:
        yield from _describe_early(facts, lead)
    elif late_files and (lead in late_files or lead.verdict.outcome in NEEDS_CHECKING):
        yield from _describe_late_files(facts, late_files, required)
    elif lead.verdict.outcome in LATE:
        yield from _describe_late_page(facts, lead, late_files)
    elif lead.verdict.outcome in NEEDS_CHECKING:
        yield from _describe_unknown(facts, lead)
    elif lead.verdict.outcome is Outcome.ON_TIME:
        yield f"Our automatic check found {_name(lead)} on time{_absences(facts, lead)}."
    elif not facts.date_changed:
        yield CHECKS_NOT_ENDED


def _describe_late_page(facts: Facts, page: AddressFacts, late_files: Sequence[AddressFacts]) -> Iterator[str]:
    if checks := page.checks_since(facts.due_at):
        at, noun = _clock(round_down(checks[0].sighting.sent_at), facts), PART_NOUNS.get(page.part, "page")
        instead = next((FOUND_INSTEAD[reason] for reason in checks[0].reasons if reason in FOUND_INSTEAD), "")
        if checks[0].sighting.result is not CheckOutcome.NOT_LIVE:
            yield f"At {at} our automatic check of its {noun} gave no result."
        elif instead:
            yield f"At {at} our automatic check found {instead}."
        else:
            yield f"At {at} our automatic check did not find it on its {noun}."
    files = ""
    if late_files and (delay := _last_delay(late_files)):
        which = _its(late_files[0], "its file") if len(late_files) == 1 else f"the last of {_late_ones(late_files)}"
        files = f", and {which} {_between(delay, facts)}"
    yield f"{_appeared('It', facts, page)}{_absences(facts, page)}{files}."


def _describe_late_files(
    facts: Facts, files: Sequence[AddressFacts], required: Sequence[AddressFacts]
) -> Iterator[str]:
    """Describe late files and other late parts of a release whose main pages are not known to be late."""
    pages = facts.main_pages
    on_time = pages and all(page.verdict.outcome is Outcome.ON_TIME for page in pages)
    opening = f"{with_capital(_page_or_file(pages[0]))} was live on time, but our" if on_time else "Our"
    if len(files) == 1:
        (file,) = files
        since = facts.limit_of(file) if file.may_follow else facts.due_at
        first = next(iter(file.checks_since(since)), None)
        is_absent = first is not None and first.sighting.result is CheckOutcome.NOT_LIVE
        when = _when(first.sighting, facts) if first and is_absent else "on time"
        it = "they" if file.part is Part.TABLES else "it"
        until = f", although {it} {_was(file)} allowed to appear until {_clock(facts.due_at + file.may_follow, facts)}"
        what = _its(file, _name(file))
        yield f"{opening} automatic check did not find {what} {when}{until if file.may_follow else ''}."
        yield f"{_appeared(with_capital(_the(file)), facts, file)}{_absences(facts, file)}."
        return
    yield f"{opening} automatic check did not find {_which_of(files, facts, required)} on time."
    if delay := _last_delay(files):
        late = "" if any(file.may_follow for file in files) else f", {_length(delay)} late"
        yield f"The last of them appeared {_between(delay, facts)}{late}."
    else:
        absent = [file.verdict.delay for file in files if file.verdict.outcome is Outcome.NOT_SEEN]
        which = "They" if len(absent) == len(files) else f"{len(absent)} of them"
        known = min((delay.from_seconds for delay in absent if delay), default=0.0)
        yield f"{which} had still not appeared at {_time(known, facts)}."


def _describe_early(facts: Facts, address: AddressFacts) -> Iterator[str]:
    verdict, due_at = address.verdict, facts.due_at
    what, was = "it" if address in facts.main_pages else _the(address), _was(address)
    before = [flip for flip in verdict.flips if flip.gone_at < due_at]
    # If the address did not become live again until the due time or later, do not say here that it became live again.
    # A later sentence describes the checks since the due time.
    before = [flip if flip.back_at and flip.back_at < due_at else replace(flip, back_at=None) for flip in before]
    until_due = replace(address, verdict=replace(verdict, flips=tuple(before)))
    appeared = ""
    if verdict.delay and verdict.delay.to_seconds is not None:
        early = Interval(-verdict.delay.to_seconds, -verdict.delay.from_seconds)
        appeared = f": {what} appeared {_between(verdict.delay, facts)}, {_length(early)} early"
    yield f"Our automatic check found {_name(address)} before then{appeared}{_absences(facts, until_due)}."
    checks = [check.sighting for check in address.checks_since(due_at)]
    live = next((check for check in checks if check.result is CheckOutcome.LIVE), None)
    absent = [
        check
        for check in checks
        if check.result is CheckOutcome.NOT_LIVE and (live is None or check.sent_at < live.sent_at)
    ]
    if verdict.from_due is Outcome.LATE and live and absent:
        again = Interval(*((at - due_at).total_seconds() for at in (absent[-1].surely_from, live.surely_by)))
        yield f"{with_capital(what)} {was} back {_between(again, facts)}, {_length(again)} late."
    elif verdict.from_due is Outcome.NOT_SEEN and absent:
        still = (absent[-1].surely_from - due_at).total_seconds()
        yield f"{with_capital(what)} {was} still missing at {_time(still, facts)}."
    elif verdict.from_due in NEEDS_CHECKING:
        yield f"Our checks do not show whether {what} {was} there at the due time."
    elif verdict.from_due is Outcome.PENDING and not facts.date_changed:
        yield CHECKS_NOT_ENDED


def _describe_unknown(facts: Facts, address: AddressFacts) -> Iterator[str]:
    verdict = address.verdict
    # Only use checks that were planned or completed at or after the due time. Before that time, some checks are missing
    # from `address.checks`, because checks that only repeat other checks are not read.
    sightings = (check.sighting for check in address.checks)
    from_due = (one for one in sightings if max(one.planned_at, one.completed_at) >= facts.due_at)
    unconfirmed = any(not sighting.clock_confirmed for sighting in from_due)
    # The annex has the details about the clock. Without this short note, the times below would seem to be proven.
    clock = " (their clock was not confirmed)" if unconfirmed else ""
    where = (
        f"it was on {_page_or_file(address)}"
        if address.role is AddressRole.PAGE
        else f"{_name(address)} {_was(address)} there"
    )
    yield f"Our automatic checks do not show whether {where} on time{clock}."
    found = []
    if verdict.last_not_live_at:
        found.append(
            (verdict.last_not_live_at, f"did not find it at {_clock(round_down(verdict.last_not_live_at), facts)}")
        )
    if verdict.before is BeforeDue.SEEN_ONCE and verdict.live_before_due_at:
        at = _clock(round_up_before(verdict.live_before_due_at, facts.due_at), facts)
        found.append((verdict.live_before_due_at, f"found it once before then, at {at}"))
    elif verdict.first_live_at:
        found.append((verdict.first_live_at, f"found it at {_clock(round_up(verdict.first_live_at), facts)}"))
    if gaps := [(gap.begins_at, gap.ends_at) for gap in verdict.gaps]:
        found.append((gaps[0][0], f"gave no result {_stretches(gaps, facts)}"))
    if found:
        yield f"They {join_words(words for _at, words in sorted(found))}."


def _appeared(subject: str, facts: Facts, address: AddressFacts) -> str:
    """Write when a late address appeared, and when we made no checks before that."""
    delay = address.verdict.delay
    if delay is None:
        return f"{subject} was late"
    if delay.to_seconds is None:
        late = f", {_late_by(delay, address)} late" if delay.from_seconds >= 1 else ""
        return f"{subject} had still not appeared at {_time(delay.from_seconds, facts)}{late}"
    # Name the gaps between checks, because the address may have gone live during a gap.
    until = facts.due_at + timedelta(seconds=delay.to_seconds)
    gaps = [(begins, ends) for begins, ends in facts.not_observed if begins < until and ends > facts.due_at]
    unchecked = f" (we made no checks {_stretches(gaps, facts)})" if gaps else ""
    return f"{subject} appeared {_between(delay, facts)}, {_late_by(delay, address)} late{unchecked}"


def _late_by(delay: Interval, address: AddressFacts) -> str:
    """Write by how much an address was late.

    If a part may follow later than the release, its delay is counted from the end of the extra time.
    """
    follows = address.may_follow.total_seconds()
    upper = None if delay.to_seconds is None else delay.to_seconds - follows
    return _length(Interval(delay.from_seconds - follows, upper))


def _absences(facts: Facts, address: AddressFacts) -> str:
    """Write when a live address disappeared, and when it was back."""
    flips = address.verdict.flips
    if not flips:
        return ""
    it, was = ("they" if address.part is Part.TABLES else "it"), _was(address)
    gone_at, back_at = _clock(round_down(flips[-1].gone_at), facts), flips[-1].back_at
    back_by = f"back by {_clock(round_up_before(back_at, facts.due_at), facts)}" if back_at else ""
    if len(flips) == 1:
        return f", but {it} {was} gone at {gone_at}{back_by and f' and {back_by}'}"
    return (
        f", but {it} disappeared {len(flips)} times, most recently at {gone_at}{back_by and f', and {was} {back_by}'}"
    )


def _was(address: AddressFacts) -> str:
    return "were" if address.part is Part.TABLES else "was"


def _last_delay(files: Sequence[AddressFacts]) -> Interval | None:
    """Return the interval in which the last of the files appeared, or None if a file is not known to have appeared."""
    lower, upper = 0.0, 0.0
    for file in files:
        delay = file.verdict.delay
        if delay is None or delay.to_seconds is None:
            return None
        lower, upper = max(lower, delay.from_seconds), max(upper, delay.to_seconds)
    return Interval(lower, upper)


def _name(address: AddressFacts) -> str:
    return f"it on {_page_or_file(address)}" if address.role is AddressRole.PAGE else _page_or_file(address)


def _page_or_file(address: AddressFacts) -> str:
    if address.role is AddressRole.PAGE:
        return f"its {PART_NOUNS.get(address.part, 'page')} at {_host(address)}"
    if noun := PART_NOUNS.get(address.part):
        return f"its {noun}"
    name = PurePosixPath(urlsplit(address.url).path).name
    return f"its file ‘{name}’" if "." in name else "its attachment"


def _its(address: AddressFacts, otherwise: str) -> str:
    """Return a name such as "its Welsh page" for a part of a release that was already mentioned.

    Return `otherwise` if the part has no name.
    """
    return f"its {PART_NOUNS[address.part]}" if address.part in PART_NOUNS else otherwise


def _the(address: AddressFacts) -> str:
    """Return a name such as "the Welsh page" for a part that was already mentioned."""
    return f"the {PART_NOUNS.get(address.part, 'page' if address.role is AddressRole.PAGE else 'file')}"


def _late_ones(files: Sequence[AddressFacts]) -> str:
    what = "files" if all(file.role is AddressRole.ATTACHMENT for file in files) else "parts"
    return f"its {len(files)} late {what}"


def _which_of(files: Sequence[AddressFacts], facts: Facts, required: Sequence[AddressFacts]) -> str:
    """Return a phrase for several late parts, such as "its Welsh page and tables" or "2 of its 3 files"."""
    nouns = [PART_NOUNS.get(file.part, "") for file in files]
    if all(nouns) and len(set(nouns)) == len(nouns):
        return f"its {join_words(nouns)}"
    others = [address for address in required if address not in facts.main_pages]
    what = "files" if all(address.role is AddressRole.ATTACHMENT for address in others) else "other parts"
    return f"its {len(others)} {what}" if len(files) == len(others) else f"{len(files)} of its {len(others)} {what}"


def _host(address: AddressFacts) -> str:
    return urlsplit(address.url).hostname or address.url


def _when(sighting: Sighting, facts: Facts) -> str:
    return "then" if sighting.instant == facts.due_at else f"at {_clock(round_down(sighting.sent_at), facts)}"


def _between(delay: Interval, facts: Facts) -> str:
    """Write the two times between which something appeared, rounded outwards to the second."""
    if delay.to_seconds is None:
        return f"after {_time(delay.from_seconds, facts)}"
    end = round_up_before(facts.due_at + timedelta(seconds=delay.to_seconds), facts.due_at)
    start = round_down(facts.due_at + timedelta(seconds=delay.from_seconds))
    if start == end:
        return f"at {_clock(end, facts)}"
    # If both times are on the same day, and this is not the due day, write the day once.
    day = f" on {format_day(end)}" if local_date(start) == local_date(end) != local_date(facts.due_at) else ""
    return f"between {_clock(start, facts).removesuffix(day)} and {_clock(end, facts)}"


def _length(delay: Interval) -> str:
    """Write a delay in words, such as "just under an hour" or "15 to 20 minutes"."""
    upper = None if delay.to_seconds is None else math.ceil(delay.to_seconds)
    words = delay_in_words(max(0, math.floor(delay.from_seconds)), upper)
    if not words.startswith("between "):
        return words
    # The sentence already has "between" for the times, so write "15 to 20 minutes".
    words = words.removeprefix("between ").replace(" and ", " to ")
    return re.sub(r"^(\d+) (\w+) to (\d+) \2$", r"\1 to \3 \2", words)


def _time(seconds_after_due: float, facts: Facts) -> str:
    return _clock(round_down(facts.due_at + timedelta(seconds=seconds_after_due)), facts)


def _clock(instant: datetime, facts: Facts) -> str:
    return time_in_words(instant, due_at=facts.due_at)


def _stretches(stretches: Sequence[tuple[datetime, datetime]], facts: Facts) -> str:
    times = f"{_clock(round_down(stretches[0][0]), facts)} and {_clock(round_up(stretches[-1][1]), facts)}"
    return f"between {times}" if len(stretches) == 1 else f"in {len(stretches)} periods between {times}"


def _describe_decision(facts: Facts) -> Iterator[str]:
    """Describe the decision on an early release, and the exception if the release was then published at once."""
    if facts.decision:
        at = _clock(round_down(facts.decision.at), facts)
        yield f"{describe_decider(facts.decision.role)} decided at {at} to {describe_choice(facts.decision)}."
    if facts.at_once and facts.at_once.due_at and facts.decision and facts.decision.publish_now:
        yield f"Its release time was changed to {_clock(facts.at_once.due_at, facts)}."
        yield from describe_grounds(facts.at_once)
    elif facts.at_once:
        yield describe_exceptions([facts.at_once])


def describe_decider(role: Role | None) -> str:
    """:param role: None if the incident contact decided."""
    return SPEAKERS[role] if role else "The incident contact"


def describe_choice(decision: EarlyDecision, what: str = "it") -> str:
    return f"publish {what} to everyone" if decision.publish_now else f"take {what} down"


def _statements(facts: Facts) -> Iterator[str]:
    for statement in facts.statements[-MOST_STATEMENTS:]:
        yield describe_statement(statement, facts)
    if facts.statements and any(check.by_statement for address in facts.addresses for check in address.checks):
        quoted = "this statement" if len(facts.statements) == 1 else "these statements"
        yield f"Our automatic check could not determine the result without {quoted}."


def describe_statement(statement: Statement, facts: Facts) -> str:
    """Write a person's statement. The person is identified by role and not by name."""
    live_at = f" at {_clock(round_down(statement.live_at), facts)}" if statement.live_at else ""
    speaker = SPEAKERS[statement.role] if statement.role else "A person whose role is not on record"
    stated_at = _clock(round_down(statement.stated_at), facts)
    return f"{speaker} stated at {stated_at} that {STATED[statement.said]}{live_at}."

"""The account of a suspected breach, drafted only from recorded facts.

The account says when the release was due, what the check found, when the release appeared, and which cause people
recorded. It has two to four sentences. It has at most 80 words unless the title is very long. All times in the account
are true even if the clock that was used for the checks was wrong by its full error bound. Details about the clock,
caches, the publisher's own time and single checks are in the annex instead.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
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
from releases.verdict.address import NEEDS_CHECKING, BeforeDue, Gap, Interval, Outcome, Sighting, is_corrected
from releases.verdict.parts import measure_spread

NOT_ENDED = "our checks had not ended when this was written"
CHECKS_NOT_ENDED = f"{with_capital(NOT_ENDED)}."
LATE = frozenset({Outcome.LATE, Outcome.NOT_SEEN})
# The order in which addresses of the same kind are described. A proven delay comes before a result that is not known.
SEVERITY = (
    Outcome.EARLY,
    Outcome.NOT_SEEN,
    Outcome.LATE,
    Outcome.PENDING,
    Outcome.CANNOT_TELL,
    Outcome.UNCERTAIN,
)
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
    Role.DEPUTY: "A Deputy Head of Profession for Statistics",
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
# The account quotes at most this many statements. The annex lists every statement.
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
    the release disappeared again, how far apart its parts were published, when we made no checks, and details. Details
    are how early and late the parts were if some were early and others late, and the results of checks that do not show
    whether the release was on time. Results that suggest that it was early or on time are never left out. The annex has
    all of these facts.

    :param cause: the cause to add to the paragraph. It is None for all releases except the last one.
    :param of_one: whether the account is about one release only.
    """
    shorter = _without_absences(facts)
    shortest = replace(shorter, not_observed=())
    for version, has_spread, is_brief in (
        (facts, True, False),
        (shorter, True, False),
        (shorter, False, False),
        (shortest, False, False),
        (shortest, False, True),
    ):
        *sentences, last = _due(version), *_describe_checks(version, is_brief=is_brief)
        account = " ".join((*sentences, _add_spread(last, version) if has_spread else last))
        if cause is not None:
            account = _add_cause(account, cause, of_one=of_one, is_mixed=_is_mixed(facts))
        if not _is_long(account):
            break
    return account


def _is_long(account: str) -> bool:
    return len(account.split()) > MOST_WORDS


def _without_absences(facts: Facts) -> Facts:
    verdicts = ((address, replace(address.verdict, flips=())) for address in facts.addresses)
    return replace(facts, addresses=tuple(replace(address, verdict=verdict) for address, verdict in verdicts))


def _is_mixed(facts: Facts) -> bool:
    """Return whether a release was both early and late: in different parts, or because an early part was back late."""
    verdicts = [address.verdict for address in _required(facts)]
    outcomes = {outcome for verdict in verdicts for outcome in (verdict.outcome, verdict.from_due)}
    return Outcome.EARLY in outcomes and bool(outcomes & LATE)


def _add_cause(account: str, cause: RecordedCause, *, of_one: bool, is_mixed: bool) -> str:
    """Add the recorded cause to an account.

    If the account is about one release, and its last sentence says how late or early the release was, the cause becomes
    part of this sentence. Otherwise, the cause is a separate sentence. It is also a separate sentence if the release
    was both early and late, because the recorded cause need not be about the delay in the last sentence.
    """
    reason = describe_reason(cause)
    if of_one and reason and not is_mixed and account.endswith((" late.", " early.")):
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
    if sentence.startswith((f"{with_capital(what)} appeared ", f"Its {what.removeprefix('the ')} appeared ")):
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


def describe_record(facts: Facts) -> str:
    """Describe the results of the checks of a release, and people's statements about the release."""
    return "\n\n".join(filter(None, (describe_checks(facts), " ".join(_statements(facts)))))


def _due(facts: Facts) -> str:
    return f"‘{facts.release_title}’ was due for release at {format_moment(facts.due_at)}."


def _required(facts: Facts) -> list[AddressFacts]:
    """Return the required addresses of a release, or all its addresses if none is required."""
    return [address for address in facts.addresses if address.required] or list(facts.addresses)


def _find_faulty(facts: Facts) -> list[AddressFacts]:
    """Return the required addresses that were not on time, the one that leads the account first.

    Early addresses come first, because early is worse than late. Main pages and other pages come next, because readers
    can only miss the other parts after they have found the page. Of several main pages, the one that decides the
    verdict comes first. A part that may still follow is not faulty.
    """
    main_pages = facts.main_pages
    return sorted(
        (
            address
            for address in _required(facts)
            if address.verdict.outcome is not Outcome.ON_TIME
            and not (address.may_follow and address.verdict.outcome is Outcome.PENDING)
        ),
        key=lambda address: (
            address.verdict.outcome is not Outcome.EARLY,
            address not in main_pages,
            address.role is not AddressRole.PAGE,
            _severity(address),
        ),
    )


def _describe_checks(facts: Facts, *, is_brief: bool = False) -> Iterator[str]:
    faulty, main_pages = _find_faulty(facts), facts.main_pages
    lead = faulty[0] if faulty else (main_pages or _required(facts))[0]
    late = [address for address in faulty if address.verdict.outcome in LATE]
    late_files = [address for address in late if address not in main_pages]
    is_checked = bool(lead.checks or lead.elsewhere)
    if lead.verdict.outcome is Outcome.EARLY:
        yield from _describe_early(facts, lead, late, is_brief=is_brief)
    elif late_files and (not is_checked or lead in late_files or lead.verdict.outcome in NEEDS_CHECKING):
        yield from _describe_late_files(facts, late_files, unchecked=None if is_checked else lead)
    elif not is_checked:
        yield f"We made no checks of {_page_or_file(lead)}."
    elif lead.verdict.outcome in LATE:
        yield from _describe_late_page(facts, lead, late_files)
    elif lead.verdict.outcome in NEEDS_CHECKING:
        yield from _describe_unknown(facts, lead, is_brief=is_brief)
    elif lead.verdict.outcome is Outcome.ON_TIME:
        yield f"Our automatic check found {_name(lead)} on time{_absences(facts, lead)}."
    elif not facts.date_changed:
        yield CHECKS_NOT_ENDED


def _severity(address: AddressFacts) -> tuple[int, float]:
    """Return a key that sorts the most serious verdict first.

    As in `combine_addresses`, addresses that never appeared come before late ones. Of several late addresses, the last
    one that appeared comes first. Of several early addresses, the first one does.
    """
    verdict = address.verdict
    at = verdict.first_live_at.timestamp() if verdict.first_live_at else 0.0
    return SEVERITY.index(verdict.outcome), at if verdict.outcome is Outcome.EARLY else -at


def _describe_late_page(facts: Facts, page: AddressFacts, late_files: Sequence[AddressFacts]) -> Iterator[str]:
    is_only = len(facts.main_pages) < 2
    where, there = _main_page(page, facts), "" if is_only else " there"
    if checks := page.checks_since(facts.due_at):
        at = _clock(round_down(checks[0].sighting.at_the_earliest), facts)
        instead = next((FOUND_INSTEAD[reason] for reason in checks[0].reasons if reason in FOUND_INSTEAD), "")
        if checks[0].sighting.result is not CheckOutcome.NOT_LIVE:
            yield f"At {at} our automatic check of {where} gave no result."
        elif instead:
            yield f"At {at} our automatic check found {instead}{'' if is_only else f' on {where}'}."
        else:
            yield f"At {at} our automatic check did not find it on {where}."
    appeared = _appeared("It", facts, page, there=there)
    yield f"{appeared}{_absences(facts, page)}{_add_late_files(facts, page, late_files)}."


def _main_page(page: AddressFacts, facts: Facts) -> str:
    """Return a name for a main page. If there are several, the name has the host and, if necessary, the path."""
    if len(facts.main_pages) < 2:
        return f"its {PART_NOUNS.get(page.part, 'page')}"
    named = _page_or_file(page)
    if [_page_or_file(one) for one in facts.main_pages].count(named) == 1:
        return named
    parts = urlsplit(page.url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{named}{parts.path}{query}"


def _add_late_files(facts: Facts, page: AddressFacts, files: Sequence[AddressFacts]) -> str:
    """Write when the other late parts appeared, as the end of a sentence that says when a late page appeared."""
    if not files:
        return ""
    delay = page.verdict.delay
    appeared_by = delay.to_seconds if delay else None
    if last := _last_delay(files):
        which = _its_file(files[0], facts) if len(files) == 1 else f"the last of {_late_ones(files)}"
        # "Appeared" is only left out if it is the last verb before this clause.
        verb = "appeared " if appeared_by is None or page.verdict.flips else ""
        unchecked = _unchecked(facts, last, since=facts.due_at + timedelta(seconds=appeared_by or 0))
        return f", {'but' if _is_missing(page) else 'and'} {which} {verb}{_between(last, facts)}{unchecked}"
    which, missing_at = _missing_files(facts, files)
    all_missing = all(map(_is_missing, files))
    if _is_missing(page) and delay and all_missing and missing_at == _time(delay.from_seconds, facts):
        return f", and nor had {which}"
    return f", {'and' if _is_missing(page) else 'but'} {which} had still not appeared at {missing_at}"


def _is_missing(address: AddressFacts) -> bool:
    return address.verdict.outcome is Outcome.NOT_SEEN


def _missing_files(facts: Facts, files: Sequence[AddressFacts]) -> tuple[str, str]:
    """Return a name for the late parts that are still missing, and the last time at which all of these were missing."""
    missing = [file for file in files if _is_missing(file)]
    if len(missing) < len(files):
        which = f"{len(missing)} of {_late_ones(files)}"
    else:
        which = _its_file(files[0], facts) if len(files) == 1 else _which_of(files, facts)
    known = min((file.verdict.delay.from_seconds for file in missing if file.verdict.delay), default=0.0)
    return which, _time(known, facts)


def _describe_late_files(
    facts: Facts, files: Sequence[AddressFacts], *, unchecked: AddressFacts | None = None
) -> Iterator[str]:
    """Describe late files and other late parts of a release whose main pages are not known to be late.

    :param unchecked: a page or file that was never checked, if the account names it.
    """
    pages = facts.main_pages
    on_time = pages and all(page.verdict.outcome is Outcome.ON_TIME for page in pages)
    opening = f"{with_capital(_page_or_file(pages[0]))} was live on time, but our" if on_time else "Our"
    if unchecked:
        opening = f"We made no checks of {_page_or_file(unchecked)}, and our"
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
    yield f"{opening} automatic check did not find {_which_of(files, facts)} on time."
    if delay := _last_delay(files):
        late = f"{_last_late_by(delay, files)}{_unchecked(facts, delay)}"
        yield f"The last of them appeared {_between(delay, facts)}{late}."
    else:
        missing = sum(map(_is_missing, files))
        which = "They" if missing == len(files) else f"{missing} of them"
        yield f"{which} had still not appeared at {_missing_files(facts, files)[1]}."


def _last_late_by(delay: Interval, files: Sequence[AddressFacts]) -> str:
    return "" if any(file.may_follow for file in files) else f", {_length(delay)} late"


def _describe_early(
    facts: Facts, address: AddressFacts, late: Sequence[AddressFacts], *, is_brief: bool
) -> Iterator[str]:
    """Describe an early address, and then the late pages and files of the same release.

    :param is_brief: whether to leave out how early and how late the addresses were, if some were late. The times
        between which they appeared remain.
    """
    verdict, due_at = address.verdict, facts.due_at
    is_brief = is_brief and bool(late and verdict.delay)
    what = "it" if address in facts.main_pages else _the(address)
    before = [flip for flip in verdict.flips if flip.gone_at < due_at]
    # If the address did not become live again until the due time or later, do not say here that it became live again.
    # A later sentence describes the checks since the due time.
    before = [flip if flip.back_at and flip.back_at < due_at else replace(flip, back_at=None) for flip in before]
    until_due = replace(address, verdict=replace(verdict, flips=tuple(before)))
    appeared = ""
    if verdict.delay and verdict.delay.to_seconds is not None:
        early = Interval(-verdict.delay.to_seconds, -verdict.delay.from_seconds)
        appeared = f": {what} appeared {_between(verdict.delay, facts)}, {_length(early)} early"
    if is_brief and verdict.delay:
        name = _main_page(address, facts) if address in facts.main_pages else _its(address, _page_or_file(address))
        yield f"{with_capital(name)} appeared early, {_between(verdict.delay, facts)}."
    else:
        yield f"Our automatic check found {_name(address)} before then{appeared}{_absences(facts, until_due)}."
    said = [
        _describe_since_due(facts, address, is_brief=is_brief),
        _describe_late_parts(facts, late, is_brief=is_brief) if late else "",
        NOT_ENDED if verdict.from_due is Outcome.PENDING and not facts.date_changed else "",
    ]
    if any(said):
        yield f"{with_capital(', and '.join(filter(None, said)))}."


def _describe_since_due(facts: Facts, address: AddressFacts, *, is_brief: bool) -> str:
    """Write whether an early address was there from the due time on, without a capital and a full stop.

    Return "" if it was there at the due time and had not been gone until then, or if its checks have not ended.
    """
    verdict, due_at, was = address.verdict, facts.due_at, _was(address)
    what = "it" if address in facts.main_pages else _the(address)
    if is_brief:
        what = "they" if address.part is Part.TABLES else "it"
    checks = [check.sighting for check in address.checks_since(due_at)]
    live = next((check for check in checks if check.result is CheckOutcome.LIVE), None)
    absent = [
        check
        for check in checks
        if check.result is CheckOutcome.NOT_LIVE and (live is None or check.sent_at < live.sent_at)
    ]
    if verdict.from_due is Outcome.LATE and live and absent:
        again = Interval(*((at - due_at).total_seconds() for at in (absent[-1].surely_from, live.surely_by)))
        late = "" if is_brief else f", {_length(again)} late"
        gone = "disappeared, and " if is_brief else ""
        return f"{what} {gone}{was} back {_between(again, facts)}{late}{_unchecked(facts, again)}"
    if verdict.from_due is Outcome.NOT_SEEN and absent:
        still = (absent[-1].surely_from - due_at).total_seconds()
        gone = "disappeared and " if is_brief else ""
        return f"{what} {gone}{was} still missing at {_time(still, facts)}"
    if verdict.from_due in NEEDS_CHECKING:
        when = f"at {_clock(due_at, facts)}" if is_brief else "at the due time"
        return f"our checks do not show whether {what} {was} there {when}"
    if verdict.from_due is Outcome.ON_TIME and (back_at := _find_return(address, due_at)):
        return f"{what} {was} back by {_clock(round_up(back_at), facts)}"
    return ""


def _find_return(address: AddressFacts, due_at: datetime) -> datetime | None:
    """Return when an early address that had disappeared before the due time was live again, at or after the due time.

    The instant is the latest at which the first check that found it again can have been completed. Return None if the
    address did not disappear before the due time, or was live again before then.
    """
    gone_before = [flip for flip in address.verdict.flips if flip.gone_at < due_at]
    back_at = gone_before[-1].back_at if gone_before else None
    return _surely_by(back_at, address) if back_at and back_at >= due_at else None


def _describe_late_parts(facts: Facts, late: Sequence[AddressFacts], *, is_brief: bool) -> str:
    """Describe the late pages and files of an early release, without a capital and a full stop.

    :param late: the late addresses, the most serious one first.
    """
    pages = [address for address in late if address in facts.main_pages]
    files = [address for address in late if address not in facts.main_pages]
    last = _last_delay(late)
    if pages and is_brief and files and last:
        including = f"{_late_ones(late)}, including {_main_page(pages[0], facts)},"
        return f"the last of {including} appeared {_between(last, facts)}"
    if pages:
        appeared = _appeared(_main_page(pages[0], facts), facts, pages[0], is_brief=is_brief)
        return f"{appeared}{_absences(facts, pages[0])}{_add_late_files(facts, pages[0], files)}"
    if len(files) == 1:
        (file,) = files
        named = _its(file, _page_or_file(file))
        return f"{_appeared(named, facts, file, is_brief=is_brief)}{_absences(facts, file)}"
    if last:
        length = "" if is_brief else _last_late_by(last, files)
        return f"the last of {_late_ones(files)} appeared {_between(last, facts)}{length}{_unchecked(facts, last)}"
    which, missing_at = _missing_files(facts, files)
    return f"{which} had still not appeared at {missing_at}"


def _describe_unknown(facts: Facts, address: AddressFacts, *, is_brief: bool) -> Iterator[str]:
    """Describe an address that is not known to have been on time or late.

    :param is_brief: whether to leave out results that do not suggest that the release was early or on time.
    """
    checks = (check.sighting for check in address.checks)
    doubtful = _find_doubtful(address, facts.due_at)
    # Of the other checks, only use those that were planned or completed at or after the due time. Before that time,
    # some checks are missing from `address.checks`, because checks that only repeat other checks are not read.
    since = [check for check in checks if max(check.planned_at, check.completed_at) >= facts.due_at]
    # The annex has the details about the clock. Without this short note, the times below would seem to be proven.
    clock = "" if all(check.clock_confirmed for check in (*doubtful, *since)) else " (their clock was not confirmed)"
    where = (
        f"it was on {_page_or_file(address)}"
        if address.role is AddressRole.PAGE
        else f"{_name(address)} {_was(address)} there"
    )
    yield f"Our automatic checks do not show whether {where} on time{clock}."
    found = [
        *_early_or_doubtful_results(facts, address, doubtful),
        *([] if is_brief else _other_results(facts, address)),
    ]
    said = [f"they {join_words(words for _at, words in sorted(found))}"] if found else []
    if elsewhere := address.found_elsewhere:
        names = f"check{'s' if len(elsewhere) > 1 else ''} from {join_words(f'‘{name}’' for name, _at in elsewhere)}"
        said.append(
            f"our {names} found {_them(address)} by {_clock(round_up(max(at for _name, at in elsewhere)), facts)}"
        )
    if said:
        yield f"{with_capital(', but '.join(said))}."


def _find_doubtful(address: AddressFacts, due_at: datetime) -> list[Sighting]:
    """Return the checks that may have found the release in time, but that the verdict cannot be based on.

    They may have found the previous edition, or their clock was not confirmed.
    """
    live_at = address.verdict.first_live_at
    return [
        check.sighting
        for check in address.checks
        if check.sighting.result is CheckOutcome.LIVE
        and (live_at is None or check.sighting.completed_at < live_at)
        and not (check.sighting.clock_confirmed and check.sighting.surely_before(due_at))
    ]


def _early_or_doubtful_results(
    facts: Facts, address: AddressFacts, doubtful: Sequence[Sighting]
) -> Iterator[tuple[datetime, str]]:
    """Yield clauses about results that suggest that an address was early or on time, and the instants to sort them."""
    verdict, due_at = address.verdict, facts.due_at
    if doubtful:
        begins, ends = min(check.surely_from for check in doubtful), max(check.surely_by for check in doubtful)
        span = Interval((begins - due_at).total_seconds(), (ends - due_at).total_seconds())
        yield begins, f"may have found {_them(address)} {_between(span, facts)}"
    if verdict.before is BeforeDue.SEEN_ONCE and verdict.live_before_due_at:
        at = verdict.live_before_due_at + verdict.clock_bound
        yield at, f"found {_them(address)} once before then, at {_clock(round_up_before(at, due_at), facts)}"


def _other_results(facts: Facts, address: AddressFacts) -> Iterator[tuple[datetime, str]]:
    """Yield clauses about all other results of the checks of an address, and the instants to sort them."""
    verdict = address.verdict
    if verdict.last_not_live_at:
        at = verdict.last_not_live_at - verdict.clock_bound
        yield at, f"did not find {_them(address)} at {_clock(round_down(at), facts)}"
    if verdict.first_live_at and verdict.first_live_at != verdict.live_before_due_at:
        at = verdict.first_live_at + verdict.clock_bound
        yield at, f"found {_them(address)} at {_clock(round_up(at), facts)}"
    checks = [*(check.sighting for check in address.checks), *address.elsewhere]
    if gaps := [(gap.begins_at, gap.ends_at) for gap in verdict.gaps if not _has_result(gap, checks)]:
        yield gaps[0][0], f"gave no result {_stretches(gaps, facts)}"


def _has_result(gap: Gap, checks: Iterable[Sighting]) -> bool:
    """Return whether a check in a gap found a page or file, or found that the release was missing.

    A gap begins with a check that found that the release was missing. This check does not count.
    """
    results = (
        check
        for check in checks
        if check.result in {CheckOutcome.LIVE, CheckOutcome.NOT_LIVE}
        and gap.begins_at <= check.completed_at
        and check.sent_at < gap.ends_at
    )
    return any(
        check.result is CheckOutcome.LIVE or not check.clock_confirmed or check.surely_from > gap.begins_at
        for check in results
    )


def _appeared(subject: str, facts: Facts, address: AddressFacts, *, there: str = "", is_brief: bool = False) -> str:
    """Write when a late address appeared, and when we made no checks before that.

    :param there: " there" if the sentence is about one of several main pages.
    :param is_brief: whether to leave out how late the address was.
    """
    delay = address.verdict.delay
    if delay is None:
        return f"{subject} was late"
    late = "" if is_brief else f", {_late_by(delay, address)} late"
    there = f"{there} late," if is_brief and delay.to_seconds is not None else there
    if delay.to_seconds is None:
        return (
            f"{subject} had still not appeared{there} at {_time(delay.from_seconds, facts)}"
            f"{late if delay.from_seconds - address.may_follow.total_seconds() >= 1 else ''}"
        )
    return f"{subject} appeared{there} {_between(delay, facts)}{late}{_unchecked(facts, delay)}"


def _unchecked(facts: Facts, delay: Interval, *, since: datetime | None = None) -> str:
    """Write when we made no checks before an address appeared, because it may have appeared at that time.

    :param since: the instant from which gaps count. It is the due time if it is not given.
    """
    if delay.to_seconds is None:
        return ""
    until = facts.due_at + timedelta(seconds=delay.to_seconds)
    begins_from = since or facts.due_at
    gaps = [
        (begins, ends)
        for begins, ends in facts.not_observed
        if begins < until and ends > facts.due_at and (since is None or begins >= begins_from)
    ]
    return f" (we made no checks {_stretches(gaps, facts)})" if gaps else ""


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
    gone_by, back_at = f"by {_clock(round_up(_surely_by(flips[-1].gone_at, address)), facts)}", flips[-1].back_at
    back_by = f"back by {_clock(round_up_before(_surely_by(back_at, address), facts.due_at), facts)}" if back_at else ""
    if len(flips) == 1:
        return f", but {it} {was} gone {gone_by}{back_by and f' and {back_by}'}"
    return f", but {it} disappeared {len(flips)} times, most recently {gone_by}{back_by and f', and {was} {back_by}'}"


def _surely_by(instant: datetime, address: AddressFacts) -> datetime:
    """Return the latest instant at which the check that was sent or completed at `instant` can have been completed."""
    checks = (check.sighting for check in address.checks)
    return max((one.surely_by for one in checks if instant in {one.sent_at, one.completed_at}), default=instant)


def _was(address: AddressFacts) -> str:
    return "were" if address.part is Part.TABLES else "was"


def _them(address: AddressFacts) -> str:
    return "them" if address.part is Part.TABLES else "it"


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
    name = file_name(address)
    return f"its file ‘{name}’" if name else "its attachment"


def file_name(address: AddressFacts) -> str:
    """Return the file name at the end of a web address, or "" if there is none."""
    name = PurePosixPath(urlsplit(address.url).path).name
    return name if "." in name else ""


def _its(address: AddressFacts, otherwise: str) -> str:
    """Return a name such as "its Welsh page" for a part of a release that was already mentioned.

    Return `otherwise` if the part has no name.
    """
    return f"its {PART_NOUNS[address.part]}" if address.part in PART_NOUNS else otherwise


def _its_file(address: AddressFacts, facts: Facts) -> str:
    """Return a name for a late part, such as "its file", or "its file ‘data.csv’" if there are several files."""
    files = [one for one in facts.addresses if one.role is AddressRole.ATTACHMENT and one.part not in PART_NOUNS]
    return _its(address, "its file" if files == [address] else _page_or_file(address))


def _the(address: AddressFacts) -> str:
    """Return a name such as "the Welsh page" for a part that was already mentioned."""
    return f"the {PART_NOUNS.get(address.part, 'page' if address.role is AddressRole.PAGE else 'file')}"


def _late_ones(files: Sequence[AddressFacts]) -> str:
    what = "files" if all(file.role is AddressRole.ATTACHMENT for file in files) else "parts"
    return f"its {len(files)} late {what}"


def _which_of(files: Sequence[AddressFacts], facts: Facts) -> str:
    """Return a phrase for several late parts, such as "its Welsh page and tables" or "2 of its 3 files"."""
    nouns = [PART_NOUNS.get(file.part, "") for file in files]
    if all(nouns) and len(set(nouns)) == len(nouns):
        return f"its {join_words(nouns)}"
    others = [address for address in _required(facts) if address not in facts.main_pages]
    what = "files" if all(address.role is AddressRole.ATTACHMENT for address in others) else "other parts"
    return f"its {len(others)} {what}" if len(files) == len(others) else f"{len(files)} of its {len(others)} {what}"


def _host(address: AddressFacts) -> str:
    return urlsplit(address.url).hostname or address.url


def _when(sighting: Sighting, facts: Facts) -> str:
    at = sighting.at_the_earliest
    return "then" if at == facts.due_at else f"at {_clock(round_down(at), facts)}"


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
    """Describe people's statements, the last ones if there are many.

    Statements that decide the result come first, because the sentence after them says that they do.
    """
    is_decided = any(check.by_statement for address in facts.addresses for check in address.checks)
    decide = [one for one in facts.statements if is_decided and is_corrected(one.said) and not one.is_replaced]
    deciding = decide[-MOST_STATEMENTS:]
    for statement in deciding:
        yield describe_statement(statement, facts)
    if deciding:
        quoted = "this statement" if len(deciding) == 1 else "these statements"
        yield f"Our automatic check could not determine the result without {quoted}."
    others = [one for one in facts.statements if one not in decide]
    for statement in others[max(0, len(others) - MOST_STATEMENTS + len(deciding)) :]:
        yield describe_statement(statement, facts)


def describe_statement(statement: Statement, facts: Facts) -> str:
    """Write a person's statement. The person is identified by role and not by name."""
    live_at = f" at {_clock(round_down(statement.live_at), facts)}" if statement.live_at else ""
    speaker = SPEAKERS[statement.role] if statement.role else "A person whose role is not on record"
    stated_at = _clock(round_down(statement.stated_at), facts)
    replaced = " A later statement about it replaced this statement." if statement.is_replaced else ""
    return f"{speaker} stated at {stated_at} that {STATED[statement.said]}{live_at}.{replaced}"

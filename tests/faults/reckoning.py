"""The stored record compared with the scripted truth: what is lost, doubled or untrue."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from releases.verdict.address import Outcome
from tests.faults.stored import Stored, Verdict
from tests.faults.truth import RECIPIENTS, Story

# The outcomes that ask a person and accuse no one.
OPEN = frozenset({Outcome.UNCERTAIN, Outcome.CANNOT_TELL})
SUSPECTED = "Rehearsal: Suspected breach: "
NEEDS_CHECKING = "Rehearsal: Needs checking: "
# A partial release may still lack its file.
MAY_BE_MISSING = frozenset({Outcome.NOT_SEEN, Outcome.PARTIAL})


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One row of the table: each entry is a sentence on one thing that is wrong."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    untrue: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth of one office's morning, and how much of it must have been found out.

    :param due_at: the aware instant at which every release was due.
    :param exact: the releases on which the verdict must be the true one; of others it may be open.
    :param unkept: how many requests for one page may have died with the processes that made them.
    :param repeated: whether the clock passed some instants twice.
    """

    stories: Sequence[Story]
    due_at: datetime
    exact: Collection[str]
    unkept: int = 0
    repeated: bool = False


Mails = Collection[tuple[str, str]]


def reckon(expected: Expected, stored: Stored, *, mails: Mails, requests: Mapping[str, int]) -> Reckoning:
    """Compare what an office has stored with what its pages showed.

    :param mails: recipient and subject of every message that left.
    :param requests: how often the site was asked for each path.
    """
    return Reckoning(
        lost=(*_lost(expected, stored, mails=mails), *_lost_checks(stored, requests=requests, unkept=expected.unkept)),
        doubled=tuple(_doubled(expected, stored, mails=mails)),
        untrue=tuple(_untrue(expected, stored)),
    )


def may_be_complete(expected: Expected, *, mails: Mails) -> bool:
    """Return whether, by the mails, everything may have come: they are files, and the database is read by a process."""
    suspected = [story.slug for story in expected.stories if story.kind and story.slug in expected.exact]
    return {(recipient, subject_of(slug)) for slug in suspected for recipient in RECIPIENTS} <= set(mails)


def is_complete(expected: Expected, stored: Stored, *, mails: Mails) -> bool:
    """Return whether everything that must come has come; whether it is right is for the reckoning to say."""
    return not list(_lost(expected, stored, mails=mails))


def _lost(expected: Expected, stored: Stored, *, mails: Mails) -> Iterable[str]:
    found = {verdict.release: verdict for verdict in stored.verdicts}
    for story in expected.stories:
        must_be_told = story.slug in expected.exact
        yield from _lost_of(found.get(story.slug), story, stored=stored, must_be_told=must_be_told)
    subjects = [f"{NEEDS_CHECKING}{verdict.release}" for verdict in stored.verdicts if verdict.outcome in OPEN]
    for release, kind in _suspected(stored):
        subjects.append(subject_of(release))
        if (release, kind) not in stored.reports:
            yield f"{release} has no draft"
    for subject in subjects:
        for recipient in sorted(RECIPIENTS):
            if (recipient, subject) not in stored.messages:
                yield f"{recipient} was not told: {subject}"
            if (recipient, subject) not in mails:
                yield f"no mail has reached {recipient}: {subject}"


def _lost_checks(stored: Stored, *, requests: Mapping[str, int], unkept: int) -> Iterable[str]:
    kept = Counter(urlsplit(look.url).path for look in stored.looks)
    for path, asked in sorted(requests.items()):
        # The last request may be under way when the processes are stopped.
        if asked - kept[path] > unkept + 1:
            yield f"{asked - kept[path]} of {asked} looks at {path} are not kept"


def _lost_of(verdict: Verdict | None, story: Story, *, stored: Stored, must_be_told: bool) -> Iterable[str]:
    if verdict is None or verdict.outcome == Outcome.PENDING:
        yield f"{story.slug} has no verdict"
    elif verdict.outcome in OPEN - {story.outcome} and must_be_told:
        yield f"{story.slug} is {verdict.outcome}; it could be told"
    elif verdict.outcome == Outcome.NOT_SEEN != story.outcome:
        yield f"{story.slug} has come, and is still called not seen"
    elif verdict.outcome == story.outcome and story.kind and (story.slug, story.kind) not in stored.suspicions:
        yield f"{story.slug} is {verdict.outcome}, and nothing is suspected"


def _doubled(expected: Expected, stored: Stored, *, mails: Mails) -> Iterable[str]:
    things: Mapping[str, Iterable[object]] = {
        "verdict on": (verdict.release for verdict in stored.verdicts),
        "suspicion": stored.suspicions,
        "draft": stored.reports,
        "message": stored.messages,
        "mail": mails,
        "planned look": ()
        if expected.repeated
        else ((look.url, look.purpose, look.planned_at) for look in stored.looks),
        "kept look": ((look.url, look.purpose, look.sent_at) for look in stored.looks),
    }
    for name, ones in things.items():
        for one, times in sorted(Counter(ones).items(), key=str):
            if times > 1:
                yield f"{times} times: {name} {one}"


def _untrue(expected: Expected, stored: Stored) -> Iterable[str]:
    by_slug = {story.slug: story for story in expected.stories}
    for verdict in stored.verdicts:
        yield from _untrue_of(verdict, by_slug[verdict.release], due_at=expected.due_at)
    for release, kind in stored.suspicions:
        if by_slug[release].kind != kind:
            yield f"{release} is suspected of {kind}"
    for release, kind in stored.reports:
        if (release, kind) not in stored.suspicions:
            yield f"{release} has a draft and no suspicion"
    told = {subject for _, subject in stored.messages if subject.startswith(SUSPECTED)}
    for subject in sorted(told - {subject_of(release) for release, _ in _suspected(stored)}):
        yield f"people were told: {subject}"
    yield from stored.broken_chains


def _untrue_of(verdict: Verdict, story: Story, *, due_at: datetime) -> Iterable[str]:
    if verdict.outcome in OPEN or verdict.outcome == Outcome.PENDING:
        return
    # Until it has come, a late release is one that was not seen.
    may_be = {story.outcome} | ({Outcome.NOT_SEEN} if story.outcome == Outcome.LATE else set())
    if verdict.outcome not in may_be:
        yield f"{verdict.release} is called {verdict.outcome}, and was {story.outcome}"
    after, by = verdict.between()
    if story.decided_by is None:
        if by is not None:
            yield f"{verdict.release} never came, and is said to have come by {by}"
        return
    came_at = due_at + timedelta(seconds=story.decided_by)
    if by is None and verdict.outcome not in MAY_BE_MISSING:
        yield f"{verdict.release} is called {verdict.outcome}, and nothing says when it came"
    if by is not None and by < came_at:
        yield f"{verdict.release} came at {came_at}, and is said to have come by {by}"
    if after is not None and after >= came_at:
        yield f"{verdict.release} came at {came_at}, and is said to have been missing at {after}"


def _suspected(stored: Stored) -> list[tuple[str, str]]:
    return sorted(set(stored.suspicions))


def subject_of(release: str) -> str:
    """Return the subject of the message on a suspected rehearsal, without the number of its report."""
    return f"{SUSPECTED}{release}"

"""Examining the corpus by the product's own rules, check by check."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from releases.detection.finding import CheckOutcome, EarlierTexts, Expectation, Finding
from releases.detection.rules import examine, read_not_found_text
from releases.rules.response import Answer, Hop
from tests.corpus import (
    absent,
    barred,
    editions,
    files,
    hidden,
    led_elsewhere,
    live,
    messages,
    mornings,
    notices,
    platforms,
    replaced,
    traps,
)
from tests.corpus.case import DUE, HOST, Case, Look, Reply, Right

CASES: tuple[Case, ...] = (
    *live.CASES, *absent.CASES, *editions.CASES, *led_elsewhere.CASES, *barred.CASES, *files.CASES, *mornings.CASES,
    *traps.CASES, *notices.CASES, *messages.CASES, *replaced.CASES,
    *hidden.CASES, *platforms.CASES,
)  # fmt: skip
Fetch = Callable[[Case, Look], Answer]


@dataclass(frozen=True)
class Found:
    """What our rules made of one check of a case."""

    case: Case
    look: Look
    finding: Finding
    answer: Right


def examined(case: Case, *, fetch: Fetch | None = None) -> list[Found]:
    """Examine the checks of a case in order, as monitoring does: it remembers texts not live before the due time.

    A live check that follows no absent one proves nothing, so it counts as inconclusive.

    :param fetch: where the answers come from; without it they are made as the fetcher returns them.
    """
    fetch = fetch or answered
    absent_seen = case.absent_before
    before = EarlierTexts()
    found = []
    for look in case.looks:
        answer = fetch(case, look)
        finding = examine(answer, expectation(case, url=answer.requested_url, before=before))
        found.append(Found(case, look, finding, _counts_as(finding.result, absent_seen=absent_seen)))
        absent_seen |= finding.result is CheckOutcome.NOT_LIVE
        if look.before_due:
            before.note(finding.result, finding.reasons, finding.text_digest, first=look.at, last=look.at)
    return found


def expectation(case: Case, *, url: str, before: EarlierTexts) -> Expectation:
    """Say what a case expects at its address, after the checks before it was due."""
    control = case.not_found
    return Expectation(
        role=case.role,
        url=url,
        marker=case.marker,
        release_title=case.title,
        series_title=case.series,
        negative_markers=case.negative_markers,
        texts_not_live=before.lasting,
        texts_before=before.all,
        not_found_text=read_not_found_text(_made(control, "/statistics/no-such-page-8f2a", DUE)) if control else "",
        not_found_certain=control is not None and control.status in {404, 410},
        due_at=DUE,
    )


def answered(case: Case, look: Look) -> Answer:
    """Make the answer to a check as the fetcher returns it."""
    return _made(look.reply, case.path, look.at)


def _made(reply: Reply, path: str, at: datetime) -> Answer:
    requested = f"https://{HOST}{path}"
    if reply.failure:
        return Answer(requested, at, at, at, failure=reply.failure)
    stations = [requested]
    for _, target in reply.by_way_of:
        stations.append(urljoin(stations[-1], target))
    left = reply.status in {301, 302, 303, 307, 308}
    statuses = [status for status, _ in reply.by_way_of] + ([] if left else [reply.status])
    return Answer(
        requested,
        at,
        at,
        at,
        status=reply.status,
        hops=tuple(Hop(url, status) for url, status in zip(stations, statuses, strict=False)),
        final_url=stations[-1],
        left_allowed_hosts=left,
        headers=(("content-type", reply.content_type), *reply.headers),
        body=reply.body,
    )


def _counts_as(result: CheckOutcome, *, absent_seen: bool) -> Right:
    if result is CheckOutcome.LIVE and absent_seen:
        return Right.LIVE
    return Right.NOT_LIVE if result is CheckOutcome.NOT_LIVE else Right.NOBODY

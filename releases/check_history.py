"""The history of releases for staff: verdicts, checks, gaps in monitoring, and statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects

from releases.detection.finding import CheckOutcome, PublisherSays
from releases.early_findings import find_hidden_statements, is_hidden, mask_verdict, may_know
from releases.evidence import coverage, repository
from releases.evidence.coverage import Stretch
from releases.evidence.repository import RecordedCheck, WindowCheck
from releases.models import Address, PublicationStatement, Release, Statement, Verification
from releases.models.observation import Purpose
from releases.models.release import find_main_page
from releases.permissions import Person
from releases.publication_statements import find_statements
from releases.rules.lifecycle import TO_COME, Status
from releases.rules.time_axis import (
    CheckMark,
    CheckStrip,
    Mark,
    TimeAxis,
    axis_around,
    lay_out_strip,
    strip_window,
)
from releases.statements import OpenQuestion, find_open_questions
from releases.verdict.address import Outcome, count_result, last_statements
from releases.verdict.release import find_deciding_address


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One check in the history of an address. Instants are aware.

    `said` is the kind of the last staff statement about the text that the check found, or "".
    """

    result: str
    reasons: tuple[str, ...]
    sent_at: datetime
    completed_at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive checks with the same result. The first was sent at `first_at` and the last at `last_at`."""

    result: str
    reasons: tuple[str, ...]
    said: str
    first_at: datetime
    last_at: datetime
    checks: int


def fold_runs(checks: Iterable[CheckEntry], *, due_at: datetime) -> list[Run]:
    """Group consecutive checks with the same result, reasons and staff statement into runs.

    A new run begins at the due time, so that no run has checks from before and after the due time.

    :param checks: the checks of one address, in any order.
    """
    runs: list[Run] = []
    for check in sorted(checks, key=lambda check: (check.sent_at, check.completed_at)):
        last = runs[-1] if runs else None
        if last and (
            (last.result, last.reasons, last.said) == (check.result, check.reasons, check.said)
            and (last.last_at < due_at) == (check.sent_at < due_at)
        ):
            runs[-1] = Run(last.result, last.reasons, last.said, last.first_at, check.sent_at, last.checks + 1)
        else:
            runs.append(Run(check.result, check.reasons, check.said, check.sent_at, check.sent_at, 1))
    return runs


@dataclass(frozen=True, slots=True)
class SaidRun:
    """Consecutive checks that read the same statement of the publisher's own system.

    The first check was sent at `first_at` and the last at `last_at`.
    """

    says: PublisherSays
    first_at: datetime
    last_at: datetime
    checks: int


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """The checks of one address, grouped into runs in order of time.

    `runs` leaves out checks that bypassed caches. `past_caches` has the runs of checks that bypassed caches. No verdict
    depends on these runs. `said` has the statements of the publisher's own system.
    """

    address: Address
    runs: list[Run]
    past_caches: list[Run]
    said: list[SaidRun]


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The complete record of one release. `verification` is the verdict on the present schedule of the release."""

    verification: Verification | None
    earlier_verifications: list[Verification]
    addresses: list[AddressRecord]
    holes: list[Stretch]
    questions: list[OpenQuestion]
    statements: list[Statement]
    picture: CheckStrip | None = None
    """A drawing of the checks around the time of publication, for the address that decided the verdict.

    None if the release has no exact due time.
    """
    publications: Sequence[PublicationStatement] = ()
    """Statements that the publisher's own systems sent to us. They are not observations."""
    found_before_due: list[str] | None = None
    """The SHA-256 hashes of the bodies from checks that found the release live before the due time.

    If the findings from before the due time are hidden from the reader, the page shows only these hashes. If nothing is
    hidden, this is None.
    """

    is_live_before_due: bool = False
    """Whether the reader may see a check that found an address live before the due time.

    One check is enough, although one check does not prove that the release was early.
    """

    @property
    def verdicts(self) -> list[Verification]:
        """The verdicts on the present schedule and on all earlier schedules."""
        return [*([self.verification] if self.verification else []), *self.earlier_verifications]

    @property
    def pages(self) -> list[Address]:
        return [record.address for record in self.addresses if record.address.role == Address.Role.PAGE]

    @property
    def anything_said(self) -> bool:
        """Whether the record has any statements of the publisher's own systems."""
        return bool(self.publications) or any(record.said for record in self.addresses)

    @property
    def is_said_at_checks(self) -> bool:
        return any(record.said for record in self.addresses)


def release_record_of(release: Release, *, by: Person, now: datetime) -> ReleaseRecord:
    """Return the record of a release. The number of queries does not depend on the number of checks.

    :param by: the reader. Until the release is published, most readers cannot see findings from before the due time.
    """
    verdicts = list(Verification.objects.filter(release=release).order_by("-schedule_version"))
    for verdict in verdicts:
        verdict.release = release  # avoids a query, because the caller has selected the series
    knows_early = may_know(by, release.series.producer)
    hidden = is_hidden(release, verdicts) and not knows_early
    if hidden:
        verdicts = [mask_verdict(verdict) for verdict in verdicts]
    present = next((v for v in verdicts if v.schedule_version == release.schedule_version), None)
    prefetch_related_objects([release], "addresses")
    statements = list(Statement.objects.filter(release=release).select_related("stated_by", "address").in_order())
    if statements and not knows_early and release.status in TO_COME:
        unread = find_hidden_statements(by, [release])
        statements = [statement for statement in statements if statement.pk not in unread]
    stated = last_statements((statement.text_digest, statement.kind) for statement in statements)
    history = repository.read_present_checks(release)
    if hidden:
        history = [check for check in history if not _is_found_early(check, release)]
    plain = [check for check in history if check.purpose == Purpose.PLAIN]
    by_address: dict[int, list[RecordedCheck]] = defaultdict(list)
    for check in history:
        by_address[check.address_id].append(check)
    # For replayed checks, no coverage is recorded, so gaps in monitoring cannot be found.
    holes = [] if any(check.replayed for check in plain) else _find_holes(release, plain, now=now)
    return ReleaseRecord(
        verification=present,
        earlier_verifications=[verdict for verdict in verdicts if verdict is not present],
        addresses=[
            _address_record(address, by_address.get(address.pk, ()), stated, due_at=release.due_at)
            for address in release.addresses.all()
        ],
        holes=holes,
        questions=[] if hidden else find_open_questions([release]),
        statements=statements,
        picture=_draw_picture(release, present, plain, stated, gaps=holes, conceal_before_due=hidden),
        publications=find_statements([release], with_early=knows_early).get(release.pk, []),
        found_before_due=repository.find_hashes_before_due(release) if hidden else None,
        is_live_before_due=any(
            check.result == CheckOutcome.LIVE and release.due_at and check.sent_at < release.due_at for check in history
        ),
    )


def _is_found_early(check: RecordedCheck, release: Release) -> bool:
    """Return whether a check was sent before the due time, with any result except "not live".

    If the release has no exact due time, return True for every check.
    """
    return release.due_at is None or (check.sent_at < release.due_at and check.result != CheckOutcome.NOT_LIVE)


def _address_record(
    address: Address, checks: Sequence[RecordedCheck], stated: Mapping[str, str], *, due_at: datetime | None
) -> AddressRecord:
    plain = [check for check in checks if check.purpose == Purpose.PLAIN]
    entries = (
        CheckEntry(one.result, one.reasons, one.sent_at, one.completed_at, stated.get(one.text_digest, ""))
        for one in plain
    )
    past_caches = (
        CheckEntry(one.result, one.reasons, one.sent_at, one.completed_at)
        for one in checks
        if one.purpose == Purpose.FRESH
    )
    said: list[SaidRun] = []
    for check in plain:
        says = check.publisher_says
        if says and said and said[-1].says == says:
            said[-1] = replace(said[-1], last_at=check.sent_at, checks=said[-1].checks + 1)
        elif says:
            said.append(SaidRun(says, check.sent_at, check.sent_at, 1))
    return AddressRecord(
        address,
        fold_runs(entries, due_at=due_at) if due_at else [],
        fold_runs(past_caches, due_at=due_at) if due_at else [],
        said,
    )


def _find_holes(release: Release, made: Sequence[RecordedCheck], *, now: datetime) -> list[Stretch]:
    """Find the gaps in the monitoring of a release.

    The function examines the period from the first check or the due time, whichever is earlier, to the last check or
    the limit, whichever is later. If the limit is in the future, the present time is used instead of the limit.
    """
    if release.due_at is None or now < release.due_at or not release.addresses.exists():
        return []
    start = min([release.due_at, *(check.sent_at for check in made)])
    end = max([min(release.limit_at, now), *(check.sent_at for check in made)])
    return coverage.find_gaps(start=start, end=end, checks=made) if start < end else []


_MARKS = {
    CheckOutcome.NOT_LIVE: Mark.NOT_LIVE,
    CheckOutcome.LIVE: Mark.LIVE,
    CheckOutcome.UNREACHABLE: Mark.NO_ANSWER,
    CheckOutcome.OBSERVER_FAULT: Mark.NO_ANSWER,
    CheckOutcome.UNRECOGNISED: Mark.NOT_RECOGNISED,
}


def draw_strips(
    releases: Sequence[tuple[Release, Verification | None]],
    *,
    now: datetime,
    has_statements: bool = True,
    early: Collection[int] = (),
) -> dict[int, CheckStrip]:
    """Draw the checks of each release around its due time.

    The number of queries does not depend on the number of releases or checks.

    Checks from before the due time are drawn without their results for all readers, because the dashboard may be shown
    on a wall screen (decision 73). Only the strip of a published release that was early shows them (decision 166).

    :param releases: pairs of a release and its masked verdict. The series of each release must be selected, and its
        addresses prefetched.
    :param has_statements: False if the caller knows that there is no staff statement about these releases.
    :param early: the primary keys of the published releases whose strips may show that they were early. A wall screen
        never shows it.
    :return: a dict that maps the primary key of each release to its strip. Releases without an exact date are left out.
    """
    dated = {
        release.pk: (release, verdict, release.due_at, verdict.limit_at if verdict else release.limit_at)
        for release, verdict in releases
        if release.due_at is not None
    }
    windows: dict[tuple[datetime, datetime], list[int]] = defaultdict(list)
    for key, (_release, _verdict, due_at, limit_at) in dated.items():
        window = strip_window(due_at, limit_at)
        if window[0] <= now:
            windows[window].append(key)
    made: dict[int, list[WindowCheck]] = defaultdict(list)
    for check in repository.read_window_checks(windows):
        made[check.release_id].append(check)
    spoken: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for release_id, digest, kind in (
        Statement.objects.filter(release__in=made).in_order().values_list("release_id", "text_digest", "kind")
        if made and has_statements
        else ()
    ):
        spoken[release_id].append((digest, kind))
    monitored = (
        coverage.monitored_stretches(start=min(start for start, _ in windows), end=max(end for _, end in windows))
        if windows
        else []
    )
    strips = {}
    for key, (release, verdict, due_at, limit_at) in dated.items():
        checks = made[key]
        address, follows = _deciding_address(release, verdict)
        stated = last_statements(spoken[key])
        start, end = strip_window(due_at, limit_at)
        replayed = any(check.replayed for check in checks)
        early_from = _early_from(verdict) if key in early else None
        checkable = release.status in {Status.CONFIRMED, Status.PUBLISHED} and start < now and not replayed
        strips[key] = lay_out_strip(
            due_at,
            min(limit_at + follows, end),
            [_mark(check, stated) for check in checks if check.address_id == address],
            gaps=coverage.gaps_in(monitored, start=start, end=min(end, now), checks=checks) if checkable else (),
            axis=TimeAxis(start, end),
            conceal_before_due=early_from is None,
            early_from=early_from,
        )
    return strips


def _draw_picture(
    release: Release,
    verdict: Verification | None,
    checks: Sequence[RecordedCheck],
    stated: Mapping[str, str],
    *,
    gaps: Sequence[Stretch],
    conceal_before_due: bool,
) -> CheckStrip | None:
    if release.due_at is None:
        return None
    limit_at = verdict.limit_at if verdict else release.limit_at
    known = [at for at in (verdict.last_not_live_at, verdict.first_live_at) if at] if verdict else []
    judged = verdict is not None and verdict.outcome != Outcome.PENDING
    address, follows = _deciding_address(release, verdict)
    limit_at += follows
    return lay_out_strip(
        release.due_at,
        limit_at,
        [_mark(check, stated) for check in checks if check.address_id == address],
        gaps=gaps,
        axis=axis_around([release.due_at, limit_at, *known])
        if judged
        else axis_around(strip_window(release.due_at, limit_at)),
        conceal_before_due=conceal_before_due,
        early_from=_early_from(verdict),
    )


def _early_from(verdict: Verification | None) -> datetime | None:
    """Return when a check first found a release live before it was due, or None if its masked verdict is not early."""
    if verdict is None or verdict.outcome != Outcome.EARLY:
        return None
    deciding = find_deciding_address(verdict.results)
    return deciding.verdict.live_before_due_at if deciding else None


def _deciding_address(release: Release, verdict: Verification | None) -> tuple[int | None, timedelta]:
    """Return the key of the address that decided the verdict, and how long after the limit the address may become live.

    If no address decided the verdict, the main page is used, or the first checked address if there is no main page. If
    no address is checked, the key is None.
    """
    if deciding := find_deciding_address(verdict.results if verdict else ()):
        return deciding.address, deciding.may_follow
    checked = [address for address in release.addresses.all() if address.role != Address.Role.ANNOUNCEMENT]
    address = find_main_page(checked) or next(iter(checked), None)
    return (address.pk, address.may_follow) if address else (None, timedelta(0))


def _mark(check: RecordedCheck | WindowCheck, stated: Mapping[str, str]) -> CheckMark:
    counts_as = count_result(check.result, stated.get(check.text_digest), clock_off=check.clock_off)
    return CheckMark(check.sent_at, check.completed_at, _MARKS[counts_as])

"""Queries for the recorded facts from which the text of a report is drafted."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from operator import itemgetter

from django.db.models import F, Q
from django.utils.translation import gettext as _

from breaches.models import EarlyReleaseDecision, Report, ReportVersion, StartedReport, Suspicion
from breaches.rules.answers import (
    Answer,
    Answers,
    Question,
    compare_recorded_starts,
    compare_with_checks,
    find_missing_answers,
)
from breaches.rules.causes import CAUSE_NOT_RECORDED, RecordedCause, StatedAvailability, name_last
from breaches.rules.content import AnnexPicture, ReportContent
from breaches.rules.facts import (
    AccessFacts,
    AccessRequest,
    AddressFacts,
    CheckFact,
    EarlyDecision,
    Facts,
    PostAccess,
    ReleaseException,
    StatedPublication,
    Statement,
    StatementFact,
    exact_time,
    round_down,
    time_in_words,
)
from breaches.rules.incident import Incident, ReportedDisclosure
from breaches.rules.lifecycle import MERGED_OR_SPLIT, SUSPECTED, Cause, ReportKind, ReportStatus
from breaches.rules.narrative import describe_checks, describe_record
from releases import models, receipts
from releases.detection.finding import CheckOutcome, Source
from releases.early_findings import is_hidden, mask_verdict, shows_early_finding
from releases.evidence import coverage, repository
from releases.evidence.repository import AddressKey
from releases.evidence.screenshots import find_open_screenshots
from releases.models import AccessReceipt, Address, DateChange, PreReleaseAccess, Release, Verification
from releases.models.observation import Purpose
from releases.permissions import find_roles_at
from releases.public.calendar import live_page_of
from releases.publication_statements import find_statements
from releases.rules.calendar import from_london, local_date
from releases.rules.canonical import sha256_hex
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import TO_COME, Role
from releases.rules.parts import part_limit_at
from releases.rules.pre_release import AccessStatus, Period, RequestStatus, Unit
from releases.rules.receipts import Answer as Receipt
from releases.rules.receipts import Disclosure
from releases.text.release import known_sentence
from releases.verdict.address import (
    NEEDS_CHECKING,
    Outcome,
    Sighting,
    is_corrected,
    judge_address,
    last_statements,
)
from releases.verdict.release import FRESH, PLAIN, AddressResult, Diagnosis, DiagnosticCheck, find_past_caches


def facts_of_suspicions(suspicions: Iterable[Suspicion]) -> dict[int, Facts]:
    """Return the facts about the verdicts of some suspicions, keyed by the verdict's primary key.

    :param suspicions: the suspicions, loaded using `with_facts()`.
    """
    verdicts: dict[int, Verification] = {}
    early = set()
    for suspicion in suspicions:
        suspicion.verification.release = suspicion.release  # use the loaded release
        verdicts[suspicion.verification_id] = suspicion.verification
        if suspicion.kind == ReportKind.EARLY:
            early.add(suspicion.verification_id)
    return facts_of_verifications(verdicts.values(), early=early)


def screenshots_of_suspicions(suspicions: Iterable[Suspicion]) -> dict[int, tuple[AnnexPicture, ...]]:
    """Return the screenshots of the releases of some suspicions, keyed by the verdict's primary key.

    Only screenshots from the schedule version of the verdict are returned. Sealed screenshots are left out. So
    documents that anyone may read can contain the returned screenshots.
    """
    return {
        suspicion.verification_id: tuple(
            AnnexPicture(str(row.get_moment_display()), row.requested_at, row.pictured_at, row.sha256)
            for row in find_open_screenshots(
                suspicion.release, schedule_version=suspicion.verification.schedule_version
            )
            if row.requested_at and row.pictured_at
        )
        for suspicion in suspicions
    }


def facts_of_verifications(verifications: Collection[Verification], *, early: Collection[int] = ()) -> dict[int, Facts]:
    """Return the facts about some verdicts, keyed by the verdict's primary key.

    The facts of all verdicts are read together, in a few queries.

    Until the release is published, findings from before the due time are left out, except in reports about an early
    release, which only a few people can read (decision 73).

    :param verifications: the verdicts, loaded with `release__series__producer`.
    :param early: the primary keys of the verdicts whose report is about an early release.
    """
    sealed = {one.pk: one.due_at for one in verifications if one.pk not in early and is_hidden(one.release, [one])}
    verifications = [mask_verdict(one) if one.pk in sealed else one for one in verifications]
    releases = {verification.release_id for verification in verifications}
    statements: dict[int, list[models.Statement]] = defaultdict(list)
    for statement in models.Statement.objects.filter(release__in=releases).in_order():
        statements[statement.release_id].append(statement)
    said = {
        release: last_statements((statement.text_digest, statement.kind) for statement in spoken)
        for release, spoken in statements.items()
    }
    diagnosed = {verification.release_id for verification in verifications if verification.diagnoses}
    checks: dict[AddressKey, list[CheckFact]] = defaultdict(list)
    fresh: dict[AddressKey, list[DiagnosticCheck]] = defaultdict(list)
    replayed: set[int] = set()
    found_at: dict[tuple[int, int], dict[str, datetime]] = defaultdict(dict)
    recorded, number = repository.read_needed_checks(releases)
    from_elsewhere = repository.read_vantage_sightings(releases)
    for row in recorded:
        key = row.release_id, row.schedule_version, row.address_id
        if row.purpose == Purpose.PLAIN:
            found_at[row.release_id, row.schedule_version][row.text_digest] = row.sent_at
            word = said.get(row.release_id, {}).get(row.text_digest)
            by_statement = is_corrected(word) and not row.clock_off
            checks[key].append(CheckFact(row.sighting(word), row.reasons, by_statement=by_statement, words=row.words))
            if row.replayed:
                replayed.add(row.release_id)
        elif row.release_id in diagnosed and not row.clock_off:
            fresh[key].append(DiagnosticCheck(FRESH, CheckOutcome(row.result), row.sent_at, row.completed_at))
    stated = find_statements([verification.release for verification in verifications])
    exceptions: dict[tuple[int, int], list[ReleaseException]] = defaultdict(list)
    departures = models.Departure.objects.filter(release__in=releases).select_related("release")
    for departure in departures.prefetch_related("corrections"):
        exceptions[departure.release_id, departure.schedule_version].append(_exception(departure))
    decisions = _find_early_decisions(one.release_id for one in verifications if one.outcome == Outcome.EARLY)
    past_caches = _find_past_caches(checks, fresh)
    producer_of = {verification.release_id: verification.release.series.producer_id for verification in verifications}
    roles = find_roles_at(
        {
            (statement.stated_by_id, producer_of[release], statement.stated_at)
            for release, spoken in statements.items()
            for statement in spoken
        }
    )
    addresses: dict[int, tuple[AddressFacts, ...]] = {}
    for verification in verifications:
        under_schedule = verification.release_id, verification.schedule_version
        keys = [(*under_schedule, result.address) for result in verification.results]
        sealed_until = sealed.get(verification.pk)
        # The checks of each address from further vantage points, keyed by the name of the vantage point.
        elsewhere = [
            {
                name: [check for check in listed if not _is_finding_before(sealed_until, check)]
                for name, listed in from_elsewhere.get(under_schedule, {}).get(result.address, {}).items()
            }
            for result in verification.results
        ]
        addresses[verification.pk] = tuple(
            AddressFacts(
                url=result.url,
                role=result.role,
                required=result.required,
                verdict=result.verdict,
                checks=tuple(check for check in checks[key] if not _is_finding_before(sealed_until, check.sighting)),
                past_caches=past_caches.get(key),
                repetitions=number.get(key, 0) - len(checks[key]),
                part=result.part,
                may_follow=result.may_follow,
                elsewhere=tuple(chain.from_iterable(by_name.values())),
                found_elsewhere=tuple(_find_elsewhere(verification, result, by_name)),
            )
            for key, result, by_name in zip(keys, verification.results, elsewhere, strict=True)
        )
    # Monitoring periods are not recorded for replayed checks, so gaps in monitoring cannot be found.
    observed = [verification for verification in verifications if verification.release_id not in replayed]
    not_observed = _not_observed(observed, addresses)
    return {
        verification.pk: Facts(
            release_title=verification.release.title,
            series_title=verification.release.series.title,
            outcome=Outcome(verification.outcome),
            due_at=verification.due_at,
            tolerance_seconds=verification.tolerance_seconds,
            addresses=addresses[verification.pk],
            statements=tuple(
                _statement_facts(
                    _choose_statements(
                        verification,
                        statements[verification.release_id],
                        found_at[verification.release_id, verification.schedule_version],
                        is_early=verification.pk in early,
                        is_sealed=verification.pk in sealed,
                    ),
                    roles=roles,
                    producer=producer_of[verification.release_id],
                )
            ),
            not_observed=not_observed.get(verification.pk, ()),
            publisher_time=_publisher_time(verification),
            publications=tuple(
                StatedPublication(one.source_name, one.published_at, one.received_at)
                for one in stated[verification.release_id]
                if one.schedule_version == verification.schedule_version
                and not _is_before(one.published_at, sealed.get(verification.pk))
            ),
            diagnoses=tuple(Diagnosis(code) for code in verification.diagnoses),
            exceptions=tuple(
                replace(one, due_at=verification.due_at)
                for one in exceptions[verification.release_id, verification.schedule_version]
            ),
            decision=decisions.get((verification.release_id, verification.schedule_version)),
            at_once=_find_release_at_once(verification, exceptions),
            date_changed=verification.release.schedule_version != verification.schedule_version,
        )
        for verification in verifications
    }


def _find_early_decisions(releases: Iterable[int]) -> dict[tuple[int, int], EarlyDecision]:
    """Return the decision in force on each early release, keyed by release and schedule version."""
    if not (keys := set(releases)):
        return {}
    rows = EarlyReleaseDecision.objects.filter(suspicion__release__in=keys).select_related("suspicion")
    # Later decisions replace earlier ones.
    return {
        (row.suspicion.release_id, row.suspicion.schedule_version): early_decision(row)
        for row in rows.order_by("number")
    }


def early_decision(row: EarlyReleaseDecision) -> EarlyDecision:
    """Convert a stored decision on an early release. If the incident contact decided, the role is None."""
    role = Role(row.role) if row.role in set(Role) else None
    return EarlyDecision(row.choice == EarlyReleaseDecision.Choice.PUBLISH_NOW, role, row.decided_at)


def _find_release_at_once(
    verification: Verification, exceptions: Mapping[tuple[int, int], Iterable[ReleaseException]]
) -> ReleaseException | None:
    """Return the decision to publish an early release at once, or None if there is none.

    This decision set the present date of the release. The verdict is about an earlier date, for which the release was
    found early.
    """
    release = verification.release
    if verification.outcome != Outcome.EARLY or release.schedule_version == verification.schedule_version:
        return None
    present = exceptions.get((release.pk, release.schedule_version), ())
    at_once = next((one for one in present if one.kind is DepartureKind.AT_ONCE), None)
    return replace(at_once, due_at=release.due_at) if at_once else None


def _statement_facts(
    statements: Iterable[models.Statement], *, roles: Mapping[tuple[int, int, datetime], Role], producer: int
) -> Iterator[Statement]:
    """Yield the facts about statements in order.

    :param statements: the statements for the report. A statement that the report leaves out replaces none of them,
        because this would show it.
    """
    listed = list(statements)
    last = {statement.text_digest: statement.pk for statement in listed}
    for statement in listed:
        yield Statement(
            said=StatementFact(statement.kind),
            role=roles.get((statement.stated_by_id, producer, statement.stated_at)),
            stated_at=statement.stated_at,
            live_at=statement.live_at,
            is_replaced=bool(statement.text_digest) and statement.pk != last[statement.text_digest],
        )


def _choose_statements(
    verification: Verification,
    statements: Iterable[models.Statement],
    found_at: Mapping[str, datetime],
    *,
    is_early: bool,
    is_sealed: bool,
) -> Iterator[models.Statement]:
    """Yield the staff statements for a report.

    Statements that say when the release was live are left out if they were made for an earlier schedule version.

    Until the release is published or cancelled, a report that is not about an early release also leaves out:

    - statements that the release was live before it was due
    - statements that say when the release was live, if they were made for a later schedule version

    :param found_at: the time at which checks under this schedule last found each text, keyed by the digest of the text.
    :param is_sealed: whether to leave out all statements made before the due time, because a check found the release
        early.
    """
    texts = {digest for digest, at in found_at.items() if at >= verification.due_at}
    is_open = is_early or verification.release.status not in TO_COME
    for statement in statements:
        later = statement.schedule_version - verification.schedule_version
        is_other_date = statement.live_at and (later < 0 or (later > 0 and not is_open))
        if is_other_date or (is_sealed and statement.stated_at < verification.due_at):
            continue
        if is_open or not shows_early_finding(statement, due_at=verification.due_at, texts=texts):
            yield statement


def _is_before(at: datetime, due_at: datetime | None) -> bool:
    return due_at is not None and at < due_at


def _is_finding_before(due_at: datetime | None, check: Sighting) -> bool:
    """Return whether a check shows a finding from before a due time. A release that was not live is not a finding."""
    return _is_before(check.sent_at, due_at) and check.result is not CheckOutcome.NOT_LIVE


def _find_elsewhere(
    verification: Verification, result: AddressResult, checks: Mapping[str, Sequence[Sighting]]
) -> Iterator[tuple[str, datetime]]:
    """Yield the further vantage points that alone found an address in time, and when it was first found from there.

    :param checks: the checks from further vantage points, keyed by the name of the vantage point.
    """
    for name in result.vantage.live_only:
        verdict = judge_address(
            checks.get(name, ()),
            due_at=verification.due_at,
            limit_at=part_limit_at(verification.limit_at, may_follow=result.may_follow),
            longest_gap=result.longest_gap,
            settled=True,
        )
        live_at = verdict.live_since(verification.due_at)
        if live_at and verdict.from_due is Outcome.ON_TIME:
            yield name, live_at + verdict.clock_bound


def _exception(departure: models.Departure) -> ReleaseException:
    """Convert a departure, whose corrections must be prefetched, to a `ReleaseException`."""
    agreement = departure.agreement
    return ReleaseException(
        kind=DepartureKind(departure.kind),
        osr_reference=agreement.osr_reference,
        osr_agreed_on=agreement.osr_agreed_on,
        holiday=departure.holiday,
        reason=departure.present_reason,
        osr_told_at=departure.osr_told_at,
    )


def _publisher_time(verification: Verification) -> tuple[datetime, Source] | None:
    at = verification.published_at_by_publisher
    return (at, Source(verification.publisher_source)) if at else None


def _find_past_caches(
    checks: Mapping[AddressKey, list[CheckFact]], fresh: Mapping[AddressKey, list[DiagnosticCheck]]
) -> dict[AddressKey, tuple[datetime, datetime]]:
    """Find the addresses where a check that bypassed caches found the release, but readers did not see it yet.

    :return: a dict that maps each address to two times. The first is when the check that bypassed caches was completed.
        After this time, checks that used caches still did not find the release. The second is when the last of these
        checks was sent.
    """
    found: dict[AddressKey, tuple[datetime, datetime]] = {}
    for key, past_caches in fresh.items():
        sightings = [check.sighting for check in checks.get(key, ())]
        plain = [DiagnosticCheck(PLAIN, one.result, one.sent_at, one.completed_at) for one in sightings]
        pair = find_past_caches([*plain, *past_caches])
        if pair:
            found[key] = (pair[0].completed_at, pair[1].sent_at)
    return found


def _not_observed(
    verifications: Iterable[Verification], addresses: Mapping[int, Iterable[AddressFacts]]
) -> dict[int, tuple[coverage.Stretch, ...]]:
    """Find the gaps in monitoring for each verdict.

    The search starts at the due time. It ends when every required address had been found since then. If an address was
    not found, the search ends at the limit of the tolerance or at the last check, whichever is later.

    For an early release, the time between the last check that did not find the release and the first one that found it
    is searched too. As such a release can be reported before it is due, the limit of the tolerance is not used.

    :param addresses: the addresses of each verdict, keyed by the verdict's primary key. The result has the same keys.
    """
    checks = {}
    spans: dict[int, list[coverage.Stretch]] = {}
    for verification in verifications:
        of_release = list(addresses[verification.pk])
        checks[verification.pk] = [
            check
            for address in of_release
            for check in (*address.elsewhere, *(plain.sighting for plain in address.checks))
        ]
        searched = [(verification.due_at, _searched_until(verification, of_release))]
        if verification.outcome == Outcome.EARLY and verification.last_not_live_at and verification.first_live_at:
            searched.insert(0, (verification.last_not_live_at, verification.first_live_at))
        spans[verification.pk] = [(start, end) for start, end in searched if start < end]
    every_span = [span for searched in spans.values() for span in searched]
    if not every_span:
        return {}
    alive = coverage.monitored_stretches(
        start=min(start for start, _end in every_span), end=max(end for _start, end in every_span)
    )
    return {
        key: tuple(
            gap for start, end in searched for gap in coverage.gaps_in(alive, start=start, end=end, checks=checks[key])
        )
        for key, searched in spans.items()
    }


def _searched_until(verification: Verification, addresses: Collection[AddressFacts]) -> datetime:
    """Return the end of the search for gaps in monitoring after the due time."""
    due_at = verification.due_at
    found = [
        _found_since(due_at, address) for address in [address for address in addresses if address.required] or addresses
    ]
    known = [at for at in found if at]
    if known and len(known) == len(found):
        return max(known)
    limit = due_at if verification.outcome == Outcome.EARLY else verification.limit_at
    return max([limit, *(check.sighting.completed_at for address in addresses for check in address.checks)])


def _found_since(due_at: datetime, address: AddressFacts) -> datetime | None:
    """Return when an address was first found at or after the due time, or None if it was not found."""
    at = address.verdict.first_live_at
    if at and at >= due_at:
        return at
    return next(
        (
            check.sighting.completed_at
            for check in address.checks_since(due_at)
            if check.sighting.result is CheckOutcome.LIVE
        ),
        None,
    )


def access_facts_of(release: Release, *, now: datetime) -> AccessFacts:
    """Return the facts about a release's pre-release access list.

    Withdrawn entries and open requests are included.

    :param release: the release, loaded with its series and producer.
    """
    requests = release.pre_release_requests.filter(status=RequestStatus.WAITING).order_by("asked_at")
    return AccessFacts(
        release_title=release.title,
        series_title=release.series.title,
        planned_for=str(release.slot),
        due_at=release.due_at,
        read_at=now,
        posts=posts_on_list(release),
        requests=tuple(AccessRequest(*row) for row in requests.values_list("kind", "post", "organisation", "asked_at")),
    )


def posts_on_list(release: Release) -> tuple[PostAccess, ...]:
    """Return the entries of a release's pre-release access list, without names. Withdrawn entries are included."""
    # Names on the list must not appear in any text. So columns with names are deferred, and only times are taken from
    # the recipients.
    entries = list(
        release.pre_release_access.select_related("release__series__producer")
        .prefetch_related("release__date_changes")
        .defer("person", "email", "reason", "period_reason")
        .order_by("organisation", "post", "pk")
    )
    recipients = receipts.recipients_of(release, with_withdrawn=True)
    return tuple(
        PostAccess(
            post=entry.post,
            organisation=entry.organisation,
            period=str(entry.period),
            period_begins_at=entry.begins_at,
            earlier_begins_at=entry.earlier_begins_at,
            granted_at=entry.granted_at,
            agreed=entry.agreed_at is not None,
            began_at=entry.began_at,
            ended_at=entry.ended_at,
            withdrawn_at=entry.withdrawn_at,
            terms_confirmed_at=recipient.answered.get(Receipt.CONFIRMED),
            terms_by_phone_at=recipient.by_phone.recorded_at if recipient.by_phone else None,
            received_at=recipient.answered.get(Receipt.ACKNOWLEDGED),
        )
        for entry, recipient in ((entry, recipients[entry.pk]) for entry in entries)
    )


def find_release_with_list(report: Report) -> Release | None:
    """Return the release whose pre-release access list a report is about.

    Return None if the report is not about pre-release access to a release.
    """
    if report.kind != ReportKind.PRA:
        return None
    return Release.objects.filter(started_reports__report=report).select_related("series__producer").first()


def is_asked(report: Report) -> bool:
    """Return whether a report asks people questions about the breach.

    If our checks raised the suspicion, there are no questions, because the account is written from the checks. If a
    person started the report, the questions stay when a suspicion is added later (decision 154). A report that was
    combined or separated has no questions, although its suspicions are in other reports now.
    """
    if report.status in MERGED_OR_SPLIT:
        return False
    return not (report.kind in SUSPECTED and report.suspicions.exists()) or hasattr(report, "started")


def compare_access_starts(report: Report, answers: Answers) -> str:
    """Return a warning if the answers and the access list give different times for the start of access.

    Otherwise, return an empty string.
    """
    if report.kind != ReportKind.PRA:
        return ""
    entries = PreReleaseAccess.objects.filter(release__started_reports__report=report)
    recorded = entries.values_list("began_at", flat=True)
    return compare_recorded_starts(answers.happened, [began_at for began_at in recorded if began_at])


# Descriptions of the outcomes that can contradict a person who reports a release.
_FOUND: Mapping[Outcome, str] = {
    Outcome.ON_TIME: "on time",
    Outcome.EARLY: "early",
    Outcome.LATE: "late",
    Outcome.NOT_SEEN: "not live",
    Outcome.PARTIAL: "incomplete",
}
# The outcomes that agree with each kind of report.
_AGREES: Mapping[ReportKind, tuple[Outcome, ...]] = {
    ReportKind.EARLY: (Outcome.EARLY,),
    ReportKind.LATE: (Outcome.LATE, Outcome.NOT_SEEN),
    ReportKind.PARTIAL: (Outcome.PARTIAL,),
    ReportKind.NOT_LIVE: (Outcome.NOT_SEEN,),
}


def compare_with_verdict(report: Report, content: ReportContent) -> str:
    """Return a warning if a person reported a release, but our checks found another outcome than the person.

    Otherwise, return an empty string. The warning changes neither the report nor the verdict. The verdict is about the
    due date that the report is about, because the release may have been rescheduled since.
    """
    kind = ReportKind(report.kind)
    if kind not in _AGREES or report.suspicions.exists() or (due_at := find_reported_due(report, content)) is None:
        return ""
    about = Verification.objects.filter(release__started_reports__report=report, due_at=due_at)
    contrary = about.filter(outcome__in=_FOUND.keys() - _AGREES[kind])
    verdict = contrary.select_related("release").order_by("-schedule_version").first()
    # Return no warning if it would disclose findings from before the due time.
    if verdict is None or is_hidden(verdict.release, [verdict]):
        return ""
    found = _FOUND[Outcome(verdict.outcome)]
    return compare_with_checks(kind, content.answers.happened, found=found, checks=known_sentence(verdict))


def find_reported_due(report: Report, content: ReportContent) -> datetime | None:
    """Return the due date that a report by a person is about, or None if it is not about a release with a due date."""
    release = Release.objects.filter(started_reports__report=report).select_related("series__producer").first()
    if release is None:
        return None
    happened = _answers_of(report, content).happened
    return _schedule_at_incident(
        release, kind=ReportKind(report.kind), happened=happened, occurred_on=content.occurred_on
    )[0]


def compare_with_record(report: Report, content: ReportContent) -> str:
    """Return a warning if the access list or our checks contradict the answers in a report.

    Return an empty string if there is no contradiction.
    """
    return compare_access_starts(report, content.answers) or compare_with_verdict(report, content)


def find_unanswered_questions(report: Report, content: ReportContent) -> tuple[Question, ...]:
    """Return the required questions of a report that have no answer.

    If the report is about a release with an exact date, people do not have to state when the release was due.
    """
    missing = find_missing_answers(ReportKind(report.kind), content.answers)
    if not missing or not is_asked(report):
        return ()
    if Question.DUE in missing and has_known_date(report):
        return tuple(question for question in missing if question is not Question.DUE)
    return missing


def has_only_record(report: Report, version: ReportVersion) -> bool:
    """Return whether an account is written from our checks alone, and no person has edited it.

    The record does not say how a breach was corrected, or who was notified. So such an account leaves a part of its
    prompt without an answer.
    """
    return version.is_untouched("circumstances") and bool(version.content["circumstances"]) and not is_asked(report)


def has_known_date(report: Report) -> bool:
    """Return whether a report is about a release with an exact date.

    If so, people are not asked when the release was due.
    """
    return StartedReport.objects.filter(report=report, release__due_at__isnull=False).exists()


def find_stated_day(report: Report, content: ReportContent) -> date | None:
    """Return the day of occurrence that was stated when the report was started.

    Return None if no day was stated, or if the report now has no day of occurrence, or several days.
    """
    started = StartedReport.objects.filter(report=report).select_related("receipt").first()
    is_stated = started and (started.receipt is None or started.receipt.happened_at)
    return content.occurred_on[0] if is_stated and len(content.occurred_on) == 1 else None


def outputs_without_public_address(report: Report, *, now: datetime) -> set[str]:
    """Return the titles of outputs whose web address is left out because the release is not public yet."""
    releases = Release.objects.filter(started_reports__report=report)
    return {
        release.title
        for release in releases.filter(addresses__role=Address.Role.PAGE).select_related("series").distinct()
        if not live_page_of(release, now=now)
    }


def incident_of(report: Report, content: ReportContent, *, now: datetime) -> Incident:
    """Return the facts for the account of a breach that a person reported.

    The facts come from the answers, the release and the recorded cause. If the report is about pre-release access, the
    present access list of the release is included.

    If a suspicion was added to the report, the results of our checks are included.
    """
    related = StartedReport.objects.filter(report=report).select_related("release__series__producer", "receipt")
    started, kind = related.first(), ReportKind(report.kind)
    incident = incident_about(
        started.release if started else None,
        kind=kind,
        answers=_answers_of(report, content),
        cause=recorded_cause(report),
        now=now,
        receipt=started.receipt if started else None,
        occurred_on=content.occurred_on,
    )
    if kind in SUSPECTED and (suspicions := list(report.suspicions.with_facts())):
        found = facts_of_suspicions(suspicions).values()
        incident = replace(incident, checks="\n\n".join(map(describe_record, found)))
    return incident if incident.title or not content.outputs else replace(incident, title=content.outputs[0].title)


def _answers_of(report: Report, content: ReportContent) -> Answers:
    """Return the answers of a report.

    For a late release, people enter the time of availability together with the cause. This time is then used as the
    answer to the question about when the breach happened.
    """
    if report.kind != ReportKind.LATE or not (report.available_at or report.available_unknown):
        return content.answers
    on = local_date(report.available_at) if report.available_at else None
    happened = Answer(on=on, at=report.available_at, why_unknown=report.available_unknown)
    return replace(content.answers, happened=happened)


def recorded_cause(report: Report) -> RecordedCause:
    """Return the cause that people recorded for a report.

    It includes their description of the cause, and the stated time at which a late release became available.
    """
    available = StatedAvailability(late_titles(report), report.available_at) if report.available_at else None
    return RecordedCause(Cause(report.cause) if report.cause else None, report.cause_words, available)


def late_titles(report: Report) -> tuple[str, ...]:
    """Return the titles of the late releases of a report.

    If the report has no suspicion of a late release, return the title of the release about which the report was
    started.
    """
    late = dict(report.suspicions.filter(kind=ReportKind.LATE).values_list("release_id", "release__title"))
    started = Release.objects.filter(started_reports__report=report).values_list("title", flat=True)
    return tuple(late.values()) or tuple(started)


def compare_availability(report: Report) -> str:
    """Return a warning if a check contradicts the stated time at which a late release became available.

    A check contradicts this time if it was surely made after the time and did not find the release. A time without
    seconds means the whole minute. If there are several late releases, the time is that of the last one, so each check
    of any of them is compared. Return an empty string if there is no contradiction.
    """
    if not report.available_at:
        return ""
    late = report.suspicions.filter(kind=ReportKind.LATE).select_related("verification", "release")
    stated_until = report.available_at + timedelta(seconds=1 if report.available_at.second else 60)
    absences = [
        (at, one.release)
        for one in late
        if (at := one.shown_verdict.last_not_live_at) and at - one.shown_verdict.clock_bound >= stated_until
    ]
    if not absences:
        return ""
    absent_at, release = max(absences, key=itemgetter(0))
    titles = late_titles(report)
    if len(titles) > 1:
        sentence = _(
            "The producer states that %(last)s was available at %(stated)s, but our check did not find ‘%(title)s’ at "
            "%(absent)s. Check the time, or explain the difference in ‘Circumstances of breach’."
        )
    else:
        sentence = _(
            "The producer states that %(last)s was available at %(stated)s, but our check did not find it at "
            "%(absent)s. Check the time, or explain the difference in ‘Circumstances of breach’."
        )
    return sentence % {
        "last": name_last(titles),
        "title": release.title,
        "stated": exact_time(report.available_at),
        "absent": time_in_words(round_down(absent_at), due_at=report.available_at),
    }


def cause_of_account(report: Report, version: ReportVersion) -> RecordedCause:
    """Return the cause to write into the automatic account.

    If a person has edited an account that named no cause, the cause is left out. People chose the cause themselves, so
    it must not be offered to them as a new fact. The stated time at which a late release became available is still
    included.
    """
    if CAUSE_NOT_RECORDED in version.machine.get("circumstances", "") and not version.is_untouched("circumstances"):
        return RecordedCause(available=recorded_cause(report).available)
    return recorded_cause(report)


def incident_about(
    release: Release | None,
    *,
    kind: ReportKind,
    answers: Answers,
    cause: RecordedCause,
    now: datetime,
    receipt: AccessReceipt | None = None,
    occurred_on: Collection[date] = (),
) -> Incident:
    """Return the facts for the account of a breach.

    :param release: the release, loaded with its series and producer, or None if the breach is not about a release.
    :param receipt: the answer of a pre-release access recipient, if the report started from this answer.
    :param occurred_on: the days of occurrence of the report, or nothing if they are not known.
    """
    if release is None:
        return Incident(kind=kind, answers=answers, cause=cause)
    due_at, exceptions = _schedule_at_incident(release, kind=kind, happened=answers.happened, occurred_on=occurred_on)
    return Incident(
        kind=kind,
        answers=answers,
        title=release.title,
        due_at=due_at,
        announced_at=release.announced_at if kind is ReportKind.LATE_ANNOUNCEMENT else None,
        cause=cause,
        access=access_facts_of(release, now=now) if kind is ReportKind.PRA else None,
        periods_begin_at=_find_period_starts(release, due_at) if due_at and kind is ReportKind.PRA else frozenset(),
        exceptions=exceptions,
        disclosure=_reported_disclosure(receipt),
        checks=_describe_uncertain_checks(release) if kind is ReportKind.LATE else "",
    )


def uncertain_verdict(release: Release) -> Verification | None:
    """Return the verdict on a release's present schedule if the verdict does not say whether the release was on time.

    Otherwise, return None.
    """
    present = Verification.objects.filter(release=release, schedule_version=release.schedule_version)
    verdict = present.select_related("release__series__producer").filter(outcome__in=NEEDS_CHECKING).first()
    # Reports describe the returned verdict. So do not return it while it has confidential findings from before the due
    # time.
    return None if verdict is None or is_hidden(release, [verdict]) else verdict


def _describe_uncertain_checks(release: Release) -> str:
    verdict = uncertain_verdict(release)
    return describe_checks(facts_of_verifications([verdict])[verdict.pk]) if verdict else ""


def find_reported_disclosure(report: Report) -> ReportedDisclosure | None:
    """Return the disclosure that a recipient of pre-release access reported.

    Return None if the report was not started by a recipient.
    """
    return _reported_disclosure(AccessReceipt.objects.filter(started_report__report=report).first())


def _reported_disclosure(receipt: AccessReceipt | None) -> ReportedDisclosure | None:
    if receipt is None:
        return None
    return ReportedDisclosure(Disclosure(receipt.what), receipt.at, receipt.happened_at)


def _find_period_starts(release: Release, due_at: datetime) -> frozenset[datetime]:
    """Return when the access periods of the posts on a release's list begin before a due time."""
    entries = release.pre_release_access.exclude(status=AccessStatus.WITHDRAWN)
    return frozenset(
        Period(length, Unit(unit)).begins(due_at, nation=release.series.order_nation)
        for length, unit in entries.values_list("length", "unit").distinct().order_by()
    )


def _schedule_at_incident(
    release: Release, *, kind: ReportKind, happened: Answer | None, occurred_on: Collection[date]
) -> tuple[datetime | None, tuple[ReleaseException, ...]]:
    """Return the due date that was in force at the time of a breach, and the exceptions to report.

    The exceptions are those for this due date. A later decision to release at once is included too, because it is made
    after a leak or a statement in public.

    If a release missed its due date and was rescheduled afterwards, the missed due date is used. Otherwise, if only the
    day of the breach is known, the due date that was in force at the start of this day is used. If the day is not known
    either, the present due date is used. However, if there was a decision to release at once, the due date before this
    decision is used.
    """
    departures = list(release.departures.prefetch_related("corrections").order_by("schedule_version", "pk"))
    at_once = [one for one in departures if one.kind == DepartureKind.AT_ONCE]
    begin_of_day = from_london(datetime.combine(happened.on, time.min)) if happened and happened.on else None
    moment = (happened and happened.at) or begin_of_day
    changes = release.date_changes.all()
    followed = _find_change_after_miss(changes, occurred_on) if kind in _MISSED_DUE_DATE else None
    if followed is None and moment:
        followed = release.find_change_after(moment)
    elif followed is None:
        at_once_versions = {one.schedule_version for one in at_once}
        followed = next((change for change in changes if change.schedule_version in at_once_versions), None)
    due_at, version = release.due_at, release.schedule_version
    if followed:
        due_at, version = followed.was.due_at, followed.schedule_version - 1
    present = [one for one in departures if one.schedule_version == release.schedule_version and one in at_once]
    found = [replace(_exception(one), due_at=due_at) for one in departures if one.schedule_version == version]
    if version != release.schedule_version:
        found += [replace(_exception(one), due_at=release.due_at) for one in present]
    return due_at, tuple(found)


# A release that missed its due date was not there, or not complete, at this date. So the time at which it appeared does
# not show which due date it missed. It may have been rescheduled before it appeared.
_MISSED_DUE_DATE = frozenset({ReportKind.LATE, ReportKind.NOT_LIVE, ReportKind.PARTIAL})


def _find_change_after_miss(changes: Iterable[DateChange], occurred_on: Collection[date]) -> DateChange | None:
    """Return the first change of a date that was made after this date had passed.

    If the days of the breach are known, the date must be on one of these days, because a release can miss several
    dates.
    """
    for change in changes:
        due_at = change.was.due_at
        if due_at and due_at <= change.made_at and (not occurred_on or local_date(due_at) in occurred_on):
            return change
    return None


def names_on_list(report: Report) -> list[str]:
    """Return the names on the pre-release access list of a report's release.

    Answers must not contain these names.
    """
    entries = Release.objects.filter(started_reports__report=report).values_list(
        "pre_release_access__person", flat=True
    )
    return [name for name in entries if name]


def releases_with_needed_evidence(releases: Collection[int]) -> set[int]:
    """Return the primary keys of the given releases whose evidence is still needed.

    A release needs its evidence if it has a suspicion or a started report, unless the report was dismissed.
    """
    suspicions = Suspicion.objects.filter(release__in=releases).exclude(report__status=ReportStatus.DISMISSED)
    started = StartedReport.objects.filter(release__in=releases).exclude(report__status=ReportStatus.DISMISSED)
    return {*suspicions.values_list("release_id", flat=True), *started.values_list("release_id", flat=True)}


def releases_with_needed_names(releases: Collection[int]) -> set[int]:
    """Return the primary keys of the given releases whose access lists must retain the names.

    These are the releases with a started report that is still undecided.
    """
    undecided = StartedReport.objects.filter(release__in=releases, report__in=Report.objects.undecided())
    return set(undecided.values_list("release_id", flat=True))


def evidence_digest(report: Report) -> str:
    """Return a SHA-256 digest of the checks that a report is about, or an empty string if there are none.

    The checks are those under the schedule versions of the report's suspicions. The digest is computed from the row
    hashes of these checks, in the order of the evidence chain, with one hash on each line. So `sha256sum` is enough to
    verify the digest against an exported evidence bundle.
    """
    reported = Q(release__suspicions__report=report, schedule_version=F("release__suspicions__schedule_version"))
    rows = repository.read_row_hashes(reported)
    return sha256_hex("".join(f"{row}\n" for row in rows).encode()) if rows else ""

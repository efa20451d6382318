"""Merges the drafts of one morning into a joint report, and splits a joint report into its drafts."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.facts import facts_of_suspicions
from breaches.models import JoinedDraft, OwnAct, Report, ReportQuerySet, ReportRowRecord, ReportVersion, Suspicion
from breaches.permissions import producers_written_for, senior_role
from breaches.refreshing import automatic_content, state_of_facts
from breaches.rules.causes import RecordedCause, StatedAvailability
from breaches.rules.content import (
    FROM_FACTS,
    ReportContent,
    content_from_json,
    content_to_json,
    join_texts,
    merge_contents,
)
from breaches.rules.lifecycle import JOIN, PART, RESUME, Cause, ReportKind, ReportStatus
from breaches.versions import (
    assign_numbers,
    check_report_move,
    current_version,
    free_references,
    make_move,
    new_version,
    record_citations,
    record_report_event,
)
from releases.models import Producer
from releases.models.event import lock_producer
from releases.permissions import Person, User
from releases.rules.calendar import from_london, local_date
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused

# The conditions for reports that can be merged: they were neither sent nor published, and no person started them. The
# recipient of a report knows its number, and readers know the address of its page. So a correction cannot continue in
# another report. The answers of people would be missing in a joint report, because it has no questions.
MERGEABLE = {"dispatches__isnull": True, "published_statements__isnull": True, "started__isnull": True}


@dataclass(frozen=True, slots=True)
class Morning:
    """A group of drafts that can be merged.

    The drafts are about releases of one producer that were due on one day in London. Rehearsals and real releases are
    in separate groups. `drafts` is the number of drafts in the group.
    """

    producer: Producer
    on: date
    rehearsal: bool
    drafts: int


def drafts_of(producer: Producer, *, on: date, rehearsal: bool) -> ReportQuerySet:
    """Return the drafts about a producer's releases that were due on a day in London.

    Reports that a person started, or that were sent or published before, are left out, because they cannot be merged.
    """
    begins, ends = (from_london(datetime.combine(day, time())) for day in (on, on + timedelta(days=1)))
    suspected = Suspicion.objects.filter(
        verification__due_at__gte=begins, verification__due_at__lt=ends, release__rehearsal=rehearsal
    )
    of_producer = Report.objects.listed().filter(
        producer=producer, status=ReportStatus.DRAFT, rehearsal=rehearsal, training__isnull=True, **MERGEABLE
    )
    return of_producer.filter(pk__in=suspected.values("report"))


def mergeable_drafts(person: Person, *, most: int, unlisted: Collection[int]) -> list[Morning]:
    """Return the mornings whose drafts a person may merge, with the latest morning first.

    :param most: the maximum number of mornings to return.
    :param unlisted: the primary keys of reports that no list shows (the result of `find_unlisted_reports`).
    """
    suspected = Suspicion.objects.filter(
        report__status=ReportStatus.DRAFT,
        report__training__isnull=True,
        report__producer__in=producers_written_for(person),
        **{f"report__{condition}": value for condition, value in MERGEABLE.items()},
    )
    if unlisted:
        suspected = suspected.exclude(report__in=unlisted)
    found: dict[tuple[date, int, bool], set[int]] = defaultdict(set)
    producers: dict[int, tuple[int, str, str]] = {}
    # Only these columns are read, because texts and results are long and there may be many drafts.
    rows = suspected.order_by().values_list(
        "verification__due_at",
        "report__rehearsal",
        "report_id",
        "report__producer_id",
        "report__producer__name",
        "report__producer__slug",
    )
    for due_at, rehearsal, report, key, name, slug in rows:
        found[local_date(due_at), key, rehearsal].add(report)
        producers[key] = key, name, slug
    mornings = [
        Morning(Producer.from_db(None, ["id", "name", "slug"], producers[producer]), on, rehearsal, drafts=len(drafts))
        for (on, producer, rehearsal), drafts in found.items()
        if len(drafts) > 1
    ]
    return sorted(mornings, key=lambda one: (one.on, one.producer.name, one.rehearsal), reverse=True)[:most]


def morning_of_drafts(report: Report) -> Morning | None:
    """Return the morning of a draft, or None if it cannot be merged or there is no other draft to merge with it."""
    first = report.suspicions.select_related("verification").first()
    if first is None or report.status != ReportStatus.DRAFT or report.training_id:
        return None
    on = local_date(first.verification.due_at)
    drafts = set(drafts_of(report.producer, on=on, rehearsal=report.rehearsal).values_list("pk", flat=True))
    if report.pk not in drafts or len(drafts) < 2:
        return None
    return Morning(report.producer, on, report.rehearsal, drafts=len(drafts))


def _carry_to_joint(drafts: Sequence[Report], *, late: Sequence[Report]) -> dict[str, Any]:
    """Return the columns that a joint report copies from its drafts.

    - `drafted_at` is the earliest time of drafting. The deadline is counted from this time.
    - The joint report is assigned to the person of the draft that was assigned first.
    - The cause is copied only if it is the same in all drafts. Other causes are the same only if they have the same
      description.
    - If every late draft states when its output became available, the joint report states the latest of these times.
      The reason why this time is not known is copied only if it is the same in all late drafts (decision 157).

    :param late: the drafts that are about a late release.
    """
    assigned = [(draft.dealing_since, draft.person_dealing_id) for draft in drafts if draft.dealing_since]
    since, person = min(assigned, default=(None, None))
    columns: dict[str, Any] = {
        "drafted_at": min(draft.drafted_at for draft in drafts),
        "person_dealing_id": person,
        "dealing_since": since,
    }
    if len({(draft.cause, draft.cause_words if draft.cause == Cause.OTHER else "") for draft in drafts}) == 1:
        columns |= {"cause": drafts[0].cause, "cause_words": join_texts(draft.cause_words for draft in drafts)}
    stated = [draft.available_at for draft in late if draft.available_at]
    if stated and len(stated) == len(late):
        columns["available_at"] = max(stated)
    elif len(reasons := {draft.available_unknown for draft in late}) == 1:
        columns["available_unknown"] = reasons.pop()
    return columns


def _carry_to_draft(draft: Report, *, joint: Report, drafts: Iterable[Report]) -> dict[str, Any]:
    """Return the columns of a draft that change when its joint report is split.

    If no one is assigned to the draft, it gets the person who was assigned to the joint report after the merge.
    """
    brought = {(one.person_dealing_id, one.dealing_since) for one in drafts}
    if draft.person_dealing_id or (joint.person_dealing_id, joint.dealing_since) in brought:
        return {}
    return {"person_dealing_id": joint.person_dealing_id, "dealing_since": joint.dealing_since}


# The events after which a joint report cannot be split.
TOO_LATE = ("submitted", "approved", "recorded", "dismissed")


def merge_drafts(reports: Sequence[Report], *, by: User, at: datetime) -> Report:
    """Merge several drafts of one producer's morning into a joint report.

    Each draft gets the status `JOINED` and is linked to the joint report. The suspicions of the drafts move to the
    joint report. The drafts do not change in any other way.

    If no person has edited a field in any of the drafts, the field is written again from the record. Otherwise, the
    values of the drafts are merged, and texts are concatenated.

    :return: the joint report, which is a draft.
    :raises MoveRefused: if there are fewer than two drafts, if the drafts have different producers or days, if
        rehearsals and real releases are mixed, if a draft is about a training, if a person started a report, if a
        report was sent or published before, or if a report's state or the person's roles do not allow the merge.
    :raises ChangedMeanwhile: if a draft has changed since it was read.
    """
    with transaction.atomic():
        # Lock the drafts, so that no new facts are written into them during the merge.
        held = Report.objects.select_for_update(no_key=True, of=("self",)).select_related("producer")
        drafts = _sort_by_suspicion(list(held.filter(pk__in={report.pk for report in reports}).order_by("pk")))
        allowed = [check_report_move(draft, JOIN, by=by, joint_report=True) for draft in drafts]
        _refuse_unlike(drafts)
        read = {report.pk: report.last_change for report in reports}
        if any(draft.last_change != read[draft.pk] for draft in drafts):
            raise ChangedMeanwhile(_("One of these drafts has changed. Check it before you combine them."))
        suspicions = list(Suspicion.objects.filter(report__in=drafts).with_facts())
        late = [one for one in suspicions if one.kind == ReportKind.LATE]
        titles = {one.release_id: one.release.title for one in late}
        about_late = {one.report_id for one in late}
        carried = _carry_to_joint(drafts, late=[draft for draft in drafts if draft.pk in about_late])
        available_at, chosen = carried.get("available_at"), carried.get("cause")
        cause = RecordedCause(
            Cause(chosen) if chosen else None,
            carried.get("cause_words", ""),
            StatedAvailability(tuple(titles.values()), available_at) if available_at else None,
        )
        facts = facts_of_suspicions(suspicions)
        machine = automatic_content(suspicions, facts, cause=cause)
        content, automatic = _merge_versions([current_version(draft) for draft in drafts], machine)
        first, on = drafts[0], local_date(suspicions[0].verification.due_at)
        # Without the lock, another merge of the same morning could take the same reference.
        lock_producer(first.producer_id)
        (reference,) = free_references([f"breach-{first.producer.slug[:80]}-{on.isoformat()}"])
        joint = Report(
            reference=reference,
            producer=first.producer,
            kind=suspicions[0].kind,
            status=ReportStatus.DRAFT,
            machine=content_to_json(machine),
            rehearsal=first.rehearsal,
            occurred_on=content.first_day,
            **carried,
        )
        assign_numbers([joint])
        joint.save(force_insert=True)
        record_citations({joint: content})
        version = new_version(joint, content_to_json(content), machine=automatic, by=None, at=at, why="joined")
        version.save()
        for draft, move in zip(drafts, allowed, strict=True):
            brought = [suspicion.pk for suspicion in suspicions if suspicion.report_id == draft.pk]
            JoinedDraft(joint=joint, draft=draft, suspicions=brought, by=by, at=at).save()
            make_move(draft, move, by=by, at=at, joint=joint.reference, number=joint.number)
        for suspicion in suspicions:
            Suspicion.objects.filter(pk=suspicion.pk).update(
                report=joint, facts_revision=suspicion.verification.revision
            )
        _carry_own_acts(drafts, [joint])
        record_report_event(
            joint,
            "joint_drafted",
            {ReportVersion: [version.pk], Suspicion: [suspicion.pk for suspicion in suspicions]},
            at=at,
            by=by,
            role=senior_role(by, allowed[0].roles, joint),
            drafts=[draft.reference for draft in drafts],
            numbers=[draft.number for draft in drafts],
            **state_of_facts(suspicions, facts),
            person=joint.person_dealing_id,
            cause=joint.cause,
            version=version.number,
            content_sha256=version.content_sha256,
        )
    return joint


def split_report(report: Report, *, by: User, at: datetime) -> Report:
    """Split a joint report into its drafts.

    The drafts continue with the text that they had before the merge, and get their suspicions back. Text that was
    written in the joint report stays only in the versions of the joint report.

    :raises MoveRefused: if the report was not merged from drafts, if it was submitted or decided after the merge, or if
        its state or the person's roles do not allow the split.
    :raises ChangedMeanwhile: if the report or one of the drafts has changed since it was read.
    """
    joined = JoinedDraft.objects.in_force().filter(joint=report).select_related("draft__producer")
    with transaction.atomic():
        rows = list(joined)
        move = check_report_move(report, PART, by=by, joined_drafts=True)
        if not rows:
            raise MoveRefused(_("This report was not combined from several drafts."))
        if was_handed_on(report):
            raise MoveRefused(_("This report was submitted or decided, so it cannot be separated."))
        parted = make_move(report, move, by=by, at=at)
        drafts = [row.draft for row in rows]
        for row in rows:
            resumed = check_report_move(row.draft, RESUME, by=by, joint_report=True)
            columns = _carry_to_draft(row.draft, joint=parted, drafts=drafts)
            person = columns.get("person_dealing_id", row.draft.person_dealing_id)
            make_move(
                row.draft,
                resumed,
                by=by,
                at=at,
                values=columns,
                joint=report.reference,
                number=report.number,
                person=person,
            )
            _return_suspicions(row)
        _carry_own_acts([parted], drafts)
        given_back = Suspicion.objects.filter(report__in=drafts)
        ReportRowRecord.record({Suspicion: list(given_back.values_list("pk", flat=True))})
    return parted


def was_handed_on(report: Report) -> bool:
    return report.events.filter(kind__in=TOO_LATE).exists()


def can_be_split(report: Report) -> bool:
    is_joint = report.status == ReportStatus.DRAFT and JoinedDraft.objects.in_force().filter(joint=report).exists()
    return is_joint and not was_handed_on(report)


def _sort_by_suspicion(reports: list[Report]) -> list[Report]:
    """Sort reports by their first suspicion. Reports without a suspicion come last."""
    first: dict[int | None, float] = {}
    for place, report in enumerate(Suspicion.objects.filter(report__in=reports).values_list("report", flat=True)):
        first.setdefault(report, place)
    return sorted(reports, key=lambda report: (first.get(report.pk, math.inf), report.pk))


def _refuse_unlike(drafts: list[Report]) -> None:
    if len(drafts) < 2:
        raise MoveRefused(_("Choose at least two drafts."))
    if any(draft.training_id for draft in drafts):
        raise MoveRefused(_("You cannot combine drafts about a training session."))
    if any(hasattr(draft, "started") for draft in drafts):
        raise MoveRefused(_("You cannot combine a report that a person started."))
    if Report.objects.filter(pk__in=[draft.pk for draft in drafts], **MERGEABLE).count() < len(drafts):
        raise MoveRefused(_("You cannot combine a report that was sent or published before."))
    due = Suspicion.objects.filter(report__in=drafts).values_list("report", "verification__due_at")
    days = [frozenset(local_date(at) for report, at in due if report == draft.pk) for draft in drafts]
    mornings = {(draft.producer_id, draft.rehearsal, on) for draft, on in zip(drafts, days, strict=True)}
    if len(mornings) > 1 or not days[0]:
        raise MoveRefused(
            _("You can only combine drafts about releases from one producer that were due on the same day.")
        )


def _merge_versions(versions: list[ReportVersion], machine: ReportContent) -> tuple[ReportContent, dict[str, Any]]:
    """Return the content of the joint report, and the automatic text to store with it."""
    content = merge_contents([content_from_json(version.content) for version in versions])
    stored = [content_from_json(version.machine) if version.machine else ReportContent() for version in versions]
    automatic = content_to_json(merge_contents(stored))
    untouched = [field for field in FROM_FACTS if all(version.is_untouched(field) for version in versions)]
    newest = content_to_json(machine)
    content = replace(content, **{field: getattr(machine, field) for field in untouched})
    return content, automatic | {field: newest[field] for field in untouched}


def _return_suspicions(row: JoinedDraft) -> None:
    brought = Suspicion.objects.filter(pk__in=row.suspicions)
    # A release can have one draft as an early release and another draft as a late release (decision 73). So leave out
    # the suspicions of the other drafts.
    others = JoinedDraft.objects.filter(joint=row.joint_id).exclude(pk=row.pk).values_list("suspicions", flat=True)
    of_other_drafts = set(chain.from_iterable(others))
    schedules = set(brought.values_list("release", "schedule_version"))
    for release, number in schedules:
        # A suspicion that was added to the joint report after the merge moves to the draft about the same release.
        # Because the facts revision is set to 0, the next refresh writes the newer facts into the draft.
        theirs = Suspicion.objects.filter(report=row.joint_id, release=release, schedule_version=number)
        theirs.exclude(pk__in=of_other_drafts).update(report=row.draft, facts_revision=0)


def _carry_own_acts(sources: Sequence[Report], targets: Sequence[Report]) -> None:
    """Copy declarations of a conflict of interest from some reports to the reports that replace them."""
    declared = OwnAct.objects.filter(report__in=list(sources)).order_by("at", "pk")
    for target in targets:
        known = set(OwnAct.objects.filter(report=target).values_list("person", flat=True))
        for act in declared:
            if act.person_id not in known:
                known.add(act.person_id)
                OwnAct(report=target, person_id=act.person_id, at=act.at).save()

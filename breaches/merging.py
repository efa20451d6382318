"""Merging the drafts of one morning into one report, and splitting it again."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import code_of_practice
from breaches.facts import facts_of_suspicions
from breaches.models import JoinedDraft, OwnAct, Report, ReportQuerySet, ReportRowRecord, ReportVersion, Suspicion
from breaches.permissions import acting_role, producers_written_for
from breaches.refreshing import facts_now, machine_content
from breaches.rules.content import (
    FROM_FACTS,
    ReportContent,
    content_from_json,
    content_to_json,
    joint_content,
    joint_texts,
)
from breaches.rules.lifecycle import JOIN, PART, RESUME, ReportStatus
from breaches.versions import (
    check_move,
    current_version,
    first_day_of_occurrence,
    free_references,
    make_move,
    new_version,
    record_citations,
    record_event,
)
from releases.models import Producer
from releases.permissions import Person
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.rules.london import from_london, local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


@dataclass(frozen=True, slots=True)
class Morning:
    """One day, in London, of one producer, with its drafts; rehearsals have mornings of their own."""

    producer: Producer
    on: date
    rehearsal: bool
    drafts: int


def drafts_of(producer: Producer, *, on: date, rehearsal: bool) -> ReportQuerySet:
    """Return the drafts about releases of a producer that were due on a day, in London."""
    begins, ends = (from_london(datetime.combine(day, time())) for day in (on, on + timedelta(days=1)))
    suspected = Suspicion.objects.filter(
        verification__due_at__gte=begins, verification__due_at__lt=ends, release__rehearsal=rehearsal
    )
    of_producer = Report.objects.filter(producer=producer, status=ReportStatus.DRAFT, rehearsal=rehearsal)
    return of_producer.filter(pk__in=suspected.values("report"))


def mergeable_drafts(person: Person, *, most: int) -> list[Morning]:
    """Return the mornings of which a person may join the drafts, the latest first.

    :param most: how many are given.
    """
    suspected = Suspicion.objects.filter(
        report__status=ReportStatus.DRAFT, report__producer__in=producers_written_for(person)
    )
    found: dict[tuple[date, Producer, bool], set[int]] = defaultdict(set)
    for one in suspected.select_related("report__producer", "verification"):
        assert one.report is not None  # noqa: S101  # the query asked for it
        on = local_date(one.verification.due_at)
        found[on, one.report.producer, one.report.rehearsal].add(one.report.pk)
    several = [Morning(producer, on, rehearsal, len(drafts)) for (on, producer, rehearsal), drafts in found.items()]
    offered = [morning for morning in several if morning.drafts > 1]
    return sorted(offered, key=lambda one: (one.on, one.producer.name, one.rehearsal), reverse=True)[:most]


def morning_of_drafts(report: Report) -> Morning | None:
    """Return the morning of a draft if other drafts of the same producer and day could be joined with it."""
    first = report.suspicions.select_related("verification").first()
    if first is None or report.status != ReportStatus.DRAFT:
        return None
    on = local_date(first.verification.due_at)
    drafts = drafts_of(report.producer, on=on, rehearsal=report.rehearsal).count()
    return Morning(report.producer, on, report.rehearsal, drafts) if drafts > 1 else None


def carry_to_merged(drafts: Sequence[Report]) -> dict[str, Any]:
    """Return the columns of a joint report in which it goes on from its drafts.

    The time to decide runs from the first of them, and whoever was first to deal with one deals with all of it. What
    was found out of some alone is not said of the others: a cause is carried where all drafts name the same, and when
    it was made available, or why nobody knows, where all say the same.
    """
    return (
        {"drafted_at": min(draft.drafted_at for draft in drafts)}
        | _first_dealing(drafts)
        | _cause_of_all(drafts)
        | _available_of_all(drafts)
    )


def carry_to_draft(draft: Report, *, joint: Report, drafts: Iterable[Report]) -> dict[str, Any]:
    """Return the columns of a draft that change as it goes on by itself.

    Where nobody deals with it, it is whoever said so of the joint report, and not of another draft.

    :param drafts: all that had become the joint report.
    """
    brought = {(one.person_dealing_id, one.dealing_since) for one in drafts}
    if draft.person_dealing_id or (joint.person_dealing_id, joint.dealing_since) in brought:
        return {}
    return {"person_dealing_id": joint.person_dealing_id, "dealing_since": joint.dealing_since}


def _first_dealing(drafts: Iterable[Report]) -> dict[str, Any]:
    said = [(draft.dealing_since, draft.person_dealing_id) for draft in drafts if draft.dealing_since]
    since, person = min(said, default=(None, None))
    return {"person_dealing_id": person, "dealing_since": since}


def _cause_of_all(drafts: Sequence[Report]) -> dict[str, Any]:
    if len({draft.cause for draft in drafts}) > 1:
        return {}
    return {"cause": drafts[0].cause, "cause_words": joint_texts(draft.cause_words for draft in drafts)}


def _available_of_all(drafts: Sequence[Report]) -> dict[str, Any]:
    said = {(draft.available_at, draft.available_unknown) for draft in drafts}
    if len(said) > 1:
        return {}
    ((at, unknown),) = said
    return {"available_at": at, "available_unknown": unknown}


# Once one of these has happened to a joint report it stays whole: somebody has read, or decided on, all of it.
TOO_LATE = ("submitted", "approved", "recorded", "dismissed")


class CannotBeMerged(MoveRefused):
    """These reports are not several drafts of one producer's morning."""


class CannotBeSplit(MoveRefused):
    """This report was not joined from drafts, or has been submitted since."""


def merge_drafts(reports: Sequence[Report], *, by: "User", at: datetime) -> Report:
    """Join several drafts of one producer's morning into one report.

    The drafts stay as they are and say where they went. Their suspicions move to the joint report, each once. What
    nobody has edited is written anew from the record; what somebody has edited stands one after the other. What people
    said beside the text goes on in it as far as it holds for all of it.

    :param reports: as they were read.
    :param at: the aware instant of joining.
    :return: the joint report, a draft.
    :raises CannotBeJoined: if these are fewer than two, or of different producers, days or real and rehearsed.
    :raises MoveRefused: if a report's state or the person's roles do not allow it, or somebody was faster.
    """
    with transaction.atomic():
        drafts = _in_order(_held(reports))
        allowed = [check_move(draft, JOIN, by=by, joint_report=True) for draft in drafts]
        _refuse_unlike(drafts)
        read = {report.pk: report.last_change for report in reports}
        if any(draft.last_change != read[draft.pk] for draft in drafts):
            raise ChangedMeanwhile(_("One of these drafts has changed. Check it before you join them."))
        suspicions = list(Suspicion.objects.filter(report__in=drafts).with_facts())
        machine = _machine(suspicions)
        content, beside = _joint([current_version(draft) for draft in drafts], machine)
        joint = _create(drafts, suspicions, content=content, machine=machine)
        record_citations({joint: content})
        version = new_version(joint, content, machine=beside, by=None, at=at, why="joined")
        version.save()
        for draft, move in zip(drafts, allowed, strict=True):
            brought = [suspicion.pk for suspicion in suspicions if suspicion.report_id == draft.pk]
            JoinedDraft(joint=joint, draft=draft, suspicions=brought, by=by, at=at).save()
            make_move(draft, move, by=by, at=at, joint=joint.reference)
        for suspicion in suspicions:
            Suspicion.objects.filter(pk=suspicion.pk).update(
                report=joint, facts_revision=suspicion.verification.revision
            )
        _carry_own_acts(drafts, [joint])
        record_event(
            joint,
            "joint_drafted",
            {ReportVersion: [version.pk], Suspicion: [suspicion.pk for suspicion in suspicions]},
            at=at,
            by=by,
            role=acting_role(by, allowed[0].roles, joint),
            drafts=[draft.reference for draft in drafts],
            standing=facts_now(suspicions),
            person=joint.person_dealing_id,
            cause=joint.cause,
            version=version.number,
            content_sha256=version.content_sha256,
        )
    return joint


def split_report(report: Report, *, by: "User", at: datetime) -> Report:
    """Take a joint report apart: its drafts go on as they were, with their suspicions.

    What was written in the joint report meanwhile stays in its versions, and does not go back into the drafts. Whoever
    said that they deal with it deals with the drafts with which nobody does.

    :raises CannotBeParted: if it was not joined from drafts, or was submitted or decided on since.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    joined = JoinedDraft.objects.standing().filter(joint=report).select_related("draft__producer")
    with transaction.atomic():
        rows = list(joined)
        move = check_move(report, PART, by=by, joined_drafts=True)
        if not rows:
            raise CannotBeSplit(_("This report was not joined from several drafts."))
        if was_handed_on(report):
            raise CannotBeSplit(_("This report has been submitted or decided on, and stays as it is."))
        parted = make_move(report, move, by=by, at=at)
        drafts = [row.draft for row in rows]
        for row in rows:
            resumed = check_move(row.draft, RESUME, by=by, joint_report=True)
            taken = carry_to_draft(row.draft, joint=parted, drafts=drafts)
            person = taken.get("person_dealing_id", row.draft.person_dealing_id)
            make_move(row.draft, resumed, by=by, at=at, values=taken, joint=report.reference, person=person)
            _give_back(row)
        _carry_own_acts([parted], drafts)
        given_back = Suspicion.objects.filter(report__in=drafts)
        ReportRowRecord.record({Suspicion: list(given_back.values_list("pk", flat=True))})
    return parted


def was_handed_on(report: Report) -> bool:
    """Tell whether a report was ever submitted or decided on."""
    return report.events.filter(kind__in=TOO_LATE).exists()


def can_be_split(report: Report) -> bool:
    """Tell whether a report is a joint one that can still be taken apart."""
    is_joint = report.status == ReportStatus.DRAFT and JoinedDraft.objects.standing().filter(joint=report).exists()
    return is_joint and not was_handed_on(report)


def _held(reports: Sequence[Report]) -> list[Report]:
    """Return the reports as they are stored, locked, so that no fact enters one while it is joined."""
    keys = {report.pk for report in reports}
    held = Report.objects.select_for_update(of=("self",)).select_related("producer").filter(pk__in=keys)
    return list(held.order_by("pk"))


def _in_order(reports: list[Report]) -> list[Report]:
    """Order reports as their suspicions were raised; those without come last."""
    first: dict[int | None, float] = {}
    for place, report in enumerate(Suspicion.objects.filter(report__in=reports).values_list("report", flat=True)):
        first.setdefault(report, place)
    return sorted(reports, key=lambda report: (first.get(report.pk, math.inf), report.pk))


def _refuse_unlike(drafts: list[Report]) -> None:
    if len(drafts) < 2:  # one draft is a report of its own
        raise CannotBeMerged(_("Choose at least two drafts."))
    due = Suspicion.objects.filter(report__in=drafts).values_list("report", "verification__due_at")
    mornings = {(draft.producer_id, draft.rehearsal, *_days(draft, due)) for draft in drafts}
    if len(mornings) > 1 or len(next(iter(mornings))) == 2:  # producer and rehearsal, and no day
        raise CannotBeMerged(_("Only drafts about one producer’s releases of one day become one report."))


def _days(draft: Report, due: Any) -> tuple[Any, ...]:
    return tuple(sorted({local_date(at) for report, at in due if report == draft.pk}))


def _machine(suspicions: list[Suspicion]) -> ReportContent:
    facts = facts_of_suspicions(suspicions)
    return machine_content(suspicions, facts, practices_on=code_of_practice.suggest_practices)


def _joint(versions: list[ReportVersion], machine: ReportContent) -> tuple[ReportContent, dict[str, Any]]:
    """Return the joint content, and the record's text beside it."""
    content = joint_content([content_from_json(version.content) for version in versions])
    beside = content_to_json(joint_content([_beside(version) for version in versions]))
    untouched = [field for field in FROM_FACTS if all(version.is_untouched(field) for version in versions)]
    newest = content_to_json(machine)
    content = replace(content, **{field: getattr(machine, field) for field in untouched})
    return content, beside | {field: newest[field] for field in untouched}


def _beside(version: ReportVersion) -> ReportContent:
    return content_from_json(version.machine) if version.machine else ReportContent()


def _create(
    drafts: Sequence[Report], suspicions: list[Suspicion], *, content: ReportContent, machine: ReportContent
) -> Report:
    first = drafts[0]
    on = local_date(suspicions[0].verification.due_at)
    (reference,) = free_references([f"breach-{first.producer.slug[:80]}-{on.isoformat()}"])
    return Report.objects.create(
        reference=reference,
        producer=first.producer,
        kind=suspicions[0].kind,
        status=ReportStatus.DRAFT,
        machine=content_to_json(machine),
        rehearsal=first.rehearsal,
        occurred_on=first_day_of_occurrence(content),
        **carry_to_merged(drafts),
    )


def _give_back(row: JoinedDraft) -> None:
    brought = Suspicion.objects.filter(pk__in=row.suspicions)
    schedules = set(brought.values_list("release", "schedule_version"))
    for release, number in schedules:
        # One that was raised meanwhile about the same release goes with those that were there before; of all of them
        # the next step of the record writes what is new.
        theirs = Suspicion.objects.filter(report=row.joint_id, release=release, schedule_version=number)
        theirs.update(report=row.draft, facts_revision=0)


def _carry_own_acts(sources: Sequence[Report], targets: Sequence[Report]) -> None:
    """Let whoever declared that a report is about their own act have declared it of what it went into as well."""
    declared = OwnAct.objects.filter(report__in=list(sources)).order_by("at", "pk")
    for target in targets:
        known = set(OwnAct.objects.filter(report=target).values_list("person", flat=True))
        for act in declared:
            if act.person_id not in known:
                known.add(act.person_id)
                OwnAct(report=target, person_id=act.person_id, at=act.at).save()

"""Several drafts of one morning become one report with several outputs, and that one is taken apart again."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.core.account.joint_text import joint_content
from breaches.core.content import ReportContent, from_json, to_json
from breaches.core.status import JOIN, PART, RESUME, ReportStatus
from breaches.drafts import carried_over
from breaches.drafts.machine_text import FROM_FACTS, machine_content
from breaches.drafts.refreshing import is_untouched, standing
from breaches.models import JoinedDraft, OwnAct, Report, ReportRowRecord, ReportVersion, Suspicion
from breaches.permissions import acting_role
from breaches.reports import facts_on_record, filing, moves, practices
from breaches.reports.references import free_references
from breaches.reports.versions import new_version, present, record
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.rules.london import local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

# Once one of these has happened to a joint report it stays whole: somebody has read, or decided on, all of it.
TOO_LATE = ("submitted", "approved", "recorded", "dismissed")


class CannotBeJoined(MoveRefused):
    """These reports are not several drafts of one producer's morning."""


class CannotBeParted(MoveRefused):
    """This report was not joined from drafts, or has been submitted since."""


def join(reports: Sequence[Report], *, by: "User", at: datetime) -> Report:
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
        allowed = [moves.check(draft, JOIN, by=by, joint_report=True) for draft in drafts]
        _refuse_unlike(drafts)
        read = {report.pk: report.last_change for report in reports}
        if any(draft.last_change != read[draft.pk] for draft in drafts):
            raise ChangedMeanwhile(_("One of these drafts has changed. Check it before you join them."))
        suspicions = list(Suspicion.objects.filter(report__in=drafts).with_facts())
        machine = _machine(suspicions)
        content, beside = _joint([present(draft) for draft in drafts], machine)
        joint = _create(drafts, suspicions, content=content, machine=machine)
        filing.cite({joint: content})
        version = new_version(joint, content, machine=beside, by=None, at=at, why="joined")
        version.save()
        for draft, move in zip(drafts, allowed, strict=True):
            brought = [suspicion.pk for suspicion in suspicions if suspicion.report_id == draft.pk]
            JoinedDraft(joint=joint, draft=draft, suspicions=brought, by=by, at=at).save()
            moves.make(draft, move, by=by, at=at, joint=joint.reference)
        for suspicion in suspicions:
            Suspicion.objects.filter(pk=suspicion.pk).update(
                report=joint, facts_revision=suspicion.verification.revision
            )
        _carry_own_acts(drafts, [joint])
        record(
            joint,
            "joint_drafted",
            {ReportVersion: [version.pk], Suspicion: [suspicion.pk for suspicion in suspicions]},
            at=at,
            by=by,
            role=acting_role(by, allowed[0].roles, joint),
            drafts=[draft.reference for draft in drafts],
            standing=standing(suspicions),
            person=joint.person_dealing_id,
            cause=joint.cause,
            version=version.number,
            content_sha256=version.content_sha256,
        )
    return joint


def part(report: Report, *, by: "User", at: datetime) -> Report:
    """Take a joint report apart: its drafts go on as they were, with their suspicions.

    What was written in the joint report meanwhile stays in its versions, and does not go back into the drafts. Whoever
    said that they deal with it deals with the drafts with which nobody does.

    :raises CannotBeParted: if it was not joined from drafts, or was submitted or decided on since.
    :raises MoveRefused: if the report's state or the person's roles do not allow it, or somebody was faster.
    """
    joined = JoinedDraft.objects.standing().filter(joint=report).select_related("draft__producer")
    with transaction.atomic():
        rows = list(joined)
        move = moves.check(report, PART, by=by, joined_drafts=True)
        if not rows:
            raise CannotBeParted(_("This report was not joined from several drafts."))
        if was_handed_on(report):
            raise CannotBeParted(_("This report has been submitted or decided on, and stays as it is."))
        parted = moves.make(report, move, by=by, at=at)
        drafts = [row.draft for row in rows]
        for row in rows:
            resumed = moves.check(row.draft, RESUME, by=by, joint_report=True)
            taken = carried_over.to_draft(row.draft, joint=parted, drafts=drafts)
            person = taken.get("person_dealing_id", row.draft.person_dealing_id)
            moves.make(row.draft, resumed, by=by, at=at, values=taken, joint=report.reference, person=person)
            _give_back(row)
        _carry_own_acts([parted], drafts)
        given_back = Suspicion.objects.filter(report__in=drafts)
        ReportRowRecord.record({Suspicion: list(given_back.values_list("pk", flat=True))})
    return parted


def was_handed_on(report: Report) -> bool:
    """Tell whether a report was ever submitted or decided on."""
    return report.events.filter(kind__in=TOO_LATE).exists()


def can_be_parted(report: Report) -> bool:
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
        raise CannotBeJoined(_("Choose at least two drafts."))
    due = Suspicion.objects.filter(report__in=drafts).values_list("report", "verification__due_at")
    mornings = {(draft.producer_id, draft.rehearsal, *_days(draft, due)) for draft in drafts}
    if len(mornings) > 1 or len(next(iter(mornings))) == 2:  # producer and rehearsal, and no day
        raise CannotBeJoined(_("Only drafts about one producer’s releases of one day become one report."))


def _days(draft: Report, due: Any) -> tuple[Any, ...]:
    return tuple(sorted({local_date(at) for report, at in due if report == draft.pk}))


def _machine(suspicions: list[Suspicion]) -> ReportContent:
    facts = facts_on_record.facts_of_suspicions(suspicions)
    return machine_content(suspicions, facts, practices_on=practices.suggested_for)


def _joint(versions: list[ReportVersion], machine: ReportContent) -> tuple[ReportContent, dict[str, Any]]:
    """Return the joint content, and the record's text beside it."""
    content = joint_content([from_json(version.content) for version in versions])
    beside = to_json(joint_content([_beside(version) for version in versions]))
    untouched = [field for field in FROM_FACTS if all(is_untouched(version, field) for version in versions)]
    newest = to_json(machine)
    content = replace(content, **{field: getattr(machine, field) for field in untouched})
    return content, beside | {field: newest[field] for field in untouched}


def _beside(version: ReportVersion) -> ReportContent:
    return from_json(version.machine) if version.machine else ReportContent()


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
        machine=to_json(machine),
        rehearsal=first.rehearsal,
        occurred_on=filing.first_day(content),
        **carried_over.to_joint(drafts),
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

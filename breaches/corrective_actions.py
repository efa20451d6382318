"""Corrective actions in a report, which can become tasks for the next release of a series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import editing
from breaches.models import CorrectiveAction, Report, ReportEvent
from breaches.permissions import is_restricted, moves_open_to, senior_role
from breaches.rules.content import Plan, ReportSection
from breaches.rules.lifecycle import EDIT, MERGED_OR_SPLIT, WRITERS, ReportTerm
from breaches.versions import content_of, lock_report, record_report_event
from releases import tasks
from releases.models import Series
from releases.permissions import User
from releases.rules.calendar import format_day
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused, Role

# Headings for the two terms, in the wording of the form. They are printed, so they are not translated.
HEADINGS = {ReportTerm.SHORT: "Short-term:", ReportTerm.LONG: "Long-term:"}


def write_plans(plans: Iterable[Plan]) -> str:
    """Return the corrective actions as the report prints them.

    There is a paragraph for each term, and a line for each action.
    """
    listed = list(plans)
    paragraphs = (
        "\n".join([heading, *(plan.printed for plan in listed if plan.term == term)])
        for term, heading in HEADINGS.items()
        if any(plan.term == term for plan in listed)
    )
    return "\n\n".join(paragraphs)


def add_action(
    report: Report, plan: Plan, *, next_release_of: Series | None = None, by: User, at: datetime
) -> CorrectiveAction:
    """Add an action. If a person sends the same action twice, it is added once.

    :param next_release_of: a series. If given, the action becomes a task of the next release of this series.
    :raises MissingFields: if the text or the owner is empty.
    :raises FieldRefused: if the action is due before the day of the breach.
    :raises MoveRefused: if the report was merged or split, so that another report continues it.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, report)
    plan = _check_plan(plan, report)
    alike = report.actions.open().filter(added_by=by, task__series=next_release_of, **asdict(plan))
    with transaction.atomic():
        held = lock_report(report)
        if (again := alike.first()) is not None:
            return again
        if held.status in MERGED_OR_SPLIT:
            sentence = _("This report was combined or separated. Add the action to the report that replaced it.")
            raise MoveRefused(sentence)
        before = _plans_of(held)
        action = _store_action(held, plan, next_release_of=next_release_of, by=by, role=role, at=at)
        _print_plans(held, before, by=by, at=at)
    return action


def _store_action(
    report: Report, plan: Plan, *, next_release_of: Series | None, by: User, role: Role, at: datetime
) -> CorrectiveAction:
    task = None
    if next_release_of is not None:
        # Everyone with a role for the release can read the task, including people who may not know of a restricted
        # report. So the task does not name a restricted report.
        named = not is_restricted(report)
        origin = _("report %(number)s") % {"number": report.number} if named else ""
        task = tasks.add_task(next_release_of, text=plan.text, origin=origin, rehearsal=report.rehearsal, by=by, at=at)
    action = CorrectiveAction.objects.create(report=report, task=task, added_by=by, added_at=at, **asdict(plan))
    at_next = next_release_of.slug if next_release_of else None
    facts = {"action": action.pk, "at_next_release_of": at_next, **_facts_of(plan)}
    record_report_event(report, "action_added", at=at, by=by, words=_words_of(plan), role=role, **facts)
    return action


def save_section_with_actions(
    report: Report,
    plans: Sequence[Plan],
    *,
    text: str,
    expected_version: int,
    by: User,
    at: datetime,
    text_seen: str | None = None,
) -> editing.SavedSection:
    """Save the text of section 4, and the actions that were entered with it, as one version of the report.

    If the text or an action cannot be saved, nothing is saved. Actions that the text does not contain yet are added to
    the text. A second click changes nothing.

    :param text: the text that the person typed, without the new actions.
    :param expected_version: the number of the version that the person read.
    :param text_seen: the digest of the text that the person read. See `editing.save_section`.
    :raises FieldRefused: if an action is due before the day of the breach.
    :raises MoveRefused: or one of its subclasses, in the same cases as `editing.save_section`.
    """
    role = senior_role(by, WRITERS, report)
    entered = [_check_plan(plan, report) for plan in dict.fromkeys(plans)]
    with transaction.atomic():
        held = lock_report(report)
        stored = _plans_of(held)
        saved = editing.save_section(
            held,
            section=ReportSection.CORRECTIVE_ACTIONS,
            values={"corrective_actions": _insert_new_plans(text, entered, stored=stored)},
            expected_version=expected_version,
            by=by,
            at=at,
            text_seen=text_seen,
        )
        new = [plan for plan in entered if plan not in stored]
        for plan in new:
            _store_action(held, plan, next_release_of=None, by=by, role=role, at=at)
    return replace(saved, changed=saved.changed or bool(new))


def _insert_new_plans(text: str, entered: Iterable[Plan], *, stored: Iterable[Plan]) -> str:
    """Return the text with all entered actions. Actions that the text already contains are not added again.

    If the text contains the printed list of the stored actions, the new actions are added to this list. Otherwise, they
    are added at the end.
    """
    lines = text.split("\n")
    new = [plan for plan in entered if plan.printed not in lines]
    printed = [plan for plan in stored if plan.printed in lines and plan not in new]
    earlier = write_plans(printed)
    if earlier and earlier in text:
        return text.replace(earlier, write_plans([*printed, *new]), 1)
    return "\n\n".join(part for part in (text.rstrip(), write_plans(new)) if part)


def change_action(action: CorrectiveAction, plan: Plan, *, by: User, at: datetime) -> CorrectiveAction:
    """Change an action, and its release task if it has one.

    :raises MissingFields: if the text or the owner is empty.
    :raises FieldRefused: if the action would be due before the day of the breach.
    :raises ChangedMeanwhile: if the action was changed or finished after it was read.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, action.report)
    plan, was = _check_plan(plan, action.report), action_plan_of(action)
    if plan == was:
        return action
    with transaction.atomic():
        before = _plans_of(lock_report(action.report))
        _update(action, was, asdict(plan), done=False)
        if action.task is not None and plan.text != was.text:
            tasks.reword_task(action.task, text=plan.text, by=by)
        facts = {"action": action.pk, "was": _facts_of(was), "to": _facts_of(plan)}
        record_report_event(action.report, "action_changed", at=at, by=by, words=_words_of(plan), role=role, **facts)
        _print_plans(action.report, before, by=by, at=at)
    return _fresh(action)


def finish_action(action: CorrectiveAction, *, done: bool, by: User, at: datetime) -> CorrectiveAction:
    """Finish or reopen an action. If the action has a release task, finish or reopen the task instead.

    People can also finish the task at the release, with `tick_task`. In this case, no event is added to the report.

    :raises ChangedMeanwhile: if another person changed the action after it was read.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, action.report)
    with transaction.atomic():
        # A redaction locks the report too. Read the text again, because it may have been redacted meanwhile.
        lock_report(action.report)
        text, task = (stored := _fresh(action)).text, stored.task
        if task is not None:
            tasks.tick_task(task, done=done, by=by, at=at)
        else:
            values = {"done_by": by, "done_at": at} if done else {"done_by": None, "done_at": None}
            _update(action, action_plan_of(action), values, done=not done)
        kind = "action_done" if done else "action_open_again"
        record_report_event(action.report, kind, at=at, by=by, words=text, role=role, action=action.pk)
    return _fresh(action)


def action_plan_of(action: CorrectiveAction) -> Plan:
    return Plan(action.text, ReportTerm(action.term), action.owner, action.due)


def find_last_change(action: CorrectiveAction) -> ReportEvent | None:
    """Return the event of the last change of an action. Before the first change, return the event that added it."""
    changes = action.report.events.filter(kind__in=("action_added", "action_changed"), facts__action=action.pk)
    return changes.select_related("actor").order_by("position").last()


def printed_actions(report: Report) -> set[int]:
    """Return the keys of the actions that the current version of a report prints.

    An action that has changed since it was printed is left out.
    """
    lines = content_of(report).corrective_actions.split("\n")
    return {action.pk for action in report.actions.all() if action_plan_of(action).printed in lines}


def _plans_of(report: Report) -> list[Plan]:
    return [action_plan_of(action) for action in report.actions.all()]


def _print_plans(report: Report, before: Iterable[Plan], *, by: User, at: datetime) -> None:
    """Update the list of actions in the text of the report, and save the text as a new version.

    If the person may not edit the report in its present state, do nothing. If the text contains the earlier list,
    replace the list. If a person has edited the list and the text still contains one of the earlier actions, leave the
    text as it is. If the text contains none of them, add the list at the end.

    :param before: the plans before the change. The text may contain them.
    """
    fresh = Report.objects.select_related("producer").get(pk=report.pk)
    if EDIT not in moves_open_to(by, fresh):
        return
    text, plans = content_of(fresh).corrective_actions, list(before)
    earlier, wanted = write_plans(plans), write_plans(_plans_of(fresh))
    if earlier and earlier in text:
        text = text.replace(earlier, wanted, 1)
    elif any(plan.printed in text for plan in plans):
        return
    else:
        text = "\n\n".join(part for part in (text.rstrip(), wanted) if part)
    editing.save_section(
        fresh,
        section=ReportSection.CORRECTIVE_ACTIONS,
        values={"corrective_actions": text},
        expected_version=fresh.version,
        by=by,
        at=at,
    )


def _check_plan(plan: Plan, report: Report) -> Plan:
    if not plan.text.strip():
        raise MissingFields("text", _("Enter the action."))
    if not plan.owner.strip():
        raise MissingFields("owner", _("Enter the post that is responsible for the action."))
    first_day = content_of(report).first_day
    if plan.due and first_day and plan.due < first_day:
        sentence = _("Due date must be the same as or after the day of the breach, %(day)s")
        raise FieldRefused("due", sentence % {"day": format_day(first_day)})
    return Plan(plan.text.strip(), plan.term, plan.owner.strip(), plan.due)


def _update(action: CorrectiveAction, was: Plan, values: Mapping[str, Any], *, done: bool) -> None:
    same = CorrectiveAction.objects.filter(pk=action.pk, done_at__isnull=not done, **asdict(was))
    if not same.update(**values):
        raise ChangedMeanwhile(_("Another person changed or finished this action. Check it before you try again."))


def _facts_of(plan: Plan) -> dict[str, Any]:
    return {"term": plan.term, "due": plan.due.isoformat() if plan.due else None}


def _words_of(plan: Plan) -> str:
    # The owner is free text and may contain a person's name, so it stays outside the event's hash.
    return f"{plan.text}\n{plan.owner}"


def _fresh(action: CorrectiveAction) -> CorrectiveAction:
    return CorrectiveAction.objects.select_related("task__series", "report__producer").get(pk=action.pk)

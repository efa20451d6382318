"""Corrective actions: what a report prints of them, and the tasks that they become at the next release of a series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import editing
from breaches.models import CorrectiveAction, Report
from breaches.permissions import is_restricted, moves_open_to, senior_role
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import EDIT, WRITERS, ReportTerm
from breaches.versions import content_of, record_report_event
from releases import tasks
from releases.models import Series
from releases.permissions import User
from releases.rules.calendar import format_day
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields


@dataclass(frozen=True, slots=True)
class Plan:
    """The text of an action and its deadline; `owner` is a post."""

    text: str
    term: ReportTerm
    owner: str
    due: date | None = None

    @property
    def printed(self) -> str:
        """The line of the report about this action."""
        due = f" Due: {format_day(self.due)}." if self.due else ""
        return f"- {' '.join(self.text.split()).rstrip('.')}. Owner: {self.owner.rstrip('.')}.{due}"


# The terms in the words of the form. They are printed, so they are not translated.
HEADINGS = {ReportTerm.SHORT: "Short-term:", ReportTerm.LONG: "Long-term:"}


def write_plans(plans: Iterable[Plan]) -> str:
    """Write the corrective actions as the report prints them: a paragraph for each term, and a line for each action."""
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

    :param next_release_of: the action becomes a task of the next release of this series.
    :raises MissingFields: if the text or the owner is empty.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, report)
    plan = _check_plan(plan)
    alike = report.actions.open().filter(added_by=by, task__series=next_release_of, **asdict(plan))
    if (again := alike.first()) is not None:
        return again
    with transaction.atomic():
        task = None
        if next_release_of is not None:
            # Everyone with a role for the release can read the task, including people who may not know of a restricted
            # report.
            named = not is_restricted(report)
            origin = _("report %(number)s") % {"number": report.number} if named else ""
            task = tasks.add_task(
                next_release_of, text=plan.text, origin=origin, rehearsal=report.rehearsal, by=by, at=at
            )
        before = _plans_of(report)
        action = CorrectiveAction.objects.create(report=report, task=task, added_by=by, added_at=at, **asdict(plan))
        at_next = next_release_of.slug if next_release_of else None
        facts = {"action": action.pk, "at_next_release_of": at_next, **_facts_of(plan)}
        record_report_event(report, "action_added", at=at, by=by, words=_words_of(plan), role=role, **facts)
        _print_plans(report, before, by=by, at=at)
    return action


def save_section_with_actions(
    report: Report, plans: Iterable[Plan], *, by: User, at: datetime, **section: Any
) -> editing.SavedSection:
    """Save a section and add the actions that were entered with it, or do neither.

    If a person sends the same form twice, the second one changes nothing.

    :param section: the other arguments of `editing.save_section`, which names its exceptions.
    """
    entered = list(plans)
    with transaction.atomic():
        if entered and _are_saved(report, entered, section["values"]["corrective_actions"], by=by):
            return editing.SavedSection(report, changed=False)
        saved = editing.save_section(report, by=by, at=at, **section)
        for plan in entered:
            add_action(saved.report, plan, by=by, at=at)
    # Each action that is printed makes a new version.
    newest = Report.objects.select_related("producer").get(pk=report.pk)
    return replace(saved, report=newest, changed=True) if entered else saved


def _are_saved(report: Report, plans: Sequence[Plan], text: str, *, by: User) -> bool:
    """Return whether a person has saved these actions with this text before."""
    own = map(action_plan_of, report.actions.filter(added_by=by))
    if not set(plans) <= set(own):
        return False
    before = [plan for plan in _plans_of(report) if plan not in plans]
    return _insert_plans(text, before=before, plans=_plans_of(report)) == content_of(report).corrective_actions


def change_action(action: CorrectiveAction, plan: Plan, *, by: User, at: datetime) -> CorrectiveAction:
    """Change an action, and its release task if it has one.

    :raises MissingFields: if the text or the owner is empty.
    :raises ChangedMeanwhile: if the action was changed or finished after it was read.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, action.report)
    plan, was = _check_plan(plan), action_plan_of(action)
    if plan == was:
        return action
    with transaction.atomic():
        before = _plans_of(action.report)
        _update(action, was, asdict(plan), done=False)
        if action.task is not None and plan.text != was.text:
            tasks.reword_task(action.task, text=plan.text, by=by)
        facts = {"action": action.pk, "was": _facts_of(was), "to": _facts_of(plan)}
        record_report_event(action.report, "action_changed", at=at, by=by, words=_words_of(plan), role=role, **facts)
        _print_plans(action.report, before, by=by, at=at)
    return _fresh(action)


def finish_action(action: CorrectiveAction, *, done: bool, by: User, at: datetime) -> CorrectiveAction:
    """Finish or reopen an action, and its release task if it has one.

    The report gets an event only for an action without a task, because `tick_task` can also finish a task at the
    release.

    :raises ChangedMeanwhile: if another person changed the action after it was read.
    :raises ValueError: if none of the person's roles lets them write reports.
    """
    role = senior_role(by, WRITERS, action.report)
    with transaction.atomic():
        if action.task is not None:
            tasks.tick_task(action.task, done=done, by=by, at=at)
        else:
            values = {"done_by": by, "done_at": at} if done else {"done_by": None, "done_at": None}
            _update(action, action_plan_of(action), values, done=not done)
        kind = "action_done" if done else "action_open_again"
        record_report_event(action.report, kind, at=at, by=by, words=action.text, role=role, action=action.pk)
    return _fresh(action)


def action_plan_of(action: CorrectiveAction) -> Plan:
    return Plan(action.text, ReportTerm(action.term), action.owner, action.due)


def printed_actions(report: Report) -> set[int]:
    """Return the keys of the actions that the present version of a report prints as they are planned."""
    lines = content_of(report).corrective_actions.split("\n")
    return {action.pk for action in report.actions.all() if action_plan_of(action).printed in lines}


def _plans_of(report: Report) -> list[Plan]:
    return [action_plan_of(action) for action in report.actions.all()]


def _print_plans(report: Report, before: Iterable[Plan], *, by: User, at: datetime) -> None:
    """Print the actions in the report, as a new version, if the person may edit it in its state.

    :param before: the plans that the report may print already.
    """
    fresh = Report.objects.select_related("producer").get(pk=report.pk)
    if EDIT not in moves_open_to(by, fresh):
        return
    text = _insert_plans(content_of(fresh).corrective_actions, before=before, plans=_plans_of(fresh))
    editing.save_section(
        fresh,
        section=ReportSection.CORRECTIVE_ACTIONS,
        values={"corrective_actions": text},
        expected_version=fresh.version,
        by=by,
        at=at,
    )


def _insert_plans(text: str, *, before: Iterable[Plan], plans: Iterable[Plan]) -> str:
    """Return a text with these actions in place of the earlier ones, or unchanged if a person has edited the list."""
    listed = list(before)
    earlier, wanted = write_plans(listed), write_plans(plans)
    if earlier and earlier in text:
        return text.replace(earlier, wanted, 1)
    if any(plan.printed in text for plan in listed):
        return text
    return "\n\n".join(part for part in (text.rstrip(), wanted) if part)


def _check_plan(plan: Plan) -> Plan:
    if not plan.text.strip():
        raise MissingFields("text", _("Enter the action."))
    if not plan.owner.strip():
        raise MissingFields("owner", _("Enter the post that is responsible for the action."))
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

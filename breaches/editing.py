"""Changes to a report's sections, timeline, cause and assignment, and declared conflicts of interest."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from breaches import versions
from breaches.facts import (
    cause_of_account,
    early_decision,
    facts_of_suspicions,
    incident_about,
    incident_of,
    is_asked,
    late_titles,
    names_on_list,
)
from breaches.models import OwnAct, Report, ReportEvent, ReportVersion, Suspicion, TimelineNote
from breaches.permissions import TABLE, Action, moves_open_to, roles_for, senior_role
from breaches.rules.annex_notes import NAME_OF_ONLY_PAGE, name_in_timeline
from breaches.rules.answers import Answer, Answers, Question, contradicts_due_time, describe_moment
from breaches.rules.causes import NO_CAUSE, name_last
from breaches.rules.content import (
    FROM_FACTS,
    ContactPerson,
    Remark,
    ReportContent,
    ReportSection,
    TimelineEntry,
    content_from_json,
    find_impossible,
    find_impossible_answers,
    find_named_people,
    follow_answered_day,
    has_name,
    remark_on,
    sort_entries,
)
from breaches.rules.facts import AddressFacts, Facts, exact_time, round_down, round_up
from breaches.rules.incident import write_incident_account
from breaches.rules.lifecycle import DECIDED, EDIT, MERGED_OR_SPLIT, REPORT, UNDECIDED, WRITERS, Cause, ReportKind
from breaches.rules.narrative import describe_choice, describe_decider, write_account
from breaches.versions import contact_person, content_of, lock_report, record_report_event
from releases.detection.finding import CheckOutcome
from releases.models import Contact, Release
from releases.permissions import Person, User, roles_of
from releases.rules.calendar import format_moment, local_date
from releases.rules.canonical import digest_json
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.text.languages import join_with_and

FIELDS: dict[ReportSection, tuple[str, ...]] = {
    ReportSection.CORE_INFORMATION: ("outputs", "producers", "dealing", "head_of_profession", "statement_url"),
    ReportSection.WHAT_HAPPENED: ("answers",),
    ReportSection.CIRCUMSTANCES: ("practices", "other_practices", "occurred_on", "circumstances"),
    ReportSection.IMPACT: ("impact",),
    ReportSection.CORRECTIVE_ACTIONS: ("corrective_actions",),
}

# The maximum number of attempts to save a section. An attempt fails if another save takes the next version number
# first. If all attempts fail, something else is wrong.
ATTEMPTS = 5


class SameFieldChanged(MoveRefused):
    """Another person has changed the same fields since they were read, so nothing was saved.

    `current` is the current version of the report. `fields` are the fields that both people changed. If this is the
    field of the answers, `questions` are those to which both people changed the answer. If `is_redacted` is true, a
    redaction has changed the text, so the fields may contain the removed words.
    """

    def __init__(
        self, current: ReportVersion, fields: Collection[str], *, questions: Collection[str] = (), is_redacted: bool
    ) -> None:
        super().__init__(_("Another person changed the same text while you were writing. Your text is not saved yet."))
        self.current = current
        self.fields = tuple(fields)
        self.questions = tuple(questions)
        self.is_redacted = is_redacted

    def find_change(self, stored: Iterable[ReportVersion]) -> ReportVersion:
        """Return the version in which another person last changed what this person also changed.

        Later versions may have changed other fields or answers.

        :param stored: the version that the person read and all later ones, the newest first.
        """
        for later, earlier in pairwise(stored):
            if self._parts_of(later) != self._parts_of(earlier):
                return later
        return self.current

    def _parts_of(self, version: ReportVersion) -> list[Any]:
        if self.questions:
            answers = version.content.get("answers", {})
            return [answers.get(question) for question in self.questions]
        return [version.content.get(field) for field in self.fields]


class NoteRedacted(FieldRefused):
    """The note to correct was redacted after the page was shown, so nothing was saved. `note` is the redacted note."""

    def __init__(self, note: TimelineNote) -> None:
        sentence = _(
            "This note was redacted while you were writing. Your text may contain the redacted text. Remove it, then "
            "save."
        )
        super().__init__("text", sentence)
        self.note = note


class ImpossibleContent(MoveRefused):
    """The entered values cannot be true. For each wrong field, `remarks` says why."""

    def __init__(self, remarks: Collection[Remark]) -> None:
        super().__init__(" ".join(remark.sentence for remark in remarks))
        self.remarks = tuple(remarks)


@dataclass(frozen=True, slots=True)
class SavedSection:
    """The result of saving a section.

    `changed` is false if the section already had this text. `others_editing` names the people who have saved the report
    since this person read it.
    """

    report: Report
    changed: bool
    others_editing: str = ""


def save_section(
    report: Report,
    *,
    section: ReportSection,
    values: Mapping[str, Any],
    expected_version: int,
    by: User,
    at: datetime,
    facts_seen: str = "",
    text_seen: str | None = None,
    only: Collection[str] = (),
) -> SavedSection:
    """Save one section as a new version of the report.

    If other people have changed other fields since `expected_version`, their changes are kept.

    A redaction changes the text of `expected_version` itself. If the section was redacted after the page was shown, the
    values may contain the removed words, although the person did not type them. So every value that differs from the
    current text is a conflict.

    :param values: the section's fields of `ReportContent`.
    :param expected_version: the number of the version that the person read.
    :param facts_seen: the result of `facts_digest` when the page was shown. It identifies the newest automatic text
        that the person saw.
    :param text_seen: the result of `section_digest` when the page was shown. It is empty if the page was shown by a
        version of the product without this digest, and None if the values contain no text from a page.
    :param only: the fields to write. By default, these are all fields of the section's form.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    :raises SameFieldChanged: if another person or an automatic update has changed the same field since
        `expected_version`, or if the section was redacted after the page was shown.
    :raises ImpossibleContent: if the values cannot be true.
    """
    values = {field: values[field] for field in only or FIELDS[section]}
    for attempt in range(ATTEMPTS):
        fresh = Report.objects.select_related("producer").get(pk=report.pk)
        move = REPORT.check(EDIT, source=fresh.status, roles=roles_for(by, fresh))
        read = report.versions.filter(number=expected_version).first()
        if read is None:
            sentence = _("This report has no version %(number)s. Open the page again.")
            raise MoveRefused(sentence % {"number": expected_version})
        current = versions.current_version(fresh)
        was = content_from_json(current.content)
        is_redacted = _was_redacted(read, section, text_seen=text_seen)
        content = _merge_fields(values, read=content_from_json(read.content), current=current, is_redacted=is_redacted)
        content = follow_answered_day(content, was=was)
        _refuse_impossible(fresh, section, content, at=at)
        others = fresh.versions.filter(number__gt=read.number).select_related("written_by")
        names = [str(version.written_by) if version.written_by else _("the automatic check") for version in others]
        others_editing = join_with_and(dict.fromkeys(names))
        machine = _read_automatic_text(fresh, current, section=section, facts_seen=facts_seen)
        columns: dict[str, Any] = {}
        if content.answers != was.answers or _has_other_title(fresh, content, was=was):
            content, machine, columns = _with_new_account(fresh, current, content, at=at)
        if content == was and machine == current.machine:
            return SavedSection(fresh, changed=False, others_editing=others_editing)
        try:
            saved = versions.advance_report(
                fresh,
                move,
                kind="edited",
                by=by,
                at=at,
                content=content,
                machine=machine,
                why="edited",  # makes the person an author
                values=columns,
                section=section,
                fields=[
                    field.name for field in fields(content) if getattr(was, field.name) != getattr(content, field.name)
                ],
            )
        except ChangedMeanwhile:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return SavedSection(saved, changed=True, others_editing=others_editing)
    raise AssertionError  # the loop always returns or raises


def _has_other_title(report: Report, content: ReportContent, *, was: ReportContent) -> bool:
    """Return whether the account must be written again because the outputs of the report have changed.

    An account that is written from answers names a title. If the report is not about a release, the title comes from
    the outputs. The title of a series is not used, because it does not identify the edition.
    """
    if content.outputs == was.outputs or not content.answers.given() or not is_asked(report):
        return False
    return not Release.objects.filter(started_reports__report=report).exists()


def _refuse_impossible(report: Report, section: ReportSection, content: ReportContent, *, at: datetime) -> None:
    found = find_impossible(content, today=local_date(at))
    if section is ReportSection.WHAT_HAPPENED:
        found = (
            *find_impossible_answers(content, kind=ReportKind(report.kind), now=at),
            *_compare_with_due(report, content, at=at),
            *find_named_people(content, names_on_list(report)),
        )
    if remarks := [one for one in found if one.section == section]:
        raise ImpossibleContent(remarks)


def _compare_with_due(report: Report, content: ReportContent, *, at: datetime) -> Iterator[Remark]:
    """Yield a remark if a late release appeared before it was due, or if an early release appeared after it was due.

    For a late release, `available_at` is the time when it appeared. People state this time on the page about the cause.
    """
    kind, answers = ReportKind(report.kind), content.answers
    if kind is ReportKind.LATE and report.available_at and answers.due:
        available = _answer_at(report.available_at)
        if contradicts_due_time(kind, available, answers.due):
            sentence = (
                "This report is about a late release, but the release was made available at "
                f"{describe_moment(available)}, which is not after it was due. Correct one of these times."
            )
            yield remark_on(Question.DUE, sentence)
    if kind is ReportKind.EARLY and answers.happened:
        due = _find_due(report, content, happened=answers.happened, at=at)
        if due and contradicts_due_time(kind, answers.happened, due):
            sentence = (
                "This report is about an early release, but the date or time that you entered is not before the "
                f"release was due ({describe_moment(due)}). Correct the date or time."
            )
            yield remark_on(Question.HAPPENED, sentence)


def _answer_at(instant: datetime) -> Answer:
    return Answer(on=local_date(instant), at=instant)


def _find_due(report: Report, content: ReportContent, *, happened: Answer, at: datetime) -> Answer | None:
    """Return when a reported release was due, according to the schedule at the time when the release appeared.

    If the record has no due time, use the due time from the answers.

    :param happened: when the release appeared.
    """
    release = Release.objects.filter(started_reports__report=report).select_related("series__producer").first()
    incident = incident_about(
        release,
        kind=ReportKind(report.kind),
        answers=replace(content.answers, happened=happened),
        cause=NO_CAUSE,
        now=at,
        occurred_on=content.occurred_on,
    )
    return _answer_at(incident.due_at) if incident.due_at else content.answers.due


def _read_automatic_text(
    report: Report, current: ReportVersion, *, section: ReportSection, facts_seen: str
) -> dict[str, Any]:
    """Return the automatic text to store when a person edits a section.

    Return the automatic text of the current version. But if the page showed the newest automatic text, use the newest
    text for the fields of this section.
    """
    machine: dict[str, Any] = current.machine
    if facts_seen != facts_digest(report):
        return machine
    offered = [field for field in FIELDS[section] if field in FROM_FACTS and field in report.machine]
    return machine | {field: report.machine[field] for field in offered}


def _with_new_account(
    report: Report, current: ReportVersion, content: ReportContent, *, at: datetime
) -> tuple[ReportContent, dict[str, Any], dict[str, Any]]:
    """Write the account again from the recorded facts and the cause, or from the answers and the cause.

    The account is written from the answers if there are any, and followed by the results of our checks.

    If a person has edited the account, their text is kept, and the new account is only offered to people.

    :return: the content, the automatic text to store with it, and the columns of the report to set.
    """
    suspicions = list(report.suspicions.with_facts())
    if suspicions and not content.answers.given():
        facts = facts_of_suspicions(suspicions).values()
        account = write_account(*facts, cause=cause_of_account(report, current))
    else:
        account = write_incident_account(incident_of(report, content, now=at))
    newest = report.machine or report.versions.get(number=1).content
    newest = {name: part for name, part in newest.items() if name != "answers"} | {"circumstances": account}
    if not current.is_untouched("circumstances"):
        return content, {**newest, **current.machine}, {"machine": newest}
    return (
        replace(content, circumstances=account),
        {**newest, **current.machine, "circumstances": account},
        {"machine": newest},
    )


def facts_digest(report: Report) -> str:
    """Return a short digest of the newest automatic text.

    A form contains the digest, so that we know which automatic text its page showed.
    """
    return digest_json(report.machine)[:16]


def section_digest(version: ReportVersion, section: ReportSection) -> str:
    """Return a short digest of the stored text of a section.

    A form contains the digest, so that we know whether the section was redacted after the form was shown. The number of
    the version does not show it, because a redaction overwrites the text of the version.
    """
    return digest_json({field: version.content.get(field) for field in FIELDS[section]})[:16]


def _was_redacted(read: ReportVersion, section: ReportSection, *, text_seen: str | None) -> bool:
    """Return whether a redaction may have changed a section since its form was shown. See `save_section`."""
    if text_seen is None:
        return False
    if not text_seen:
        # A redaction does not change `content_sha256`. So this covers redactions before the form was shown as well.
        return digest_json(read.content) != read.content_sha256
    return text_seen != section_digest(read, section)


def _merge_fields(
    values: Mapping[str, Any], *, read: ReportContent, current: ReportVersion, is_redacted: bool
) -> ReportContent:
    theirs = content_from_json(current.content)
    if "answers" in values:
        answers = _merge_answers(values["answers"], read.answers, current, theirs.answers, is_redacted=is_redacted)
        return replace(theirs, answers=answers)
    mine = {field: value for field, value in values.items() if value != getattr(read, field)}
    both = [
        field
        for field, value in mine.items()
        if _is_conflict(value, read=getattr(read, field), theirs=getattr(theirs, field), is_redacted=is_redacted)
    ]
    if both:
        raise SameFieldChanged(current, both, is_redacted=is_redacted)
    return replace(theirs, **mine)


def _is_conflict(value: Any, *, read: Any, theirs: Any, is_redacted: bool) -> bool:
    """Return whether a changed value would overwrite text that the person has not seen."""
    return bool(value != theirs and (is_redacted or theirs != read))


def _merge_answers(
    typed: Answers, read: Answers, current: ReportVersion, theirs: Answers, *, is_redacted: bool
) -> Answers:
    """Return the current answers, updated with the answers that this person changed.

    :raises SameFieldChanged: if another person has changed the same answer to something else, or if the answers were
        redacted.
    """
    mine = {one.value: getattr(typed, one) for one in Question if getattr(typed, one) != getattr(read, one)}
    # The form fills in the stated day as the answer to `HAPPENED`. If another person has added a time to this answer
    # meanwhile, the filled-in day does not count as a change.
    if typed.happened and theirs.happened and typed.happened == replace(theirs.happened, at=None):
        mine.pop(Question.HAPPENED, None)
    both = [
        name
        for name, answer in mine.items()
        if _is_conflict(answer, read=getattr(read, name), theirs=getattr(theirs, name), is_redacted=is_redacted)
    ]
    if both:
        raise SameFieldChanged(current, ["answers"], questions=both, is_redacted=is_redacted)
    return replace(theirs, **mine)


@dataclass(frozen=True, slots=True)
class ChosenCause:
    """The cause of a breach, and when the output was made available.

    `cause` is empty if no cause is chosen. `available_unknown` says why the time of availability is not known.
    """

    cause: str = ""
    cause_words: str = ""
    available_at: datetime | None = None
    available_unknown: str = ""


def cause_of(report: Report) -> ChosenCause:
    return ChosenCause(report.cause, report.cause_words, report.available_at, report.available_unknown)


def may_choose_cause(person: Person, report: Report) -> bool:
    """Return whether a person may choose the cause.

    Before the decision, people who may edit the text may choose the cause. After the decision, Heads of Profession and
    deputies may still choose it, because the cause is often found only after the report was sent.
    """
    if report.status in DECIDED:
        return bool(LEADS & roles_of(person, report.producer))
    return EDIT in moves_open_to(person, report)


def choose_cause(report: Report, found: ChosenCause, *, by: User, at: datetime) -> Report:
    """Store the cause, and record an event if the cause has changed.

    :raises MissingFields: if the cause is not in the list, or is "other" without a description.
    :raises FieldRefused: if the description names a person on the pre-release access list, or the time of availability
        is in the future, before the due time or before the day of the breach.
    :raises ChangedMeanwhile: if the cause or the state of the report has changed since the report was read.
    :raises MoveRefused: if the person may not choose the cause in this state.
    """
    if not may_choose_cause(by, report):
        raise MoveRefused(_("You cannot edit this report in its present state."))
    found, was = _check_cause(report, found, at=at), cause_of(report)
    if found == was:
        return report
    with transaction.atomic():
        unchanged = Report.objects.filter(pk=report.pk, status=report.status, **asdict(was))
        if not unchanged.update(**asdict(found)):
            raise ChangedMeanwhile(
                _("The cause or the status of this report has changed. Check the report before you try again.")
            )
        moved = Report.objects.select_related("producer").get(pk=report.pk)
        words = "\n".join(part for part in (found.cause_words, found.available_unknown) if part)
        role = senior_role(by, WRITERS, report)
        record_report_event(
            moved, "cause_chosen", at=at, by=by, words=words, role=role, was=_cause_facts(was), to=_cause_facts(found)
        )
        return _state_cause(moved, at=at)


def remove_stated_time(report: Report, *, at: datetime) -> None:
    """Remove the answer about when the late releases became available, because another release is late now.

    The answer was about the last of the releases that were late when a person gave it, so people are asked again. If
    there is no answer, do nothing. The caller must lock the report.
    """
    was = cause_of(report)
    left = ChosenCause(was.cause, was.cause_words)
    if left == was:
        return
    Report.objects.filter(pk=report.pk).update(**asdict(left))
    # The caller may use the same object again for another release.
    report.available_at, report.available_unknown = left.available_at, left.available_unknown
    record_report_event(
        report, "cause_chosen", at=at, words=was.available_unknown, was=_cause_facts(was), to=_cause_facts(left)
    )


def find_last_choice(report: Report) -> ReportEvent | None:
    """Return the event of the last change of the cause. If `remove_stated_time` made it, it has no actor."""
    return report.events.filter(kind="cause_chosen").select_related("actor").order_by("position").last()


def _cause_facts(one: ChosenCause) -> dict[str, str | None]:
    return {"cause": one.cause, "available_at": one.available_at.isoformat() if one.available_at else None}


def _state_cause(report: Report, *, at: datetime) -> Report:
    """Write the cause into the account, unless the report is decided. The new version has no person as its author."""
    if report.status in DECIDED:
        return report
    current = versions.current_version(report)
    was = content_from_json(current.content)
    content, machine, columns = _with_new_account(report, current, was, at=at)
    if not columns["machine"]["circumstances"] or columns["machine"] == report.machine:
        return report
    if content == was:
        Report.objects.filter(pk=report.pk).update(**columns)
        # The next refresh compares the verdicts with the state in the last event. The verdicts may have changed since
        # the last refresh, so this event repeats the state that the last refresh recorded.
        last = report.events.filter(facts__has_key="standing").order_by("position").last()
        state = {name: last.facts[name] for name in ("standing", "known") if name in last.facts} if last else {}
        record_report_event(report, "facts_offered", at=at, **state)
        return Report.objects.select_related("producer").get(pk=report.pk)
    move = REPORT.find(EDIT, source=report.status)
    return versions.advance_report(
        report,
        move,
        kind="edited",
        by=None,
        at=at,
        content=content,
        machine=machine,
        why=versions.FACTS,
        values=columns,
        section=ReportSection.CIRCUMSTANCES,
        fields=["circumstances"],
    )


def _check_cause(report: Report, found: ChosenCause, *, at: datetime) -> ChosenCause:
    words = found.cause_words.strip()
    if found.cause not in set(Cause):
        raise MissingFields("cause", _("Choose the cause, or say that it is not known yet."))
    if found.cause == Cause.OTHER and not words:
        raise MissingFields("cause_words", _("Describe the cause."))
    if has_name(words, names_on_list(report)):
        sentence = _("Describe the cause without the names of people on the pre-release access list. Give their posts.")
        raise FieldRefused("cause_words", sentence)
    available = found.available_at
    if available is None:
        return ChosenCause(found.cause, words, None, found.available_unknown.strip())
    if available > at:
        sentence = _("The time when %(release)s was made available must be in the past. You entered %(moment)s.")
        values = {"release": name_last(late_titles(report)), "moment": exact_time(available)}
        raise FieldRefused("available_time", sentence % values)
    due = _find_late_due(report, available, at=at)
    if due and contradicts_due_time(ReportKind.LATE, _answer_at(available), due):
        sentence = _(
            "This report is about a late release, so enter a date and time after the release was due (%(moment)s)."
        )
        raise FieldRefused("available_time" if due.at else "available_on", sentence % {"moment": describe_moment(due)})
    if (first := content_of(report).first_day) and local_date(available) < first:
        raise FieldRefused("available_on", _("The release cannot have been made available before the breach occurred."))
    return ChosenCause(found.cause, words, available)


def _find_late_due(report: Report, available: datetime, *, at: datetime) -> Answer | None:
    """Return when the late release was due. If there are several late releases, return the latest due time.

    Return None if the report is about another kind of breach. For example, an early release is available before it is
    due.
    """
    late = report.suspicions.filter(kind="late").select_related("verification")
    if missed := max((suspicion.verification.due_at for suspicion in late), default=None):
        return _answer_at(missed)
    if report.kind != ReportKind.LATE:
        return None
    content = content_of(report)
    due = _find_due(report, content, happened=_answer_at(available), at=at)
    # If the due date is after the day of the breach, it is not the date that was missed.
    is_later = due and due.on and content.first_day and due.on > content.first_day
    return None if is_later else due


def people_to_assign(report: Report) -> QuerySet[User]:
    roles = list(TABLE[Action.DEAL])
    held = get_user_model().objects.filter(memberships__producer=report.producer, memberships__role__in=roles)
    return held.filter(is_active=True).distinct().order_by("name", "pk")


def assignment_obstacle(report: Report) -> str:
    """Return why a report cannot be assigned in its present state, or "" if it can be assigned."""
    if report.status in DECIDED:
        return _("This report has been decided, so you cannot assign it.")
    if report.status in MERGED_OR_SPLIT:
        return _("This report was combined or separated. Assign the report that replaced it.")
    return ""


def assign_report(report: Report, *, person: User, by: User, at: datetime) -> Report:
    """Assign a report to a person who has a role for it, and record an event.

    If the report is already assigned to this person, do nothing.

    :raises MoveRefused: if the report was decided, merged or split, or if the person has no role for it.
    :raises ChangedMeanwhile: if the report was assigned or decided since it was read.
    :raises ValueError: if none of the roles of `by` lets them assign reports.
    """
    role = senior_role(by, TABLE[Action.DEAL], report)
    if sentence := assignment_obstacle(report):
        raise MoveRefused(sentence)
    if not people_to_assign(report).filter(pk=person.pk).exists():
        sentence = _("%(person)s has no role that lets them deal with this report.")
        raise MoveRefused(sentence % {"person": person})
    if report.person_dealing_id == person.pk:
        return report
    kind = "dealing_taken" if person == by else "dealing_changed"
    with transaction.atomic():
        unchanged = Report.objects.filter(pk=report.pk, person_dealing=report.person_dealing_id)
        if not unchanged.filter(status__in=UNDECIDED).update(person_dealing=person, dealing_since=at):
            raise ChangedMeanwhile(_("Another person assigned this report. Check who is dealing with it now."))
        moved = Report.objects.select_related("producer", "person_dealing").get(pk=report.pk)
        words = "" if person == by else str(person)
        record_report_event(
            moved, kind, at=at, by=by, words=words, role=role, was=report.person_dealing_id, person=person.pk
        )
    return moved


def assigned_contact(report: Report) -> ContactPerson | None:
    """Return the contact details of the person to whom a report is assigned, or None if it is not assigned.

    If the producer has a contact for this person, return the details of the contact. Otherwise, return the name and the
    email address of the person's account.
    """
    person = report.person_dealing
    if person is None:
        return None
    contact = Contact.objects.filter(producer=report.producer, user=person).first()
    return contact_person(contact) if contact else ContactPerson(str(person), person.email)


def suggest_contact(report: Report, content: ReportContent) -> ContactPerson | None:
    """Return the contact details that we suggest for the person dealing with a report.

    Return None if the content already has these details, or if the report is not assigned.
    """
    person = assigned_contact(report)
    return None if person == content.dealing else person


def declare_own_act(report: Report, *, by: User, at: datetime, words: str = "") -> None:
    """Record that a report is about something that the person did. If this is already recorded, do nothing.

    The person may still edit and submit the report, record the answer, and send a document that another person
    approved. Only other people may make the moves in `DECISIONS` and decide whether the report is public.

    :raises ValueError: if none of the person's roles lets them write reports or decide on them.
    """
    role = senior_role(by, WRITERS, report)
    try:
        with transaction.atomic():
            lock_report(report)
            OwnAct(report=report, person=by, at=at).save()
            record_report_event(report, "own_act_declared", at=at, by=by, words=words.strip(), role=role)
    except IntegrityError:
        if not OwnAct.objects.filter(report=report, person=by).exists():
            raise


def timeline_entries(report: Report) -> tuple[TimelineEntry, ...]:
    """Return the entries that a report's timeline may print, in chronological order.

    These are recorded facts, and notes that have not been corrected.
    """
    suspicions = list(report.suspicions.with_facts())
    facts = facts_of_suspicions(suspicions)
    entries = [
        entry for suspicion in suspicions for entry in _recorded_entries(suspicion, facts[suspicion.verification_id])
    ]
    if report.available_at:
        text = f"The producer states that {name_last(late_titles(report))} was available."
        entries.append(TimelineEntry(report.available_at, text, "available"))
    entries += map(entry_of_note, report.timeline_notes.uncorrected())
    return sort_entries({entry.source: entry for entry in entries}.values())


def entry_of_note(note: TimelineNote) -> TimelineEntry:
    """Return the timeline entry for a note. It has no author, because the form names posts and not people."""
    return TimelineEntry(note.happened_at, note.text, f"note-{note.pk}")


def note_digest(note: TimelineNote) -> str:
    """Return a short digest of the text of a note. The form for a correction contains the digest."""
    return digest_json({"text": note.text})[:16]


# The end of the source of a timeline entry about the last check that did not find a release.
ABSENT = "-absent"


def outdated_entries(report: Report, content: ReportContent) -> tuple[TimelineEntry, ...]:
    """Return the printed entries whose note was corrected or whose recorded fact has changed.

    An entry that says that a check did not find a release stays true if a later check did not find it either.
    """
    if not content.timeline:
        return ()
    present = timeline_entries(report)
    last_absent = {(entry.source, entry.text): entry.at for entry in present if entry.source.endswith(ABSENT)}
    return tuple(
        entry
        for entry in content.timeline
        if entry not in present and last_absent.get((entry.source, entry.text), entry.at) <= entry.at
    )


# The words for the kinds of suspicion in a printed timeline, which is always in English.
_SUSPECTED_KINDS: Mapping[ReportKind, str] = {
    ReportKind.LATE: "late",
    ReportKind.EARLY: "early",
    ReportKind.PARTIAL: "incomplete",
}


def _recorded_entries(suspicion: Suspicion, facts: Facts) -> Iterator[TimelineEntry]:
    verdict, title = suspicion.shown_verdict, f"‘{suspicion.release.title}’"
    key = f"verdict-{verdict.pk}"
    yield TimelineEntry(verdict.due_at, f"{title} was due to be released.", f"{key}-due")
    for result, address in zip(verdict.results, facts.addresses, strict=True):
        name = name_in_timeline(facts, address)
        what = title if name == NAME_OF_ONLY_PAGE else f"{name} of {title}"
        at = f"{key}-{result.address}"
        if first := _first_failed_check(facts, address):
            yield TimelineEntry(first, f"The automatic check did not find {what}.", f"{key}-first-{result.address}")
        if absent := result.verdict.last_not_live_at:
            text = f"The automatic check did not find {what}."
            yield TimelineEntry(round_down(absent), text, f"{at}{ABSENT}")
        if live := result.verdict.first_live_at:
            yield TimelineEntry(round_up(live), f"The automatic check found {what} for the first time.", f"{at}-seen")
        for number, flip in enumerate(result.verdict.flips, start=1):
            which = f"-{number}" if number > 1 else ""
            text = f"The automatic check did not find {what} there any more."
            yield TimelineEntry(round_down(flip.gone_at), text, f"{at}-gone{which}")
            if flip.back_at:
                text = f"The automatic check found {what} there again."
                yield TimelineEntry(round_up(flip.back_at), text, f"{at}-back{which}")
    kind = _SUSPECTED_KINDS[ReportKind(suspicion.kind)]
    raised = f"Automatic check: suspected breach ({kind}) in the release of {title}."
    yield TimelineEntry(round_down(suspicion.raised_at), raised, f"suspicion-{suspicion.pk}")
    if suspicion.kind == ReportKind.EARLY:
        yield from _response_to_early(suspicion, title)


def _first_failed_check(facts: Facts, address: AddressFacts) -> datetime | None:
    """Return the time of the first check since an address was due, if this check did not find the address.

    The account of the breach gives this time. Return None if another entry is about this check.
    """
    since = facts.limit_of(address) if address.may_follow else facts.due_at
    first = next((check.sighting for check in address.checks_since(since)), None)
    if first is None or first.result is not CheckOutcome.NOT_LIVE:
        return None
    others = {address.verdict.last_not_live_at, *(flip.gone_at for flip in address.verdict.flips)}
    return None if others & {first.sent_at, first.completed_at} else round_down(first.at_the_earliest)


def _response_to_early(suspicion: Suspicion, title: str) -> Iterator[TimelineEntry]:
    """Yield timeline entries for the response to an early release.

    There is an entry for each decision on the early release, for a decision to release it at once, and for the time
    when OSR was informed.
    """
    for row in suspicion.decisions.all():
        decision = early_decision(row)
        text = f"{describe_decider(decision.role)} decided to {describe_choice(decision, title)}."
        yield TimelineEntry(round_down(row.decided_at), text, f"decision-{row.pk}")
    release = suspicion.release
    at_once = release.departures.filter(kind=DepartureKind.AT_ONCE, schedule_version__gt=suspicion.schedule_version)
    for departure in at_once:
        key = f"departure-{departure.pk}"
        is_present = departure.schedule_version == release.schedule_version
        time = f", at {format_moment(release.due_at)}" if is_present and release.due_at else ""
        text = f"The Head of Profession for Statistics or a deputy decided to release {title} at once{time}."
        yield TimelineEntry(round_down(departure.decided_at), text, key)
        if departure.osr_told_at:
            text = "The Office for Statistics Regulation (OSR) was informed."
            yield TimelineEntry(round_down(departure.osr_told_at), text, f"{key}-osr")


def write_note(
    report: Report,
    *,
    text: str,
    happened_at: datetime,
    by: User,
    at: datetime,
    corrects: TimelineNote | None = None,
    note_seen: str | None = None,
    printed: bool = False,
) -> TimelineNote:
    """Write a note, or correct an earlier note. If a person sends the same note twice, it is stored once.

    :param happened_at: the time of the event, as an aware datetime. It must not be after `at`.
    :param corrects: the earlier note that the new note replaces. The earlier note stays on record but is no longer
        printed.
    :param note_seen: the result of `note_digest` for `corrects` when the page was shown. It is None if the new text was
        not written on a page.
    :param printed: whether the timeline prints the note. This has no effect if the person may not edit the report in
        its present state.
    :raises MissingFields: if the text is empty.
    :raises FieldRefused: if the note is about the future, or if `corrects` has already been corrected.
    :raises NoteRedacted: if `corrects` was redacted after the page was shown.
    :raises ValueError: if none of the person's roles lets them write notes.
    """
    role = senior_role(by, TABLE[Action.WRITE_NOTE], report)
    words = text.strip()
    if not words:
        raise MissingFields("text", _("Write what happened."))
    if happened_at > at:
        sentence = _("%(moment)s is in the future. A note can only describe what has happened.")
        raise FieldRefused("happened_time", sentence % {"moment": format_moment(happened_at)})
    mine = report.timeline_notes.filter(written_by=by, text=words, happened_at=happened_at, corrects=corrects)
    with transaction.atomic():
        lock_report(report)
        if (again := mine.first()) is not None:
            return again
        if corrects and note_seen is not None:
            stored = TimelineNote.objects.get(pk=corrects.pk)
            if note_seen != note_digest(stored):
                raise NoteRedacted(stored)
        note = TimelineNote(report=report, text=words, happened_at=happened_at, written_at=at, written_by=by, role=role)
        note.corrects = corrects
        try:
            with transaction.atomic():
                note.save()
        except IntegrityError:
            if corrects is None or not TimelineNote.objects.filter(corrects=corrects).exists():
                raise
            sentence = _("This note has already been corrected. Correct the later note instead.")
            raise FieldRefused("text", sentence) from None
        which = {"note": note.pk, "corrects": corrects.pk if corrects else None}
        kind = "note_corrected" if corrects else "note_written"
        record_report_event(
            report, kind, at=at, by=by, words=words, role=role, happened_at=happened_at.isoformat(), **which
        )
        _choose_note(report, note, printed=printed, by=by, at=at)
    return note


def may_choose_entries(person: User, report: Report) -> bool:
    return EDIT in moves_open_to(person, report)


def choose_entries(
    report: Report, *, sources: Collection[str], expected_version: int, by: User, at: datetime
) -> SavedSection:
    """Choose the entries that the report's timeline prints.

    The entries are copied into a new version of the report.

    :param sources: the `source` of each chosen entry. Unknown sources are ignored.
    :param expected_version: the number of the version that the person read.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    :raises SameFieldChanged: if another person has chosen other entries since `expected_version`.
    """
    chosen = tuple(entry for entry in timeline_entries(report) if entry.source in sources)
    return _save_timeline(report, chosen, expected_version=expected_version, by=by, at=at)


def _choose_note(report: Report, note: TimelineNote, *, printed: bool, by: User, at: datetime) -> None:
    """Update the printed entries of the timeline after a note was written.

    If `printed` is true, the new note is added. If the new note corrects an earlier note, the earlier note is removed.
    If the person may not edit the report, nothing is changed.
    """
    fresh = Report.objects.select_related("producer").get(pk=report.pk)
    if not may_choose_entries(by, fresh):
        return
    content = content_of(fresh)
    replaced = entry_of_note(note.corrects).source if note.corrects else ""
    others = [entry for entry in content.timeline if entry.source != replaced]
    chosen = sort_entries([*others, entry_of_note(note)] if printed else others)
    if chosen != content.timeline:
        _save_timeline(fresh, chosen, expected_version=fresh.version, by=by, at=at)


def _save_timeline(
    report: Report, chosen: tuple[TimelineEntry, ...], *, expected_version: int, by: User, at: datetime
) -> SavedSection:
    return save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        only=("timeline",),
        values={"timeline": chosen},
        expected_version=expected_version,
        by=by,
        at=at,
    )

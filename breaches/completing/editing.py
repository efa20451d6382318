"""Writing a report: one section at a time, by several people, with nobody's words lost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from breaches.core.content import ReportContent, from_json
from breaches.core.remarks import Remark, Section, impossible
from breaches.core.status import EDIT, REPORT
from breaches.drafts.machine_text import FROM_FACTS
from breaches.models import Report, ReportVersion
from breaches.permissions import roles_for
from breaches.reports import versions
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.rules.london import local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

FIELDS: dict[Section, tuple[str, ...]] = {
    Section.CORE_INFORMATION: ("outputs", "producers", "dealing", "head_of_profession", "statement_url"),
    Section.CIRCUMSTANCES: ("practices", "other_practices", "occurred_on", "circumstances"),
    Section.IMPACT: ("impact",),
    Section.CORRECTIVE_ACTIONS: ("corrective_actions",),
}

# Losing the race for the next version this often in a row means that something else is wrong.
ATTEMPTS = 5


class SameFieldChanged(MoveRefused):
    """Somebody changed the same fields since they were read; nothing was saved.

    `current` is the version that now stands, `fields` the fields that two people changed.
    """

    def __init__(self, current: ReportVersion, fields: Collection[str]) -> None:
        super().__init__(_("Somebody else changed the same text while you were writing; yours is not saved yet."))
        self.current = current
        self.fields = tuple(fields)


class Impossible(MoveRefused):
    """What was written cannot be true; `remarks` says why, field by field."""

    def __init__(self, remarks: Collection[Remark]) -> None:
        super().__init__(" ".join(remark.sentence for remark in remarks))
        self.remarks = tuple(remarks)


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving came to: `changed` is false where the text already said so; `beside` names who wrote meanwhile."""

    report: Report
    changed: bool
    beside: str = ""


def save_section(
    report: Report,
    *,
    section: Section,
    values: Mapping[str, Any],
    expected_version: int,
    by: "User",
    at: datetime,
    facts_seen: str = "",
    only: Collection[str] = (),
    why: str = "edited",
) -> Saved:
    """Save one section as a new version of the report.

    Fields that somebody else changed since `expected_version` keep their change, as long as this person left them
    alone; the same field changed by both is refused.

    :param values: the section's fields of `ReportContent`.
    :param expected_version: the number of the version that the person read before writing.
    :param at: the aware instant of saving.
    :param facts_seen: what `facts_digest` gave when the page was shown: the offer of newer facts that was read.
    :param only: the fields that are written; if not given, all that the section's form holds.
    :param why: what made the new version; whoever made one as "edited" has written the report.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    :raises SameFieldChanged: if another person, or the record, changed the same field meanwhile.
    :raises Impossible: if what was written cannot be true.
    """
    values = {field: values[field] for field in only or FIELDS[section]}
    for attempt in range(ATTEMPTS):
        fresh = Report.objects.select_related("producer").get(pk=report.pk)
        move = REPORT.check(EDIT, source=fresh.status, roles=roles_for(by, fresh))
        read = _version_read(report, expected_version)
        current = versions.present(fresh)
        content = _merged(values, read=read, current=current)
        _refuse_impossible(content, section=section, at=at)
        beside = _beside(fresh, read=read)
        machine = _machine_beside(fresh, current, section=section, facts_seen=facts_seen)
        if content == from_json(current.content) and machine == current.machine:
            return Saved(fresh, changed=False, beside=beside)
        try:
            saved = versions.advance(
                fresh,
                move,
                kind="edited",
                by=by,
                at=at,
                content=content,
                machine=machine,
                why=why,
                section=section,
                fields=_changed(from_json(current.content), content),
            )
        except ChangedMeanwhile:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return Saved(saved, changed=True, beside=beside)
    raise AssertionError  # the loop returns or raises


def _version_read(report: Report, number: int) -> ReportVersion:
    read = report.versions.filter(number=number).first()
    if read is None:
        sentence = _("This report has no version %(number)s; open the page again.") % {"number": number}
        raise MoveRefused(sentence)
    return read


def facts_digest(report: Report) -> str:
    """Return a short digest of the newest facts beside a report, to tell later which ones a page has shown."""
    return sha256_hex(canonical_json(report.machine))[:16]


def _merged(values: Mapping[str, Any], *, read: ReportVersion, current: ReportVersion) -> ReportContent:
    base, theirs = from_json(read.content), from_json(current.content)
    mine = {field: value for field, value in values.items() if value != getattr(base, field)}
    both = [field for field, value in mine.items() if getattr(theirs, field) not in (getattr(base, field), value)]
    if both:
        raise SameFieldChanged(current, both)
    return replace(theirs, **mine)


def _refuse_impossible(content: ReportContent, *, section: Section, at: datetime) -> None:
    if remarks := [one for one in impossible(content, today=local_date(at)) if one.section == section]:
        raise Impossible(remarks)


def _beside(report: Report, *, read: ReportVersion) -> str:
    others = report.versions.filter(number__gt=read.number).select_related("written_by")
    names = [str(version.written_by) if version.written_by else _("the automatic check") for version in others]
    return ", ".join(dict.fromkeys(names))


def _machine_beside(report: Report, current: ReportVersion, *, section: Section, facts_seen: str) -> dict[str, Any]:
    """Return the machine's text as it stood beside this section's fields when the person wrote."""
    machine: dict[str, Any] = current.machine
    if facts_seen != facts_digest(report):
        return machine
    offered = [field for field in FIELDS[section] if field in FROM_FACTS and field in report.machine]
    return machine | {field: report.machine[field] for field in offered}


def _changed(was: ReportContent, now: ReportContent) -> list[str]:
    return [field.name for field in fields(now) if getattr(was, field.name) != getattr(now, field.name)]

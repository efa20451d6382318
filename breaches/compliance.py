"""Policy texts, approval of yearly compliance tables, and the switch for public punctuality pages.

`breaches/compliance_figures.py` counts the figures, and `breaches/compliance_files.py` writes the files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.compliance_figures import (
    FIGURES,
    GROUP_NAMES,
    YearRecord,
    describe_notice,
    describe_on_time,
    find_output_titles,
    read_year,
)
from breaches.models import (
    ComplianceDocument,
    CorrectiveAction,
    PolicyText,
    PunctualitySwitch,
    RegisterEvent,
    ReportRowRecord,
)
from breaches.permissions import TABLE, Action, acting_role, listed_reports_with
from breaches.rules.compliance import (
    AFTER_TABLE,
    BEFORE_TABLE,
    GROUPS,
    ComplianceContent,
    ComplianceTable,
    Figure,
    FigureChange,
    FigureList,
    ListRow,
    PersonalText,
    PolicySection,
    compare_tables,
    compliance_digest,
    compliance_from_json,
    compliance_to_json,
    pack_lists,
    read_lists,
    sections_from_json,
    sections_to_json,
    unpack_lists,
    write_lists,
)
from breaches.rules.document import paragraphs
from breaches.versions import DOCUMENTS_AT_ONCE
from releases.models import Producer
from releases.permissions import COVER_ROLE, Person, User, cover_of
from releases.public.feeds import absolute_address
from releases.rules.calendar import format_day
from releases.rules.canonical import digest_json, sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role

POLICY_EDITED, TABLE_APPROVED = "policy_edited", "yearly_table_approved"
PUNCTUALITY_SHOWN, PUNCTUALITY_HIDDEN = "punctuality_shown", "punctuality_hidden"
LONGEST_SECTION = 6000

SECTIONS: Mapping[PolicySection, Any] = {
    PolicySection.INTRODUCTION: lazy("Introduction"),
    PolicySection.ANNOUNCEMENT: lazy("How we announce releases"),
    PolicySection.DATE_CHANGES: lazy("How we change a date"),
    PolicySection.ACCESS: lazy("Access before release"),
    PolicySection.TIMELINESS: lazy("When we release"),
    PolicySection.BREACHES: lazy("How we handle breaches"),
    PolicySection.NOTES: lazy("Notes on the figures"),
}
ROLE_NAMES: Mapping[Role, Any] = {
    Role.HEAD_OF_PROFESSION: lazy("the Head of Profession for Statistics"),
    Role.DEPUTY: lazy("a Deputy Head of Profession for Statistics"),
}


class TwoPeopleNeeded(MoveRefused):
    """The person wrote the text, and the producer requires that another person approves it."""


class NotApprovable(MoveRefused):
    """The table cannot be approved.

    A report is undecided or being corrected, the introduction is missing, or nothing has changed.
    """


class NotWritten(MoveRefused):
    """A file could not be written, so nothing was approved."""


class ComplianceFileChanged(Exception):
    """The stored bytes of an approved file, or of the approved lists, do not match their recorded hash."""


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """The policy texts for a year.

    If texts were saved for the year, `number` is the number of the latest version. Otherwise, `number` is 0 and the
    texts are only proposed. They are copied from an earlier year (`begun_from`), if there is one.
    """

    sections: Mapping[PolicySection, str]
    number: int = 0
    begun_from: int | None = None


def read_policy(producer: Producer, year: int) -> PolicyDraft:
    """Return the newest policy texts of a year.

    If no texts were saved for the year, return the texts of the last earlier year as a proposal.
    """
    texts = PolicyText.objects.filter(producer=producer, year__lte=year)
    newest = texts.order_by("-year", "-number").first()
    if newest is None:
        return PolicyDraft({})
    sections = sections_from_json(newest.sections)
    if newest.year != year:
        return PolicyDraft(sections, begun_from=newest.year)
    return PolicyDraft(sections, number=newest.number)


class SectionConflict(Exception):
    """Another person has changed the same section.

    `theirs` is the policy as it is stored now. `change` is the version that changed the section. Later versions may
    have changed other sections.
    """

    def __init__(self, theirs: PolicyDraft, change: PolicyText) -> None:
        super().__init__("The section was changed meanwhile.")
        self.theirs = theirs
        self.change = change


def save_policy_section(
    producer: Producer, year: int, section: PolicySection, text: str, *, seen: int, by: User, at: datetime
) -> PolicyText | None:
    """Save the text of a section as a new version of the year's policy.

    If the text is unchanged, nothing is saved. But the first version of a year is always saved, even if it repeats the
    proposed text.

    :param seen: the number of the version that the person read, or 0 if there was none.
    :return: the new version, or None if nothing was saved.
    :raises NotYours: if none of the person's roles lets them edit the policy.
    :raises SectionConflict: if another person has changed this section since the person read it.
    """
    role = acting_role(by, Action.WRITE_POLICY, producer)
    current = read_policy(producer, year)
    if current.number != seen:
        read = PolicyText.objects.filter(producer=producer, year=year, number=seen).first()
        before = sections_from_json(read.sections) if read else read_policy(producer, year - 1).sections
        if current.sections.get(section, "") not in (before.get(section, ""), text.strip()):
            raise SectionConflict(current, _find_change(producer, year, section))
    if current.sections.get(section, "") == text.strip() and current.number:
        return None
    stored = sections_to_json({**current.sections, section: text.strip()})
    version = PolicyText(
        producer=producer,
        year=year,
        number=current.number + 1,
        sections=stored,
        text_sha256=digest_json(stored),
        written_by=by,
        written_at=at,
    )
    try:
        with transaction.atomic():
            version.save()
            facts = {"year": year, "number": version.number, "section": section.value}
            _record_event(POLICY_EDITED, producer, by=by, role=role, at=at, text_sha256=version.text_sha256, **facts)
            ReportRowRecord.record({PolicyText: [version.pk]})
    except IntegrityError:
        if read_policy(producer, year).number == current.number:
            raise  # not because another person saved a section, perhaps another one, at the same moment
        return save_policy_section(producer, year, section, text, seen=seen, by=by, at=at)
    return version


def _find_change(producer: Producer, year: int, section: PolicySection) -> PolicyText:
    """Return the version of a year's policy that last changed a section. The year must have a version."""
    texts = PolicyText.objects.filter(producer=producer, year=year).select_related("written_by")
    change, *earlier = texts.order_by("-number")
    for version in earlier:
        if version.sections.get(section) != change.sections.get(section):
            break
        change = version
    return change


def _record_event(kind: str, producer: Producer, *, by: User, role: Role, at: datetime, **facts: Any) -> None:
    if role == COVER_ROLE and (cover := cover_of(by.pk, producer.pk, at=at)):
        facts |= {"covers": cover.absent_id}
    RegisterEvent.append([RegisterEvent(producer=producer, kind=kind, at=at, actor=by, facts={**facts, "role": role})])


def list_policy_events(producer: Producer, year: int) -> "QuerySet[RegisterEvent]":
    """Return the events about a year's policy and table, the latest first."""
    kinds = (POLICY_EDITED, TABLE_APPROVED)
    found = RegisterEvent.objects.filter(producer=producer, kind__in=kinds, facts__year=year)
    return found.select_related("actor").order_by("-position")


def list_documents(producer: Producer, year: int) -> "QuerySet[ComplianceDocument]":
    """Return the approved tables of a year, the newest first. The newest table is the one in force.

    The columns with the files and lists are deferred.
    """
    found = ComplianceDocument.objects.filter(producer=producer, year=year).select_related("approved_by")
    return found.defer("html", "odt", "pdf", "lists").order_by("-number")


def read_content(
    producer: Producer, year: int, *, by: User, now: datetime, with_lists: bool = True
) -> tuple[ComplianceContent, YearRecord, PolicyDraft]:
    """Return the content that an approval would store now, the record of the year, and the policy of the year.

    :param with_lists: whether to compute the digest of the lists, which takes half a second for 10,000 releases.
    """
    record, policy = read_year(producer, year, by=by, now=now), read_policy(producer, year)
    digest = sha256_hex(write_lists(record.listings)) if with_lists else ""
    return ComplianceContent(producer.name, record.table, policy.sections, digest), record, policy


def find_changes(document: ComplianceDocument, table: ComplianceTable) -> tuple[FigureChange, ...]:
    """Return the figures that have changed since the table was approved."""
    return compare_tables(compliance_from_json(document.content).table, table)


def have_lists_changed(document: ComplianceDocument, content: ComplianceContent) -> bool:
    """Return whether the lists have changed since the table was approved.

    Return False if the table was approved without lists, or if `content` was read without lists.
    """
    return document.has_lists and content.lists_sha256 not in {"", document.content["lists_sha256"]}


def has_text_changed(document: ComplianceDocument, content: ComplianceContent) -> bool:
    """Return whether the policy texts have changed since the table was approved.

    The numbers of the versions are not compared. The texts of an earlier year can change without a new version for this
    year, and a new version can restore the approved texts.
    """
    return bool(document.content["sections"] != sections_to_json(content.sections))


def find_obstacle(
    producer: Producer, content: ComplianceContent, record: YearRecord, policy: PolicyDraft, *, by: User
) -> MoveRefused | None:
    """Return the error that prevents a person from approving the table now, or None."""
    if record.undecided:
        # An approved table is published, so it must not count a suspected breach.
        sentence = ngettext(
            "Decide on %(number)s open report for this year before you approve the table.",
            "Decide on %(number)s open reports for this year before you approve the table.",
            record.undecided,
        )
        return NotApprovable(sentence % {"number": record.undecided})
    if record.corrections:
        sentence = ngettext(
            "Finish the correction of %(number)s report for this year before you approve the table.",
            "Finish the corrections of %(number)s reports for this year before you approve the table.",
            record.corrections,
        )
        return NotApprovable(sentence % {"number": record.corrections})
    if not content.sections.get(PolicySection.INTRODUCTION):
        return NotApprovable(_("Write the introduction before you approve the table."))
    newest = list_documents(producer, content.table.year).first()
    if newest and newest.content_sha256 == compliance_digest(content):
        return NotApprovable(_("Nothing has changed since the table was approved."))
    if producer.two_person_approval and is_author(producer, content.table.year, by):
        return TwoPeopleNeeded(_("You wrote this text. Another person must approve it."))
    return None


def is_author(producer: Producer, year: int, person: User) -> bool:
    """Return whether a person saved the policy texts of a year, or wrote some of their lines in an earlier year."""
    standing = _lines_of(read_policy(producer, year).sections)
    newest: dict[int, frozenset[str]] = {}
    # The order of saving, because the first version of a year repeats the text that the last earlier year had then.
    for version in PolicyText.objects.filter(producer=producer, year__lte=year).order_by("pk"):
        lines = _lines_of(sections_from_json(version.sections))
        before = newest.get(max((each for each in newest if each <= version.year), default=0), frozenset())
        newest[version.year] = lines
        if version.written_by_id == person.pk and (version.year == year or (lines - before) & standing):
            return True
    return False


def _lines_of(sections: Mapping[PolicySection, str]) -> frozenset[str]:
    return frozenset(line.strip() for text in sections.values() for line in text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class ComplianceLine:
    """One printed line of the table. `address` is the full web address of the list behind the figure."""

    figure: Figure
    label: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class ComplianceLayout:
    """A table and its policy as they are printed in the files.

    :ivar before: the policy sections before the table. Each has a heading and paragraphs, and a paragraph has lines.
    :ivar groups: the groups of figures. Each has a heading and lines.
    :ivar after: the policy sections after the table, with the same structure as `before`.
    :ivar approval: a sentence that says who approved the table and when. It is empty for a draft.
    """

    title: str
    producer: str
    period: str
    before: Sequence[tuple[str, Sequence[Sequence[str]]]]
    groups: Sequence[tuple[str, Sequence[ComplianceLine]]]
    after: Sequence[tuple[str, Sequence[Sequence[str]]]]
    rules: Sequence[str]
    approval: str = ""
    number: int = 0
    approved_at: datetime | None = None

    @property
    def draft_mark(self) -> str:
        return "" if self.approval else _("Draft: not approved")

    @property
    def table_heading(self) -> str:
        return _("Compliance table")

    @property
    def rules_heading(self) -> str:
        return _("How we count")

    @property
    def columns(self) -> tuple[str, str]:
        return _("Figure"), _("Number")


@dataclass(frozen=True, slots=True)
class ComplianceFiles:
    html: bytes
    odt: bytes
    pdf: bytes


# A function that writes the files of a layout. Views pass `compliance_files.write_files` to `approve_table`.
type WriteFiles = Callable[[ComplianceLayout], ComplianceFiles]


def lay_out_table(
    producer: Producer,
    content: ComplianceContent,
    *,
    number: int = 0,
    role: Role | None = None,
    is_cover: bool = False,
    approved_at: datetime | None = None,
) -> ComplianceLayout:
    """Return the layout of a table and its policy. If `approved_at` is None, the layout is that of a draft.

    :param role: the role of the person who approved the table.
    :param is_cover: whether this person covered for the Head of Profession.
    """
    table = content.table

    def sections(wanted: Sequence[PolicySection]) -> list[tuple[str, Sequence[Sequence[str]]]]:
        texts = ((section, content.sections.get(section, "")) for section in wanted)
        return [(str(SECTIONS[section]), paragraphs(text)) for section, text in texts if text]

    approval = ""
    if approved_at is not None and role is not None:
        who = _("a person covering for the Head of Profession for Statistics") if is_cover else ROLE_NAMES[role]
        values = {"who": who, "on": format_day(approved_at), "number": number}
        approval = _("Approved by %(who)s on %(on)s. Version %(number)s.") % values

    def find_address(figure: Figure) -> str:
        if number:
            return frozen_list_address(producer, table.year, number, figure)
        return list_address(producer, table.year, figure)

    return ComplianceLayout(
        title=_("Release practice in %(year)s") % {"year": table.year},
        producer=content.producer,
        period=describe_period(table),
        before=sections(BEFORE_TABLE),
        groups=[
            (
                str(GROUP_NAMES[group]),
                [
                    ComplianceLine(figure, str(FIGURES[figure]), table.values[figure], find_address(figure))
                    for figure in figures
                ],
            )
            for group, figures in GROUPS.items()
        ],
        after=sections(AFTER_TABLE),
        rules=list_rules(table),
        approval=approval,
        number=number,
        approved_at=approved_at,
    )


def list_address(producer: Producer, year: int, figure: Figure) -> str:
    """Return the full web address of the current list behind a figure."""
    return absolute_address("breaches:yearly_list", producer.slug, str(year), figure.value)


def frozen_list_address(producer: Producer, year: int, number: int, figure: Figure) -> str:
    """Return the full web address of the approved list behind a figure, for version `number` of the table."""
    return absolute_address("breaches:frozen_list", producer.slug, str(year), str(number), figure.value)


def describe_period(table: ComplianceTable) -> str:
    first = date(table.year, 1, 1)
    return _("%(first)s to %(last)s") % {"first": format_day(first), "last": format_day(table.until)}


def list_rules(table: ComplianceTable) -> list[str]:
    """Return sentences that explain how the figures are counted."""
    return [
        describe_on_time(table.tolerances),
        _("The tolerance is our own measure. The Code of Practice for Statistics does not define it."),
        _(
            "If the result of a release is missing or could not be determined, we count the release neither as on time "
            "nor as late."
        ),
        _(
            "Percentages do not include these releases. We round percentages, but show 100.0 only if all the other "
            "releases were on time, and 0.0 only if none of the other releases was on time."
        ),
        _("[z] means not applicable."),
        describe_notice(),
        _("A post with access to several releases counts once. Rehearsals are not counted."),
        _("We count each breach and its corrective actions in the year in which the breach occurred."),
        _("We count a breach as reported once its report is sent to the Office for Statistics Regulation (OSR)."),
        _("Approved reports that have not been sent are counted separately."),
        _("Dismissed and withdrawn reports are not counted."),
    ]


def approve_table(
    producer: Producer, year: int, *, read_sha256: str, by: User, at: datetime, write: WriteFiles
) -> ComplianceDocument:
    """Approve a yearly table and its policy. Store the files and lists with their hashes.

    The files are written first, so a table that cannot be printed is not approved. Later changes to the record do not
    change an approved table. If a table is approved again, the new version replaces the earlier version, which remains
    stored.

    :param read_sha256: the digest of the content that the person read.
    :return: the approved table. If the person clicks twice, the second call returns the table that the first call
        approved.
    :raises NotYours: if none of the person's roles lets them approve tables.
    :raises NotApprovable: if a report of the year is undecided or being corrected, the introduction is missing or
        nothing has changed.
    :raises TwoPeopleNeeded: if the producer requires two people and this person wrote the text.
    :raises ChangedMeanwhile: if the record or the text has changed since the person read it, or if another person has
        just approved the table.
    :raises NotWritten: if a file cannot be written.
    """
    role = acting_role(by, Action.APPROVE_TABLE, producer)
    newest = list_documents(producer, year).first()
    if newest and newest.content_sha256 == read_sha256 and newest.approved_by_id == by.pk:
        return newest  # a second click
    content, record, policy = read_content(producer, year, by=by, now=at)
    if compliance_digest(content) != read_sha256:
        raise ChangedMeanwhile(
            _("The record or the text has changed since you read it. Check it before you approve it.")
        )
    if obstacle := find_obstacle(producer, content, record, policy, by=by):
        raise obstacle
    document = ComplianceDocument(
        producer=producer,
        year=year,
        number=newest.number + 1 if newest else 1,
        text_number=policy.number,
        content=compliance_to_json(content),
        content_sha256=read_sha256,
        lists=pack_lists(write_lists(record.listings)),
        approved_by=by,
        approved_role=role,
        approved_at=at,
        one_person=is_author(producer, year, by),
    )
    is_cover = role is COVER_ROLE and cover_of(by.pk, producer.pk, at=at) is not None
    layout = lay_out_table(producer, content, number=document.number, role=role, is_cover=is_cover, approved_at=at)
    try:
        files = write(layout)
    except Exception as fault:
        sentence = _("We could not create the files, so the table is not approved: %(fault)s") % {"fault": fault}
        raise NotWritten(sentence) from fault
    document.html, document.odt, document.pdf = files.html, files.odt, files.pdf
    for kind in FILE_KINDS:
        setattr(document, f"{kind}_sha256", sha256_hex(getattr(document, kind)))
    try:
        with transaction.atomic():
            document.save()
            _record_event(TABLE_APPROVED, producer, by=by, role=role, at=at, **_stated(document))
            ReportRowRecord.record({ComplianceDocument: [document.pk]})
    except IntegrityError:
        raise ChangedMeanwhile(
            _("Another person has just approved this table. Check it before you try again.")
        ) from None
    return document


FILE_KINDS = {
    "html": "text/html; charset=utf-8",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
}
_STATED = ("year", "number", "text_number", "content_sha256", "html_sha256", "odt_sha256", "pdf_sha256", "one_person")


def _stated(document: ComplianceDocument) -> dict[str, Any]:
    return {name: getattr(document, name) for name in _STATED}


def file_of(document: ComplianceDocument, kind: str) -> bytes:
    """Return an approved file, after checking its hash.

    :param kind: html, odt or pdf.
    :raises ComplianceFileChanged: if the file was changed after its approval.
    """
    content = bytes(getattr(document, kind))
    if sha256_hex(content) != getattr(document, f"{kind}_sha256"):
        raise ComplianceFileChanged(f"The {kind} file of {document} was changed after its approval.")
    return content


@dataclass(frozen=True, slots=True)
class FrozenList:
    """An approved list behind a figure, with only the rows that a person may read.

    :ivar value: the approved figure.
    :ivar is_complete: whether the person may read all rows of the list.
    """

    value: str
    is_complete: bool
    listing: FigureList


def read_frozen_list(document: ComplianceDocument, figure: Figure, *, by: Person) -> FrozenList:
    """Return an approved list, with only the rows that a person may read.

    Rows about a report are left out if the person cannot see this report in lists now.

    :param document: an approved table with lists (`has_lists`).
    :param figure: a figure of the approved table.
    :raises ComplianceFileChanged: if the lists were changed after their approval.
    """
    frozen = read_lists(_lists_of(document))[figure]
    reports = {row.report for row in frozen.rows if row.report}
    of_producer = listed_reports_with(by, TABLE[Action.VIEW]).filter(producer=document.producer_id)
    readable = {"", *of_producer.filter(reference__in=reports).values_list("reference", flat=True)}
    rows = _add_personal_texts([row for row in frozen.rows if row.report in readable])
    value = compliance_from_json(document.content).table.values[figure]
    return FrozenList(value, len(rows) == len(frozen.rows), replace(frozen, rows=rows))


def _lists_of(document: ComplianceDocument) -> bytes:
    """Return the approved lists of a table, after checking their digest.

    :raises ComplianceFileChanged: if the lists were changed after their approval.
    """
    written = unpack_lists(bytes(document.lists or b""), sha256=document.content["lists_sha256"])
    if written is None:
        raise ComplianceFileChanged(f"The lists of {document} were changed after their approval.")
    return written


def _add_personal_texts(rows: Sequence[ListRow]) -> list[ListRow]:
    """Return rows of an approved list with their personal texts filled in.

    Approved lists do not store personal texts, such as names. These texts are read from the current record.
    """
    keys = {
        text: {row.personal.key for row in rows if row.personal and row.personal.text is text} for text in PersonalText
    }
    accounts = get_user_model()._default_manager.in_bulk(keys[PersonalText.ACCOUNT_NAME])
    actions = CorrectiveAction.objects.in_bulk(keys[PersonalText.ACTION_TEXT])
    texts = {
        PersonalText.ACCOUNT_NAME: {key: str(account) for key, account in accounts.items()},
        PersonalText.ACTION_TEXT: {key: action.text for key, action in actions.items()},
        PersonalText.OUTPUT_TITLE: find_output_titles(keys[PersonalText.OUTPUT_TITLE]),
    }

    def fill(row: ListRow) -> ListRow:
        if row.personal is None:
            return row
        cells = list(row.cells)
        cells[row.personal.column] = texts[row.personal.text].get(row.personal.key, "")
        return replace(row, cells=tuple(cells))

    return [fill(row) for row in rows]


def name_file(producer: Producer, year: int, kind: str, *, number: int = 0) -> str:
    return f"release-practice-{producer.slug}-{year}-{f'version-{number}' if number else 'draft'}.{kind}"


def _find_changed_part(document: ComplianceDocument) -> str | None:
    """Compare the files and the lists of an approved table with their hashes.

    :return: the name of the first part that was changed, or None if nothing was changed.
    """
    for kind in FILE_KINDS:
        try:
            file_of(document, kind)
        except ComplianceFileChanged:
            return f"the {kind} file"
    try:
        if document.has_lists:
            _lists_of(document)
    except ComplianceFileChanged:
        return "the set of lists"
    return None


def check_compliance_documents() -> str | None:
    """Return a sentence about the first approved table that is missing or was changed, or None."""
    events = RegisterEvent.objects.filter(kind=TABLE_APPROVED).order_by("position")
    approved = {(event.producer_id, event.facts["year"], event.facts["number"]): event for event in events.iterator()}
    for document in ComplianceDocument.objects.order_by("pk").iterator(chunk_size=DOCUMENTS_AT_ONCE):
        name = f"{document._meta.label_lower} {document.pk}"
        if part := _find_changed_part(document):
            return f"{part} of {name} was changed after its approval"
        key = (document.producer_id, document.year, document.number)
        # If the table was approved after the events were read, its event is not in `approved`. So the event is queried
        # here.
        event = (
            approved.pop(key, None) or events.filter(producer=key[0], facts__year=key[1], facts__number=key[2]).first()
        )
        stated = event and {name: event.facts[name] for name in _STATED} | {"by": event.actor_id, "at": event.at}
        if stated != _stated(document) | {"by": document.approved_by_id, "at": document.approved_at}:
            return f"{name} does not match any approval event"
        if digest_json(document.content) != document.content_sha256:
            return f"the content of {name} was changed after its approval"
    if approved:
        producer, year, number = min(approved)
        return f"the approved table {number} of {year} of producer {producer} is missing"
    return None


def last_switch(producer: Producer) -> PunctualitySwitch | None:
    return PunctualitySwitch.objects.filter(producer=producer).select_related("by").order_by("number").last()


def producers_with_punctuality() -> "QuerySet[Producer]":
    """Return the producers whose public punctuality page is on, sorted by name."""
    last = PunctualitySwitch.objects.filter(producer=OuterRef("pk")).order_by("-number")
    return Producer.objects.annotate(is_on=Subquery(last.values("is_on")[:1])).filter(is_on=True).order_by("name")


def is_punctuality_public() -> bool:
    """Return whether any producer has its public punctuality page turned on."""
    return producers_with_punctuality().exists()


def switch_punctuality(producer: Producer, *, on: bool, seen: int, by: User, at: datetime) -> PunctualitySwitch:
    """Turn a producer's public punctuality page on or off.

    :param seen: the number of the last switch that the person read, or 0 if there was none.
    :return: the new switch. If the person clicks twice, the second call returns the switch that the first call stored.
    :raises NotYours: if none of the person's roles lets them turn the page on or off.
    :raises MoveRefused: if the page is already on, or already off.
    :raises ChangedMeanwhile: if another person has turned the page on or off since the person read it.
    """
    role = acting_role(by, Action.SHOW_PUNCTUALITY, producer)
    last = last_switch(producer)
    if last and (last.number, last.is_on, last.by_id) == (seen + 1, on, by.pk):
        return last
    changed = ChangedMeanwhile(
        _(
            "Another person has turned the public page on or off since you opened "
            "this page. Check it before you try again."
        )
    )
    if (last.number if last else 0) != seen:
        raise changed
    if bool(last and last.is_on) == on:
        raise MoveRefused(_("The page is already on.") if on else _("The page is already off."))
    switch = PunctualitySwitch(producer=producer, number=seen + 1, is_on=on, by=by, role=role, at=at)
    try:
        with transaction.atomic():
            switch.save()
            kind = PUNCTUALITY_SHOWN if on else PUNCTUALITY_HIDDEN
            _record_event(kind, producer, by=by, role=role, at=at, number=switch.number)
            ReportRowRecord.record({PunctualitySwitch: [switch.pk]})
    except IntegrityError:
        raise changed from None
    return switch

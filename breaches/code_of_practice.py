"""The practices that a report may cite, and their wording as confirmed by the office."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.models import Edition, Practice, Report
from breaches.permissions import may_settle_wording
from breaches.rules.content import CitedPractice, Remark, ReportContent, ReportSection
from breaches.rules.lifecycle import ReportKind
from releases.permissions import NotYours, User
from releases.rules.calendar import format_day, local_date
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The practices that we suggest for one kind of breach, based on citations in published reports.

    A draft cites the practices in `edition_2` (for editions 2.0 and 2.1) or `edition_3`. It does not cite the practices
    in `likely`, but the page lists them directly after the suggested practices. `cases` is the number of published
    reports on which the suggestion is based, or None if this number is not known.
    """

    edition_2: tuple[str, ...]
    edition_3: tuple[str, ...]
    likely: tuple[str, ...] = ()
    cases: int | None = None

    def cited_in(self, edition: str) -> tuple[str, ...]:
        """Return the codes of the practices that a draft cites from an edition.

        There are no suggestions for the edition of 2009.
        """
        return {"2": self.edition_2, "3": self.edition_3}.get(edition.partition(".")[0], ())


_LATE = Suggestion(("T3.6",), ("Standard 3", "3.6"), cases=10)
# Source: the practices cited in 37 published reports. For kinds of breach that are not listed here, people choose the
# practices without a suggestion.
SUGGESTIONS: Mapping[ReportKind, Suggestion] = {
    ReportKind.LATE: _LATE,
    ReportKind.NOT_LIVE: _LATE,
    ReportKind.PARTIAL: _LATE,
    # One of the four reports about early releases also cites T3.6.
    ReportKind.EARLY: Suggestion(("T3.3", "T3.4"), ("Standard 3", "3.3"), likely=("T3.6",), cases=4),
    ReportKind.PRA: Suggestion(("T3.3", "T3.4"), ("3.3", "3.4"), cases=13),
    ReportKind.ACCESS: Suggestion(("T3.3", "T3.4"), ("3.3",), cases=1),
    ReportKind.LEAK: Suggestion(("T3.4",), ("3.3",), cases=1),
    # A draft does not cite 1.4. Citing it would state that the producer did not challenge the misuse.
    ReportKind.USED_IN_PUBLIC: Suggestion(("T3", "T3.4"), ("3.3",), likely=("1.4",), cases=2),
    ReportKind.NOT_ANNOUNCED: Suggestion(("T3.1",), ("3.1",), cases=1),
    # No published report is only about a late announcement.
    ReportKind.LATE_ANNOUNCEMENT: Suggestion(("T3.1",), ("3.1",)),
    ReportKind.UNEQUAL_ACCESS: Suggestion(("V2",), ("10.1",)),
}


@dataclass(frozen=True, slots=True)
class PracticeChoice:
    """A practice that a report cites or may cite.

    `row` is the practice in the database, or None if it is no longer there.
    """

    cited: CitedPractice
    row: Practice | None
    suggestion: Suggestion | None = None

    @property
    def is_suggested(self) -> bool:
        return self.suggestion is not None and self.cited.code in self.suggestion.cited_in(self.cited.edition)


def cite_practice(practice: Practice) -> CitedPractice:
    """Return a copy of a practice for a report. Later changes to the practice do not affect the report."""
    return CitedPractice(
        edition=practice.edition.number,
        code=practice.code,
        principle=practice.principle,
        text=practice.wording if practice.is_settled else practice.title,
        confirmed=practice.is_settled,
    )


def suggest_practices(kind: str, *, on: date) -> tuple[CitedPractice, ...]:
    """Return the practices that a draft cites for a kind of breach.

    They are taken from the edition of the Code that was in force on the day `on`.
    """
    suggestion, edition = SUGGESTIONS.get(ReportKind(kind)), Edition.objects.in_force_on(on)
    if suggestion is None or edition is None:
        return ()
    rows = edition.practices.select_related("edition").filter(code__in=suggestion.cited_in(edition.number))
    return tuple(map(cite_practice, rows))


def offer_practices(report: Report, content: ReportContent) -> list[PracticeChoice]:
    """Return the practices that a report may cite. Suggested practices come first, then likely ones, then all others.

    The practices are taken from each edition that may have been in force on a day of the breach. If the content states
    no day, the days on record are used. If there are none, the day on which the report was drafted is used.
    """
    days = content.occurred_on or [date.fromisoformat(on) for on in report.machine.get("occurred_on", ())]
    days = days or [local_date(report.drafted_at)]
    editions = dict.fromkeys(edition for on in days for edition in Edition.objects.possibly_in_force_on(on))
    rows = Practice.objects.filter(edition__in=editions).select_related("edition")
    choices = _with_suggestions(report, [(cite_practice(row), row) for row in rows])
    return sorted(choices, key=lambda one: (not one.is_suggested, one.suggestion is None))


def find_cited_practices(report: Report, content: ReportContent) -> list[PracticeChoice]:
    rows = {(row.edition.number, row.code): row for row in _rows_of(content.practices)}
    cited = [(practice, rows.get((practice.edition, practice.code))) for practice in content.practices]
    return _with_suggestions(report, cited)


def _with_suggestions(
    report: Report, practices: Iterable[tuple[CitedPractice, Practice | None]]
) -> list[PracticeChoice]:
    # A joint report may be about several kinds of breach.
    kinds = dict.fromkeys([report.kind, *report.suspicions.values_list("kind", flat=True)])
    suggestions = [SUGGESTIONS[ReportKind(kind)] for kind in kinds if ReportKind(kind) in SUGGESTIONS]
    choices = []
    for cited, row in practices:
        # In a joint report, a practice may be suggested for one kind and only likely for another. Then it counts as
        # suggested.
        citing = (one for one in suggestions if cited.code in one.cited_in(cited.edition))
        likely = (one for one in suggestions if cited.code in one.likely)
        choices.append(PracticeChoice(cited, row, next(citing, next(likely, None))))
    return choices


def with_settled_wording(content: ReportContent) -> ReportContent:
    """Return a report's content with the confirmed wording of its practices.

    If the wording of a practice was already confirmed when the report cited it, the practice does not change.
    """
    settled = {
        (row.edition.number, row.code): cite_practice(row)
        for row in _rows_of(practice for practice in content.practices if not practice.confirmed)
        if row.is_settled
    }
    if not settled:
        return content
    practices = (
        one if one.confirmed else replace(settled.get((one.edition, one.code), one), on=one.on)
        for one in content.practices
    )
    return replace(content, practices=tuple(practices))


def find_edition_remarks(content: ReportContent) -> Iterator[Remark]:
    """Yield a warning for each cited edition that was not in force on any day of the breach.

    Also yield a warning for each edition that was in force on a day of the breach, if the edition may have come into
    force only after that day.
    """
    by_day = {on: Edition.objects.possibly_in_force_on(on) for on in content.occurred_on}
    in_force = [(editions[0], on) for on, editions in by_day.items() if editions]
    if not in_force:
        return
    first_in_force, first_day = in_force[0]
    possible = {edition.number for editions in by_day.values() for edition in editions}
    for cited in sorted({one.edition for one in content.practices} - possible):
        sentence = (
            f"Edition {cited} of the Code is cited, but edition {first_in_force.number} was in force on "
            f"{format_day(first_day)}."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, "practices", sentence)
    doubted: dict[Edition, date] = {}
    for edition, day in in_force:
        if edition.is_in_doubt_on(day):
            doubted.setdefault(edition, day)
    for edition, day in doubted.items():
        sentence = (
            f"We do not know the exact day on which edition {edition.number} of the Code came into force. "
            f"Check which edition was in force on {format_day(day)}."
        )
        yield Remark(ReportSection.CIRCUMSTANCES, "practices", sentence)


def settle_wording(
    practice: Practice, *, wording: str, source: str, source_url: str, seen: str, by: User, at: datetime
) -> Practice:
    """Confirm the wording of a practice. From now on, drafts that cite the practice print this wording.

    :param seen: the `settled_mark` of the practice when the page was shown to the person.
    :raises NotYours: if none of the person's roles lets them confirm a wording.
    :raises MissingFields: if the wording or the source is empty.
    :raises ChangedMeanwhile: if the wording has been confirmed since the page was shown.
    """
    if not may_settle_wording(by):
        raise NotYours(f"{by} may not settle the wording of practices.")
    for field, value in (("wording", wording), ("source", source)):
        if not value.strip():
            raise MissingFields(field, _("Enter the wording and where you read it"))
    with transaction.atomic():
        held = Practice.objects.select_for_update(of=("self",)).select_related("edition").get(pk=practice.pk)
        if held.settled_mark != seen:
            raise ChangedMeanwhile(_("Another person has confirmed this wording since you opened the page."))
        held.wording, held.source, held.source_url = wording.strip(), source.strip(), source_url.strip()
        held.settled_at, held.settled_by = at, by
        # `unconfirmed` names a point that still has to be confirmed. The person has now confirmed it.
        held.unconfirmed = ""
        # Outside a request, simple_history cannot find out who made the change.
        held._history_user = by  # type: ignore[attr-defined]  # read by simple_history
        held.save()
    return held


def _rows_of(cited: Iterable[CitedPractice]) -> list[Practice]:
    keys = {(practice.edition, practice.code) for practice in cited}
    rows = Practice.objects.filter(
        edition__number__in={edition for edition, _code in keys}, code__in={code for _edition, code in keys}
    )
    return [row for row in rows.select_related("edition") if (row.edition.number, row.code) in keys] if keys else []

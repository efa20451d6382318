"""A report is found by what its present version says, however that version came to be."""

import ast
from datetime import date, timedelta

import pytest
from django.conf import settings

from breaches import decisions, drafting, editing
from breaches.rules.content import CitedPractice, ReportSection
from breaches.versions import content_of
from tests.support.factories import SeriesFactory
from tests.support.people import AT, create_office, create_report
from tests.support.report_mornings import create_late_release

pytestmark = pytest.mark.django_db

V2 = CitedPractice("2.0", "V2", "V2 Accessibility", "Equal access.", confirmed=True)


def filed(report):
    """The day and the practices by which a report is found."""
    report.refresh_from_db()
    return report.occurred_on, sorted(report.practices_cited.values_list("edition", "code"))


def circumstances(report, office, **values):
    """The report with other circumstances, as its statistician saves them."""
    content = content_of(report)
    kept = {field: getattr(content, field) for field in editing.FIELDS[ReportSection.CIRCUMSTANCES]}
    return editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        values=kept | values,
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report


def test_a_drafted_report_is_found_by_the_day_it_was_due_and_the_practice_of_orderly_release():
    assert filed(create_report(create_office(), complete=False)) == (date(2020, 6, 30), [("2.0", "T3.6")])


def test_a_report_started_by_hand_is_found_by_the_day_that_the_person_gave(office):
    release = create_late_release(series=SeriesFactory(producer=office.producer))
    report = drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.head, at=AT)[0]
    day, practices = filed(report)
    assert day == date(2020, 6, 29)
    assert practices == sorted({(one.edition, one.code) for one in content_of(report).practices})


def test_an_edited_report_is_found_by_what_it_says_now(office, draft_report):
    report = draft_report
    days = (date(2020, 6, 30), date(2020, 6, 26))
    report = circumstances(report, office, occurred_on=days, practices=(V2,))
    assert filed(report) == (date(2020, 6, 26), [("2.0", "V2")])
    report = circumstances(report, office, occurred_on=(), practices=())
    assert filed(report) == (None, [])


def test_what_is_not_saved_changes_nothing_by_which_a_report_is_found(office, draft_report):
    with pytest.raises(editing.ImpossibleContent):
        circumstances(draft_report, office, occurred_on=(date(2031, 1, 1),), practices=(V2,))
    assert filed(draft_report) == (date(2020, 6, 30), [("2.0", "T3.6")])


def test_a_reopened_report_is_found_as_before(office, approved_report):
    decisions.reopen_report(approved_report, reason="A figure was wrong.", by=office.head, at=AT + timedelta(days=1))
    assert filed(approved_report) == (date(2020, 6, 30), [("2.0", "T3.6")])


def test_of_several_days_the_first_counts_and_of_none_none(draft_report):
    content = content_of(draft_report)
    assert content.first_day == date(2020, 6, 30)
    assert type(content)().first_day is None


def test_every_module_that_writes_versions_files_them():
    names = {
        path: {name for node in ast.walk(ast.parse(path.read_text())) if (name := _name(node))}
        for path in (settings.BASE_DIR / "breaches").rglob("*.py")
    }
    writers = {module for module, found in names.items() if "new_version" in found}
    assert writers
    assert {
        module
        for module in writers
        if "first_day" not in names[module] or not {"record_citations", "update_citations"} & names[module]
    } == set()


def _name(node):
    return getattr(node, "attr", getattr(node, "id", ""))

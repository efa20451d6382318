"""The page that shows what one version of a report says and an earlier one does not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, editing, versions
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from tests.support.people import AT, IMPACT, create_report, write_sections
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db


def page_of(report, since, number):
    return reverse("breaches:changes", args=[report.reference, since, number])


def marked(page):
    """The words that a page marks as gone, and those that it marks as new, without those in its explanation."""
    tree = LexborHTMLParser(page)
    return tuple(
        [" ".join(node.text().split()) for node in tree.css(f".office-typed-text {tag}")] for tag in ("del", "ins")
    )


def test_a_changed_field_shows_what_is_gone_and_what_is_new_and_no_other_field_is_shown(client, office, draft_report):
    later = write_sections(draft_report, by=office.statistician, impact=IMPACT.replace("an hour", "two hours"))
    client.force_login(office.head)
    page = client.get(page_of(draft_report, draft_report.version, later.version)).text
    assert marked(page) == (["Removed: an hour."], ["Added: two hours."])
    assert "Impact of the breach" in words(page)
    assert "Corrective actions" not in words(page)


def test_two_versions_that_say_the_same_are_called_so(client, office, approved_report):
    reopened = decisions.reopen_report(approved_report, reason="News.", by=office.head, at=AT)
    again = decisions.approve_report(
        write_sections(reopened, by=office.statistician), by=office.head, at=AT, render=lambda document: b"%PDF"
    ).report
    client.force_login(office.head)
    assert "There are no changes between these versions." in words(
        client.get(page_of(approved_report, approved_report.version, again.version)).text
    )


def test_markup_in_a_text_is_shown_as_it_was_typed(client, office, draft_report):
    later = write_sections(draft_report, by=office.statistician, impact="<script>alert(1)</script> & more")
    client.force_login(office.head)
    page = client.get(page_of(draft_report, draft_report.version, later.version)).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(("since", "number"), [(2, 2), (3, 1), (1, 99), (0, 1)])
def test_versions_that_are_not_there_or_in_the_wrong_order_are_not_found(client, office, draft_report, since, number):
    client.force_login(office.head)
    assert client.get(page_of(draft_report, since, number)).status_code == 404


def test_the_head_is_led_to_what_was_changed_since_they_returned_the_report(client, office, returned_report):
    changed = write_sections(returned_report, by=office.statistician, impact="Some users asked.")
    again = decisions.submit_report(changed, by=office.statistician, at=AT)
    client.force_login(office.head)
    page = client.get(reverse("breaches:report", args=[again.reference])).text
    assert page_of(again, returned_report.version, again.version) in page
    untouched = decisions.submit_report(
        create_report(office, ReportStatus.RETURNED, reference="b"), by=office.statistician, at=AT
    )
    assert "View changes since" not in client.get(reverse("breaches:report", args=[untouched.reference])).text


def test_several_saves_in_one_sitting_are_one_version_in_the_history(client, office, draft_report):
    minutes = (0, 5, 12, 60)
    for number, minute in enumerate(minutes):
        report = Report.objects.select_related("producer").get(pk=draft_report.pk)
        editing.save_section(
            report,
            section=ReportSection.IMPACT,
            values={"impact": f"Text {number}"},
            expected_version=report.version,
            by=office.statistician,
            at=AT + timedelta(minutes=60 + minute),
        )
    client.force_login(office.head)
    page = client.get(reverse("breaches:history", args=[draft_report.reference]))
    first, last = draft_report.version, draft_report.version + len(minutes)
    assert f"Version {last} (current) · changes since version {last - 1}" in words(page.text)
    assert f"Version {last - 1} · changes since version {first}" in words(page.text)
    assert f"Versions {first + 1} to {last - 1}, saved in one sitting." in words(page.text)
    assert f"Version {last - 2}" not in words(page.text)


def save_impact(report, impact, *, by, at):
    values = {"impact": impact}
    saved = {"section": ReportSection.IMPACT, "values": values, "expected_version": report.version}
    editing.save_section(report, **saved, by=by, at=at)
    return Report.objects.select_related("producer").get(pk=report.pk)


def test_what_one_person_saves_before_and_after_a_submission_is_two_versions(office, draft_report):
    report = draft_report
    for minute, impact in ((0, "Before"), (10, "After")):
        saved_at = AT + timedelta(minutes=60 + minute)
        report = save_impact(report, impact, by=office.head, at=saved_at)
        if not minute:
            report = decisions.submit_report(report, by=office.head, at=saved_at + timedelta(minutes=5))
    before, after = versions.group_sittings(report, report.versions.all())[-2:]
    assert [len(before), len(after)] == [1, 1]


@pytest.mark.parametrize(("seconds", "sittings"), [(0, [2]), (1, [1, 1])])
def test_a_save_within_half_an_hour_of_the_last_one_is_of_the_same_sitting(office, draft_report, seconds, sittings):
    report = draft_report
    for saved_at, impact in ((AT, "Before"), (AT + timedelta(minutes=30, seconds=seconds), "After")):
        report = save_impact(report, impact, by=office.head, at=saved_at)
    found = versions.group_sittings(report, report.versions.filter(written_by=office.head))
    assert [len(sitting) for sitting in found] == sittings

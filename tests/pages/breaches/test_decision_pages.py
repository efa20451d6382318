"""Checking, submitting and deciding through the pages."""

from datetime import date

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, drafting, merging
from breaches.models import ApprovedDocument, Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of
from releases.rules.lifecycle import Role
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import (
    AT,
    IMPACT,
    REGULATOR,
    create_office,
    create_report,
    move_report,
    render_text,
    write_sections,
)
from tests.support.pre_release_lists import granted
from tests.support.report_evidence import london
from tests.support.report_forms import error_links, filled_in, page_of, section_address, send, status_of, words
from tests.support.report_mornings import NOT_LIVE, create_draft, record_checks

pytestmark = pytest.mark.django_db


def page_fields(client, address):
    """Return the names of the fields and buttons of the forms on a page."""
    controls = LexborHTMLParser(client.get(address).text).css("main form [name], main form button")
    return {control.attributes.get("name") for control in controls}


def test_submitting_an_incomplete_report_lists_what_is_missing_with_a_link_to_each_field(client, office):
    report = create_draft(producer=office.producer)
    client.force_login(office.statistician)
    check = page_of(report, "check")
    asked = client.get(check).text
    assert "Complete or correct 3 items before you submit the report." in words(asked)
    assert page_of(report, "submit") not in asked
    # A page that was opened while the report was complete still has the button.
    answer = client.post(page_of(report, "submit"), {"last_change": report.last_change})
    assert "There is a problem" in words(answer.text)
    assert page_of(report, "submit") not in answer.text
    assert client.get(page_of(report, "submit")).url == check
    for section, control in (("impact", "id_impact"), ("corrective-actions", "id_corrective_actions")):
        address = f"/reports/{report.reference}/{section}/"
        assert f'href="{address}#{control}"' in answer.text
        assert f'id="{control}"' in client.get(address).text
    assert status_of(report) == ReportStatus.DRAFT


def test_recording_a_report_without_its_dates_lists_what_is_missing_before_anything_is_typed(client, office):
    report = create_report(office)
    client.force_login(office.head)
    assert "reason" in page_fields(client, page_of(report, "record"))
    send(client, f"/reports/{report.reference}/circumstances/", dates__0__on__day="", dates__0__on__month="",
         dates__0__on__year="")  # fmt: skip
    page = client.get(page_of(report, "record")).text
    assert "Missing information" in words(page)
    assert f'href="/reports/{report.reference}/circumstances/#' in page
    assert page_fields(client, page_of(report, "record")) == set()


def test_recording_a_report_about_a_list_alone_links_to_each_unanswered_question(client, office, time_machine):
    time_machine.move_to(AT, tick=False)
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    report = drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.statistician, at=AT)[0]
    client.force_login(office.head)
    section = section_address(report, ReportSection.WHAT_HAPPENED)
    link = f'href="{section}#id_what">Answer ‘What was sent?’, or say why it is not known.</a>'
    assert link in client.get(page_of(report, "record")).text
    given = {"last_change": report.last_change, "reason": "no_effect", "words": "Nobody saw it."}
    answer = client.post(page_of(report, "record"), given)
    assert "There is a problem" in words(answer.text)
    assert link in answer.text
    assert filled_in(answer.text)["words"] == ["Nobody saw it."]
    assert status_of(report) == ReportStatus.DRAFT


def test_every_link_to_a_missing_or_odd_field_leads_to_a_control_of_that_name(client, office):
    report = create_draft(producer=office.producer)
    client.force_login(office.statistician)
    no_people = {f"{who}_{part}": "" for who in ("dealing", "hop") for part in ("name", "email", "telephone")}
    send(client, f"/reports/{report.reference}/core-information/", outputs__0__title="", outputs__0__url="",
         producers="", **no_people)  # fmt: skip
    send(client, f"/reports/{report.reference}/circumstances/", practices=[], circumstances="",
         dates__0__on__day="", dates__0__on__month="", dates__0__on__year="")  # fmt: skip
    page = client.post(page_of(report, "submit"), {"last_change": Report.objects.get(pk=report.pk).last_change}).text
    links = {link.attributes["href"] for link in LexborHTMLParser(page).css("main a") if "#" in link.attributes["href"]}
    assert len(links) >= 9
    for link in links - {"#main-content"}:
        address, control = link.split("#")
        assert f'id="{control}"' in client.get(address).text, link


def test_the_person_who_decides_reads_that_the_record_has_changed_since_the_text_was_written(
    client, office, submitted_report
):
    client.force_login(office.head)
    changed = "The facts on record have changed since ‘Circumstances of breach’ was written"
    assert changed not in words(client.get(page_of(submitted_report, "approve")).text)
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    told = client.get(page_of(submitted_report, "approve")).text
    assert changed in words(told)
    assert f'href="/reports/{submitted_report.reference}/circumstances/#id_circumstances"' in told


def test_a_complete_report_is_read_as_it_will_be_printed_and_submitted(client, office, draft_report):
    client.force_login(office.statistician)
    page = client.get(page_of(draft_report, "check")).text
    for part in (
        "1. Core Information",
        "T3.6",
        "30 June 2020",
        "just under an hour",
        IMPACT,
        "a person checks at 9:30am",
    ):
        assert part in words(page)
    assert "DRAFT: suspected breach, not yet decided" in words(page)
    assert "You can take it back to change it until it is decided." in words(page)
    answer = client.post(page_of(draft_report, "submit"), filled_in(page), follow=True)
    assert f'href="{page_of(draft_report, "cause")}"' in page
    assert "Report submitted. The Head of Profession or a deputy decides next." in words(answer.text)
    assert status_of(draft_report) == ReportStatus.WITH_HOP


def test_the_submit_form_sent_twice_submits_once_and_says_so_both_times(client, office, draft_report):
    client.force_login(office.statistician)
    fields = filled_in(client.get(page_of(draft_report, "check")).text)
    for _ in range(2):
        assert client.post(page_of(draft_report, "submit"), fields).status_code == 302
    assert draft_report.events.filter(kind="submitted").count() == 1


def test_a_return_needs_a_comment_and_shows_it_to_those_who_write(client, office, submitted_report):
    client.force_login(office.head)
    empty = send(client, page_of(submitted_report, "return"), comment=" ")
    assert error_links(empty.text) == {"#id_comment": True}
    send(client, page_of(submitted_report, "return"), comment="Say who was told, and when.")
    page = words(client.get(page_of(submitted_report, "report")).text)
    assert "Report returned to the authors. They can edit it and submit it again." in page
    client.force_login(office.statistician)
    assert "Say who was told, and when." in words(client.get(page_of(submitted_report, "report")).text)


def test_the_approval_page_says_what_it_means_and_shows_hash_date_and_warnings(
    client, office, submitted_report, quick_printer
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    assert "you decide that this was a breach" in words(page)
    assert filled_in(page)["content_sha256"][0] in words(page)
    assert "more than a year ago: check the year" in words(page)
    assert "one person did both" not in words(page)
    answer = client.post(page_of(submitted_report, "approve"), filled_in(page))
    assert answer.status_code == 302
    document = ApprovedDocument.objects.get()
    assert document.content_sha256 == filled_in(page)["content_sha256"][0]
    assert content_of(document.report).report_date == date.fromisoformat(f"{document.approved_at:%Y-%m-%d}")


@pytest.mark.parametrize("recipient", ["", REGULATOR])
def test_an_approval_says_that_the_version_is_not_sent_and_links_to_the_page_to_send_it(
    client, office, submitted_report, quick_printer, settings, recipient
):
    settings.REPORT_RECIPIENT = recipient
    client.force_login(office.head)
    address = page_of(submitted_report, "approve")
    fields = filled_in(client.get(address).text)
    for _ in range(2):
        page = LexborHTMLParser(client.post(address, fields, follow=True).text)
        banner = page.css_first(".govuk-notification-banner--success p")
        assert banner.text().strip().startswith("Report approved. This version has not been sent yet.")
        links = {link.attributes["href"]: link.text() for link in banner.css("a")}
        assert links == ({page_of(submitted_report, "send"): "Send the report"} if recipient else {})


@pytest.mark.parametrize("page", ["check", "approve"])
def test_the_person_who_decides_reads_which_text_reaches_someone(client, office, page):
    report = write_sections(create_draft(producer=office.producer), by=office.head, impact="John Brown, 020 7946 0999.")
    client.force_login(office.head)
    shown = client.get(page_of(report, page)).text
    assert "‘Impact of the breach’ contains a telephone number" in words(shown)
    assert f'href="/reports/{report.reference}/impact/#id_impact"' in shown
    assert "contains an email address" not in words(shown)


def test_who_wrote_the_text_is_told_that_the_record_will_say_so(client, office, quick_printer):
    report = write_sections(create_draft(producer=office.producer), by=office.head)
    client.force_login(office.head)
    assert "one person did both" in words(client.get(page_of(report, "approve")).text)
    send(client, page_of(report, "approve"))
    assert "The same person wrote or submitted it." in words(client.get(page_of(report, "report")).text)


def test_where_two_people_are_required_the_page_says_so_and_the_post_is_refused(client, quick_printer):
    office = create_office(two_person_approval=True)
    report = write_sections(create_draft(producer=office.producer), by=office.head)
    client.force_login(office.deputy)
    opened_by_deputy = client.get(page_of(report, "approve")).text
    client.force_login(office.head)
    page = words(client.get(page_of(report, "approve")).text)
    assert "requires approval by another person" in page
    assert "Another person must approve this report." in page
    assert page_fields(client, page_of(report, "approve")) == set()
    assert "Approve with an annex" in words(opened_by_deputy)
    assert "Approve with an annex" not in page
    answer = send(client, page_of(report, "approve"), opened_by_deputy)
    assert answer.status_code == 409
    assert "Another person must approve the report." in words(answer.text)
    assert status_of(report) == ReportStatus.DRAFT


def test_an_incomplete_report_cannot_be_approved_on_its_page(client, office):
    report = create_draft(producer=office.producer)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "approve")).text)
    assert "Describe the impact of the breach." in page
    assert "You cannot approve the report until it is complete." in page
    assert page_fields(client, page_of(report, "approve")) == set()


def test_a_text_that_changed_after_the_page_was_read_is_not_approved(client, office, submitted_report, quick_printer):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    write_sections(submitted_report, by=office.deputy, impact="Changed meanwhile.")
    answer = client.post(page_of(submitted_report, "approve"), filled_in(page))
    assert answer.status_code == 409
    assert "Check the report before you try again" in words(answer.text)
    assert status_of(submitted_report) == ReportStatus.WITH_HOP


@pytest.mark.parametrize(
    ("move", "fields"),
    [("return", {"comment": "Typed with care."}), ("dismiss", {"reason": "other", "words": "Typed with care."})],
)
def test_a_decision_upon_a_text_that_changed_after_the_page_was_read_is_refused_with_its_words(
    client, office, submitted_report, move, fields
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, move)).text
    write_sections(submitted_report, by=office.deputy, impact="Changed meanwhile.")
    answer = send(client, page_of(submitted_report, move), page, **fields)
    assert answer.status_code == 409
    assert "Typed with care." in words(answer.text)
    assert status_of(submitted_report) == ReportStatus.WITH_HOP


def test_a_draft_that_changed_after_it_was_checked_is_not_submitted(client, office, draft_report):
    client.force_login(office.statistician)
    fields = filled_in(client.get(page_of(draft_report, "check")).text)
    write_sections(draft_report, by=office.deputy, impact="Changed meanwhile.")
    assert client.post(page_of(draft_report, "submit"), fields).status_code == 409
    assert status_of(draft_report) == ReportStatus.DRAFT


def test_the_second_of_two_who_approve_is_told_and_nothing_is_done_twice(
    client, office, submitted_report, quick_printer
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    decisions.approve_report(Report.objects.get(pk=submitted_report.pk), by=office.deputy, at=AT, render=render_text)
    assert client.post(page_of(submitted_report, "approve"), filled_in(page)).status_code == 409
    assert ApprovedDocument.objects.count() == submitted_report.events.filter(kind="approved").count() == 1


def test_the_approval_sent_twice_by_one_person_is_one_approval(client, office, submitted_report, quick_printer):
    client.force_login(office.head)
    fields = filled_in(client.get(page_of(submitted_report, "approve")).text)
    for _ in range(2):
        assert client.post(page_of(submitted_report, "approve"), fields).status_code == 302
    assert ApprovedDocument.objects.count() == 1


def test_a_dismissal_needs_reason_and_words_and_keeps_what_was_typed(client, office, draft_report):
    client.force_login(office.deputy)
    answer = send(client, page_of(draft_report, "dismiss"), words="It was agreed.")
    assert error_links(answer.text) == {"#id_reason": True}
    assert filled_in(answer.text)["words"] == ["It was agreed."]
    send(client, page_of(draft_report, "dismiss"), answer.text, reason="agreed_change")
    page = words(client.get(page_of(draft_report, "report")).text)
    assert "The Head of Profession had agreed to the change" in page
    assert Report.objects.get(pk=draft_report.pk).decision_reason == "agreed_change"


def test_the_record_that_no_longer_shows_a_breach_is_said_on_the_page(client, office):
    report = create_draft(producer=office.producer)
    verification = report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="on_time", occurred_at=None)
    client.force_login(office.head)
    assert "no longer shows a breach" in words(client.get(page_of(report, "report")).text)


@pytest.mark.parametrize("status", [ReportStatus.DISMISSED, ReportStatus.RECORDED, ReportStatus.SENT])
def test_a_decided_report_does_not_ask_to_read_a_changed_record_before_a_decision(client, office, draft_report, status):
    verification = draft_report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="on_time", occurred_at=None)
    client.force_login(office.head)
    assert "no longer shows a breach" in words(client.get(page_of(draft_report, "report")).text)
    move_report(draft_report, office, status)
    assert "no longer shows a breach" not in words(client.get(page_of(draft_report, "report")).text)


@pytest.mark.parametrize("name", ["approve", "approve?annex=1", "return", "record", "dismiss"])
def test_each_page_that_decides_says_that_the_record_no_longer_shows_a_breach(client, office, submitted_report, name):
    verification = submitted_report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="on_time", occurred_at=None)
    client.force_login(office.head)
    page, _mark, query = name.partition("?")
    shown = words(client.get(page_of(submitted_report, page) + (f"?{query}" if query else "")).text)
    assert shown.count("It no longer shows a breach. Read the circumstances before you decide.") == 1


@pytest.mark.parametrize("name", ["report", "send", "sent_outside"])
def test_the_record_that_no_longer_shows_a_breach_is_said_before_an_approved_report_is_sent(
    client, office, approved_report, settings, name
):
    settings.REPORT_RECIPIENT = REGULATOR
    client.force_login(office.head)
    assert "no longer shows a breach" not in words(client.get(page_of(approved_report, name)).text)
    verification = approved_report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="on_time", occurred_at=None)
    page = words(client.get(page_of(approved_report, name)).text)
    assert "It no longer shows a breach. Check the report before you send it." in page
    assert "before you decide" not in page


def test_a_report_about_several_releases_names_the_one_whose_record_has_changed(client, office):
    joint = merging.merge_drafts(a_morning(office, 2), by=office.head, at=AT)
    verification = joint.suspicions.get(release__title="Release 1").verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="on_time", occurred_at=None)
    client.force_login(office.head)
    page = words(client.get(page_of(joint, "report")).text)
    assert "The record of ‘Release 1’ has changed. It no longer shows a breach." in page
    assert page.count("no longer shows a breach") == 1


def test_circumstances_that_contradict_the_cause_are_pointed_out_before_a_decision(client, office, submitted_report):
    client.force_login(office.head)
    not_recorded, other = "says that the cause has not been recorded. Add the cause.", "but the recorded cause is"
    account = content_of(submitted_report).circumstances
    page = words(client.get(page_of(submitted_report, "approve")).text)
    assert account.endswith(", because of a scheduler fault.")
    assert not_recorded not in page
    assert other not in page
    section = f"/reports/{submitted_report.reference}/circumstances/"
    send(client, section, circumstances="It was late. The cause has not been recorded. Users were told.")
    assert not_recorded in words(client.get(page_of(submitted_report, "approve")).text)
    send(client, section, circumstances="The scheduler stood still.")
    page = words(client.get(page_of(submitted_report, "approve")).text)
    assert not_recorded not in page
    assert other not in page
    send(client, section, circumstances="It was late, because of an outage.")
    page = words(client.get(page_of(submitted_report, "approve")).text)
    assert f"says ‘because of an outage’, {other} ‘Scheduler fault’" in page


def test_a_dismissed_report_says_by_whom_and_why_on_its_page(client, office, dismissed_report):
    client.force_login(office.people[Role.AUDITOR])
    page = words(client.get(page_of(dismissed_report, "report")).text)
    assert f"{office.head} decided at 11am on 30 June 2020 that this is not a breach" in page
    assert "The automatic check was wrong. The check was wrong." in page


def test_facts_that_came_while_a_report_is_with_the_head_are_marked_on_its_page(client, office, submitted_report):
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:06"))
    client.force_login(office.head)
    assert "Facts changed" in words(client.get(page_of(submitted_report, "report")).text)


def test_comments_by_section_stand_on_the_report_on_their_sections_page_and_in_the_history(
    client, office, submitted_report
):
    client.force_login(office.head)
    send(client, page_of(submitted_report, "return"), impact="How many users asked?", comment="Two things.")
    client.force_login(office.statistician)
    page = client.get(page_of(submitted_report, "report"))
    assert "Two things." in words(page.text)
    assert f"Comment by {office.head} at" in words(page.text)
    section = reverse("breaches:section", args=[submitted_report.reference, "impact"])
    assert "How many users asked?" in words(client.get(section).text)
    history = words(client.get(page_of(submitted_report, "history")).text)
    assert "Two things. Impact of the breach: How many users asked?" in history


def test_returning_without_any_comment_says_what_is_missing_and_changes_nothing(client, office, submitted_report):
    client.force_login(office.head)
    answer = send(client, page_of(submitted_report, "return"), impact="  ")
    assert error_links(answer.text) == {"#id_comment": True}
    assert status_of(submitted_report) == ReportStatus.WITH_HOP

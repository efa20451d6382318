"""The page of one report: what a person meets there, and in which order."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, dispatches, drafting, editing
from breaches.drafting import ReportSubject
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.rules.lifecycle import Cause, ReportKind, ReportStatus
from releases.rules.lifecycle import LEADS, Role
from tests.support.observations import set_clock_bound
from tests.support.people import (
    AT,
    REGULATOR,
    create_report,
    move_report,
    reload_reports,
    render_text,
    write_sections,
)
from tests.support.report_forms import page_of, said, section_address, send, words

pytestmark = pytest.mark.django_db

SENDS = "The Head of Profession or a deputy sends the report next."


@pytest.mark.parametrize(
    ("status", "who", "order"),
    [
        pytest.param(
            ReportStatus.WITH_HOP,
            "head",
            (
                "because of a scheduler fault",
                "Your decision",
                "1. Is the report ready?",
                "2. Is this a breach of the Code?",
                "Documents",
            ),
            id="with the lead",
        ),
        pytest.param(
            ReportStatus.DRAFT,
            "head",
            (
                "because of a scheduler fault",
                "Your decision",
                "Check and submit",
                "Is this a breach of the Code?",
                "Documents",
            ),
            id="draft",
        ),
        pytest.param(
            ReportStatus.WITH_HOP,
            "statistician",
            (
                "because of a scheduler fault",
                "You cannot edit the report",
                "Take the report back to change it",
                "Documents",
            ),
            id="with the lead, for its writer",
        ),
        pytest.param(
            ReportStatus.APPROVED,
            "statistician",
            ("3. Impact", f"Next step {SENDS} It has not been sent yet.", "Documents"),
            id="approved, for its writer",
        ),
        pytest.param(
            ReportStatus.APPROVED,
            "head",
            ("3. Impact", "has not been sent", "Record that you sent it yourself", "Documents", "Reopen the report"),
            id="approved",
        ),
    ],
)
def test_the_page_of_a_report_puts_the_document_first_and_what_is_next_before_what_can_wait(
    client, office, status, who, order, draft_report
):
    report = move_report(draft_report, office, status)
    client.force_login(getattr(office, who))
    page = words(client.get(page_of(report, "report")).text)
    assert [page.count(part) for part in order] == [1] * len(order)
    assert sorted(order, key=page.index) == list(order)


@pytest.mark.parametrize(
    ("status", "who", "is_said"),
    [
        (ReportStatus.DRAFT, Role.STATISTICIAN, True),
        (ReportStatus.DRAFT, Role.AUDITOR, False),
        (ReportStatus.WITH_HOP, Role.STATISTICIAN, False),
        (ReportStatus.WITH_HOP, Role.HEAD_OF_PROFESSION, True),
        (ReportStatus.APPROVED, Role.HEAD_OF_PROFESSION, False),
    ],
)
def test_only_people_who_can_still_add_the_cause_to_the_text_read_that_we_add_it(
    client, office, draft_report, status, who, is_said
):
    report = move_report(draft_report, office, status)
    client.force_login(office.people[who])
    page = words(client.get(page_of(report, "report")).text)
    assert "Cause of the breach Completed" in page
    assert ("If no one has edited ‘Circumstances of breach’, we add the cause there." in page) is is_said


def title_of(page):
    return " ".join(LexborHTMLParser(page).css_first("title").text().split())


def test_the_title_of_each_page_names_the_part_that_is_edited_and_what_hinders_the_save(client, office, draft_report):
    client.force_login(office.statistician)
    of_report = f"report {draft_report.number}, {draft_report.producer} – "
    assert title_of(client.get(page_of(draft_report, "report")).text).startswith(f"Breach {of_report}")
    cause, impact = page_of(draft_report, "cause"), section_address(draft_report, "impact")
    opened = [client.get(address).text for address in (cause, impact)]
    assert title_of(opened[0]).startswith(f"Cause of the breach – {of_report}")
    assert title_of(opened[1]).startswith(f"3. Impact of the breach – {of_report}")
    assert title_of(send(client, cause, opened[0], cause="").text).startswith("Error: Cause of the breach – report")
    write_sections(draft_report, by=office.head, impact="Theirs.")
    editing.choose_cause(reload_reports([draft_report])[0], ChosenCause(Cause.CACHE), by=office.head, at=AT)
    refused = title_of(send(client, impact, opened[1], impact="Mine.").text)
    assert refused.startswith("Not saved yet: 3. Impact of the breach – report")
    refused = title_of(send(client, cause, opened[0], cause="outage").text)
    assert refused.startswith("Not saved yet: Cause of the breach – report")


def test_whoever_can_change_a_submitted_text_is_not_offered_to_take_it_back_first(client, office, submitted_report):
    client.force_login(office.head)
    assert "Take the report back" not in words(client.get(page_of(submitted_report, "report")).text)
    assert client.get(page_of(submitted_report, "take_back")).status_code == 200


def test_a_lead_who_has_read_a_report_and_will_not_sign_it_decides_otherwise_from_there(
    client, office, submitted_report
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    assert "Approve version 4" in words(page)
    assert "save the approved text as version 5." in words(page)
    for other in ("return", "record", "dismiss"):
        assert f'href="{page_of(submitted_report, other)}"' in page


def test_a_lead_reads_how_late_it_was_seen_before_opening_the_report(client, office, submitted_report):
    client.force_login(office.head)
    page = words(client.get(page_of(submitted_report, "report")).text)
    assert "Suspected breach: late Late by 56 minutes 55 seconds to 57 minutes" in page


@pytest.mark.parametrize(("bound", "shown"), [(2.1, True), (1.0, False)])
def test_the_chart_says_how_wrong_our_clock_may_have_been(client, office, submitted_report, bound, shown):
    set_clock_bound(submitted_report.suspicions.get().verification, bound)
    client.force_login(office.head)
    said = "Our clock may have been wrong by up to 3 seconds. The chart allows for this."
    assert (said in words(client.get(page_of(submitted_report, "report")).text)) is shown


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(ReportStatus.APPROVED, "Breach: late", id="approved"),
        pytest.param(ReportStatus.RECORDED, "Breach: late", id="kept in the log"),
        pytest.param(ReportStatus.SENT, "Breach: late", id="sent"),
        pytest.param(ReportStatus.DISMISSED, "Suspected breach: late", id="dismissed"),
        pytest.param(ReportStatus.WITHDRAWN, "Suspected breach: late", id="withdrawn"),
    ],
)
def test_what_was_decided_to_be_a_breach_is_called_a_suspicion_no_more(client, office, status, said, draft_report):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "report")).text)
    assert f". {said} Late by 56 minutes 55 seconds" in page


def test_what_a_lead_had_asked_for_stands_next_to_the_decision_on_the_new_version(client, office, submitted_report):
    report = decisions.return_report(submitted_report, comment="Who noticed?", by=office.head, at=AT)
    report = write_sections(report, by=office.statistician, impact="The duty editor noticed.")
    decisions.submit_report(report, by=office.statistician, at=AT)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "report")).text)
    for part in ("View changes since it was returned", "Who noticed?", "1. Is the report ready?"):
        assert part in page


def test_what_was_written_to_dismiss_a_report_is_never_shown_as_what_was_asked_for(client, office, submitted_report):
    report = decisions.return_report(submitted_report, comment="Who noticed?", by=office.head, at=AT)
    report = decisions.dismiss_report(report, reason="check_error", words="No breach.", by=office.head, at=AT)
    report = decisions.reopen_report(report, reason="It was one.", by=office.head, at=AT)
    report = write_sections(report, by=office.statistician, impact="The duty editor noticed.")
    decisions.submit_report(report, by=office.statistician, at=AT)
    client.force_login(office.head)
    assert "No breach." not in words(client.get(page_of(report, "report")).text)


def test_what_a_decision_did_not_need_is_left_empty_and_no_work_to_be_done(client, office):
    report = create_report(office, complete=False)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "report")).text)
    assert "3. Impact of the breach Incomplete Change" in page
    assert "2. Circumstances of breach Prompt not answered Change" in page
    assert "Cause of the breach Incomplete Change" in page
    decisions.record_report(report, reason="no_effect", words="Nobody saw it.", by=office.head, at=AT)
    page = words(client.get(page_of(report, "report")).text)
    assert "Left empty" in page
    assert "2. Circumstances of breach Completed" in page
    assert "Incomplete" not in page
    assert "Describe the impact" not in page


def test_an_account_from_our_checks_alone_has_an_unanswered_prompt_until_a_person_edits_it(
    client, office, draft_report
):
    status = "2. Circumstances of breach Prompt not answered Change"
    prompt = "Describe how the breach was found, how it was corrected, and who was notified and when. Use job titles"
    warning = "has only the automatic text. Add how the breach was corrected, and who was notified and when."
    client.force_login(office.head)
    checks = [page_of(draft_report, "check"), page_of(draft_report, "approve")]
    page = words(client.get(page_of(draft_report, "report")).text)
    assert status in page
    assert prompt in page
    assert all(warning in words(client.get(address).text) for address in checks)
    corrected = f"{said(draft_report).circumstances} The web team published it by hand and notified OSR at noon."
    send(client, section_address(draft_report, "circumstances"), circumstances=corrected)
    page = words(client.get(page_of(draft_report, "report")).text)
    assert "2. Circumstances of breach Completed Change" in page
    assert prompt not in page
    assert not any(warning in words(client.get(address).text) for address in checks)


def test_an_unanswered_prompt_is_no_obstacle_and_no_remark_on_an_approved_report(client, office, draft_report):
    submitted = decisions.submit_report(draft_report, by=office.statistician, at=AT)
    client.force_login(office.head)
    assert "Prompt not answered" in words(client.get(page_of(submitted, "report")).text)
    decisions.approve_report(submitted, by=office.head, at=AT, render=render_text)
    page = words(client.get(page_of(submitted, "report")).text)
    assert "2. Circumstances of breach Completed" in page
    assert "Prompt not answered" not in page
    assert "Describe how the breach was found" not in page


@pytest.mark.parametrize("status", [ReportStatus.APPROVED, ReportStatus.DISMISSED])
def test_reopening_speaks_of_an_approved_document_only_where_there_is_one(client, office, status, draft_report):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    told = "You can still download the approved document." in words(client.get(page_of(report, "reopen")).text)
    assert told is report.approved_documents.exists()


def test_a_correction_says_what_was_sent_and_no_more_that_nothing_was(client, office, sent_report):
    suspected = "This is a suspected breach."
    version = sent_report.version
    client.force_login(office.head)
    assert suspected not in words(client.get(page_of(sent_report, "report")).text)
    corrected = dispatches.send_correction(
        sent_report, notice="A figure was wrong.", by=office.head, at=AT + timedelta(minutes=9)
    )
    said = f"Version {version} was approved and sent. This correction is not approved yet."
    page = words(client.get(page_of(corrected, "report")).text)
    assert said in page
    assert suspected not in page
    decisions.submit_report(corrected, by=office.statistician, at=AT + timedelta(minutes=10))
    assert said in words(client.get(page_of(corrected, "report")).text)


@pytest.mark.parametrize(
    ("who", "next_step"),
    [
        ("head", ""),
        ("statistician", "Next step The Head of Profession or a deputy sends the corrected report next. "),
    ],
)
def test_an_approved_correction_says_that_its_version_has_not_been_sent_until_it_is(
    client, office, sent_report, who, next_step
):
    client.force_login(getattr(office, who))
    later = AT + timedelta(minutes=9)
    draft = dispatches.send_correction(sent_report, notice="A figure was wrong.", by=office.head, at=later)
    unsent = f"Version {draft.version + 1} has not been sent."
    assert unsent not in words(client.get(page_of(draft, "report")).text)
    approved = decisions.approve_report(draft, by=office.head, at=later, render=render_text).report
    page = words(client.get(page_of(approved, "report")).text)
    assert f"{next_step}Sending {unsent} Version {sent_report.version} to {REGULATOR}" in page
    dispatches.record_sent_outside(approved, recipient="OSR", sent_on=AT.date(), by=office.head, at=later)
    page = words(client.get(page_of(approved, "report")).text)
    assert "has not been sent" not in page
    assert "Next step" not in page


def test_a_version_after_an_email_that_failed_is_not_the_next_step_of_a_correction(client, office, approved_report):
    sent = dispatches.send_report(approved_report, recipient=REGULATOR, by=office.head, at=AT)
    dispatches.record_failure(sent.dispatches.get(), at=AT)
    draft = dispatches.send_correction(reload_reports([sent])[0], notice="A figure was wrong.", by=office.head, at=AT)
    approved = decisions.approve_report(draft, by=office.head, at=AT, render=render_text).report
    client.force_login(office.statistician)
    page = words(client.get(page_of(approved, "report")).text)
    assert f"Next step {SENDS} It has not been sent yet." in page
    assert "corrected report next" not in page


def test_only_people_who_cannot_send_an_approved_report_read_who_sends_it(client, office, approved_report, subtests):
    for role in (Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN, Role.AUDITOR):
        with subtests.test(str(role)):
            client.force_login(office.people[role])
            assert (SENDS in words(client.get(page_of(approved_report, "report")).text)) is (role not in LEADS)
    Report.objects.filter(pk=approved_report.pk).update(status=ReportStatus.SENT)
    client.force_login(office.statistician)
    assert SENDS not in words(client.get(page_of(approved_report, "report")).text)


@pytest.mark.parametrize("status", [ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.RETURNED])
def test_what_was_never_sent_is_a_suspicion_until_it_is_decided(client, office, status, draft_report):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "report")).text)
    assert "This is a suspected breach. The Head of Profession decides" in page
    assert "This correction" not in page


def test_the_page_of_a_release_names_its_reports_before_it_offers_another(client, office, draft_report):
    client.force_login(office.head)
    release = draft_report.suspicions.get().release
    page = words(client.get(reverse("releases:release", args=[release.reference])).text)
    assert page.index(draft_report.number) < page.index("Start another breach report")


def test_each_form_to_edit_a_part_of_a_report_has_a_link_back_without_saving(statistician, draft_report, subtests):
    sections = ("core_information", "circumstances", "impact", "corrective_actions")
    back = page_of(draft_report, "report")
    for address in (page_of(draft_report, "cause"), *(section_address(draft_report, one) for one in sections)):
        with subtests.test(address):
            page = LexborHTMLParser(statistician.get(address).text)
            links = page.css("main form .govuk-button-group a")
            assert [(link.text(), link.attributes["href"]) for link in links] == [("Cancel", back)]


STATED = "says when the statistics became available."


def test_the_page_of_a_release_refers_to_the_time_that_a_person_stated_in_a_report(client, office, draft_report):
    client.force_login(office.head)
    release = draft_report.suspicions.get().release
    page = words(client.get(reverse("releases:release", args=[release.reference])).text)
    assert "Staff statements No staff statements." in page
    assert STATED not in page
    stated = ChosenCause(Cause.SCHEDULER_FAULT, available_at=release.due_at + timedelta(minutes=57))
    editing.choose_cause(draft_report, stated, by=office.statistician, at=AT)
    page = words(client.get(reverse("releases:release", args=[release.reference])).text)
    assert f"Staff statements No staff statements. Report {draft_report.number} {STATED}" in page


def test_the_page_of_a_release_refers_to_no_statement_in_a_report_that_a_person_may_not_read(
    client, office, draft_report
):
    release = draft_report.suspicions.get().release
    Report.objects.filter(pk=draft_report.pk).update(kind=ReportKind.LEAK, available_at=AT)
    for person, is_shown in ((office.head, True), (office.people[Role.AUDITOR], False)):
        client.force_login(person)
        page = words(client.get(reverse("releases:release", args=[release.reference])).text)
        assert ("Staff statements" in page, STATED in page) == (True, is_shown)


def test_what_is_missing_is_counted_by_section_and_each_links_to_its_form(client, office):
    report = create_report(office, complete=False)
    client.force_login(office.statistician)
    page = client.get(page_of(report, "report")).text
    assert "Complete or correct 3 items before you submit the report." in words(page)
    side = LexborHTMLParser(page).css_first(".office-report__side")
    links = {link.text(strip=True): link.attributes["href"] for link in side.css("ul a")}
    impact = reverse("breaches:section", args=[report.reference, "impact"])
    assert links["3. Impact of the breach"] == f"{impact}#id_impact"
    assert "Cause of the breach" in links
    assert "Choose the cause" not in side.text()
    asking = drafting.start_report(
        ReportSubject(office.producer),
        kind=ReportKind.ACCESS,
        occurred_on=[date(2020, 6, 29)],
        by=office.statistician,
        at=AT,
        form_key=uuid4(),
    )[0]
    page = words(client.get(page_of(asking, "report")).text)
    assert re.search(r"What happened \(\d items\)", page)
    (in_the_part,) = re.findall(r"(\d+) items are missing\.", page)
    (in_all,) = re.findall(r"Complete or correct (\d+) items", page)
    assert 1 < int(in_the_part) < int(in_all)


def test_the_document_comes_before_the_status_and_a_link_leads_there(client, office, submitted_report):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "report")).text
    assert page.index('href="#decision"') < page.index('id="section-core_information"') < page.index('id="decision"')
    client.force_login(office.statistician)
    page = client.get(page_of(submitted_report, "report")).text
    assert page.index('href="#status"') < page.index('id="section-core_information"') < page.index('id="status"')


def test_the_form_of_the_circumstances_begins_with_the_account(client, office, draft_report):
    client.force_login(office.statistician)
    page = client.get(section_address(draft_report, "circumstances")).text
    places = [
        page.index(f'id="{name}') for name in ("id_circumstances", "id_practices", "id_other_practices", "id_dates")
    ]
    assert places == sorted(places)
    assert page.index("Facts on record") < page.index('id="id_practices')


def test_without_a_recipient_sending_leads_to_the_page_that_asks_who_received_it(
    client, office, approved_report, settings
):
    client.force_login(office.head)
    settings.REPORT_RECIPIENT = ""
    sent = client.get(page_of(approved_report, "send"))
    assert sent.url == page_of(approved_report, "sent_outside")
    page = client.get(page_of(approved_report, "report")).text
    assert page_of(approved_report, "send") not in page
    assert "Ask an administrator to set one." in words(page)
    settings.REPORT_RECIPIENT = REGULATOR
    assert REGULATOR in client.get(page_of(approved_report, "send")).text

"""An approved report leaves the house: to whom, in which version, once; corrected and withdrawn by notice."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, dispatches, pdf
from breaches.models import Dispatch, Report
from breaches.register import correction_begun_at, first_day_sent
from breaches.rules.lifecycle import Nature, ReportStatus
from breaches.versions import content_of
from releases.models.append_only import AppendOnlyRow
from releases.rules.lifecycle import FieldRefused, MissingFields, WrongState
from statsoffice.templatetags.reports import report_task
from tests.support.people import AT, REGULATOR, approve, create_report, decide_report, render_text, write_sections
from tests.support.report_forms import error_links, send, words

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(hours=1)
NOTICE = "The time of publication was wrong by an hour."


@pytest.fixture
def report(approved_report):
    return approved_report


@pytest.fixture(autouse=True)
def _recipient(settings, monkeypatch):
    settings.REPORT_RECIPIENT = REGULATOR
    monkeypatch.setattr(pdf, "render_pdf", render_text)


def page_of(report, name, **more):
    return reverse(f"breaches:{name}", kwargs={"reference": report.reference, **more})


def state_of(report):
    fresh = Report.objects.values().get(pk=report.pk)
    return fresh, report.versions.count(), report.events.count(), Dispatch.objects.count()


def test_what_was_sent_to_whom_by_whom_and_when_is_kept(office, report):
    sent = dispatches.send_report(report, recipient=REGULATOR, words=" With regret. ", by=office.deputy, at=LATER)
    (dispatch,) = Dispatch.objects.all()
    document = sent.approved_documents.get()
    assert sent.status == ReportStatus.SENT
    assert (dispatch.document, dispatch.nature, dispatch.recipient) == (document, Nature.REPORT, REGULATOR)
    assert (dispatch.by, dispatch.role, dispatch.at, dispatch.words) == (office.deputy, "deputy", LATER, "With regret.")
    event = sent.events.last()
    assert (event.kind, event.actor, event.facts["recipient"]) == ("sent", office.deputy, REGULATOR)
    with pytest.raises(AppendOnlyRow):
        dispatch.delete()


def test_one_approved_document_is_sent_once(office, report):
    sent = dispatches.send_report(report, recipient=REGULATOR, by=office.head, at=LATER)
    dispatch = Dispatch.objects.get()
    dispatch.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.bulk_create([dispatch])
    assert sent.dispatches.count() == 1


@pytest.mark.parametrize(
    ("recipient", "refusal"),
    [("", MissingFields), ("  ", MissingFields), ("the regulator", FieldRefused)],
    ids=["none", "blank", "no-address"],
)
def test_a_report_without_a_recipient_that_mail_can_reach_stays_approved(office, report, recipient, refusal):
    before = state_of(report)
    with pytest.raises(refusal) as refused:
        dispatches.send_report(report, recipient=recipient, by=office.head, at=LATER)
    assert refused.value.field == "recipient"
    assert state_of(report) == before


def test_a_rehearsal_goes_to_no_one_but_who_sends_it(office):
    rehearsed = create_report(office, ReportStatus.APPROVED, rehearsal=True)
    with pytest.raises(FieldRefused):
        dispatches.send_report(rehearsed, recipient=REGULATOR, by=office.head, at=LATER)
    assert dispatches.find_recipient(rehearsed, by=office.head) == office.head.email
    assert (
        dispatches.send_report(rehearsed, recipient=office.head.email, by=office.head, at=LATER).status
        == ReportStatus.SENT
    )


@pytest.mark.parametrize(
    ("sent_on", "sentence"),
    [
        (date(2020, 7, 1), "The date sent must be today or in the past. You entered 1 July 2020."),
        (date(2020, 6, 29), "The report cannot have been sent before it was approved on 30 June 2020."),
    ],
    ids=["to-come", "before-approval"],
)
def test_the_day_on_which_it_was_sent_outside_lies_between_approval_and_today(office, report, sent_on, sentence):
    before = state_of(report)
    with pytest.raises(FieldRefused, match=sentence) as refused:
        dispatches.record_sent_outside(report, recipient="OSR", sent_on=sent_on, by=office.head, at=LATER)
    assert refused.value.field == "sent_on"
    assert state_of(report) == before


def test_what_was_sent_outside_this_system_keeps_day_and_reference(office, report):
    dispatches.record_sent_outside(
        report, recipient=" OSR ", sent_on=date(2020, 6, 30), reference="Letter 7", by=office.head, at=LATER
    )
    dispatch = Dispatch.objects.get()
    assert (dispatch.recipient, dispatch.outside, dispatch.reference) == ("OSR", True, "Letter 7")
    assert list(Dispatch.objects.by_mail()) == []


def test_a_correction_gives_notice_and_the_corrected_report_is_a_dispatch_of_its_own(office, sent_report):
    first = bytes(sent_report.approved_documents.get().pdf)
    draft = dispatches.send_correction(sent_report, notice=NOTICE, by=office.head, at=LATER)
    assert (draft.status, draft.decided_at, content_of(draft).report_date) == (ReportStatus.DRAFT, None, None)
    again = decisions.submit_report(draft, by=office.statistician, at=LATER)
    dispatches.send_report(approve(again, office), recipient=REGULATOR, by=office.head, at=LATER + timedelta(minutes=5))
    kept = [(dispatch.nature, dispatch.document.version) for dispatch in Dispatch.objects.order_by("pk")]
    versions = list(sent_report.approved_documents.values_list("version", flat=True))
    assert kept == [("report", versions[0]), ("correction_notice", versions[0]), ("report", versions[1])]
    assert bytes(sent_report.approved_documents.get(version=versions[0]).pdf) == first


def test_a_withdrawal_gives_notice_and_leaves_the_document_as_it_was(office, sent_report):
    withdrawn = dispatches.send_withdrawal(sent_report, notice=NOTICE, by=office.head, at=LATER)
    notice = Dispatch.objects.last()
    assert (withdrawn.status, notice.nature, notice.words) == (ReportStatus.WITHDRAWN, "withdrawal_notice", NOTICE)
    assert notice.recipient == REGULATOR
    assert withdrawn.approved_documents.count() == 1


def test_a_report_withdrawn_during_its_correction_gives_notice_of_the_document_that_was_sent(office, sent_report):
    draft = dispatches.send_correction(sent_report, notice=NOTICE, by=office.head, at=LATER)
    draft = write_sections(draft, by=office.statistician, impact="None.")
    later = LATER + timedelta(hours=1)
    withdrawn = dispatches.send_withdrawal(draft, notice="It was on time.", by=office.deputy, at=later)
    assert (withdrawn.status, withdrawn.decided_at, withdrawn.version > sent_report.version) == (
        "withdrawn",
        later,
        True,
    )
    (document,) = withdrawn.approved_documents.all()
    kept = [(one.nature, one.recipient, one.document, one.words) for one in Dispatch.objects.order_by("pk")]
    assert kept[1:] == [
        ("correction_notice", REGULATOR, document, NOTICE),
        ("withdrawal_notice", REGULATOR, document, "It was on time."),
    ]


def test_a_report_that_was_sent_is_neither_dismissed_nor_recorded_and_the_sentence_says_what_to_do(office, sent_report):
    draft = dispatches.send_correction(sent_report, notice=NOTICE, by=office.head, at=LATER)
    before = state_of(draft)
    for status in (ReportStatus.RECORDED, ReportStatus.DISMISSED):
        with pytest.raises(WrongState, match="Approve and send the corrected report, or withdraw it"):
            decide_report(draft, office, status)
    assert state_of(draft) == before


def test_the_pages_of_a_correction_offer_its_withdrawal_and_no_decision_without_a_notice(client, office, sent_report):
    draft = dispatches.send_correction(sent_report, notice=NOTICE, by=office.head, at=LATER)
    draft = write_sections(draft, by=office.statistician, impact="None.")
    client.force_login(office.head)
    page = client.get(page_of(draft, "report")).text
    answers = LexborHTMLParser(page).css("input[name=breach]")
    assert [one.attributes["value"] for one in answers] == ["report", "withdraw"]
    for name in ("record", "dismiss"):
        assert page_of(draft, name) not in page + client.get(page_of(draft, "approve")).text
        refused = client.get(page_of(draft, name), follow=True).text
        assert "Approve and send the corrected report, or withdraw it." in words(refused)
    chosen = send(client, page_of(draft, "decide"), page, breach="withdraw")
    assert chosen.url.startswith(f"{page_of(draft, 'withdraw')}?")
    form = client.get(chosen.url).text
    assert "The report has not changed since you opened it." in words(form)
    send(client, page_of(draft, "withdraw"), form, notice="It was on time.")
    assert Dispatch.objects.last().nature == Nature.WITHDRAWAL_NOTICE


def test_a_report_withdrawn_during_its_correction_shows_that_its_text_was_not_sent(
    client, office, sent_report, tmp_path
):
    draft = dispatches.send_correction(sent_report, notice=NOTICE, by=office.head, at=LATER)
    draft = write_sections(draft, by=office.statistician, impact="None.")
    withdrawn = dispatches.send_withdrawal(draft, notice="It was on time.", by=office.head, at=LATER)
    (document,) = withdrawn.approved_documents.all()
    client.force_login(office.head)
    page = words(client.get(page_of(withdrawn, "report")).text)
    said = (
        f"Version {document.version} was approved and sent. The text on this page is a later draft that was not sent."
    )
    assert said in page
    assert "Statement for your website" not in page
    assert client.get(page_of(withdrawn, "statement_text")).status_code == 404
    file = tmp_path / "report.pdf"
    call_command("export_report", withdrawn.reference, output=file)
    assert file.read_bytes() == bytes(document.pdf)


@pytest.mark.parametrize("act", [dispatches.send_correction, dispatches.send_withdrawal], ids=["correct", "withdraw"])
def test_nothing_that_was_sent_is_taken_up_or_withdrawn_without_words_for_its_recipient(office, sent_report, act):
    before = state_of(sent_report)
    with pytest.raises(MissingFields) as refused:
        act(sent_report, notice="  ", by=office.head, at=LATER)
    assert refused.value.field == "notice"
    assert state_of(sent_report) == before


def test_an_answer_is_recorded_with_its_reference_and_the_published_statement(client, office, sent_report):
    client.force_login(office.statistician)
    send(
        client,
        page_of(sent_report, "note_answer"),
        answer="Noted, with thanks.",
        reference="OSR 12",
        statement_url="https://www.example.gov.uk/statement",
    )
    page = client.get(page_of(sent_report, "report")).text
    assert "Noted, with thanks." in words(page)
    assert "Reference: OSR 12" in words(page)
    assert 'href="https://www.example.gov.uk/statement"' in page


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "email"])
def test_the_page_shows_the_text_of_a_notice_only_if_a_person_has_to_send_it(client, office, report, outside):
    how = {"by": office.head, "at": LATER}
    if outside:
        sent = dispatches.record_sent_outside(report, recipient="OSR", sent_on=date(2020, 6, 30), **how)
    else:
        sent = dispatches.send_report(report, recipient=REGULATOR, **how)
    dispatches.send_correction(sent, notice=NOTICE, **how)
    client.force_login(office.head)
    page = words(client.get(page_of(report, "report")).text)
    assert (f"{office.head} is responsible for sending it. Text of the notice {NOTICE}" in page) is outside
    assert (NOTICE in page) is outside


def test_a_notice_that_a_person_has_to_send_is_a_task_of_leads_until_one_of_them_records_it(client, office, report):
    sent = dispatches.record_sent_outside(report, recipient="OSR", sent_on=date(2020, 6, 30), by=office.head, at=LATER)
    withdraw = page_of(sent, "withdraw")
    client.force_login(office.head)
    assert "a task of the Head of Profession and deputies until one of you" in words(client.get(withdraw).text)
    dispatches.send_withdrawal(sent, notice=NOTICE, by=office.head, at=LATER)
    notice = Dispatch.objects.get(nature="withdrawal_notice")
    form, page = page_of(report, "notice_sent", notice=notice.pk), page_of(report, "report")
    for person, is_lead in ((office.head, True), (office.deputy, True), (office.statistician, False)):
        client.force_login(person)
        assert ("Notices to send yourself" in words(client.get(reverse("desk")).text)) is is_lead
        assert (form in client.get(page).text) is is_lead
        assert client.get(form).status_code == (200 if is_lead else 404)
    with pytest.raises(ValueError, match="role"):
        dispatches.record_unsent_notice(notice, sent_on=date(2020, 6, 30), by=office.statistician, at=LATER)
    client.force_login(office.deputy)
    day = {"sent_on__day": "30", "sent_on__month": "6"}
    opened = client.get(form).text
    assert NOTICE in words(opened)
    refused = send(client, form, opened, sent_on__year="2019", **day)
    assert "The notice cannot have been sent before it was written on 30 June 2020." in words(refused.text)
    assert "Notices to send yourself" in words(client.get(reverse("desk")).text)
    for _click in range(2):
        assert send(client, form, opened, sent_on__year="2020", **day).url == page
    event = report.events.get(kind="notice_sent")
    assert (event.actor, event.facts["dispatch"], event.facts["sent_on"]) == (office.deputy, notice.pk, "2020-06-30")
    shown = words(client.get(page).text)
    assert f"Withdrawal notice to OSR Sent outside this service on 30 June 2020 . Recorded by {office.deputy}." in shown
    assert form not in client.get(page).text
    assert "Notices to send yourself" not in words(client.get(reverse("desk")).text)
    client.force_login(office.head)
    assert send(client, form, opened, sent_on__year="2020", **day).status_code == 409
    assert "Someone has already recorded that this notice was sent." in words(client.get(form, follow=True).text)


def test_the_page_shows_the_recipient_before_anything_is_sent(client, office, report):
    client.force_login(office.head)
    page = client.get(page_of(report, "send"))
    assert f"to {REGULATOR} and to no one else" in words(page.text)
    send(client, page_of(report, "send"), page.text, words="With regret.")
    assert Dispatch.objects.get().recipient == REGULATOR


def test_another_recipient_than_the_one_that_is_set_is_refused_whatever_the_form_says(client, office, report):
    client.force_login(office.head)
    answer = send(client, page_of(report, "send"), recipient="journalist@example.com", words="Typed with care.")
    assert answer.status_code == 409
    assert "Typed with care." in answer.text
    assert Dispatch.objects.count() == 0


def test_a_recipient_that_was_set_again_meanwhile_has_to_be_read_first(client, office, report, settings):
    client.force_login(office.head)
    page = client.get(page_of(report, "send")).text
    settings.REPORT_RECIPIENT = "other@example.gov.uk"
    assert send(client, page_of(report, "send"), page).status_code == 409
    assert Dispatch.objects.count() == 0


def test_without_a_recipient_the_page_says_what_to_do_and_sends_nothing(client, office, report, settings):
    settings.REPORT_RECIPIENT = ""
    client.force_login(office.head)
    assert "Ask an administrator to set one" in words(client.get(page_of(report, "report")).text)
    page = client.get(page_of(report, "send"), follow=True).text
    assert "Record that you sent this report yourself" in words(page)
    assert "Message to include in the email" not in page
    assert "Send the report" not in page
    send(client, page_of(report, "send"), page)
    assert Dispatch.objects.count() == 0


def test_the_same_form_sent_twice_sends_once(client, office, report):
    client.force_login(office.head)
    page = client.get(page_of(report, "send")).text
    assert send(client, page_of(report, "send"), page).status_code == 302
    assert send(client, page_of(report, "send"), page).status_code == 302
    assert Dispatch.objects.count() == 1


def test_a_day_that_cannot_be_is_an_error_on_its_field_and_what_was_typed_stays(client, office, report):
    client.force_login(office.head)
    day = {"sent_on__day": "1", "sent_on__month": "1", "sent_on__year": "2020"}
    answer = send(client, page_of(report, "sent_outside"), recipient="OSR", reference="Letter 7", **day)
    assert error_links(answer.text) == {"#id_sent_on-day": True}
    assert "Letter 7" in answer.text


def test_what_was_sent_keeps_its_document_and_is_not_called_a_draft(client, office):
    for status in (ReportStatus.SENT, ReportStatus.CLOSED, ReportStatus.WITHDRAWN):
        out = create_report(office, status, reference=f"out-{status}")
        client.force_login(office.head)
        page = client.get(page_of(out, "report")).text
        assert "marked as a draft" not in page
        assert client.get(reverse("breaches:approved_pdf", args=[out.reference, out.version])).status_code == 200


def test_the_task_to_send_a_notice_says_nothing_of_the_age_or_the_email_of_the_report(sent_report):
    listed = Report.objects.annotate(correction_begun_at=correction_begun_at(), sent_on=first_day_sent())
    report = listed.get(pk=sent_report.pk)
    usual, shown = (report_task(report, LATER, has_notice=has_notice) for has_notice in (False, True))
    assert "Email could not be delivered" in usual
    assert "ago" in usual
    assert "Email" not in shown
    assert "ago" not in shown

"""An annex is asked for and read before the approval, bound by it, and gone again when the report is taken up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import attachments, decisions, drafting, editing, facts, pdf
from breaches.layout import lay_out_draft, lay_out_report
from breaches.models import ApprovedDocument, Report
from breaches.refreshing import digest_facts, with_annex
from breaches.rules.annex import APPROVED, HEADING, NOT_APPROVED
from breaches.rules.content import content_digest
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import content_of, current_version
from releases import statements
from releases.models import Observation
from releases.rules.lifecycle import ChangedMeanwhile
from tests.integration.breaches.pdf.documents import text_of
from tests.integration.breaches.pdf.documents import words as words_of
from tests.support.people import AT, create_joint_report, create_report, render_text
from tests.support.report_evidence import london
from tests.support.report_forms import filled_in, send, words
from tests.support.report_mornings import LIVE, NOT_LIVE, record_checks

pytestmark = pytest.mark.django_db


def page_of(report, name, *args):
    return reverse(f"breaches:{name}", args=[report.reference, *args])


def extracted(file, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(bytes(file))
    return words_of(text_of(path))


def test_without_being_asked_for_no_annex_is_read_approved_or_printed(client, office, submitted_report, tmp_path):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    assert HEADING not in words(page)
    send(client, page_of(submitted_report, "approve"), page)
    document = ApprovedDocument.objects.get()
    assert HEADING not in extracted(document.pdf, tmp_path)
    assert "annex" not in current_version(document.report).content


def test_an_annex_is_read_on_the_page_approved_with_it_and_printed_in_the_document(
    client, office, submitted_report, tmp_path
):
    client.force_login(office.head)
    plain = client.get(page_of(submitted_report, "approve")).text
    link = LexborHTMLParser(plain).css_first('a[href$="?annex=1"]').attributes["href"]
    page = client.get(link).text
    assert HEADING in words(page)
    assert filled_in(page)["content_sha256"] != filled_in(plain)["content_sha256"]
    assert send(client, page_of(submitted_report, "approve"), page).status_code == 302
    document = ApprovedDocument.objects.get()
    text = extracted(document.pdf, tmp_path)
    assert (HEADING in text, APPROVED in text) == (True, True)
    assert content_digest(content_of(document.report)) == document.content_sha256
    assert document.content_sha256 in text
    assert document.evidence_sha256 in text
    version = words(client.get(page_of(submitted_report, "version", document.version)).text)
    assert (HEADING in version, APPROVED in version, "10:26:55am" in version) == (True, True, True)


def test_an_approved_annex_stays_as_it_was_whatever_is_recorded_later(office, submitted_report):
    document = decisions.approve_report(submitted_report, annex=True, by=office.head, at=AT, render=pdf.render_pdf)
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE), ("11:06", LIVE))
    again = lay_out_report(document.report, current_version(document.report))
    assert pdf.render_pdf(again) == bytes(document.pdf)
    assert again.content_hash == document.content_sha256


def test_a_check_recorded_since_the_annex_was_read_is_not_in_the_approved_annex(
    client, office, submitted_report, tmp_path
):
    client.force_login(office.head)
    page = client.get(f"{page_of(submitted_report, 'approve')}?annex=1").text
    before = with_annex(submitted_report), facts.evidence_digest(submitted_report)
    record_checks(submitted_report.suspicions.get().release, ("11:05", LIVE))
    drafting.draft_missing(now=london("11:06"))
    assert with_annex(submitted_report) != before[0]
    assert send(client, page_of(submitted_report, "approve"), page).status_code == 302
    document = ApprovedDocument.objects.get()
    approved = content_of(document.report)
    assert (approved.annex, approved.circumstances) == (before[0].annex, before[0].circumstances)
    assert document.evidence_sha256 == before[1]
    assert [document.content_sha256] == filled_in(page)["content_sha256"] == [content_digest(approved)]
    assert APPROVED in extracted(document.pdf, tmp_path)


def _change_text(report, office):
    Report.objects.filter(pk=report.pk).update(last_change=report.last_change + 1)


def _add_attachment(report, office):
    attachments.add_attachment(report, name="cms.log", body=b"09:31 queued", by=office.head, at=AT)


def _set_next_day(report, office):
    return AT + timedelta(days=1)


def _find_live_earlier(report, office):
    record_checks(report.suspicions.get().release, ("10:00", LIVE))


def _state_live_time(report, office):
    release = report.suspicions.get().release
    statements.record_live_time(release, live_at=london("10:20"), words="I saw it.", by=office.statistician, at=AT)


@pytest.mark.parametrize("change", [_change_text, _add_attachment, _set_next_day, _find_live_earlier, _state_live_time])
def test_any_other_change_since_the_annex_was_read_has_to_be_read_first(office, submitted_report, change):
    content = decisions.approved_content(submitted_report, at=AT, annex=True)
    evidence, last_change = facts.evidence_digest(submitted_report), submitted_report.last_change
    read = decisions.ReadContent(content, evidence, digest_facts(submitted_report), last_change)
    at = change(submitted_report, office) or AT
    report = Report.objects.select_related("producer").get(pk=submitted_report.pk)
    with pytest.raises(ChangedMeanwhile, match="has changed since you read it"):
        decisions.approve_report(report, annex=True, read=read, by=office.head, at=at, render=render_text)
    assert not ApprovedDocument.objects.exists()


@pytest.mark.parametrize("forged", ["an altered annex", "of another report", "in the form of another version"])
def test_an_annex_that_we_did_not_show_for_this_report_is_refused(client, office, submitted_report, forged):
    client.force_login(office.head)
    other = create_report(office, ReportStatus.WITH_HOP, reference="another")
    about = other if forged == "of another report" else submitted_report
    signed = filled_in(client.get(f"{page_of(about, 'approve')}?annex=1").text)["signed"]
    if forged == "an altered annex":
        signed = f"x{signed}"
    page = client.get(f"{page_of(submitted_report, 'approve')}?annex=1").text
    if forged == "in the form of another version":
        signed = signing.dumps({"content": {}}, salt=f"breaches.approval.{submitted_report.pk}", compress=True)
    answer = send(client, page_of(submitted_report, "approve"), page, signed=signed)
    assert answer.status_code == 409
    sentence = "We cannot confirm which annex you read. Open the approval page again and read the annex."
    assert sentence in words(answer.text)
    assert not ApprovedDocument.objects.exists()


def test_an_approval_is_bound_to_what_was_read_by_the_approval_itself(office, submitted_report):
    read = content_digest(decisions.approved_content(submitted_report, at=AT, annex=True))
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    with pytest.raises(ChangedMeanwhile, match="has changed since you read it"):
        decisions.approve_report(
            submitted_report, annex=True, read_sha256=read, by=office.head, at=AT, render=render_text
        )
    assert Report.objects.get(pk=submitted_report.pk).status == ReportStatus.WITH_HOP
    read = content_digest(decisions.approved_content(submitted_report, at=AT, annex=True))
    approved = decisions.approve_report(
        submitted_report, annex=True, read_sha256=read, by=office.head, at=AT, render=render_text
    )
    assert approved.content_sha256 == read


def test_a_check_recorded_between_annex_and_digest_refuses_the_approval(office, submitted_report, monkeypatch):
    release = submitted_report.suspicions.get().release
    make_annex = with_annex

    def annex_and_one_more_look(about):
        made = make_annex(about)
        record_checks(release, ("11:05", NOT_LIVE))
        return made

    monkeypatch.setattr(decisions, "with_annex", annex_and_one_more_look)
    with pytest.raises(ChangedMeanwhile, match="Read the annex again"):
        decisions.approve_report(submitted_report, annex=True, by=office.head, at=AT, render=render_text)
    assert Report.objects.get(pk=submitted_report.pk).status == ReportStatus.WITH_HOP


def test_a_report_that_is_taken_up_again_has_no_annex_until_one_is_approved_again(office, submitted_report):
    document = decisions.approve_report(submitted_report, annex=True, by=office.head, at=AT, render=render_text)
    reopened = decisions.reopen_report(document.report, reason="A user wrote.", by=office.head, at=AT)
    assert content_of(reopened).annex is None
    assert lay_out_draft(reopened).annex is None


def test_a_draft_and_a_note_for_the_log_are_downloaded_with_an_annex_that_no_one_approved(client, office, tmp_path):
    client.force_login(office.head)
    for status in (ReportStatus.DRAFT, ReportStatus.RECORDED, ReportStatus.DISMISSED):
        report = create_report(office, status, reference=f"report-{status}")
        address = f"{page_of(report, 'draft_pdf')}?annex=1"
        assert f'href="{address}"' in client.get(page_of(report, "report")).text
        text = extracted(client.get(address).content, tmp_path)
        assert (HEADING in text, NOT_APPROVED in text, APPROVED in text) == (True, True, False)
        if status is ReportStatus.DRAFT:
            assert HEADING not in extracted(client.get(page_of(report, "draft_pdf")).content, tmp_path)


def test_a_report_without_checks_is_offered_no_annex(client, office):
    about = drafting.ReportSubject(producer=office.producer)
    report = drafting.start_report(
        about, kind=ReportKind.OTHER, occurred_on=[AT.date()], form_key=uuid4(), by=office.statistician, at=AT
    )[0]
    client.force_login(office.head)
    assert "annex=1" not in client.get(page_of(report, "report")).text
    assert HEADING not in words(client.get(f"{page_of(report, 'approve')}?annex=1").text)
    assert lay_out_draft(report, annex=True).annex is None


def test_a_joint_report_tells_each_of_its_outputs(office):
    joint = create_joint_report(office, create_report(office))
    annex = lay_out_draft(joint, annex=True).annex
    assert len(annex.parts) == joint.suspicions.count() == 2


def test_nothing_of_the_network_no_seen_text_and_no_unticked_note_is_in_it(client, office, draft_report, tmp_path):
    editing.write_note(
        draft_report, text="Told by Ada Hill.", happened_at=AT, by=office.statistician, at=AT, printed=False
    )
    Observation.objects.model.append(
        [
            Observation(
                **{
                    field: getattr(last, field)
                    for field in ("release", "address", "schedule_version", "result", "reasons", "adapter")
                },
                url="https://intranet.corp.local/secret",
                planned_at=AT,
                sent_at=AT,
                completed_at=AT,
                recorded_at=AT,
                hops=[{"url": "https://intranet.corp.local/secret", "status": 200}],
                peer_address="10.1.2.3",
                vantage="desk-17.corp.local",
                watcher="watcher-9.corp.local",
                failure_detail="proxy.corp.local refused",
                headers=[["Server", "secret-server"]],
            )
            for last in [Observation.objects.latest("position")]
        ]
    )
    client.force_login(office.head)
    text = extracted(client.get(f"{page_of(draft_report, 'draft_pdf')}?annex=1").content, tmp_path)
    assert HEADING in text
    for hidden in ("intranet", "corp.local", "10.1.2.3", "secret", "Ada Hill"):
        assert hidden not in text


def test_the_command_prints_a_draft_with_its_annex_and_refuses_one_for_what_is_stored(office, tmp_path, draft_report):
    draft, approved = draft_report, create_report(office, ReportStatus.APPROVED, reference="approved")
    path = tmp_path / "draft.pdf"
    call_command("export_report", draft.reference, "--annex", "--output", str(path))
    assert HEADING in words_of(text_of(path))
    with pytest.raises(CommandError, match="an annex cannot be added"):
        call_command("export_report", approved.reference, "--annex", "--output", str(tmp_path / "other.pdf"))
    assert not (tmp_path / "other.pdf").exists()


def test_the_annex_is_made_of_the_checks_of_the_digest_alone(office, submitted_report):
    before = facts.evidence_digest(submitted_report), lay_out_draft(submitted_report, annex=True)
    create_report(office, reference="another")
    assert (facts.evidence_digest(submitted_report), lay_out_draft(submitted_report, annex=True)) == before


def test_checks_before_due_that_only_repeat_one_another_are_said_to_be_on_record_too(submitted_report):
    release = submitted_report.suspicions.get().release
    record_checks(release, ("09:00", NOT_LIVE), ("09:10", NOT_LIVE), ("09:20", NOT_LIVE), ("09:29", NOT_LIVE))
    ((part,),) = [output.parts for output in with_annex(submitted_report).annex.outputs]
    assert len(part.looks) + part.not_listed == Observation.objects.filter(release=release).count() == 20
    printed = lay_out_draft(submitted_report, annex=True).annex.parts[0]
    assert printed.not_listed.startswith("13 more checks are on record")

"""Attachments of a report: checked, stored, listed in the annex, deleted, and never part of the document."""

import sys
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from breaches import attachments, merging
from breaches.layout import lay_out_draft
from breaches.models import Attachment, AttachmentFile, Report
from breaches.refreshing import with_annex
from breaches.rules.annex import ATTACHMENTS
from breaches.rules.content import content_digest, content_from_json, content_to_json
from breaches.rules.lifecycle import MERGED_OR_SPLIT, AttachmentKind, ReportStatus
from releases.models.append_only import AppendOnlyRow
from releases.rules.lifecycle import FieldRefused, MissingFields, MoveRefused, Role
from statsoffice import retention, verification
from tests.integration.tampering.verifying import lift_triggers
from tests.support.factories import rolled_back
from tests.support.people import (
    AT,
    approve,
    create_joint_report,
    create_report,
    decide_report,
    move_report,
    reload_reports,
    write_sections,
)
from tests.support.report_mornings import create_draft

pytestmark = pytest.mark.django_db

LOG = b"09:31 publish queued\n10:26 publish done\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
MAIL = b"From: duty@example.gov.uk\r\nDate: Tue, 30 Jun 2020 09:40:00 +0100\r\nSubject: Late\r\n\r\nIt is late.\r\n"
LATER = AT + timedelta(days=400)


def nested(levels):
    """An email in whose one part is a part, and so on."""
    parts = (b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (level, level) for level in range(levels))
    return MAIL.removesuffix(b"\r\nIt is late.\r\n") + b"".join(parts) + b"\r\nIt is late.\r\n"


def add(report, by, *, name="cms.log", body=LOG, at=AT):
    return attachments.add_attachment(report, name=name, body=body, by=by, at=at)


def fault():
    """What the verification of the record says about reports, or None."""
    results = {one.name: one.why for one in verification.check_evidence(now=timezone.now())}
    return results["breaches.row"]


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("cms.log", LOG, AttachmentKind.CMS_LOG),
        ("cms.csv", "time;état\n".encode("latin-1"), AttachmentKind.CMS_LOG),
        ("cms.txt", "time\n".encode("utf-16"), AttachmentKind.CMS_LOG),
        ("page.PNG", PNG, AttachmentKind.SCREENSHOT),
        ("page.jpeg", JPEG, AttachmentKind.SCREENSHOT),
        ("C:\\mail\\late.eml", MAIL, AttachmentKind.EMAIL),
        # To parse their parts would take minutes.
        ("deep.eml", nested(20_000), AttachmentKind.EMAIL),
        ("headers.eml", b"X: y\r\n" * 500_000 + MAIL, AttachmentKind.EMAIL),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_file_is_stored_marked_and_on_record(office, draft_report, name, body, kind):
    added = add(draft_report, office.statistician, name=name, body=body)
    assert (added.kind, added.marking, bytes(added.file.body)) == (kind, "OFFICIAL-SENSITIVE", body)
    assert added.name == name.rpartition("\\")[2]
    event = draft_report.events.get(kind="attachment_added")
    assert (event.facts["attachment"], event.facts["sha256"]) == (added.pk, added.sha256)
    assert fault() is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page.png", b"<html>"),
        ("page.png", b"\x89PNG\r\n\x1a\n<script>"),
        ("page.jpg", PNG),
        ("page.svg", b"<svg/>"),
        ("cms.log", b"MZ\x90\x00\x03"),
        ("cms.txt", b"\xff\xfe\x00\xd8"),
        ("run.exe", LOG),
        ("none", LOG),
        ("late.eml", LOG),
        ("late.eml", MAIL + b"\0"),
        ("cms.log", b""),
        ("cms.log", b"x" * (attachments.LARGEST + 1)),
    ],
)
def test_a_file_of_another_type_or_size_is_refused(office, draft_report, name, body):
    with pytest.raises(FieldRefused) as refused:
        add(draft_report, office.statistician, name=name, body=body)
    assert refused.value.field == "file"
    assert not Attachment.objects.exists()


def test_a_long_name_is_cut_before_its_extension(office, draft_report):
    assert add(draft_report, office.statistician, name=f"{'x' * 200}.log").name == f"{'x' * 116}.log"


def test_the_same_file_sent_twice_is_stored_once(office, draft_report):
    assert add(draft_report, office.statistician) == add(draft_report, office.head, name="again.log")
    assert draft_report.events.filter(kind="attachment_added").count() == 1


def test_a_report_has_at_most_so_many_attachments(office, draft_report, monkeypatch):
    monkeypatch.setattr(attachments, "MOST", 1)
    add(draft_report, office.statistician)
    with pytest.raises(FieldRefused, match="cannot add more"):
        add(draft_report, office.statistician, body=LOG + LOG)


@pytest.mark.parametrize(("code", "is_stored"), [("0", True), ("1", False)])
def test_the_scanner_of_the_setting_decides(settings, office, draft_report, code, is_stored):
    reads = f"import pathlib, sys; raise SystemExit({code} if pathlib.Path(sys.argv[1]).read_bytes() == {LOG!r} else 9)"
    settings.ATTACHMENT_SCANNER = [sys.executable, "-c", reads]
    if is_stored:
        assert add(draft_report, office.statistician).scanned
    else:
        with pytest.raises(FieldRefused):
            add(draft_report, office.statistician)
    assert Attachment.objects.exists() is is_stored


def test_a_scanner_that_cannot_be_run_refuses_the_file(settings, office, draft_report):
    settings.ATTACHMENT_SCANNER = ["/nowhere/scanner"]
    with pytest.raises(attachments.ScannerFailed):
        add(draft_report, office.statistician)
    assert not Attachment.objects.exists()


@pytest.mark.both_databases
def test_an_attachment_cannot_be_changed(office, draft_report):
    added = add(draft_report, office.statistician)
    for act in (added.save, added.delete, Attachment.objects.all().delete):
        with pytest.raises(AppendOnlyRow):
            act()
    if connection.vendor == "postgresql":
        for statement in (
            "UPDATE breaches_attachment SET name = 'x'",
            "DELETE FROM breaches_attachment",
            "UPDATE breaches_attachmentfile SET body = 'x'",
        ):
            with pytest.raises(DatabaseError, match="are kept as they were written"), transaction.atomic():
                connection.cursor().execute(statement)


def test_the_head_of_profession_deletes_a_file_and_says_why(office, draft_report):
    added = add(draft_report, office.statistician)
    with pytest.raises(MissingFields):
        attachments.delete_file(added, why=" ", by=office.head, at=AT)
    with pytest.raises(ValueError):
        attachments.delete_file(added, why="It names a person.", by=office.statistician, at=AT)
    for _twice in range(2):
        attachments.delete_file(added, why="It names a person.", by=office.head, at=AT)
    assert not AttachmentFile.objects.exists()
    event = draft_report.events.get(kind="attachment_deleted")
    assert (event.actor, event.words, event.facts["role"]) == (
        office.head,
        "It names a person.",
        Role.HEAD_OF_PROFESSION,
    )
    assert fault() is None
    with pytest.raises(FieldRefused, match="was deleted"):
        add(draft_report, office.statistician)


def test_a_file_that_was_changed_or_deleted_by_sql_is_named(office, draft_report):
    added = add(draft_report, office.statistician)
    with rolled_back():
        lift_triggers()
        AttachmentFile.objects.update(body=b"another")
        assert fault() == f"the file of breaches.attachment {added.pk} was changed"
    with rolled_back():
        AttachmentFile.objects.all().delete()
        assert fault() == f"the file of breaches.attachment {added.pk} was deleted, but no event records it"


@pytest.mark.parametrize("status", [*set(ReportStatus) - {ReportStatus.JOINED, ReportStatus.PARTED}])
def test_a_file_is_stored_as_long_as_evidence(settings, office, status):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    report = create_report(office)
    add(report, office.statistician)
    move_report(report, office, status)
    is_deleted = int(status is ReportStatus.DISMISSED)
    assert retention.delete_old_attachments(now=AT + timedelta(days=364)) == 0
    assert retention.delete_old_attachments(now=LATER, dry_run=True) == is_deleted
    assert AttachmentFile.objects.exists()
    assert retention.delete_old_attachments(now=LATER) == is_deleted
    assert AttachmentFile.objects.exists() is not bool(is_deleted)
    assert fault() is None


def test_a_joint_report_has_the_attachments_of_its_drafts(settings, office, draft_report):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    added = add(draft_report, office.statistician)
    joint = create_joint_report(office, draft_report)
    assert list(Attachment.objects.of(joint)) == [added]
    draft = Report.objects.select_related("producer").get(pk=draft_report.pk)
    with pytest.raises(MoveRefused, match="This report was combined or separated"):
        add(draft, office.statistician, body=LOG + LOG)
    assert retention.delete_old_attachments(now=LATER) == 0
    merging.split_report(joint, by=office.statistician, at=AT)
    assert not Attachment.objects.of(joint).exists()
    assert list(Attachment.objects.of(draft)) == [added]


def test_the_files_of_a_draft_that_was_joined_twice_are_stored_as_long_as_the_last_report(
    settings, office, draft_report
):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    added = add(draft_report, office.statistician)
    first = create_joint_report(office, draft_report)
    last = create_joint_report(office, first)
    assert list(Attachment.objects.of(last)) == [added]
    with rolled_back():
        approve(write_sections(last, by=office.statistician), office)
        assert retention.delete_old_attachments(now=LATER) == 0
    decide_report(last, office, ReportStatus.DISMISSED)
    assert retention.delete_old_attachments(now=LATER) == 1


def test_the_files_of_a_joint_report_are_stored_as_long_as_one_of_its_drafts_wherever_that_is_now(
    settings, office, draft_report
):
    settings.EVIDENCE_KEPT = timedelta(days=365)
    joint = create_joint_report(office, draft_report)
    add(joint, office.statistician)
    merging.split_report(joint, by=office.statistician, at=AT)
    draft, other = Report.objects.filter(status=ReportStatus.DRAFT).select_related("producer").order_by("pk")
    third = create_draft(producer=office.producer, reference="third")
    again = merging.merge_drafts([draft, third], by=office.statistician, at=AT)
    decide_report(other, office, ReportStatus.DISMISSED)
    assert retention.delete_old_attachments(now=LATER) == 0
    decide_report(again, office, ReportStatus.DISMISSED)
    assert retention.delete_old_attachments(now=LATER) == 1


@pytest.mark.parametrize("status", MERGED_OR_SPLIT)
def test_a_report_that_was_joined_or_taken_apart_since_it_was_read_gets_no_file(office, draft_report, status):
    joint = create_joint_report(office, draft_report)
    read = draft_report if status is ReportStatus.JOINED else joint
    if status is ReportStatus.PARTED:
        merging.split_report(reload_reports([joint])[0], by=office.statistician, at=AT)
    assert read.status == ReportStatus.DRAFT
    with pytest.raises(MoveRefused, match="This report was combined or separated"):
        add(read, office.statistician)
    assert not Attachment.objects.exists()


def test_only_the_annex_lists_attachments(office, draft_report):
    digest = content_digest(with_annex(draft_report))
    added = add(draft_report, office.statistician)
    assert lay_out_draft(draft_report).annex is None
    annex = lay_out_draft(draft_report, annex=True)
    assert annex.annex.attachments == (("cms.log", "CMS log", "1 KB", "30 June 2020, 11am"),)
    assert annex.annex.attachments_text == ATTACHMENTS
    assert ("SHA-256 of cms.log", added.sha256) in annex.hashes
    # The content of an approval can be read back, and has the digest that it had before there were attachments.
    content = with_annex(draft_report)
    assert content_from_json(content_to_json(content)) == content
    attachments.delete_file(added, why="It names a person.", by=office.head, at=AT)
    assert content_digest(with_annex(draft_report)) == digest

"""Attachments of a report, which are files that people add as evidence.

Files are checked before they are stored. The annex of a report lists the attachments, but the files are not part of the
report's PDF document.
"""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import PurePath
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Attachment, AttachmentFile, JoinedDraft, Report, ReportEvent
from breaches.permissions import TABLE, Action, senior_role
from breaches.rules.lifecycle import MERGED_OR_SPLIT, WRITERS, AttachmentKind, ReportStatus
from breaches.versions import lock_report, record_report_event
from releases.permissions import User
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import FieldRefused, MissingFields, MoveRefused

DELETED = "attachment_deleted"

LARGEST = 5_000_000
"""The maximum size of an attached file, in bytes. It is less than the maximum size of a request, which is 6 MB
(deploy/nginx/statsoffice.conf).
"""

MOST = 20
"""The maximum number of attachments per report."""

LONGEST_NAME = 120

SCANNER_TIMEOUT = 20.0
"""The timeout of the virus scanner, in seconds. It is shorter than the web server's timeout of 60 seconds."""

FILES_AT_ONCE = 5

REPLACED = lazy("This report was combined or separated. Add the file to the report that replaced it.")


@dataclass(frozen=True, slots=True)
class FileType:
    """An accepted type of file. `matches` takes the bytes of a file and returns whether they are of this type."""

    kind: AttachmentKind
    content_type: str
    matches: Callable[[bytes], bool]


def _is_text(body: bytes) -> bool:
    """Return whether a file is text. Its only control characters may be tab, line ends, form feed and escape.

    Escape is allowed because logs may use it for colours. The file may be encoded as UTF-8, as UTF-16 with a byte order
    mark, or with one byte per character.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = body.decode("utf-16")
        except UnicodeDecodeError:
            return False
        return not any(ord(char) < 32 and char not in "\t\n\r\f\x1b" for char in text)
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in body)


def _is_email(body: bytes) -> bool:
    # Parse only the headers. Parsing thousands of nested parts would take very long or exceed the recursion limit.
    message = BytesHeaderParser().parsebytes(body)
    return b"\0" not in body and "From" in message and ("Date" in message or "Received" in message)


_LOG = FileType(AttachmentKind.CMS_LOG, "text/plain", _is_text)
_PNG = FileType(
    AttachmentKind.SCREENSHOT, "image/png", lambda body: body[:8] == b"\x89PNG\r\n\x1a\n" and body[12:16] == b"IHDR"
)
_JPEG = FileType(AttachmentKind.SCREENSHOT, "image/jpeg", lambda body: body.startswith(b"\xff\xd8\xff"))
_EMAIL = FileType(AttachmentKind.EMAIL, "message/rfc822", _is_email)

TYPES: Mapping[str, FileType] = {
    ".txt": _LOG,
    ".log": _LOG,
    ".csv": _LOG,
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".eml": _EMAIL,
}
"""The accepted types, keyed by file name extension. Browsers and office programs do not execute these files."""


class ScannerFailed(MoveRefused):
    """The scanner in `ATTACHMENT_SCANNER` did not start or did not finish in time, so the file is not stored."""


def add_attachment(report: Report, *, name: str, body: bytes, by: User, at: datetime) -> Attachment:
    """Check a file and store it. If the report already has the same file, return the existing attachment.

    :param name: the file name. Its extension determines the kind of attachment.
    :raises FieldRefused: if the file is empty or too large, if its type is not accepted, if its content does not match
        its name, if it was deleted from this report before, if the report already has `MOST` attachments, or if the
        scanner refuses the file.
    :raises ScannerFailed: if the scanner cannot be run or does not finish in time.
    :raises MoveRefused: if the report was merged or split, so that another report continues it.
    :raises ValueError: if none of the person's roles lets them write reports or decide on them.
    """
    role = senior_role(by, WRITERS, report)
    name = PurePath(name.replace("\\", "/")).name
    found = _find_type(name, body)
    scanned = _scan(body)
    digest = sha256_hex(body)
    with transaction.atomic():
        # The report may have been merged or split since it was loaded.
        if lock_report(report).status in MERGED_OR_SPLIT:
            raise MoveRefused(str(REPLACED))
        if (again := report.attachments.filter(sha256=digest).first()) is not None:
            if not hasattr(again, "file"):
                raise FieldRefused("file", _("This file was deleted from the report. You cannot add it again."))
            return again
        if report.attachments.stored().count() >= MOST:
            raise FieldRefused(
                "file", _("This report already has %(number)s attachments. You cannot add more.") % {"number": MOST}
            )
        attachment = Attachment.objects.create(
            report=report,
            kind=found.kind,
            name=_shorten(name),
            content_type=found.content_type,
            size=len(body),
            sha256=digest,
            scanned=scanned,
            added_by=by,
            role=role,
            added_at=at,
        )
        AttachmentFile.objects.create(attachment=attachment, body=body)
        # A file name may contain a person's name, so it is stored in `words` and not in the hashed facts.
        record_report_event(
            report,
            "attachment_added",
            {Attachment: [attachment.pk]},
            at=at,
            by=by,
            words=attachment.name,
            role=role,
            attachment=attachment.pk,
            sha256=digest,
        )
    return attachment


def delete_file(attachment: Attachment, *, why: str, by: User, at: datetime) -> None:
    """Delete the file of an attachment. The attachment's row and the event that recorded its upload are kept.

    If the file was already deleted, do nothing.

    :raises MissingFields: if no reason is given.
    :raises ValueError: if the person is not a Head of Profession of the report's producer.
    """
    role = senior_role(by, TABLE[Action.REDACT], attachment.report)
    if not why.strip():
        raise MissingFields("why", _("Enter why you are deleting the file."))
    with transaction.atomic():
        deleted, _rows = AttachmentFile.objects.filter(attachment=attachment).delete()
        if deleted:
            record_report_event(
                attachment.report, DELETED, at=at, by=by, words=why.strip(), role=role, attachment=attachment.pk
            )


def delete_old_files(*, now: datetime, retention: timedelta, dry_run: bool = False) -> int:
    """Delete the files that are older than the retention period of evidence, and return the number of files.

    As with evidence, the files of a report are kept unless the report was dismissed.

    :param dry_run: whether to count the files without deleting them.
    """
    before = now - retention
    deleted = 0
    for attachment in Attachment.objects.stored().filter(added_at__lt=before).select_related("report"):
        if _is_needed(attachment.report):
            continue
        if not dry_run:
            with transaction.atomic():
                AttachmentFile.objects.filter(attachment=attachment).delete()
                record_report_event(
                    attachment.report, DELETED, at=now, attachment=attachment.pk, older_than=before.isoformat()
                )
        deleted += 1
    return deleted


def _is_needed(report: Report) -> bool:
    """Return whether the files of a report must be kept.

    They may be deleted only if all related reports were dismissed, merged or split. The related reports are the report
    itself, the drafts that were merged into it, and the joint reports into which any of these was merged. A joint
    report can be merged again into another joint report.
    """
    merges = JoinedDraft.objects.all()
    related = merges.joints_of(merges.parts_of(report))
    standing = Report.objects.filter(pk__in=related).exclude(status__in=[ReportStatus.DISMISSED, *MERGED_OR_SPLIT])
    return standing.exists()


def check_attachments() -> str | None:
    """Return a sentence about the first file that was changed, or that was deleted without an event, or None."""
    attachments = Attachment.objects.select_related("file").order_by("pk")
    for attachment in attachments.iterator(chunk_size=FILES_AT_ONCE):
        if not hasattr(attachment, "file"):
            if not ReportEvent.objects.filter(kind=DELETED, facts__attachment=attachment.pk).exists():
                return f"the file of breaches.attachment {attachment.pk} was deleted, but no event records it"
        elif sha256_hex(bytes(attachment.file.body)) != attachment.sha256:
            return f"the file of breaches.attachment {attachment.pk} was changed"
    return None


def _find_type(name: str, body: bytes) -> FileType:
    if not body:
        raise FieldRefused("file", _("The selected file is empty."))
    if len(body) > LARGEST:
        raise FieldRefused("file", _("The selected file must be %(size)sMB or smaller.") % {"size": LARGEST // 10**6})
    found = TYPES.get(PurePath(name).suffix.lower())
    if found is None:
        types = {"types": ", ".join(TYPES)}
        raise FieldRefused("file", _("The name of the selected file must end in one of: %(types)s.") % types)
    if not found.matches(body):
        raise FieldRefused("file", _("The content of the selected file does not match its name."))
    return found


def _shorten(name: str) -> str:
    """Shorten a file name to the maximum length of its column, but keep its extension."""
    path = PurePath(name)
    return f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}"


def _scan(body: bytes) -> bool:
    """Return True if the scanner in `ATTACHMENT_SCANNER` accepts a file, and False if no scanner is configured.

    :raises FieldRefused: if the scanner refuses the file.
    :raises ScannerFailed: if the scanner cannot be run or does not finish in time.
    """
    if not settings.ATTACHMENT_SCANNER:
        return False
    with NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        try:
            ended = subprocess.run(  # noqa: S603  # the command of the setting
                [*settings.ATTACHMENT_SCANNER, file.name], capture_output=True, check=False, timeout=SCANNER_TIMEOUT
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise ScannerFailed(_("We could not scan the file. Try again later.")) from fault
    if ended.returncode:
        sentence = _("The virus scanner did not accept the file. Select another file, or ask an administrator.")
        raise FieldRefused("file", sentence)
    return True

"""The files that people add to a report as evidence."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from breaches.models.report import JoinedDraft, Report
from breaches.rules.lifecycle import AttachmentKind
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, new_salt


class AttachmentQuerySet(AppendOnlyQuerySet["Attachment"]):
    def of(self, report: Report) -> "AttachmentQuerySet":
        """Select the attachments of a report and of the drafts that were merged into it."""
        return self.filter(report__in=JoinedDraft.objects.in_force().parts_of(report))

    def stored(self) -> "AttachmentQuerySet":
        """Exclude attachments whose file was deleted."""
        return self.filter(file__isnull=False)


class Attachment(AppendOnly):
    """A file that a person added to a report as evidence. The annex lists the file but does not contain it.

    The file name can contain the name of a person. A redaction may therefore overwrite it.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text=lazy("In bytes."))
    sha256 = models.CharField(max_length=64)
    marking = models.CharField(max_length=40, default="OFFICIAL-SENSITIVE")
    scanned = models.BooleanField(
        help_text=lazy("True if a virus scanner accepted the file. False if no scanner was set up.")
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    added_at = models.DateTimeField()
    salt = models.CharField(max_length=32, default=new_salt)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["report", "sha256"], name="one_attachment_per_report_and_content"),
            models.CheckConstraint(condition=Q(kind__in=list(AttachmentKind)), name="attachment_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.name}"


class AttachmentFile(models.Model):
    """The bytes of an attachment.

    The row is deleted when the retention period ends, or when a Head of Profession deletes the file.
    """

    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, primary_key=True, related_name="file")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"file of attachment {self.attachment_id}"

"""Yearly compliance tables, release practice policies, and the switch for public punctuality pages."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models import Producer
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet


class PolicyText(AppendOnly):
    """One version of the policy texts that people write for the yearly compliance table of a producer."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="policy_texts")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    sections = models.JSONField(help_text=lazy("The text of each section. Sections without a text are left out."))
    text_sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("release practice policy")
        verbose_name_plural = lazy("release practice policies")
        ordering = ("producer", "year", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "year", "number"], name="one_policy_text_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="policy_texts_are_numbered_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id} {self.year}: text {self.number}"


class ComplianceDocument(AppendOnly):
    """An approved yearly compliance table with its policy.

    If a producer has several documents for a year, the document with the highest number is in force.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="compliance_documents")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    text_number = models.PositiveIntegerField()
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    html = models.BinaryField()
    html_sha256 = models.CharField(max_length=64)
    odt = models.BinaryField()
    odt_sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    lists = models.BinaryField(
        null=True,
        help_text=lazy("The compressed lists behind the figures. The field ‘content’ has the digest of the lists."),
    )
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_role = models.CharField(max_length=20)
    approved_at = models.DateTimeField()
    one_person = models.BooleanField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("approved compliance table")
        verbose_name_plural = lazy("approved compliance tables")
        ordering = ("producer", "year", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "year", "number"], name="one_compliance_document_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="compliance_documents_are_numbered_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id} {self.year}: table {self.number} as approved"

    @property
    def has_lists(self) -> bool:
        """Whether the lists behind the figures were stored at approval.

        Earlier versions of the product did not store them.
        """
        return "lists_sha256" in self.content


class PunctualitySwitch(AppendOnly):
    """A change that turned a producer's public punctuality page on or off.

    The row with the highest number is in force. Without a row, the page is off.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="punctuality_switches")
    number = models.PositiveIntegerField()
    is_on = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("public punctuality page")
        verbose_name_plural = lazy("public punctuality pages")
        ordering = ("producer", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "number"], name="one_punctuality_switch_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.producer_id}: {'on' if self.is_on else 'off'}"

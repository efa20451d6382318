"""Public notices of a delay: what staff tell readers while they wait, each kept as it was posted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.release import Release


class DelayNoticeQuerySet(AppendOnlyQuerySet["DelayNotice"]):
    """Notices of a delay, which are only added."""


class DelayNotice(AppendOnly):
    """One notice, or the withdrawal of the one before it. People post it; nothing that was observed is in it."""

    class Kind(models.TextChoices):
        """What the row does."""

        POSTED = "posted", lazy("Posted")
        WITHDRAWN = "withdrawn", lazy("Withdrawn")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="delay_notices")
    number = models.PositiveSmallIntegerField()
    schedule_version = models.PositiveIntegerField(help_text=lazy("The date to which the notice speaks."))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    expected_at = models.DateTimeField(null=True)
    expected_words = models.CharField(max_length=300, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()

    objects = DelayNoticeQuerySet.as_manager()

    class Meta:
        ordering = ("release", "number")
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], name="one_delay_notice_per_number"),
            models.CheckConstraint(
                condition=(
                    Q(kind="posted")
                    & (Q(expected_at__isnull=False) | ~Q(expected_words=""))
                    & ~Q(contact_name="")
                    & ~Q(contact_email="")
                )
                | Q(kind="withdrawn", expected_at__isnull=True, expected_words="", contact_name="", contact_email=""),
                name="delay_notice_says_when_and_whom_to_ask",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.posted_at:%Y-%m-%d %H:%M} UTC"

"""Handling receipts for pre-release access: one-person links, the answers to them, and confirmed lists.

These rows contain no names or email addresses. The entry of the list contains them, until they are erased.
"""

from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of, new_salt
from releases.models.pre_release import PreReleaseAccess
from releases.models.release import Release
from releases.rules.receipts import Answer, Disclosure, Purpose


def digest_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class AccessLink(models.Model):
    """A one-person link of one entry, for one release date.

    The token in the address of the link is made from `seed` and the secret key of the office. Only the digest of the
    token is stored. `is_void` means that the entry has since been given another person or period, so answers to this
    link no longer count.
    """

    entry = models.ForeignKey(PreReleaseAccess, on_delete=models.PROTECT, related_name="links")
    purpose = models.CharField(max_length=10, choices=choices_of(Purpose))
    schedule_version = models.PositiveIntegerField()
    seed = models.CharField(max_length=32, default=new_salt)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    is_void = models.BooleanField(default=False)

    class Meta:
        verbose_name = lazy("recipient’s link")
        verbose_name_plural = lazy("recipients’ links")
        ordering = ("made_at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=list(Purpose)), name="access_link_purpose_is_known"),
            models.CheckConstraint(
                condition=Q(is_void=False) | Q(revoked_at__isnull=False), name="access_link_void_is_revoked"
            ),
            models.UniqueConstraint(
                fields=["entry", "purpose", "schedule_version"],
                condition=Q(revoked_at__isnull=True),
                name="one_access_link_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry}: {self.purpose}"


class AccessReceipt(AppendOnly):
    """One answer of a recipient, or the fact that the recipient did not answer, as evidence.

    `terms` is the code of the confirmed terms. `what` and `happened_at` are set only for a reported disclosure, as the
    recipient stated them.
    """

    link = models.ForeignKey(AccessLink, on_delete=models.PROTECT, related_name="receipts")
    answer = models.CharField(max_length=12, choices=choices_of(Answer))
    terms = models.CharField(max_length=30, blank=True)
    what = models.CharField(max_length=20, choices=choices_of(Disclosure), blank=True)
    happened_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("handling receipt")
        verbose_name_plural = lazy("handling receipts")
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["link", "answer"], name="one_receipt_per_link_and_answer"),
            models.CheckConstraint(condition=Q(answer__in=list(Answer)), name="access_receipt_answer_is_known"),
            models.CheckConstraint(
                condition=(Q(answer=Answer.CONFIRMED) & ~Q(terms="")) | (~Q(answer=Answer.CONFIRMED) & Q(terms="")),
                name="access_receipt_names_its_terms",
            ),
            models.CheckConstraint(
                condition=(Q(answer=Answer.DISCLOSURE) & ~Q(what=""))
                | (~Q(answer=Answer.DISCLOSURE) & Q(what="", happened_at__isnull=True)),
                name="access_receipt_says_what_was_reported",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link}: {self.answer}"


class PhoneConfirmation(AppendOnly):
    """A record by staff that a recipient confirmed the terms by phone, or that an earlier record no longer counts.

    The record is a statement of the person who made it, and never an answer of the recipient. For each entry and
    release date, the last row counts. `terms` is the code of the confirmed terms, and is empty in a row that withdraws
    a confirmation.
    """

    entry = models.ForeignKey(PreReleaseAccess, on_delete=models.PROTECT, related_name="phone_confirmations")
    schedule_version = models.PositiveIntegerField()
    terms = models.CharField(max_length=30, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("confirmation by phone")
        verbose_name_plural = lazy("confirmations by phone")
        ordering = ("recorded_at", "pk")

    def __str__(self) -> str:
        return f"{self.entry}, {self.terms}"

    @property
    def is_confirmed(self) -> bool:
        return bool(self.terms)


class ListConfirmation(AppendOnly):
    """A person's confirmation that the pre-release access list of a release was right, with its number of posts."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="list_confirmations")
    schedule_version = models.PositiveIntegerField()
    posts = models.PositiveIntegerField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("confirmation of an access list")
        verbose_name_plural = lazy("confirmations of access lists")
        ordering = ("confirmed_at", "pk")

    def __str__(self) -> str:
        return f"{self.release.reference}, {self.posts}"

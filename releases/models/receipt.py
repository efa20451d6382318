"""Handling receipts for pre-release access: links for recipients, their answers, and confirmations of lists.

These rows contain no names or email addresses. Only the entries of the access list contain these details, until the
details are erased.
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
    """A link for the recipient in one entry of an access list, valid for one release date.

    The token in the address of the link is made from `seed` and the secret key of the office. Only the digest of the
    token is stored. If the person or the period of the entry changes, `is_void` is set, and answers to the link no
    longer count.
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
    """An answer of a recipient, or a record that the recipient did not answer, stored as evidence.

    If the recipient confirmed the terms, `terms` is the code of these terms. If the recipient reported a disclosure,
    `what` and `happened_at` are the recipient's statements about the disclosure.
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
    """A record by staff that a recipient confirmed the terms by phone, or the withdrawal of an earlier record.

    The row is a statement of the member of staff, not an answer of the recipient. For each entry and release date, the
    last row counts. `terms` is the code of the confirmed terms. In a withdrawal, `terms` is empty.
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
    """A person's confirmation that the pre-release access list of a release was correct.

    `posts` is the number of posts on the list at that time.
    """

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

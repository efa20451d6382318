"""Users and invitations. Users sign in with their email address."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.models import Producer
from releases.models.append_only import choices_of, new_salt
from releases.models.event import NEVER, RowRecord, Table
from releases.rules.lifecycle import Role


class UserQuerySet(BaseUserManager["User"]):
    """Create users, and find users by email address, ignoring case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create and save a user. If `password` is None, the user cannot sign in with a password yet.

        :raises ValueError: if the email address is empty.
        """
        if not email:
            raise ValueError(_("A user needs an email address."))
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            AccountRowRecord.record({User: [user.pk]})
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who may sign in. Users are deactivated and never deleted, because the record refers to them."""

    email = models.EmailField(lazy("email address"), unique=True)
    name = models.CharField(lazy("full name"), max_length=200)
    is_staff = models.BooleanField(lazy("may use the admin site"), default=False)
    is_active = models.BooleanField(lazy("active"), default=True)
    date_joined = models.DateTimeField(lazy("joined at"), auto_now_add=True)
    confirmed_numbers = models.JSONField(
        default=list,
        editable=False,
        help_text=lazy("The mobile numbers that this person confirmed, formatted as for text messages."),
    )
    declined_numbers = models.JSONField(
        default=list,
        editable=False,
        help_text=lazy("The mobile numbers that this person said are not theirs, formatted as for text messages."),
    )
    salt = models.CharField(
        max_length=32,
        default=new_salt,
        editable=False,
        help_text=lazy("This salt is part of the recorded digest. If the email address changes, we replace the salt."),
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserQuerySet()

    class Meta:
        verbose_name = lazy("user")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class AccountRowRecord(RowRecord):
    """Digests of accounts, of their groups and permissions in the admin site, and of API tokens."""

    CHAIN: ClassVar[str] = "accounts.row"
    AFTER: ClassVar[str] = "accounts.event"
    TABLES = (
        # The digest does not cover passwords, second factors or links to the office's sign-in provider
        # (docs/reference/security.md).
        Table("accounts.User", ("email", "is_staff", "is_superuser", "is_active", "salt"), deleted_by=NEVER),
        Table("accounts.User_groups", ("user_id", "group_id")),
        Table("accounts.User_user_permissions", ("user_id", "permission_id")),
        Table(
            "office_api.ApiToken",
            ("producer_id", "code", "digest", "purpose", "scopes", "last_day", "issued_by_id", "issued_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "office_api.TokenRevocation",
            ("token_id", "revoked_by_id", "revoked_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
    )


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, at: datetime) -> Self:
        """Return the invitations for which `is_open_at` is true."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """An invitation to an account and a role.

    The link works once, and expires after a week. Only a digest of the link's secret is stored.
    """

    email = models.EmailField(lazy("email address"))
    name = models.CharField(lazy("full name"), max_length=200)
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations")
    role = models.CharField(max_length=20, choices=choices_of(Role), blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations_accepted"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations_withdrawn"
    )
    erased_at = models.DateTimeField(
        lazy("name and address deleted at"),
        null=True,
        editable=False,
        help_text=lazy("At the end of the retention period."),
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("invitation")
        ordering = ("-invited_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(producer=None, role="") | models.Q(producer__isnull=False, role__in=list(Role)),
                name="invited_to_a_role_of_a_producer",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="invitation_accepted_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def is_open_at(self, at: datetime) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and at < self.expires_at

"""Account events that no other chain records, such as sign-ins, file downloads, and changes made with API tokens."""

from enum import StrEnum
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from releases.models.append_only import AppendOnlyQuerySet
from releases.models.event import AbstractEvent


class What(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an event
    SECOND_STEP_SET_UP = "second_step_set_up"
    SECOND_STEP_REMOVED = "second_step_removed"
    SECOND_STEP_FAILED = "second_step_failed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    NUMBERS_CONFIRMED = "numbers_confirmed"
    FILE_TAKEN = "file_taken"
    API_TOKEN_CREATED = "api_token_created"  # noqa: S105  # the name of an event
    API_TOKEN_REVOKED = "api_token_revoked"  # noqa: S105
    API_TOKEN_USED = "api_token_used"  # noqa: S105


class AccountEvent(AbstractEvent):
    """An event of an account, or a failed sign-in with an unknown email address.

    These rows are never deleted, so they contain no IP addresses. The web server's log contains the IP addresses.
    """

    CHAIN: ClassVar[str] = "accounts.event"

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="events")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        indexes = [models.Index(fields=["at"], name="account_event_by_time")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=list(What)), name="account_event_kind_is_known")]

    def subject(self) -> dict[str, Any]:
        return {"account": self.account_id}

"""The outbox in the admin site: to be read, never changed by hand."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from statsoffice.messages.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    """What was owed to whom, whether it was accepted, and why not."""

    list_display = ("subject", "recipient", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("subject", "recipient")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: messages follow from what happened."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: without its row the same message would be sent again."""
        return False

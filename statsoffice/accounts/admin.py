"""Accounts in the admin site: users are added and deactivated, never deleted."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy

from statsoffice.accounts.models import User


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """Asks for the e-mail address and the name of a new user."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Users by e-mail address."""

    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (lazy("What this person may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (lazy("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let superusers alone make superusers and give groups."""
        fixed = ("last_login", "date_joined")
        return fixed if _is_superuser(request) else (*fixed, "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let superusers alone change the account of a superuser, its password included."""
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the record names people, so an account is deactivated instead."""
        return False


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser

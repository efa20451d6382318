"""Accounts in the admin site: users are added and deactivated, but never deleted.

Anyone who can set another person's password or email address can sign in as that person and decide on reports. So
passwords cannot be set here, and only superusers can change the address of a person who decides on reports. If an
address changes, the old address is notified.
"""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.admin.access import PlainForms
from releases.models import Cover, Membership
from releases.models.append_only import new_salt
from releases.rules.lifecycle import LEADS
from statsoffice.accounts import emails, invitations
from statsoffice.accounts.models import AccountRowRecord, User


class NewUserForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(PlainForms[User], DjangoUserAdmin[User]):
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "name")}),
        (lazy("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (lazy("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name"),
                "description": lazy(
                    "Users choose their own password. They accept an invitation or select ‘Forgotten your password?’ "
                    "on the sign-in page."
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let only superusers appoint superusers, set groups, and change the address of people who lead producers."""
        fixed = ("last_login", "date_joined")
        if _is_superuser(request):
            return fixed
        return (*fixed, "is_superuser", "groups", *(["email"] if obj is not None and _leads(obj) else []))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  # as Django names it
        """Refuse every request. People get a link by email, or change their own password on their account page."""
        raise PermissionDenied

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        """Save a new account without a password. If the email address has changed, notify the old address.

        allauth stores addresses too. Its outdated addresses are removed, so that no one can use them to sign in.
        """
        # If the field is read-only, the form has no initial address, and the address has not changed.
        old_address = form.initial.get("email", obj.email if change else "")
        # Store the address in lower case, because the page to request a new password searches in lower case.
        obj.email = obj.email.lower()
        if not change:
            obj.set_unusable_password()
        if old_address.lower() != obj.email:
            obj.salt = new_salt()
        if not obj.is_active:
            obj.confirmed_numbers = obj.declined_numbers = []  # a person who has left can no longer remove them
        super().save_model(request, obj, form, change)
        AccountRowRecord.record({User: [obj.pk]})
        invitations.remove_outdated_addresses(obj)
        if change and old_address.lower() != obj.email.lower():
            transaction.on_commit(partial(_notify_old_address, request, obj, old_address))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        groups = User.groups.through.objects.filter(user=form.instance)
        before = list(groups.values_list("pk", flat=True))
        super().save_related(request, form, formsets, change)
        AccountRowRecord.record({User.groups.through: [*before, *groups.values_list("pk", flat=True)]})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only superusers change the account of a superuser."""
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False, because the record refers to users. Accounts are deactivated instead."""
        return False


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PlainForms[Group], DjangoGroupAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False. Administrators remove people from the group instead, and each removal is recorded."""
        return False


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


def _leads(user: User) -> bool:
    """Return whether a user leads a producer, or is the covering person of a cover that has not been ended.

    The result is the same for active and deactivated accounts.
    """
    led = Membership.objects.filter(user=user, role__in=LEADS)
    return led.exists() or Cover.objects.filter(person=user, ended_at__isnull=True).exists()


def _notify_old_address(request: HttpRequest, user: User, old_address: str) -> None:
    if not isinstance(request.user, User):
        return
    try:
        emails.notify_old_address(user, old_address=old_address, by=request.user)
    except emails.NotSent as fault:
        sentence = _(
            "We could not email the old address %(old)s about the change: %(fault)s. Contact the person yourself."
        )
        messages.warning(request, sentence % {"old": old_address, "fault": fault})

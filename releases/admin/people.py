"""Producers and memberships, kept by administrators; contacts, kept by those who keep the calendar."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from releases import permissions
from releases.admin.forms import kept_while_judged
from releases.admin.history import WithHistory
from releases.models import Contact, Membership, Producer, Release
from releases.models.event import record_rows
from releases.permissions import Action


class ByAdministrators[M: Model](WithHistory[M]):
    """Rows that a person with Django's own permission keeps, and that a producer's own people may view."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Return every row for an administrator, and one's own for everybody else."""
        if self._administers(request, "view"):
            return admin.ModelAdmin.get_queryset(self, request)
        return super().get_queryset(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to administrators and to a producer's own people."""
        return self._administers(request, "view") or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators and a producer's own people view."""
        return self._administers(request, "view") or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let administrators add."""
        return self._administers(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators change."""
        return self._administers(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators delete what nothing rests on."""
        return self._administers(request, "delete")

    def _administers(self, request: HttpRequest, verb: str) -> bool:
        verbs = {verb, "change"} if verb == "view" else {verb}
        label, name = self.opts.app_label, self.opts.model_name
        return any(request.user.has_perm(f"{label}.{each}_{name}") for each in verbs)


class ProducerForm(forms.ModelForm[Producer]):
    """Keeps the words for a page that is not there while the verdict on a release of the producer falls."""

    class Meta:
        model = Producer
        fields = "__all__"  # noqa: DJ007  # the admin class opens what may be changed

    def clean_negative_markers(self) -> str:
        """Ask whether they may be changed now."""
        of_producer = Release.objects.filter(series__producer=self.instance.pk)
        return str(kept_while_judged(self, "negative_markers", of_producer))


@admin.register(Producer)
class ProducerAdmin(ByAdministrators[Producer]):
    """Organisations that produce statistics."""

    form = ProducerForm
    list_display = ("name", "nation", "two_person_approval")
    list_filter = ("nation",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    producer_path = "pk"

    def producer_of(self, row: Any) -> Producer:
        """Return the producer itself."""
        assert isinstance(row, Producer)  # noqa: S101  # no other row comes here
        return row

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators change a producer, and those who keep its calendar what belongs to the calendar."""
        return super().has_change_permission(request, obj) or (obj is not None and self.may(request, Action.EDIT, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Open to those who keep the calendar, of all fields, the words for a page that is not there."""
        if obj is None or self._administers(request, "change"):
            return ()
        return tuple(field.name for field in self.opts.fields if field.editable and field.name != "negative_markers")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Offer a slug for a new producer only; elsewhere it is part of addresses already."""
        return {} if obj else {"slug": ("name",)}


class MembershipForm(forms.ModelForm[Membership]):
    """Gives a role to another person; `by` is the person who gives it."""

    by: ClassVar[Any] = None

    class Meta:
        model = Membership
        fields = ("user", "producer", "role")

    def clean_user(self) -> Any:
        """Refuse oneself, whatever else one may do."""
        user = self.cleaned_data["user"]
        if user == self.by:
            raise forms.ValidationError(_("You cannot give a role to yourself. Ask another administrator."))
        return user


@admin.register(Membership)
class MembershipAdmin(ByAdministrators[Membership]):
    """Who holds which role for which producer; administrators give roles to others, and never to themselves."""

    form = MembershipForm

    list_display = ("user", "role", "producer")
    list_filter = ("role",)
    list_select_related = ("user", "producer")
    search_fields = ("user__email", "user__name", "producer__name")
    autocomplete_fields = ("user",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let administrators change the roles of others."""
        return super().has_change_permission(request, obj) and not (obj is not None and obj.user_id == request.user.pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # as Django calls it
        """Let the form know who gives the role."""
        kwargs["form"] = type("MembershipForm", (MembershipForm,), {"by": request.user})
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001  # as Django calls it
        """Store the role, and record it in the chain."""
        super().save_model(request, obj, form, change)
        record_rows({Membership: [obj.pk]})

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Delete the role, and record that in the chain."""
        key = obj.pk
        super().delete_model(request, obj)
        record_rows({Membership: [key]})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Delete several roles, and record that in the chain."""
        with transaction.atomic():
            keys = list(queryset.values_list("pk", flat=True))
            super().delete_queryset(request, queryset)
            record_rows({Membership: keys})


@admin.register(Contact)
class ContactAdmin(WithHistory[Contact]):
    """People and teams whom readers and colleagues can reach."""

    list_display = ("name", "post", "email", "telephone", "is_public", "producer")
    list_filter = ("is_team", "is_public")
    list_select_related = ("producer",)
    search_fields = ("name", "email", "producer__name")
    fields = ("producer", "name", "is_team", "post", "email", "telephone", "is_public", "user")
    raw_id_fields = ("user",)

    def label_of(self, row: Contact) -> str:
        """Name a contact with post and producer, where one is chosen among those of several."""
        return f"{row.name}, {row.post or row.email} ({row.producer})"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a contact with its producer."""
        return ("producer",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer one's own producers only."""
        if db_field.name == "producer":
            kwargs["queryset"] = permissions.producers_where(request.user, Action.EDIT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

"""Releases with their addresses: listed, recorded, corrected, moved and, if never public, deleted."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases import corrections, permissions, scheduling
from releases.admin import batch, moves
from releases.admin.access import RefusalsAsMessages, WithHistory
from releases.admin.batch import plan_next_year, set_addresses
from releases.admin.forms import AddressForm, AddressFormSet, NewReleaseForm, ReleaseForm
from releases.admin.moves import MovesOfOne
from releases.admin.release_list import ReleaseColumns
from releases.models import Address, DateChangeRequest, Release, Series
from releases.permissions import Action
from releases.rules.calendar import STANDARD_RELEASE_TIME
from releases.rules.lifecycle import CHANGE_DATE, RELEASE

CHANGE = {
    "fields": (("new_on", "new_at", "new_precision"), "reason", "seen_version"),
    "description": lazy("Leave this empty to keep the date. The change is kept for ever, with its reason."),
}
FACTS = ("status_tag", "verdict_tag", "planned_for", "notice", "lacks", "milestones")


class AddressInline(admin.StackedInline[Address, Release]):
    """Where the release will stand; fixed from the due instant on, because a verdict rests on it."""

    model = Address
    form = AddressForm
    formset = AddressFormSet
    fields = ("url", ("marker", "role"), ("adapter", "required"))
    extra = 1

    def _open(self, request: HttpRequest, release: Any) -> bool:
        if release is None:
            return True
        mine = permissions.may(request.user, Action.EDIT, release.series.producer)
        return mine and not corrections.addresses_are_fixed(release, now=timezone.now())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)


@admin.register(Release)
class ReleaseAdmin(MovesOfOne, ReleaseColumns, WithHistory[Release], RefusalsAsMessages[Release]):
    producer_path = "series__producer"
    autocomplete_fields = ("series",)
    inlines = (AddressInline,)
    actions = (
        moves.announce,
        moves.confirm,
        moves.cancel,
        set_addresses,
        plan_next_year,
        moves.ask_preflight,
        *batch.ACTIONS,
    )

    def has_preflight_permission(self, request: HttpRequest) -> bool:
        """Offer the check before the day to whoever may ask for it; each release asks again."""
        return self.may(request, Action.PREFLIGHT)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": NewReleaseForm.Meta.fields}),)
        stands = (None, {"fields": (FACTS[:2], FACTS[2:4], *FACTS[4:])})
        facts = (_("What it is"), {"fields": ("series", "title", "reference", "rehearsal")})
        roles = permissions.roles_of(request.user, obj.series.producer)
        if CHANGE_DATE in RELEASE.available(source=obj.status, roles=roles):
            return (stands, facts, (_("Change the date"), CHANGE))
        return (stands, facts)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("series", "rehearsal", *FACTS, *(("reference",) if obj.announced_at else ()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change, **kwargs, form=ReleaseForm if obj else NewReleaseForm)
        form.user = request.user  # type: ignore[attr-defined]  # ReleaseForm asks the table of moves with it
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"planned_at": STANDARD_RELEASE_TIME, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = permissions.producers_where(request.user, Action.EDIT)
        kwargs["queryset"] = Series.objects.filter(producer__in=own)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:  # noqa: FBT001
        user: Any = request.user
        now = timezone.now()
        if not change:
            new = {name: form.cleaned_data[name] for name in ("reference", "title", "rehearsal")}
            permissions.check_may(user, Action.EDIT, obj.series.producer)
            obj.pk = scheduling.record_release(obj.series, slot=form.slot, by=user, at=now, **new).pk
        else:
            corrections.correct_release(obj, title=obj.title, reference=obj.reference, by=user, at=now)
            if form.new_slot:
                scheduling.change_date(obj, by=user, at=now, **form.change)
        obj.refresh_from_db()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        user: Any = request.user
        now = timezone.now()
        formset.save(commit=False)
        for row in formset.forms:
            if row.instance in formset.deleted_objects:
                corrections.remove_address(row.instance, by=user, at=now)
            elif row.instance.pk is not None and row.has_changed():
                corrections.change_address(row.instance, row.planned, by=user, at=now)
            elif row.instance in formset.new_objects and change:
                corrections.add_address(form.instance, row.planned, by=user, at=now)
            elif row.instance in formset.new_objects:
                scheduling.add_address(form.instance, row.planned, at=now)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        # What was asked for goes with a release that was never public: nobody deletes it by itself.
        forbidden -= {DateChangeRequest._meta.verbose_name}
        refusals = [sentence for release in objs if (sentence := moves.objection(release))]
        return to_delete, counts, forbidden, refusals or protected

    def delete_model(self, request: HttpRequest, obj: Release) -> None:
        """Remove a release that was never public."""
        user: Any = request.user
        corrections.remove_release(obj, by=user, at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        """Remove releases that were never public: all of them or none."""
        with transaction.atomic():
            for release in queryset:
                self.delete_model(request, release)

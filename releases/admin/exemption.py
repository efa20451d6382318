"""Exemptions in the admin site: recorded and ended by the Head of Profession or a deputy, never changed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from releases import permissions
from releases.admin.access import RefusalsAsMessages
from releases.core.exemption import Covers
from releases.models import Exemption, Series
from releases.permissions import Action
from releases.verdicts import exemptions
from releases.verdicts.exemptions import Approval, ExemptionRefused

WHOSE = ("producer", "series")
APPROVAL = ("reference", "approved_on", "covers_from", "covers_to")
FAULTS = ("covers_late", "covers_early", "covers_partial")
END = ("end", "end_words")


class NewExemptionForm(forms.ModelForm[Exemption]):
    """Asks for an approval as it was given."""

    class Meta:
        model = Exemption
        fields = (*WHOSE, *APPROVAL, *FAULTS, "words")

    def clean(self) -> dict[str, Any]:
        """Ask whether it can be recorded so."""
        cleaned = super().clean() or self.cleaned_data
        if {*WHOSE, *APPROVAL, "words"} <= cleaned.keys():
            try:
                exemptions.check(cleaned["producer"], cleaned["series"], self.approval, at=timezone.now())
            except ExemptionRefused as refusal:
                self.add_error(refusal.field, str(refusal))
        return cleaned

    @property
    def approval(self) -> Approval:
        """The approval as it was typed."""
        given = self.cleaned_data
        covers = frozenset(what for what in Covers if given[f"covers_{what}"])
        return Approval(**{name: given[name] for name in (*APPROVAL, "words")}, covers=covers)


class EndExemptionForm(forms.ModelForm[Exemption]):
    """Asks why an exemption ends."""

    class Meta:
        model = Exemption
        fields = END

    def clean(self) -> dict[str, Any]:
        """Ask for both the way in which it ends and the reason."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("end"):
            self.add_error("end", _("Say how it ends."))
        if not str(cleaned.get("end_words", "")).strip():
            self.add_error("end_words", _("Say why it ends."))
        return cleaned


@admin.register(Exemption)
class ExemptionAdmin(RefusalsAsMessages[Exemption]):
    """Exemptions of one's own producers."""

    list_display = ("reference", "producer", "series", "approved_on", "covers_from", "covers_to", *FAULTS, "end")
    list_filter = ("covers_late", "covers_early", "covers_partial", "end")
    list_select_related = ("producer", "series")
    search_fields = ("reference", "producer__name", "series__title", "words")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask the table of permissions."""
        return self.may(request, Action.KEEP_EXEMPTIONS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let those who keep exemptions end one that has not ended."""
        return self.may(request, Action.KEEP_EXEMPTIONS, obj) and not (obj and obj.ended_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what covered a verdict stays to be read."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the approval of a new one, and for the end of one that is there."""
        what = (
            (None, {"fields": WHOSE}),
            (_("Approval"), {"fields": APPROVAL}),
            (_("Covers"), {"fields": (*FAULTS, "words")}),
        )
        if obj is None:
            return what
        recorded = (_("Recorded"), {"fields": ("recorded_by", "recorded_at")})
        return (*what, recorded, (_("End it"), {"fields": (*END, "ended_by", "ended_at")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep what was recorded."""
        if obj is None:
            return ()
        return (*WHOSE, *APPROVAL, *FAULTS, "words", "recorded_by", "recorded_at", "ended_by", "ended_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Choose the form."""
        return super().get_form(request, obj, change, **kwargs, form=EndExemptionForm if obj else NewExemptionForm)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer what the person leads, and nothing else."""
        own = permissions.producers_where(request.user, Action.KEEP_EXEMPTIONS)
        offered: dict[str, QuerySet[Any]] = {"producer": own, "series": Series.objects.filter(producer__in=own)}
        kwargs["queryset"] = offered[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Exemption, form: Any, change: bool) -> None:  # noqa: FBT001
        """Record a new exemption, or end one."""
        user: Any = request.user
        now = timezone.now()
        if change:
            exemptions.end(obj, obj.end, words=obj.end_words, by=user, at=now)
        else:
            obj.pk = exemptions.record(obj.producer, obj.series, form.approval, by=user, at=now).pk
        obj.refresh_from_db()

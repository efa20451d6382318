"""Producers, memberships, contacts, series and exemptions in the admin site."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases import early_findings, exemptions, permissions, scheduling
from releases.admin.access import CLOCK_TIMES, HistoryAdmin, RefusalMessagesAdmin
from releases.admin.directory import DirectoryAdmin
from releases.exemptions import ExemptionRefused
from releases.imports.directory import DirectoryKind
from releases.models import Contact, Exemption, Membership, NonWorkingDay, Producer, Release, RotaEntry, Series
from releases.models.event import record_rows
from releases.permissions import Action
from releases.rules.lifecycle import FieldRefused
from releases.scheduling import BeingJudged


class AdministratorAdmin[M: Model](HistoryAdmin[M]):
    """Limits editing to people with Django's model permissions. People with a role at the producer may view rows."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        if self._may_view_all(request):
            return admin.ModelAdmin.get_queryset(self, request)
        return super().get_queryset(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may_view_all(request) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_view_all(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request)

    def _may_view_all(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_view_permission(self, request)


def clean_judged_name(form: forms.ModelForm[Any], name: str, releases: QuerySet[Release]) -> Any:
    """Return the text that was typed in a field.

    :raises ValidationError: if the text was changed and one of the releases is waiting for its verdict.
    """
    if name in form.changed_data:
        try:
            scheduling.refuse_names_during_judgement(releases, at=timezone.now())
        except BeingJudged as refusal:
            raise ValidationError(str(refusal)) from refusal
    return form.cleaned_data[name]


class ProducerForm(forms.ModelForm[Producer]):
    class Meta:
        model = Producer
        fields = "__all__"  # noqa: DJ007  # the admin class opens what may be changed

    def clean_negative_markers(self) -> str:
        of_producer = Release.objects.filter(series__producer=self.instance.pk)
        return str(clean_judged_name(self, "negative_markers", of_producer))


class OwnRowsInline:
    """A mixin for inlines. Everyone who can open the page may view the rows. `may_edit` decides who may edit them."""

    formfield_overrides = CLOCK_TIMES

    def may_edit(self, request: HttpRequest, parent: Any) -> bool:
        """Return whether the user may add, change and delete rows of the inline.

        :param parent: the object that the page edits, or None if the page adds a new object.
        """
        raise NotImplementedError

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)


class NonWorkingDayInline(OwnRowsInline, admin.StackedInline[NonWorkingDay, Producer]):
    """The days on which the producer's office is closed. Calendar managers of the producer edit these days."""

    model = NonWorkingDay
    fields = (("on", "title"),)
    extra = 1
    verbose_name_plural = lazy("Days when the office is closed, besides weekends and bank holidays")

    def may_edit(self, request: HttpRequest, parent: Any) -> bool:
        if request.user.has_perm("releases.change_producer"):
            return True
        return parent is not None and permissions.may(request.user, Action.EDIT, parent)


@admin.register(Producer)
class ProducerAdmin(AdministratorAdmin[Producer], DirectoryAdmin[Producer]):
    directory = DirectoryKind.PRODUCERS
    form = ProducerForm
    list_display = ("name", "nation", "two_person_approval")
    list_filter = ("nation",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    producer_path = "pk"
    inlines = (NonWorkingDayInline,)

    def producer_of(self, row: Any) -> Producer:
        assert isinstance(row, Producer)  # noqa: S101  # no other row comes here
        return row

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or (obj is not None and self.may(request, Action.EDIT, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or admin.ModelAdmin.has_change_permission(self, request):
            return ()
        shown = (field for field in self.opts.fields if field.editable and not field.primary_key)
        return tuple(field.name for field in shown if field.name not in {"negative_markers", "outage_wording"})


class MembershipForm(forms.ModelForm[Membership]):
    """Grants a role to another person. `by` is the person who grants the role."""

    by: ClassVar[Any] = None

    class Meta:
        model = Membership
        fields = ("user", "producer", "role")

    def clean_user(self) -> Any:
        user = self.cleaned_data["user"]
        if user == self.by:
            raise forms.ValidationError(_("You cannot give yourself a role. Ask another administrator."))
        return user


@admin.register(Membership)
class MembershipAdmin(AdministratorAdmin[Membership]):
    """The roles of people for producers. Administrators grant roles to others, never to themselves."""

    form = MembershipForm

    list_display = ("user", "role", "producer")
    list_filter = ("role",)
    list_select_related = ("user", "producer")
    search_fields = ("user__email", "user__name", "producer__name")
    autocomplete_fields = ("user",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and obj.user_id == request.user.pk)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001  # as Django calls it
        super().save_model(request, obj, form, change)
        record_rows({Membership: [obj.pk]})

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        key = obj.pk
        super().delete_model(request, obj)
        record_rows({Membership: [key]})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        with transaction.atomic():
            keys = list(queryset.values_list("pk", flat=True))
            super().delete_queryset(request, queryset)
            record_rows({Membership: keys})


class OwnProducersAdmin[M: Model](DirectoryAdmin[M]):
    """Offers only the person's own producers as the producer of a row."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "producer":
            kwargs["queryset"] = permissions.producers_where(request.user, Action.EDIT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ContactForm(forms.ModelForm[Contact]):
    """Refuses changes that would send text messages about early releases to another number.

    `by` is the person who changes the contact.
    """

    by: ClassVar[Any] = None

    class Meta:
        model = Contact
        fields = ("producer", "name", "is_team", "post", "email", "telephone", "is_public", "user")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        changed = next((name for name in ("user", "telephone") if name in self.changed_data), None)
        producer = self.instance.producer if self.instance.pk else cleaned.get("producer")
        if changed and producer:
            try:
                for contact in (self.instance, Contact(producer=producer, user=cleaned.get("user"))):
                    early_findings.check_number_change(contact, by=self.by)
            except FieldRefused as refusal:
                self.add_error(changed, str(refusal))
        return cleaned


@admin.register(Contact)
class ContactAdmin(OwnProducersAdmin[Contact]):
    directory = DirectoryKind.CONTACTS
    form = ContactForm
    list_display = ("name", "post", "email", "telephone", "is_public", "producer")
    list_filter = ("is_team", "is_public")
    list_select_related = ("producer",)
    search_fields = ("name", "email", "producer__name")
    fields = ContactForm.Meta.fields
    raw_id_fields = ("user",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the accounts of the person's own producers, unless the person may see all accounts."""
        if db_field.name == "user":
            accounts = db_field.remote_field.model
            if not self.admin_site.get_model_admin(accounts).has_view_or_change_permission(request):
                own = permissions.producers_where(request.user, Action.EDIT)
                theirs = Q(memberships__producer__in=own) | Q(contacts__producer__in=own)
                kwargs["queryset"] = accounts.objects.filter(theirs).distinct().order_by("name", "pk")
                kwargs["widget"] = forms.Select
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def label_of(self, row: Contact) -> str:
        return f"{row.name}, {row.post or row.email} ({row.producer})"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("producer",) if obj else ()


PEOPLE = ("responsible", "publishing_contacts", "head_of_profession", "deputies")


class SeriesForm(forms.ModelForm[Series]):
    class Meta:
        model = Series
        fields = "__all__"  # noqa: DJ007  # the admin class names them
        help_texts = {
            "slug": lazy(
                "Lower-case letters, numbers and hyphens, for example labour-market-overview. It is part "
                "of the web addresses and references of releases, so do not change it once readers use "
                "them."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PEOPLE:
            if name in self.fields:
                own: QuerySet[Contact] = self.instance.producer.contacts.all()
                self.fields[name].queryset = own  # type: ignore[attr-defined]  # a field of model choices

    def clean_title(self) -> str:
        return self._clean_name("title")

    def clean_welsh_title(self) -> str:
        return self._clean_name("welsh_title")

    def _clean_name(self, name: str) -> str:
        return str(clean_judged_name(self, name, Release.objects.filter(series=self.instance.pk)))


class RotaInline(OwnRowsInline, admin.StackedInline[RotaEntry, Series]):
    """The contacts to call about the releases of a series. Calendar managers of the producer edit this list."""

    model = RotaEntry
    fields = ("order", "contact", "at", "days")
    ordering = ("-days", "at", "order", "pk")
    extra = 1
    verbose_name_plural = lazy("People to call on a release morning, in phone order")

    def may_edit(self, request: HttpRequest, parent: Any) -> bool:
        return parent is not None and permissions.may(request.user, Action.EDIT, parent.producer)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offer only the contacts of the series' producer."""
        formset = super().get_formset(request, obj, **kwargs)
        contact: Any = formset.form.base_fields.get("contact")
        if contact is not None:
            contact.queryset = obj.producer.contacts.all()
            contact.widget = contact.widget.widget  # without links to add and change contacts
            contact.widget.choices = contact.choices
        return formset


@admin.register(Series)
class SeriesAdmin(OwnProducersAdmin[Series]):
    directory = DirectoryKind.SERIES
    form = SeriesForm
    prepopulated_fields = {"slug": ("title",)}
    list_display = ("title", "producer", "designation", "release_time", "tolerance_seconds", "responsible")
    list_filter = ("designation", "market_sensitive")
    list_select_related = ("producer", "responsible")
    search_fields = ("title", "producer__name")
    autocomplete_fields = PEOPLE
    inlines = (RotaInline,)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Leave out the rota if the series is new.

        The rota offers the contacts of the producer, and the producer of a new series is not known yet.
        """
        return self.inlines if obj else ()

    def label_of(self, row: Series) -> str:
        return f"{row.title} ({row.producer})"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Series], search_term: str
    ) -> tuple[QuerySet[Series], bool]:
        if request.GET.get("field_name") == "series":
            queryset = queryset.filter(producer__in=permissions.producers_where(request.user, Action.EDIT))
        return super().get_search_results(request, queryset, search_term)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what = (None, {"fields": ("producer", "title", "welsh_title", "slug", "designation")})
        law = (_("Law"), {"fields": ("nation", "pre_release_kind", "market_sensitive")})
        time = (
            _("Release time"),
            {"fields": ("release_time", "alternative_time_reference", "alternative_time_approved_on")},
        )
        later = ((_("People"), {"fields": PEOPLE}), (_("Tolerance"), {"fields": ("tolerance_seconds",)}))
        pictures = (_("Screenshots"), {"fields": ("screenshots",)})
        return (what, law, time, *later, pictures) if obj else (what, law, time, pictures)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the read-only fields of an existing series.

        No one can change the producer. Only the Head of Profession and deputies can change the tolerance.
        """
        if obj is None:
            return ()
        leads = permissions.may(request.user, Action.CHANGE_TOLERANCE, obj.producer)
        return ("producer",) if leads else ("producer", "tolerance_seconds")

    def response_add(self, request: HttpRequest, obj: Series, post_url_continue: str | None = None) -> HttpResponse:
        if "_addanother" not in request.POST:
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment]  # Django's own admin of users does the same
        return super().response_add(request, obj, post_url_continue)


WHOSE = ("producer", "series")
APPROVAL = ("reference", "approved_on", "covers_from", "covers_to")
FAULTS = ("covers_late", "covers_early", "covers_partial")
END = ("end", "end_words")


class NewExemptionForm(forms.ModelForm[Exemption]):
    class Meta:
        model = Exemption
        fields = (*WHOSE, *APPROVAL, *FAULTS, "words")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {*WHOSE, *APPROVAL, "words"} <= cleaned.keys():
            try:
                exemptions.check_exemption(Exemption(**cleaned), at=timezone.now())
            except ExemptionRefused as refusal:
                self.add_error(refusal.field, str(refusal))
        return cleaned


class EndExemptionForm(forms.ModelForm[Exemption]):
    class Meta:
        model = Exemption
        fields = END

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("end"):
            self.add_error("end", _("Select how the exemption ends"))
        if not str(cleaned.get("end_words", "")).strip():
            self.add_error("end_words", _("Enter why the exemption ends"))
        return cleaned


@admin.register(Exemption)
class ExemptionAdmin(RefusalMessagesAdmin[Exemption]):
    list_display = ("reference", "producer", "series", "approved_on", "covers_from", "covers_to", *FAULTS, "end")
    list_filter = ("covers_late", "covers_early", "covers_partial", "end")
    list_select_related = ("producer", "series")
    search_fields = ("reference", "producer__name", "series__title", "words")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, Action.KEEP_EXEMPTIONS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Action.KEEP_EXEMPTIONS, obj) and not (obj and obj.ended_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False, because exemptions that covered a verdict must remain readable."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what = (
            (None, {"fields": WHOSE}),
            (_("Approval"), {"fields": APPROVAL}),
            (_("Covers"), {"fields": (*FAULTS, "words")}),
        )
        if obj is None:
            return what
        recorded = (_("Recorded"), {"fields": ("recorded_by", "recorded_at")})
        return (*what, recorded, (_("End the exemption"), {"fields": (*END, "ended_by", "ended_at")}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return (*WHOSE, *APPROVAL, *FAULTS, "words", "recorded_by", "recorded_at", "ended_by", "ended_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        return super().get_form(request, obj, change, **kwargs, form=EndExemptionForm if obj else NewExemptionForm)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = permissions.producers_where(request.user, Action.KEEP_EXEMPTIONS)
        offered: dict[str, QuerySet[Any]] = {"producer": own, "series": Series.objects.filter(producer__in=own)}
        kwargs["queryset"] = offered[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Exemption, form: Any, change: bool) -> None:  # noqa: FBT001
        user: Any = request.user
        now = timezone.now()
        if change:
            exemptions.end_exemption(obj, obj.end, words=obj.end_words, by=user, at=now)
        else:
            exemptions.record_exemption(obj, by=user, at=now)
        obj.refresh_from_db()

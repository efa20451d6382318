"""Series: what their releases share, who answers for them, and the tolerance."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases import permissions
from releases.admin.forms import kept_while_judged
from releases.admin.history import WithHistory
from releases.models import Contact, Release, Series
from releases.permissions import Action

PEOPLE = ("responsible", "publishing_contacts", "head_of_profession", "deputies")


class SeriesForm(forms.ModelForm[Series]):
    """Offers the contacts of the series' own producer."""

    class Meta:
        model = Series
        fields = "__all__"  # noqa: DJ007  # the admin class names them
        help_texts = {
            "slug": lazy(
                "A short name without spaces, such as labour-market-overview: small letters, digits and hyphens. It is "
                "offered from the title, and stands in addresses and in the references of the series’ releases. "
                "Leave it as it is once readers use them."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Narrow the choices of people."""
        super().__init__(*args, **kwargs)
        for name in PEOPLE:
            if name in self.fields:
                own: QuerySet[Contact] = self.instance.producer.contacts.all()
                self.fields[name].queryset = own  # type: ignore[attr-defined]  # a field of model choices

    def clean_title(self) -> str:
        """Keep the title while the verdict on a release of the series falls."""
        return str(kept_while_judged(self, "title", Release.objects.filter(series=self.instance.pk)))


@admin.register(Series)
class SeriesAdmin(WithHistory[Series]):
    """Series of one's own producers."""

    form = SeriesForm
    list_display = ("title", "producer", "designation", "release_time", "tolerance_seconds", "responsible")
    list_filter = ("designation", "market_sensitive")
    list_select_related = ("producer", "responsible")
    search_fields = ("title", "producer__name")
    autocomplete_fields = PEOPLE

    def label_of(self, row: Series) -> str:
        """Name a series with its producer, where one is chosen among those of several."""
        return f"{row.title} ({row.producer})"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Series], search_term: str
    ) -> tuple[QuerySet[Series], bool]:
        """Offer for a release only the series whose calendar one keeps."""
        if request.GET.get("field_name") == "series":
            queryset = queryset.filter(producer__in=permissions.producers_where(request.user, Action.EDIT))
        return super().get_search_results(request, queryset, search_term)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for people and tolerance once the series and its producer are there."""
        what = (None, {"fields": ("producer", "title", "slug", "designation", "market_sensitive")})
        time = (
            _("Release time"),
            {"fields": ("release_time", "alternative_time_reference", "alternative_time_approved_on")},
        )
        later = ((_("People"), {"fields": PEOPLE}), (_("Tolerance"), {"fields": ("tolerance_seconds",)}))
        return (what, time, *later) if obj else (what, time)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a series with its producer; the tolerance is for the Head of Profession and deputies."""
        if obj is None:
            return ()
        leads = permissions.may(request.user, Action.CHANGE_TOLERANCE, obj.producer)
        return ("producer",) if leads else ("producer", "tolerance_seconds")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Offer a slug for a new series only."""
        return {} if obj else {"slug": ("title",)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer one's own producers only."""
        if db_field.name == "producer":
            kwargs["queryset"] = permissions.producers_where(request.user, Action.EDIT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: Series, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the people of a new series."""
        if "_addanother" not in request.POST:
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment]  # Django's own admin of users does the same
        return super().response_add(request, obj, post_url_continue)

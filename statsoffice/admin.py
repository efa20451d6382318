"""The admin site's own pages: an index that begins with concerns, and choices that name their producer."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from releases import overview, permissions
from releases.permissions import Action
from releases.text import calendar

# Calendar managers open these most. All others follow in Django's order.
APPS = ("releases", "breaches", "messages", "accounts")
MODELS = ("Release", "Series", "Contact", "Producer", "Membership")


class NamedChoices(AutocompleteJsonView):
    """Name each choice as its list does, such as with its producer."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        label_of = getattr(self.model_admin, "label_of", str)
        return {**super().serialize_result(obj, to_field_name), "text": label_of(obj)}


class DeleteOnly:
    """Rows of django-allauth: administrators see and delete them, but never edit them."""

    exclude = ("data", "extra_data", "secret", "token", "token_secret", "key")

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False


# The one provider is in the settings, and its tokens are not stored.
UNREGISTERED = frozenset({"SocialAppAdmin", "SocialTokenAdmin"})


class OfficeAdminSite(AdminSite):
    site_header = site_title = lazy("Release calendar administration")
    index_title = lazy("What you may look after")
    # No sidebar, because the list of models is on the first page and the list of releases needs the space.
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models as Django does, and those of django-allauth as delete-only."""
        if admin_class is not None and admin_class.__module__.startswith("allauth."):
            if admin_class.__name__ in UNREGISTERED:
                return
            admin_class = type(admin_class.__name__, (DeleteOnly, admin_class), {})
        super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Begin with the concerns about the calendars that the person may see."""
        may_view = permissions.may_anywhere(request.user, Action.VIEW)
        lines = list_concerns(request) if may_view else None
        return super().index(request, {"attention": lines, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]  # as views are typed
        return NamedChoices.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODELS))
        return sorted(apps, key=lambda app: _place(app["app_label"], APPS))


def list_concerns(request: HttpRequest) -> list[tuple[str, Promise, str]]:
    """Return each concern about releases in a sentence, with the advice and the address of their list."""
    counted = overview.count_concerns(request.user, now=timezone.now())
    releases = reverse("admin:releases_release_changelist")
    return [
        (calendar.concern_sentence(concern, count), calendar.ADVICE[concern], f"{releases}?attention={concern}")
        for concern, count in counted.items()
        if count
    ]


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)

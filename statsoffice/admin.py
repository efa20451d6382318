"""The admin site, with an index in three groups and a list of concerns about releases."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases import overview, permissions
from releases.permissions import Action
from releases.text import calendar

# The groups of models on the index page. All other models are in the last group, `RECORD`.
GROUPS: tuple[tuple[str, Promise, tuple[str, ...]], ...] = (
    (
        "calendar",
        lazy("Calendar"),
        (
            "releases.release",
            "releases.series",
            "releases.producer",
            "releases.exemption",
            "breaches.edition",
            "breaches.practice",
        ),
    ),
    (
        "people",
        lazy("People"),
        (
            "releases.contact",
            "releases.membership",
            "outbox.preference",
            "accounts.user",
            "auth.group",
            "account.emailaddress",
            "mfa.authenticator",
            "socialaccount.socialaccount",
            "usersessions.usersession",
        ),
    ),
)
RECORD = ("record", lazy("Record"))


class NamedChoices(AutocompleteJsonView):
    """Autocomplete choices with labels from the model admin. For example, the label of a contact names the producer."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        label_of = getattr(self.model_admin, "label_of", str)
        return {**super().serialize_result(obj, to_field_name), "text": label_of(obj)}


class DeleteOnly:
    """A mixin for the models of django-allauth. Administrators can view and delete rows, but not add or edit them."""

    exclude = ("data", "extra_data", "secret", "token", "token_secret", "key")

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False


# Admin classes of django-allauth that are not registered. The sign-in provider is configured in the settings, and the
# provider's tokens are not stored.
UNREGISTERED = frozenset({"SocialAppAdmin", "SocialTokenAdmin"})


class OfficeAdminSite(AdminSite):
    site_header = site_title = index_title = lazy("Admin")
    # No sidebar, because the list of models is on the first page and the list of releases needs the space.
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models as Django does, but let administrators only view and delete the rows of django-allauth."""
        if admin_class is not None and admin_class.__module__.startswith("allauth."):
            if admin_class.__name__ in UNREGISTERED:
                return
            admin_class = type(admin_class.__name__, (DeleteOnly, admin_class), {})
        super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the index. If the person may view releases, show the concerns about their releases above the index."""
        may_view = permissions.may_anywhere(request.user, Action.VIEW)
        lines = list_concerns(request) if may_view else None
        return super().index(request, {"attention": lines, **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().app_index(request, app_label, {"title": self.index_title, **(extra_context or {})})

    def password_change(  # type: ignore[override]  # as views are typed
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Redirect to our own page, which limits attempts and records the change in the audit trail."""
        return redirect("account_change_password")

    @method_decorator(require_safe)
    def password_change_done(  # type: ignore[override]  # as views are typed
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return redirect("your_account")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]  # as views are typed
        return NamedChoices.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models that the person may open, grouped as in `GROUPS`. The last group is `RECORD`."""
        models = {}
        for app in super().get_app_list(request, app_label):
            for model in app["models"]:
                model["key"] = f"{model['model']._meta.app_label}-{model['model']._meta.model_name}"
                models[model["model"]._meta.label_lower] = model
        groups = []
        for label, name, members in GROUPS:
            found = [models.pop(member) for member in members if member in models]
            groups.append({"app_label": label, "name": name, "models": found})
        label, name = RECORD
        groups.append({"app_label": label, "name": name, "models": list(models.values())})
        return [
            {**group, "app_url": reverse("admin:index"), "has_module_perms": True}
            for group in groups
            if group["models"]
        ]


def list_concerns(request: HttpRequest) -> list[tuple[str, Promise, str]]:
    """Return a tuple for each concern about releases: a sentence, advice, and the address of a list of the releases."""
    counted = overview.count_concerns(request.user, now=timezone.now())
    releases = reverse("admin:releases_release_changelist")
    return [
        (calendar.concern_sentence(concern, count), calendar.ADVICE[concern], f"{releases}?attention={concern}")
        for concern, count in counted.items()
        if count
    ]

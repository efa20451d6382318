"""Who gets to which page of the admin site: each table by its row of the one table of roles."""

from django.contrib import admin

from releases.rules.lifecycle import LEADS
from tests.pages.access.expected import (
    ADMINISTRATORS,
    DOWNLOAD,
    EVERYBODY,
    NOBODY,
    READ,
    RELEASE,
    SIGNED_IN,
    SUPERUSERS,
    VIEW,
    Expected,
    Who,
    by,
    form,
    own,
    page,
)

EDIT = by(RELEASE, "edit")
PAGES = {
    "admin:index": form(SIGNED_IN),
    "admin:jsi18n": page(SIGNED_IN),
    "admin:login": form(EVERYBODY),
    "admin:logout": Expected(NOBODY, EVERYBODY, of_no_row=True),
    "admin:password_change": form(SIGNED_IN),
    "admin:password_change_done": page(SIGNED_IN),
    "admin:view_on_site": form(NOBODY),
    "admin:autocomplete": page(NOBODY),
    "admin:app_list": own(VIEW, VIEW),
    "admin:auth_user_password_change": form(NOBODY),
    "admin:releases_release_move": form(by(RELEASE, "cancel")),
    "admin/(?P<url>.*)$": form(NOBODY),
}
# Who adds, changes and deletes: administrators, or no one.
FOR_ADMINISTRATORS: dict[str, tuple[Who, Who, Who]] = {
    "accounts_user": (ADMINISTRATORS, ADMINISTRATORS, NOBODY),
    # People who may change a group can grant themselves any permission.
    "auth_group": (SUPERUSERS, SUPERUSERS, NOBODY),
    "account_emailaddress": (NOBODY, NOBODY, ADMINISTRATORS),
    "mfa_authenticator": (NOBODY, NOBODY, ADMINISTRATORS),
    "socialaccount_socialaccount": (NOBODY, NOBODY, ADMINISTRATORS),
    "usersessions_usersession": (NOBODY, NOBODY, ADMINISTRATORS),
    "outbox_message": (NOBODY, NOBODY, NOBODY),
    "breaches_edition": (ADMINISTRATORS,) * 3,
    "breaches_practice": (ADMINISTRATORS,) * 3,
}
# Who downloaded the register is for those who may download it themselves.
READERS = {"breaches_registerevent": DOWNLOAD}
# Maintained by administrators in addition to the roles.
ADMINISTRATORS_TOO = {"releases_producer", "releases_membership"}
# Imported and exported as files.
EXCHANGED = {"releases_contact", "releases_series", "releases_producer"}
# Who adds, changes and deletes rows by the admin site; of every other table no one does.
WRITTEN: dict[str, tuple[Who, Who, Who]] = {
    "releases_release": (EDIT, EDIT, EDIT),
    "releases_series": (EDIT, EDIT, EDIT),
    "releases_contact": (EDIT, EDIT, EDIT),
    "releases_producer": (NOBODY, EDIT, NOBODY),
    "releases_exemption": (LEADS, LEADS, NOBODY),
    "outbox_preference": (EDIT, EDIT, EDIT),
}


def expected_in_the_admin_site() -> dict[str, Expected]:
    """Return who gets to every page of the admin site, by its name."""
    found = dict(PAGES)
    for model in admin.site._registry:
        app, label = model._meta.app_label, f"{model._meta.app_label}_{model._meta.model_name}"
        if label in FOR_ADMINISTRATORS:
            readers = SUPERUSERS if label == "auth_group" else ADMINISTRATORS
            added, changed, deleted = FOR_ADMINISTRATORS[label]
        else:
            readers = READERS.get(label, READ if app == "breaches" else VIEW)
            added, changed, deleted = WRITTEN.get(label, (NOBODY,) * 3)
        too = {"administrators_too": label in ADMINISTRATORS_TOO}
        found |= {
            f"admin:{label}_changelist": Expected(readers, readers, of_no_row=True, **too),
            f"admin:{label}_add": Expected(added, added, of_no_row=True, **too),
            f"admin:{label}_change": Expected(readers, changed, **too),
            f"admin:{label}_delete": Expected(deleted, deleted, **too),
            f"admin:{label}_history": Expected(readers, readers, **too),
            f"admin/{app}/{model._meta.model_name}/<path:object_id>/": form(SIGNED_IN),
        }
        if label in EXCHANGED:
            # A file, and the page that imports one, have the rows of one's own producers.
            found[f"admin:{label}_import"] = Expected(EDIT, EDIT, of_no_row=True, **too)
            found[f"admin:{label}_export"] = Expected(EDIT, NOBODY, of_no_row=True, **too)
    return found

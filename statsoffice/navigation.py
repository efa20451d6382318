"""The navigation: the sections and pages that a person's roles allow them to see."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import permissions as reports
from releases import permissions as releases
from releases.permissions import prefetch_roles, roles_anywhere
from releases.rules.lifecycle import EVERY_ROLE, KEEPERS, LEADS, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to a page in the navigation.

    `page` is the name of the page's view, and `text` is the text of the link. Only people with one of the `roles` see
    the link. If `roles` is None, everyone sees it. `also` has the names of other views that belong to the page. On
    their pages, the link is marked as current too.
    """

    page: str
    text: Promise
    roles: frozenset[Role] | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the navigation. The link of the section leads to the first page that the person may see.

    All pages whose URL namespace is in `apps` belong to the section, even if `entries` does not contain them.
    """

    text: Promise
    entries: tuple[Entry, ...]
    apps: tuple[str, ...] = ()
    is_for_staff: bool = False
    """Whether only people who may use the admin site see the section."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the navigation shows it.

    `current` is the value of `aria-current`: "page" on the page of the link, "true" on other pages of the entry or
    section, and "" everywhere else.
    """

    text: str
    address: str
    current: str


@dataclass(frozen=True, slots=True)
class Navigation:
    sections: tuple[Link, ...]
    here: str
    """The text of the current section, or "" if the current page belongs to no section."""
    pages: tuple[Link, ...]
    """The pages of the current section. Empty if the person may see fewer than two."""


ANYONE = None
READERS = reports.TABLE[reports.Action.VIEW]
OPEN_FILES = releases.TABLE[releases.Action.KNOW_OPEN_FILES]
WEBHOOKS = releases.TABLE[releases.Action.MANAGE_WEBHOOKS]
AUDITORS = LEADS | {Role.AUDITOR}

# The navigation has room for six entries. The sixth is the link to sign out, so there are at most five sections.
SECTIONS = (
    Section(lazy("Today’s releases"), (Entry("desk", lazy("Today’s releases"), ANYONE),)),
    Section(
        lazy("Release calendar"),
        (
            Entry("releases:calendar", lazy("Public calendar"), ANYONE, ("releases:all_months", "releases:month")),
            Entry("exchange:release_list", lazy("Your releases"), EVERY_ROLE),
            Entry("releases:planner", lazy("Year planner"), EVERY_ROLE),
            Entry("releases:changes", lazy("Date changes"), EVERY_ROLE),
            Entry("releases:corrections", lazy("Corrections"), EVERY_ROLE, ("releases:correction",)),
            Entry(
                "releases:trainings",
                lazy("Training sessions"),
                EVERY_ROLE,
                ("releases:training", "releases:plan_training", "releases:change_participants"),
            ),
            Entry(
                "releases:open_files",
                lazy("Unpublished files"),
                OPEN_FILES,
                (
                    "releases:open_file",
                    "releases:check_open_file",
                    "releases:open_file_dealt_with",
                    "releases:make_dummy_file",
                    "releases:authorise_host",
                    "releases:withdraw_host",
                ),
            ),
            Entry(
                "webhooks:webhooks",
                lazy("Webhooks"),
                WEBHOOKS,
                (
                    "webhooks:webhook",
                    "webhooks:create_webhook",
                    "webhooks:replace_secret",
                    "webhooks:turn_off",
                    "webhooks:add_system",
                    "webhooks:remove_system",
                ),
            ),
            Entry(
                "exchange:imports",
                lazy("Import"),
                KEEPERS,
                ("exchange:import", "exchange:from_govuk", "exchange:import_listing", "exchange:columns"),
            ),
        ),
        ("releases", "exchange", "webhooks"),
    ),
    Section(
        lazy("Breach reports"),
        (
            Entry("breaches:report_list", lazy("Reports"), READERS),
            Entry("breaches:register", lazy("Register"), READERS, ("breaches:export",)),
            Entry("breaches:figures", lazy("Figures"), READERS),
            Entry("breaches:near_misses", lazy("Near misses"), READERS),
            Entry(
                "breaches:yearly_tables",
                lazy("Compliance tables"),
                READERS,
                (
                    "breaches:yearly_table",
                    "breaches:policy_section",
                    "breaches:approve_yearly_table",
                    "breaches:yearly_list",
                    "breaches:frozen_list",
                    "breaches:switch_punctuality",
                ),
            ),
            Entry("breaches:code_of_practice", lazy("Code of Practice"), reports.CODE_EDITORS),
            Entry(
                "early_releases:early_releases",
                lazy("Early releases"),
                LEADS,
                ("early_releases:early_release", "early_releases:contact"),
            ),
            Entry("outbox:sent", lazy("Notifications"), READERS),
            Entry("audit:trail", lazy("Audit trail"), AUDITORS),
        ),
        ("breaches", "early_releases", "outbox", "audit", "redacting"),
    ),
    Section(lazy("Admin"), (Entry("admin:index", lazy("Admin"), ANYONE),), ("admin",), is_for_staff=True),
    Section(
        lazy("Your account"),
        (
            Entry(
                "your_account",
                lazy("Your account"),
                ANYONE,
                (
                    *("invitations", "invite", "cover", "name_cover", "text_numbers"),
                    *("api_tokens", "create_api_token", "revoke_api_token"),
                ),
            ),
            Entry(
                "mfa_index",
                lazy("Second step"),
                ANYONE,
                (
                    "mfa_activate_totp",
                    "mfa_deactivate_totp",
                    "mfa_list_webauthn",
                    "mfa_add_webauthn",
                    "mfa_edit_webauthn",
                    "mfa_remove_webauthn",
                    "mfa_view_recovery_codes",
                    "mfa_generate_recovery_codes",
                ),
            ),
            Entry("account_change_password", lazy("Password"), ANYONE),
            Entry("usersessions_list", lazy("Sessions"), ANYONE),
            Entry("guides:guides", lazy("Guides"), EVERY_ROLE, ("guides:guide",)),
        ),
        ("guides",),
    ),
)


def find_navigation(request: HttpRequest) -> Navigation:
    """Return the sections that the signed-in person may see, and the pages of the current section."""
    if request.user.is_authenticated:
        # `RolePrefetch` prefetches roles only if a view is called. Error pages have no view, but their header and
        # footer need the roles too.
        prefetch_roles(request.user)
    held = roles_anywhere(request.user)
    match = request.resolver_match
    view, app = (match.view_name, match.app_name or match.namespace) if match else ("", "")
    sections: list[Link] = []
    here, pages = "", tuple[Link, ...]()
    for section in SECTIONS:
        entries = [entry for entry in section.entries if entry.roles is None or entry.roles & held]
        if not entries or (section.is_for_staff and not request.user.is_staff):
            continue
        is_here = app in section.apps or any(view in (entry.page, *entry.also) for entry in section.entries)
        current = "page" if view == entries[0].page else "true" if is_here else ""
        # If a person may see only one page of a section, and not its first one, the link has the name of the page.
        is_other_page = len(entries) == 1 and entries[0] is not section.entries[0]
        text = str(entries[0].text if is_other_page else section.text)
        sections.append(Link(text, reverse(entries[0].page), current))
        if is_here:
            here = text
            pages = tuple(Link(str(one.text), reverse(one.page), _current(one, view)) for one in entries)
    return Navigation(tuple(sections), here, pages if len(pages) > 1 else ())


def find_signed_out_links(request: HttpRequest | None) -> tuple[Link, ...]:
    """Return the links for readers who have not signed in.

    If there is no request, as on an error page, no link is marked as current.
    """
    match = request.resolver_match if request else None
    view, app = (match.view_name, match.app_name) if match else ("", "")
    calendar = SECTIONS[1].entries[0]
    current = "page" if view == calendar.page else "true" if app in SECTIONS[1].apps else ""
    sign_in = "page" if view == "account_login" else ""
    return (
        Link(_("Release calendar"), reverse(calendar.page), current),
        Link(_("Sign in"), reverse("account_login"), sign_in),
    )


def _current(entry: Entry, view: str) -> str:
    if view == entry.page:
        return "page"
    return "true" if view in entry.also else ""

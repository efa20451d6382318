"""Short ways to use the admin site as someone: open a page, post a form, run an action."""

from datetime import date

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from releases.corrections import digest_details
from releases.models import Release
from releases.rules.lifecycle import Role
from tests.support.factories import create_member

# Releases here are due long after the tests run, unless a test is about the past.
DAY = date(2098, 7, 1)


def signed_in(user):
    """Return a client in which a user is logged in."""
    client = Client()
    client.force_login(user)
    return client


def staff(role: Role, producer, **fields):
    """Return a client of a member of staff who holds one role for a producer."""
    return signed_in(create_member(role, producer, is_staff=True, **fields))


def staff_of(role: Role, release: Release) -> Client:
    """Return a client of a member of staff who holds one role for the producer of a release."""
    return staff(role, release.series.producer)


def page(model: str, name: str = "changelist", *keys) -> str:
    """Return the address of an admin page: "release", "change", 7."""
    app = "breaches" if model in {"edition", "practice", "report", "reportversion", "reportevent"} else "releases"
    app = "breaches" if model in {"approveddocument", "suspicion", "registerevent"} else app
    return reverse(f"admin:{app}_{model}_{name}", args=keys)


def said(response) -> list[str]:
    """Return the messages that came with a response."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def refusals(response) -> dict[str, list[str]]:
    """Return the errors of the form on a page that was not saved, and those of its inlines."""
    assert response.status_code == 200, response
    form = response.context["adminform"].form
    found = dict(form.errors)
    for inline in response.context["inline_admin_formsets"]:
        for errors in inline.formset.errors:
            found |= errors
    return {name: [str(error) for error in errors] for name, errors in found.items()}


def act(client, action: str, rows, **fields):
    """Run an action of the list of releases on some rows."""
    keys = [row.pk for row in rows]
    return client.post(page("release"), {"action": action, ACTION_CHECKBOX_NAME: keys, **fields})


def check(client, action: str, rows, **fields):
    """Return the page that a person checks before an action of the list; with fields, after they were answered."""
    answers = {"answered": "yes", **fields} if fields else {}
    return act(client, action, rows, **answers)


def act_checked(client, action: str, rows, **fields):
    """Run an action of the list, check the page that it shows, and press its one button."""
    shown = check(client, action, rows, **fields).context["shown"]
    return act(client, action, rows, answered="yes", shown=shown, **fields)


def planned(page) -> dict[str, str]:
    """Return what a page to check says of each release, by its reference: its tag, or why nothing happens to it."""
    return {row["release"].reference: row["refusal"] or str(row["label"]) for row in page.context["rows"]}


# The non-working days of a producer, of which a test types none.
NO_CALLS = {"rota-TOTAL_FORMS": 0, "rota-INITIAL_FORMS": 0}
NO_DAYS = {"non_working_days-TOTAL_FORMS": 0, "non_working_days-INITIAL_FORMS": 0}


def address_rows(release=None, *new: dict[str, str], **changes: str) -> dict[str, str]:
    """Fill in the inline form of addresses: those there are, with changes to each, and new ones."""
    rows = []
    for address in release.addresses.all() if release else []:
        row = {name: getattr(address, name) for name in ("url", "role", "marker", "adapter")}
        rows.append({"id": address.pk, "release": release.pk, "required": "on", **row, **changes})
    first = len(rows)
    rows += [{"role": "page", "adapter": "page", "required": "on", **row} for row in new]
    filled = {"addresses-TOTAL_FORMS": len(rows), "addresses-INITIAL_FORMS": first}
    return filled | {f"addresses-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def form_of(release, **fields) -> dict[str, str]:
    """Fill in the form of a release as it is shown, with some fields typed over."""
    shown = {
        "title": release.title,
        "reference": release.reference,
        "new_precision": release.precision,
        "seen_version": release.schedule_version,
        "seen_details": digest_details(Release.objects.get(pk=release.pk)),
    }
    return {**shown, **address_rows(release), **fields}

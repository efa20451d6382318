"""Who may do what: the one table of roles, the groups, and what each kind of person may do in the admin site."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import RequestFactory

from releases.rules.lifecycle import Role
from statsoffice.accounts import permissions
from tests.pins.conftest import Pinned
from tests.support.administrators import an_administrator
from tests.support.factories import ProducerFactory, UserFactory, create_member

ACTIONS = ("view", "add", "change", "delete")


def test_the_table_of_roles(pinned: Pinned):
    lines = [
        f"{row.subject}: {row.action} [{', '.join(row.states) or 'any'}]: {', '.join(sorted(row.roles))}"
        for row in permissions.rows()
    ]
    pinned("roles.txt", "\n".join(lines))


@pytest.mark.django_db
def test_the_permissions_of_each_group_and_of_each_person_in_the_admin_site(pinned: Pinned):
    producer = ProducerFactory()
    people = {role.value: create_member(role, producer, is_staff=True) for role in Role}
    people["administrator"] = an_administrator()
    people["superuser"] = UserFactory(is_staff=True, is_superuser=True)
    people["staff without a role"] = UserFactory(is_staff=True)
    groups = {
        group.name: sorted(f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all())
        for group in Group.objects.all()
    }
    models = {model._meta.label: allowed(site, people) for model, site in admin.site._registry.items()}
    pinned("model-permissions.json", {"groups": groups, "admin site": models})


def allowed(site: admin.ModelAdmin, people: dict) -> dict[str, str]:
    """Return for each kind of person what they may do with the rows of one table in the admin site."""
    found = {}
    for name, person in people.items():
        request = RequestFactory().get("/admin/")
        request.user = person
        may = [action for action in ACTIONS if getattr(site, f"has_{action}_permission")(request)]
        actions = len(site.get_actions(request)) if "view" in may else 0
        found[name] = " ".join(may + [f"and {actions} actions"] * bool(actions))
    return found

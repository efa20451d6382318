"""An administrator as an office makes one: by the group, and no superuser."""

from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import Group

from statsoffice.accounts.models import User
from tests.support.factories import UserFactory

groups = import_module("statsoffice.accounts.migrations.0002_invitation")


def administrators() -> Group:
    """The group as the migration makes it; a test that commits empties every table afterwards."""
    groups.create_groups(apps, None)
    return Group.objects.get(name=groups.ADMINISTRATORS)


def an_administrator(**fields) -> User:
    """Someone of the group who may use the admin site."""
    person = UserFactory(is_staff=True, **fields)
    person.groups.add(administrators())
    return person

"""What the database holds about one person, for whoever asks what is held about them."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q

from releases.models import Contact, PreReleaseAccess, PreReleaseRequest
from statsoffice.accounts.models import Invitation, User

SECRET = {(User, "password"), (UserSession, "session_key"), (Authenticator, "data"), (Invitation, "digest")}
"""What lets somebody in is told to nobody, the person included."""
NAMED_BESIDE = {
    Contact: "name",
    Contact.history.model: "name",
    PreReleaseAccess: "person",
    PreReleaseRequest: "person",
    Invitation: "name",
}
"""Where a name stands beside an e-mail address, by table."""
MOST_PLACES = 1000
"""Of one table no more rows are listed; how many there are is said all the same."""


def of(email: str) -> dict[str, Any]:
    """Return a person's account and sessions, rows of their actions, and rows that contain their name or address.

    Rows are named by table and key, with their instants. They are searched for the address, the account's name, and
    each name next to the address in a contact, its history, an access list or an invitation.
    """
    person = User.objects.filter(email__iexact=email).first()
    names = {person.name if person else "", *_names_beside(email)}
    words = [email, *sorted(names - {""})]
    found: dict[str, Any] = {"email": email, "account": _row(person) if person else None, "acted": {}, "named": {}}
    found["sessions"] = [_row(session) for session in UserSession.objects.filter(user=person).order_by("pk")]
    for model in _tables():
        label = model._meta.label_lower
        if person and (acted := _acted(model, person)):
            found["acted"][label] = acted
        if named := _named(model, words):
            found["named"][label] = named
    return found


def _names_beside(email: str) -> Iterator[str]:
    for model, column in NAMED_BESIDE.items():
        rows = model._base_manager.filter(email__iexact=email)
        # A team is nobody, whoever reads its mail.
        people = rows.exclude(is_team=True) if hasattr(model, "is_team") else rows
        yield from people.values_list(column, flat=True).distinct()


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model is not Session and not model._meta.proxy:
            yield model


def _acted(model: type[models.Model], person: User) -> dict[str, Any]:
    """Return the rows that refer to a person, by column."""
    columns = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model is User]
    rows = {column.name: model._base_manager.filter(**{column.name: person}).order_by("pk") for column in columns}
    return {
        name: {"rows": found.count(), "listed": [_instants(row) for row in found[:MOST_PLACES]]}
        for name, found in rows.items()
        if found.exists()
    }


def _named(model: type[models.Model], words: list[str]) -> dict[str, Any]:
    """Return the rows whose text contains one of these words."""
    texts = [f.name for f in model._meta.concrete_fields if isinstance(f, models.CharField | models.TextField)]
    texts += [f.name for f in model._meta.concrete_fields if isinstance(f, models.JSONField)]
    texts = [name for name in texts if (model, name) not in SECRET]
    if not texts:
        return {}
    held = Q(*((f"{name}__icontains", word) for name in texts for word in words), _connector=Q.OR)
    rows = model._base_manager.filter(held).order_by("pk")
    listed = [_row(row, only=texts) for row in rows[:MOST_PLACES]]
    return {"rows": rows.count(), "listed": listed} if listed else {}


def _row(row: models.Model, *, only: list[str] | None = None) -> dict[str, Any]:
    fields = [f for f in row._meta.concrete_fields if (type(row), f.name) not in SECRET]
    wanted = {f.attname: getattr(row, f.attname) for f in fields if only is None or f.name in only}
    return {"key": row.pk, **wanted}


def _instants(row: models.Model) -> dict[str, Any]:
    fields = [f for f in row._meta.concrete_fields if isinstance(f, models.DateField)]
    return {"key": row.pk, **{f.name: getattr(row, f.name) for f in fields if getattr(row, f.name) is not None}}

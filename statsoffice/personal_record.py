"""What the database holds about one person, for whoever asks what is held about them."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q

from statsoffice.accounts.models import User

SECRET = {(User, "password")}
MOST_PLACES = 1000
"""Of one table no more rows are listed; how many there are is said all the same."""


def of(email: str) -> dict[str, Any]:
    """Gather what is held about a person: their account, what they did, and where their name or address stands.

    Rows are named by table and key, with their instants; text in which the person is named is given as it stands. Of
    somebody who has no account, the address alone is looked for.

    :param email: compared without regard to case.
    """
    person = User.objects.filter(email__iexact=email).first()
    words = [email, *([person.name] if person and person.name else [])]
    found: dict[str, Any] = {"email": email, "account": _row(person) if person else None, "acted": {}, "named": {}}
    for model in _tables():
        label = model._meta.label_lower
        if person and (acted := _acted(model, person)):
            found["acted"][label] = acted
        if named := _named(model, words):
            found["named"][label] = named
    return found


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model is not Session and not model._meta.proxy:
            yield model


def _acted(model: type[models.Model], person: User) -> dict[str, Any]:
    """Return the rows that refer to a person, by the column that does so."""
    columns = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model is User]
    rows = {column.name: model._base_manager.filter(**{column.name: person}).order_by("pk") for column in columns}
    return {
        name: {"rows": found.count(), "listed": [_instants(row) for row in found[:MOST_PLACES]]}
        for name, found in rows.items()
        if found.exists()
    }


def _named(model: type[models.Model], words: list[str]) -> dict[str, Any]:
    """Return the rows whose text holds a person's name or address."""
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
    """Return a row's key and when what it tells of was."""
    fields = [f for f in row._meta.concrete_fields if isinstance(f, models.DateField)]
    return {"key": row.pk, **{f.name: getattr(row, f.name) for f in fields if getattr(row, f.name) is not None}}

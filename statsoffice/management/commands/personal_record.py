"""The command that exports the data about one person for a subject access request."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management.base import CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from releases.management.base import PlainCommand
from releases.models import AccessReceipt, Contact, PhoneConfirmation, PreReleaseAccess, PreReleaseRequest
from releases.rules.web_address import is_uk_mobile, telephone_uri
from statsoffice.accounts.models import Invitation, User
from statsoffice.office_api.models import ApiToken

SECRETS = {
    (User, "password"),
    (UserSession, "session_key"),
    (Authenticator, "data"),
    (Invitation, "digest"),
    (ApiToken, "digest"),
}
"""Columns with secrets that could be used to sign in. They are never exported."""
NAME_COLUMNS = {
    Contact: "name",
    Contact.history.model: "name",
    PreReleaseAccess: "person",
    PreReleaseRequest: "person",
    Invitation: "name",
}
"""The column with the name, keyed by model. All of these models store an email address with the name."""
MOST_ROWS = 1000
"""The maximum number of rows that are listed for one table. All rows are counted."""


def collect_personal_data(email: str) -> dict[str, Any]:
    """Return the data in the database about the person with this email address.

    The result contains:

    - the account and the sessions of the person
    - the answers and phone calls of the person about pre-release access
    - "acted": the rows that record actions of the person, grouped by table, with the key and the times of each row
    - "named": the rows of all tables in which any text contains the email address, a mobile number of the person, or
      a name of the person. The names are the name of the account, and all names that are stored with the email address
      in contacts, the history of contacts, pre-release access lists, requests to change these lists, and invitations.

    :param email: the email address in upper or lower case.
    """
    person = User.objects.filter(email__iexact=email).first()
    names = {person.name if person else ""}
    for model, column in NAME_COLUMNS.items():
        rows = model._base_manager.filter(email__iexact=email)
        # The name of a team is not the name of a person.
        people = rows.exclude(is_team=True) if hasattr(model, "is_team") else rows
        names.update(people.values_list(column, flat=True).distinct())
    numbers = _find_mobile_numbers(email).union((*person.confirmed_numbers, *person.declined_numbers) if person else ())
    words = [email, *sorted(names - {""}), *sorted(numbers)]
    found: dict[str, Any] = {"email": email, "account": _row(person) if person else None, "acted": {}, "named": {}}
    found["sessions"] = [_row(session) for session in UserSession.objects.filter(user=person).order_by("pk")]
    found["handling_receipts"] = _find_receipts(email)
    for model in apps.get_models(include_auto_created=True):
        if model is Session or model._meta.proxy:
            continue
        label = model._meta.label_lower
        if person and (actions := _find_actions(model, person)):
            found["acted"][label] = actions
        if rows := _find_rows(model, words):
            found["named"][label] = rows
    return found


def _find_mobile_numbers(email: str) -> set[str]:
    """Return the present and former mobile numbers of a person, formatted as for text messages."""
    own = Q(email__iexact=email) | Q(user__email__iexact=email)
    written = [
        number
        for model in (Contact, Contact.history.model)
        for number in model._base_manager.filter(own, is_team=False).values_list("telephone", flat=True)
    ]
    return {uri.removeprefix("tel:") for uri in map(telephone_uri, written) if is_uk_mobile(uri)}


def _find_receipts(email: str) -> list[dict[str, Any]]:
    """Return the answers of a person about pre-release access, and the phone calls that staff recorded.

    If the email address has been erased from a pre-release access list, nothing is found for this list.
    """
    columns = ("answer", "terms", "what", "happened_at", "at")
    receipts = AccessReceipt.objects.filter(link__entry__email__iexact=email)
    rows = receipts.values_list("link__entry__release__reference", *columns)
    calls = PhoneConfirmation.objects.filter(entry__email__iexact=email)
    by_phone = calls.values_list("entry__release__reference", "terms", "recorded_at")
    return [
        *(dict(zip(("release", *columns), row, strict=True)) for row in rows),
        *(dict(zip(("release", "terms_by_phone", "recorded_at"), row, strict=True)) for row in by_phone),
    ]


def _find_actions(model: type[models.Model], person: User) -> dict[str, Any]:
    """Return the key and the times of each row that refers to a person. The rows are grouped by column."""
    columns = [f.name for f in model._meta.concrete_fields if f.is_relation and f.related_model is User]
    dates = [f.name for f in model._meta.concrete_fields if isinstance(f, models.DateField)]
    found = {}
    for column in columns:
        rows = model._base_manager.filter(**{column: person}).order_by("pk")
        listed = [
            {"key": row.pk, **{name: value for name in dates if (value := getattr(row, name)) is not None}}
            for row in rows[:MOST_ROWS]
        ]
        if listed:
            found[column] = {"rows": rows.count(), "listed": listed}
    return found


def _find_rows(model: type[models.Model], words: list[str]) -> dict[str, Any]:
    """Return the rows whose text contains one of these words."""
    kinds = models.CharField | models.TextField, models.JSONField
    texts = [f.name for kind in kinds for f in model._meta.concrete_fields if isinstance(f, kind)]
    texts = [name for name in texts if (model, name) not in SECRETS]
    if not texts:
        return {}
    matches = Q(*((f"{name}__icontains", word) for name in texts for word in words), _connector=Q.OR)
    rows = model._base_manager.filter(matches).order_by("pk")
    listed = [_row(row, only=texts) for row in rows[:MOST_ROWS]]
    return {"rows": rows.count(), "listed": listed} if listed else {}


def _row(row: models.Model, *, only: list[str] | None = None) -> dict[str, Any]:
    fields = [f for f in row._meta.concrete_fields if (type(row), f.name) not in SECRETS]
    wanted = {f.attname: getattr(row, f.attname) for f in fields if only is None or f.name in only}
    return {"key": row.pk, **wanted}


class Command(PlainCommand):
    help = """\
Write the data in the database about one person as JSON.

The result has their account (without the password), their sessions, the rows of
their actions by table, and every row whose text contains their address, their name,
a name that is stored with their address, or their mobile number. Read it before you
hand it over: it may contain data about other people, and data that are not published
yet. Stored pages and approved documents are not searched."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="the person's email address; they need not have an account")

    def handle(self, *args: Any, **options: Any) -> None:
        held = collect_personal_data(options["email"])
        self.stdout.write(json.dumps(held, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder))

"""Whatever people typed is shown as they typed it on every page, in mails and in feeds, and is never markup."""

import json
import re

import pytest
import time_machine
from defusedxml import ElementTree
from django.apps import apps
from django.db import connection, models
from django.test import Client, override_settings
from django.urls import reverse

from statsoffice.accounts.models import User
from statsoffice.notifications import html
from statsoffice.notifications.models import Message
from tests.browser.office import PUBLIC
from tests.pages.security.urls import admin_addresses
from tests.support import saved_database

# Append-only rows are changed here behind the product's back, which PostgreSQL's triggers refuse.
pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]

OURS = {"releases", "breaches", "outbox", "accounts", "canary"}
TYPED = "\"'><b data-typed>{{ 7|add:7 }}</b><script>alert(1)</script>&amp;"
TEXTS = models.CharField | models.TextField | models.JSONField
ELEMENT = re.compile("<b data-typed|<script>alert")
MARKUP = re.compile(rb"<b data-typed|<script>alert|\"'><")


def with_markup(value):
    """Add markup to whatever reads like words that someone wrote: codes, addresses and hashes hold no space."""
    if isinstance(value, dict):
        return {name: with_markup(part) for name, part in value.items()}
    if isinstance(value, list):
        return [with_markup(part) for part in value]
    return f"{value} {TYPED}" if isinstance(value, str) and " " in value.strip() else value


def write_markup_everywhere():
    """Write markup behind every text in the database, and return how many columns hold some."""
    changed = set()
    for model in (one for one in apps.get_models() if one._meta.app_label in OURS):
        meta = model._meta
        texts = [one for one in meta.concrete_fields if isinstance(one, TEXTS) and not one.choices]
        for row in model._base_manager.all():
            values = {one.column: getattr(row, one.attname) for one in texts}
            new = {column: with_markup(value) for column, value in values.items() if with_markup(value) != value}
            for column, value in new.items():
                written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                with connection.cursor() as cursor:
                    cursor.execute(
                        f'UPDATE "{meta.db_table}" SET "{column}" = %s WHERE "{meta.pk.column}" = %s',  # noqa: S608
                        [written, meta.pk.get_db_prep_value(row.pk, connection)],
                    )
                changed.add(f"{meta.db_table}.{column}")
    return changed


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """The file of the database with the office that is typed over, once there is one."""
    return tmp_path_factory.mktemp("typed") / "typed.sqlite3"


@pytest.fixture
def office(transactional_db, saved_office, typed):
    morning, at = saved_office.begin()
    with override_settings(BREACHES_PUBLIC=True), time_machine.travel(at, tick=False):
        if typed.exists():
            saved_database.restore(typed)
        else:
            changed = write_markup_everywhere()
            assert len(changed) > 30, changed
            saved_database.save(typed)
        yield morning


def signed_in(person):
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def read(client, addresses):
    """Read pages, and return for each the typed text in it."""
    found = {}
    for name, address in addresses.items():
        answer = client.get(address)
        body = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code < 500, f"{name}: {answer.status_code}"
        if answer.headers["Content-Type"].startswith(("text/html", "application/atom+xml", "text/xml")):
            assert not MARKUP.search(body), f"{name}: {MARKUP.search(body)} in {address}"
        if "atom" in answer.headers["Content-Type"]:
            # Such a part is taken for HTML by programs that read the feed; its title is plain text.
            parts = [part.text or "" for part in ElementTree.fromstring(body).iter() if part.get("type") == "html"]
            assert parts, name
            assert not ELEMENT.search(" ".join(parts)), name
        found[name] = body.count(b"data-typed")
    return found


def test_on_pages_for_everyone_and_in_the_feed(office, subtests):
    addresses = {name: office.pages[name] for name in PUBLIC} | {"the feed": reverse("releases:office_changes")}
    found = read(Client(raise_request_exception=False), addresses)
    assert found["the calendar"]
    assert found["the feed"]
    assert sum(1 for count in found.values() if count) > 10


def test_on_pages_for_staff(office):
    found = read(signed_in(office.office.head), office.pages)
    assert sum(1 for count in found.values() if count) > 80


@pytest.mark.full
def test_on_the_pages_of_the_admin_site(office):
    head = office.office.head
    User.objects.filter(pk=head.pk).update(is_staff=True, is_superuser=True)
    client = signed_in(head)
    addresses = {address: address for address in admin_addresses()}
    found = read(client, addresses)
    assert sum(1 for count in found.values() if count) > 20


def test_in_mails(office):
    mails = [html.render_html(subject=one.subject, text=one.text).encode() for one in Message.objects.all()]
    assert sum(b"data-typed" in written for written in mails) > 2
    assert [written for written in mails if MARKUP.search(written)] == []


def test_what_was_checked_for_is_said_again_as_text(office):
    client = signed_in(office.office.head)
    for address in (
        "/",
        "/calendar/",
        "/reports/",
        "/reports/register/",
        "/changes/",
        "/messages/",
    ):
        for name in ("words", "producer", "series", "about", "show", "kind", "q", "next", "from"):
            answer = client.get(address, {name: TYPED})
            assert not MARKUP.search(answer.content), (address, name)

"""Every page is valid HTML, as the Nu HTML Checker reads it. It needs `java`, as veraPDF does."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client

from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.pages.access.addresses import examples
from tests.support.administrators import an_administrator

pytestmark = [pytest.mark.full, pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]

CHECKER = Path(settings.BASE_DIR) / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def clients(office):
    """Clients of a reader, of each role and of an administrator. The roles are let into the admin site."""
    yield "reader", Client()
    for role in Role:
        client = Client()
        client.force_login(office.people[role])
        yield role.value, client
    client = Client()
    client.force_login(an_administrator(is_superuser=True))
    yield "administrator", client


def save_pages(folder, office, found):
    """Write each page that someone gets into a file, and return the number of pages."""
    seen = set()
    for who, client in clients(office):
        for name, address in found.items():
            with transaction.atomic():
                answer = client.get(address)
                transaction.set_rollback(True)
            if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            # Parts of pages that a script asks for are no documents.
            if not answer.content.lstrip().lower().startswith(b"<!doctype"):
                continue
            if (name, len(answer.content)) in seen:
                continue
            seen.add((name, len(answer.content)))
            page = name.replace(":", "-").replace("/", "-")[:80]
            (folder / f"{who}-{len(seen)}-{page}.html").write_bytes(answer.content)
    return len(seen)


def find_errors(folder):
    """Return the errors of the pages in a folder, with the number of pages that have each."""
    done = subprocess.run(
        ["java", "-jar", str(CHECKER), "--format", "json", "--errors-only", "--skip-non-html", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stderr)["messages"]
    return Counter((Path(one["url"]).stem.partition("-")[2].partition("-")[2], one["message"]) for one in found)


def test_every_page_is_valid_html(transactional_db, saved_office, settings, tmp_path):
    settings.BREACHES_PUBLIC = True
    morning, at = saved_office.begin()
    with time_machine.travel(at, tick=False), transaction.atomic():
        User.objects.update(is_staff=True)
        pages = save_pages(tmp_path, morning.office, examples(morning.pages, morning.office.producer))
    assert pages > 200
    found = sorted(f"{page} ({count} times): {message}" for (page, message), count in find_errors(tmp_path).items())
    assert "\n".join(found) == ""

"""Every page is valid HTML, as the Nu HTML Checker reads it (with `java`, as veraPDF), and its parts have names."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

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


NAMES = ("aria-label", "aria-labelledby")


def find_unnamed(page):
    """List the sections of a page without a heading or a name, and its search and filter forms without their own name.

    A form that is sent by a button with its own words needs no name: it would be one more landmark to listen to.
    """
    for section in page.css("section"):
        if not (section.css("h1, h2, h3, h4, h5, h6") or any(section.attributes.get(name) for name in NAMES)):
            yield f"a section has no heading: {section.html[:120]}"
    names = Counter()
    for form in page.css("form"):
        name = next((form.attributes[name] for name in NAMES if form.attributes.get(name)), None)
        is_landmark = form.attributes.get("role") == "search" or form.attributes.get("method", "get").lower() == "get"
        if is_landmark and not name:
            yield f"a form has no name: {form.html[:120]}"
        if name:
            names[name] += 1
    for name, count in names.items():
        if count > 1:
            yield f"{count} forms have the name {name}"


def find_unnamed_parts(folder):
    found = Counter()
    for path in folder.glob("*.html"):
        for message in set(find_unnamed(LexborHTMLParser(path.read_bytes()))):
            found[path.stem.partition("-")[2].partition("-")[2], message] += 1
    return found


@pytest.mark.parametrize(
    ("html", "is_well"),
    [
        ("<section><div><h3>Tasks</h3></div></section>", True),
        ('<section aria-label="Status"></section>', True),
        ("<section><p>Text</p></section>", False),
        ('<form method="get"></form>', False),
        ('<form role="search" method="post"></form>', False),
        ('<form method="get" aria-label="Filters"></form><form method="post"></form>', True),
        ('<form aria-label="Filters"></form><form aria-label="Filters"></form>', False),
    ],
)
def test_a_part_without_a_name_is_found(html, is_well):
    assert (list(find_unnamed(LexborHTMLParser(html))) == []) is is_well


def test_every_page_is_valid_html_and_its_parts_have_names(transactional_db, saved_office, settings, tmp_path):
    settings.BREACHES_PUBLIC = True
    morning, at = saved_office.begin()
    with time_machine.travel(at, tick=False), transaction.atomic():
        User.objects.update(is_staff=True)
        pages = save_pages(tmp_path, morning.office, examples(morning.pages, morning.office.producer))
    assert pages > 200
    all_found = find_errors(tmp_path) + find_unnamed_parts(tmp_path)
    found = sorted(f"{page} ({count} times): {message}" for (page, message), count in all_found.items())
    assert "\n".join(found) == ""

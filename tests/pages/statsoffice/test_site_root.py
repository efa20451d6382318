"""The files that programs expect at fixed addresses: robots.txt, security.txt and favicon.ico."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings

from tests.pages.access.addresses import places
from tests.pages.access.expected import EVERYBODY, EXPECTED

CRAWLED = ("releases:", "transparency:")
# The pages of releases are public once a release is announced; the table is about one that is not.
CRAWLED_NAMES = {"accessibility", "security_txt", "releases:release", "transparency:punctuality_year"}
# Links that we send to one person each.
FOR_ONE_PERSON = {"releases:receipt", "releases:receipt_disclosure"}


def rules(text):
    """Read the groups of robots.txt: each rule's path as a pattern, its length, and whether it allows."""
    found = []
    for verb, path in re.findall(r"^(Allow|Disallow): (\S+)$", text, flags=re.MULTILINE):
        pattern = re.escape(path).replace(r"\*", ".*").replace(r"\$", "$")
        found.append((re.compile(pattern), len(path), verb == "Allow"))
    return found


def may_crawl(found, path):
    """Apply the longest rule that matches, as RFC 9309 requires."""
    return max((length, allows) for pattern, length, allows in found if pattern.match(path))[1]


def example(route):
    """Fill the parameters of a route."""
    return "/" + re.sub(r"<[^>]+>", "1", route)


@pytest.mark.django_db
def test_robots_may_crawl_public_pages_and_nothing_behind_the_sign_in(client):
    response = client.get("/robots.txt")
    assert (response.status_code, response["Content-Type"]) == (200, 'text/plain; charset="utf-8"')
    found = rules(response.getvalue().decode())
    wrong = {}
    for place in places():
        if "(" in place.route or place.route.startswith("^"):
            continue
        public = place.name in EXPECTED and EXPECTED[place.name].reads == EVERYBODY
        is_crawled = place.name.startswith(CRAWLED) and place.name not in FOR_ONE_PERSON
        expected = (public and is_crawled) or place.name in CRAWLED_NAMES
        if may_crawl(found, example(place.route)) != expected:
            wrong[place.name] = example(place.route)
    assert wrong == {}
    assert may_crawl(found, "/static/built/statsoffice.css")
    assert may_crawl(found, "/favicon.ico")
    assert not may_crawl(found, "/?words=prices")


def test_the_icon_has_the_sizes_that_browsers_ask_for(client):
    response = client.get("/favicon.ico")
    icon = response.getvalue()
    assert response.status_code == 200
    assert icon.startswith(b"\0\0\1\0\3\0")
    assert [icon[6 + 16 * entry] for entry in range(3)] == [16, 32, 48]


@pytest.mark.django_db
def test_security_txt_names_the_contact_until_a_day_less_than_a_year_ahead(client, settings, time_machine):
    time_machine.move_to(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), tick=False)
    settings.SECURITY_CONTACT = "security@example.gov.uk"
    settings.ADDRESS = "https://releases.example.gov.uk"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "mailto:security@example.gov.uk"
    assert fields["Canonical"] == "https://releases.example.gov.uk/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)


@pytest.mark.django_db
def test_without_a_contact_there_is_no_security_txt(client):
    assert django_settings.SECURITY_CONTACT == ""
    assert client.get("/.well-known/security.txt").status_code == 404

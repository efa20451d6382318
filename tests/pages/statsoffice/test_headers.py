"""What every answer says to browsers: what a page may run, who may frame it, which cookies travel how."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests.integration.statsoffice.test_settings import PRODUCTION, load_settings
from tests.support.factories import UserFactory

ROOT = Path(__file__).resolve().parents[3]
# As e-mail programs need it; a mail is no page of ours.
MAIL = {"mail.html", "mail_items.html", "mail_line.html"}
# Figures in a block of JSON run nothing.
SCRIPT = r"<script(?![^>]*\s(?:src=|type=.application/json))"
INLINE = re.compile(rf"<style|\sstyle=|\son[a-z]+=\"|javascript:|{SCRIPT}", re.IGNORECASE)

PRINTED = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings
plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
with override_settings(STORAGES=plain):
    answer = Client(headers={"host": "releases.example.gov.uk"}).get("/accounts/login/", secure=True)
for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy"):
    print(name, answer.headers[name])
for cookie in answer.cookies.values():
    print(cookie.key, cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], repr(cookie["domain"]))
print(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
"""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/", "/nowhere/", "/accounts/login/", "/changes.atom", "/api/v1/releases", "/health/live", "/admin/"],
)
def test_every_answer_says_what_its_page_may_do(client, address):
    answer = client.get(address)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "publickey-credentials" not in answer.headers["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "policy"),
    [
        ("/", "same-origin"),
        ("/nowhere/", "same-origin"),
        ("/accounts/login/", "same-origin"),
        ("/health/live", "same-origin"),
        ("/static/images/favicon.svg", "same-origin"),
        ("/calendar.ics", "cross-origin"),
        ("/changes.atom", "cross-origin"),
        ("/api/v1/releases", "cross-origin"),
        ("/api/v1/openapi.json", "cross-origin"),
    ],
)
def test_other_sites_may_embed_feeds_and_the_api_and_nothing_else(client, address, policy):
    answer = client.get(address)
    answer.close()  # a static file stays open otherwise
    assert answer.headers["Cross-Origin-Resource-Policy"] == policy


@pytest.mark.django_db
def test_the_admin_gets_a_nonce_that_is_new_each_time_and_is_in_its_page(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    found = set()
    for _ in range(2):
        answer = client.get(reverse("admin:index"))
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]))
        assert f'nonce="{nonce}"' in answer.text
        found.add(nonce)
    assert len(found) == 2


def test_no_template_holds_script_or_style():
    pages = [path for path in (ROOT / "templates").rglob("*.html") if path.name not in MAIL]
    assert len(pages) > 100
    assert [str(path) for path in pages if INLINE.search(path.read_text())] == []


def test_in_production_cookies_belong_to_this_host_and_travel_over_https_alone(tmp_path):
    told = load_settings(tmp_path, script=PRINTED, **PRODUCTION, DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")
    assert told.returncode == 0, told.stderr
    lines = dict(line.split(" ", 1) for line in told.stdout.splitlines())
    assert lines["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert lines["__Host-csrftoken"] == "True True Lax / ''"
    assert lines["__Host-sessionid"] == "True True"


def test_the_cookies_of_development_have_the_names_that_http_allows():
    assert (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME) == ("sessionid", "csrftoken")

"""Stored copies on their pages: for whom, in what form, and with each reading on record."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from releases import scheduling
from releases.models import Body, Release, ReleaseEvent, StoredBody
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    rolled_back,
)
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

OPEN, SEALED = b"<!doctype html><title>Coming soon</title>", b"<!doctype html><title>The figures</title>"
HOSTILE = b'<!doctype html><script>alert("you")</script><img src=x onerror=alert(1)>\x00\x1b]0;title\x07'
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
EXPORTERS = LEADS | {Role.STATISTICIAN, Role.AUDITOR}
STRANGERS = ("nobody", "a-stranger", "of-another-producer", "a-superuser", "deactivated")


@pytest.fixture(autouse=True)
def before_due(time_machine):
    time_machine.move_to(SEED_DUE - timedelta(minutes=5), tick=False)


@shared_fixture
def release():
    """A release of which one check saw a page that is not live and two saw it too early."""
    release = ReleaseFactory(announced=True)
    address = release.addresses.get()
    store_checks(make_check(address, "not_live", OPEN, at=-900), make_check(address, "live", SEALED, at=-600))
    store_checks(make_check(address, "live", SEALED, at=-585))
    return release


def page(name, release, body=None):
    more = [sha256_hex(body)] if body is not None else []
    return reverse(f"releases:{name}", args=[release.reference, *more])


def sign_in(client, release, who):
    """Sign in one who holds a role, or is a stranger of some kind."""
    producer = release.series.producer
    if who == "nobody":
        return None
    if who == "deactivated":
        person = create_member(Role.HEAD_OF_PROFESSION, producer)
        client.force_login(person)
        type(person).objects.filter(pk=person.pk).update(is_active=False)
        return person
    person = {
        "a-stranger": lambda: UserFactory(),
        "a-superuser": lambda: UserFactory(is_superuser=True, is_staff=True),
        "of-another-producer": lambda: create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer),
    }.get(who, lambda: create_member(Role(who), producer))()
    client.force_login(person)
    return person


def read(release):
    return [
        (event.actor, event.facts["how"], event.facts["role"], event.facts["sha256"], event.facts["sealed"])
        for event in ReleaseEvent.objects.filter(kind="body_read", release=release)
    ]


def is_refused(response, who):
    # Who has not signed in is asked to, whatever the address; everybody else finds nothing.
    asked_to_sign_in = response.status_code == 302 and response["Location"].startswith("/accounts/login/")
    return asked_to_sign_in if who in {"nobody", "deactivated"} else response.status_code == 404


def test_what_is_sealed_is_for_head_and_deputy_the_rest_for_the_producer_and_each_reading_is_on_record(
    release, subtests
):
    for who in (*Role, *STRANGERS):
        with subtests.test(str(who)), rolled_back():
            client, readings = Client(), []
            person = sign_in(client, release, who)
            for body, how in product((OPEN, SEALED), ("source", "download")):
                name = "kept_body_download" if how == "download" else "kept_body"
                response = client.get(page(name, release, body))
                if who in LEADS or (who not in STRANGERS and body == OPEN):
                    assert response.status_code == 200
                    readings.append((person, how, who, sha256_hex(body), body == SEALED))
                else:
                    assert is_refused(response, who)
                    assert b"figures" not in response.content
                assert read(release) == readings


def test_once_the_release_has_been_due_and_live_everyone_of_the_producer_may_read_it(
    client, release, time_machine, subtests
):
    scheduling.publish(Release.objects.get(pk=release.pk), by=None, at=SEED_DUE, published_at=SEED_DUE)
    time_machine.move_to(SEED_DUE + timedelta(minutes=1), tick=False)
    for who in Role:
        with subtests.test(who):
            sign_in(client, release, who)
            assert client.get(page("kept_body", release, SEALED)).status_code == 200


def test_the_staff_page_lists_what_is_kept_and_says_what_is_sealed(client, release, subtests):
    for who in Role:
        with subtests.test(who):
            sign_in(client, release, who)
            text = client.get(page("release", release)).text
            assert "First live copy, before release time" in text
            assert "Sealed" in text
            assert page("kept_body", release, OPEN) in text
            assert (page("kept_body", release, SEALED) in text) is (who in LEADS)
            assert (page("export_evidence", release) in text) is (who in EXPORTERS)
            assert "figures" not in text


def test_what_is_kept_is_no_part_of_the_public_page(client, release):
    text = client.get(page("release", release)).text
    assert "Copies of pages" not in text
    assert sha256_hex(OPEN) not in text


def test_the_bundle_is_for_those_who_may_take_a_report_out_of_the_house(release, subtests):
    exports = ReleaseEvent.objects.filter(kind="evidence_exported")
    for who in (*Role, *STRANGERS):
        with subtests.test(str(who)), rolled_back():
            client = Client()
            person = sign_in(client, release, who)
            response = client.post(page("export_evidence", release))
            if who in EXPORTERS:
                content = b"".join(response.streaming_content)
                assert content.startswith(b"PK")
                assert response["Content-Disposition"] == f'attachment; filename="evidence-{release.reference}.zip"'
                assert exports.get().facts == {"role": who, "sha256": sha256_hex(content), "sealed": 1}
                assert exports.get().actor == person
            else:
                assert is_refused(response, who)
                assert not exports.exists()


def test_nothing_is_exported_by_following_a_link(release, subtests):
    for who in (Role.HEAD_OF_PROFESSION, Role.PUBLISHING_TEAM, "nobody"):
        with subtests.test(str(who)):
            client = Client()
            sign_in(client, release, who)
            assert client.get(page("export_evidence", release)).status_code == 302
            assert not ReleaseEvent.objects.filter(kind="evidence_exported").exists()


def test_a_body_that_is_not_kept_of_this_release_does_not_exist(client, release):
    other = ReleaseFactory(confirmed=True, reference="other", series=release.series)
    store_checks(make_check(other.addresses.get(), "not_live", b"of another release", at=-600))
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    unknown = ("0" * 64, "nothing", sha256_hex(b"of another release"))
    for name, sha256 in product(("kept_body", "kept_body_download"), unknown):
        address = reverse(f"releases:{name}", args=[release.reference, sha256])
        assert client.get(address).status_code == 404, address


def test_a_body_whose_bytes_are_gone_says_so_and_is_not_offered(client, release):
    StoredBody.objects.filter(sha256=sha256_hex(OPEN)).update(body=None, state="pruned")
    sign_in(client, release, Role.AUDITOR)
    text = client.get(page("release", release)).text
    assert "Removed at the end of its retention period. We keep its hash." in text
    assert client.get(page("kept_body", release, OPEN)).status_code == 404


def test_a_hostile_page_is_shown_as_its_source_alone(client, release):
    store_checks(make_check(release.addresses.get(), "not_live", HOSTILE, at=-5, media_type="text/html; charset=utf-8"))
    sign_in(client, release, Role.STATISTICIAN)
    text = client.get(page("kept_body", release, HOSTILE)).text
    assert "&lt;script&gt;alert(&quot;you&quot;)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text
    assert "<img src=x" not in text
    assert "\x1b" not in text
    assert "\x00" not in text


def test_a_download_is_a_file_that_no_browser_opens(client, release):
    store_checks(make_check(release.addresses.get(), "not_live", HOSTILE, at=-5))
    sign_in(client, release, Role.STATISTICIAN)
    response = client.get(page("kept_body_download", release, HOSTILE))
    assert response.content == HOSTILE
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_source_is_shown_as_what_it_is(client, release, subtests):
    sign_in(client, release, Role.STATISTICIAN)
    for body, media_type, shown in (
        ("Größe".encode("cp1252"), "text/plain; charset=windows-1252", "Größe"),
        (b"%PDF-1.7 \xff\xfe", "application/pdf", "This file is not text"),
        (b'{"title": "Rain"}', "application/json", "{&quot;title&quot;: &quot;Rain&quot;}"),
        (b"x" * 150_000, "text/plain", "first 100000 of 150000 characters"),
    ):
        with subtests.test(media_type), rolled_back():
            store_checks(make_check(release.addresses.get(), "not_live", body, at=-5, media_type=media_type))
            assert shown in client.get(page("kept_body", release, body)).text


def test_the_admin_site_shows_no_bodies_at_all():
    assert not {Body, StoredBody} & set(admin.site._registry)


@pytest.mark.parametrize("name", ["kept_body", "kept_body_download", "bundle", "warc"])
def test_a_copy_that_the_storage_does_not_return_is_explained(client, release, settings, name):
    settings.STORAGES = settings.STORAGES | {
        "bodies": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    Body.objects.move_out(Body.objects.get(pk=sha256_hex(OPEN)))
    sign_in(client, release, Role.AUDITOR)
    if name.startswith("kept_body"):
        answer = client.get(page(name, release, OPEN), follow=True)
    else:
        answer = client.post(page("export_evidence", release), {"format": name}, follow=True)
    assert answer.redirect_chain == [(page("release", release), 302)]
    assert "We could not read this copy from the storage. Try again later." in answer.text
    assert not ReleaseEvent.objects.filter(kind__in=["body_read", "evidence_exported"]).exists()

"""A release whose stored bodies can be read: one of every kind, sealed ones and some that are gone."""

from django.urls import reverse

from releases import scheduling
from releases.models import StoredBody
from releases.rules.canonical import sha256_hex
from tests.support.factories import ReleaseFactory
from tests.support.screenshots import NOTHING, add_screenshot
from tests.support.stored_checks import make_check, store_checks

SOON = '<!doctype html>\n<html lang="en">\n<title>Coming soon</title>\n<p>' + "Not yet published. " * 40 + "</p>\n"
LONG = "https://www.example.gov.uk/government/statistics/" + "schools-inspections-and-outcomes-" * 4
FILE = "https://www.example.gov.uk/media/schools-inspections-tables.ods"


def pages_of_stored_bodies(series) -> dict[str, str]:
    """Set the releases up, and return the addresses of their pages by name."""
    release = ReleaseFactory(
        announced=True, series=series, reference="kept", title="Kept as it was seen", url=LONG, attachments=(FILE,)
    )
    page, file = release.addresses.get(role="page"), release.addresses.get(role="attachment")
    store_checks(make_check(page, "not_live", SOON.encode(), at=-60), make_check(file, "not_live", b"Not here", at=-60))
    store_checks(make_check(page, "live", b"<!doctype html><title>31 March 2020</title>", at=0))
    store_checks(make_check(file, "not_live", b"\xff\x00", at=5, media_type="application/octet-stream"))
    scheduling.publish(release, by=None, at=release.due_at, published_at=release.due_at)
    add_screenshot(release)
    add_screenshot(release, "limit", at=120, reason="missed", **NOTHING)
    early = ReleaseFactory(
        confirmed=True, series=series, reference="kept-early", title="Seen before its time", url=f"{LONG}early"
    )
    page = early.addresses.get()
    store_checks(make_check(page, "not_live", b"<!doctype html><title>Soon</title>", at=-900))
    store_checks(make_check(page, "live", b"<!doctype html><title>The figures</title>", at=-600))
    StoredBody.objects.filter(release=early, why="first_seen").update(state="pruned", body=None)
    return {
        "a release with kept bodies": reverse("releases:release", args=["kept"]),
        "a release with sealed bodies": reverse("releases:release", args=["kept-early"]),
        "a kept body": _body("kept", SOON.encode()),
        "a kept body that is no text": _body("kept", b"\xff\x00"),
        "a sealed body": _body("kept-early", b"<!doctype html><title>The figures</title>"),
    }


def _body(reference: str, content: bytes) -> str:
    return reverse("releases:kept_body", args=[reference, sha256_hex(content)])

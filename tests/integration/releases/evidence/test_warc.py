"""The checks of a release as a WARC file, read by another program's reader."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from releases.evidence import warc
from releases.models import Observation, Release
from releases.rules.canonical import sha256_hex
from releases.rules.response import Answer, Failure
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(hours=2)
PAGE, EARLY, OUT = b"<title>Coming soon</title>", b"<title>The early figures</title>", b"<title>Out</title>"


@shared_fixture
def release():
    release = ReleaseFactory(announced=True)
    address = release.addresses.get()
    store_checks(make_check(address, "not_live", PAGE, at=-60), make_check(address, "not_live", PAGE, at=-50))
    store_checks(make_check(address, "live", EARLY, at=-30), make_check(address, "not_live", PAGE, at=-20))
    store_checks(
        make_check(address, "live", OUT, at=150), make_check(address, "live", b"<title>Out, changed</title>", at=160)
    )
    return Release.objects.get(pk=release.pk)


def written(release, *, now=NOW):
    out = BytesIO()
    warc.write_warc(release, out, now=now)
    return out.getvalue()


def records(content):
    """Kind, WARC headers, HTTP status line (or None) and payload of each record."""
    return [
        (
            record.rec_type,
            dict(record.rec_headers.headers),
            record.http_headers and record.http_headers.statusline,
            record.content_stream().read(),
        )
        for record in ArchiveIterator(BytesIO(content))
    ]


def test_every_check_has_a_record_with_its_row_of_the_chain_and_one_with_its_response(release):
    found = records(written(release))
    rows = list(Observation.objects.filter(release=release).order_by("position"))
    assert [kind for kind, *_ in found[:3]] == ["warcinfo", "response", "metadata"]
    metadata = [payload for kind, _, _, payload in found if kind == "metadata"]
    assert [sha256_hex(payload.rstrip(b"\n")) for payload in metadata] == [row.row_hash for row in rows]
    responses = [each for each in found if each[0] in {"response", "revisit"}]
    assert [each[1]["WARC-Date"] for each in responses] == [f"{row.sent_at:%Y-%m-%dT%H:%M:%S.%fZ}" for row in rows]
    assert {each[2] for each in responses} == {"200 OK"}
    assert {each[1]["WARC-Target-URI"] for each in responses} == {release.addresses.get().url}


def test_a_stored_body_is_in_it_once_and_a_body_that_is_not_stored_not_at_all(release):
    found = [each for each in records(written(release)) if each[0] in {"response", "revisit"}]
    assert [(kind, payload, "WARC-Truncated" in headers) for kind, headers, _, payload in found] == [
        ("response", PAGE, False),
        ("revisit", b"", False),
        ("response", b"", True),
        ("revisit", b"", False),
        ("response", OUT, False),
        ("response", b"", True),
    ]
    assert [headers["WARC-Payload-Digest"] for _, headers, _, _ in found[:2]] == [f"sha256:{sha256_hex(PAGE)}"] * 2


def test_a_sealed_body_is_left_out(release):
    assert EARLY not in b"".join(payload for *_, payload in records(written(release)))


def test_once_the_release_is_due_and_live_nothing_is_sealed(release):
    Release.objects.filter(pk=release.pk).update(status="published", published_at=NOW)
    assert EARLY in [payload for *_, payload in records(written(release))]


def test_the_same_evidence_gives_the_same_bytes(release):
    assert written(release) == written(release, now=NOW + timedelta(days=1))


def test_the_digests_of_its_records_hold(release, tmp_path):
    file = tmp_path / "checks.warc.gz"
    file.write_bytes(written(release))
    checker = Checker(type("Options", (), {"inputs": [str(file)], "verbose": False})())
    assert checker.process_all() == 0


@pytest.mark.parametrize(
    ("failure", "truncated"),
    [
        (Failure.TOO_LARGE, "length"),
        (Failure.TIMEOUT, "time"),
        (Failure.UNDECODABLE, "unspecified"),
        (Failure.BROKEN, "unspecified"),
        (None, None),
    ],
)
def test_a_response_whose_body_we_could_not_read_is_marked_as_truncated_and_an_empty_one_is_not(
    release, failure, truncated
):
    check = make_check(release.addresses.get(), "unreachable", b"", at=200)
    store_checks(replace(check, answer=replace(check.answer, failure=failure)))
    kind, headers, status, payload = records(written(release))[-2]
    assert (kind, status, payload) == ("response", "200 OK", b"")
    assert headers.get("WARC-Truncated") == truncated


def test_a_check_without_a_response_has_its_row_alone(release):
    check = make_check(release.addresses.get(), "unreachable", b"", at=200)
    failed = Answer(
        requested_url=check.answer.requested_url,
        planned_at=check.answer.planned_at,
        sent_at=check.answer.sent_at,
        completed_at=check.answer.completed_at,
        failure=Failure.TIMEOUT,
    )
    store_checks(type(check)(**{**{n: getattr(check, n) for n in check.__slots__}, "answer": failed}))
    kind, headers, _, payload = records(written(release))[-1]
    assert (kind, "WARC-Concurrent-To" in headers) == ("metadata", False)
    assert json.loads(payload)[3]["failure"] == "timeout"

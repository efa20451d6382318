"""Export of the checks of a release as a WARC file (ISO 28500), the file format of web archives."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import IO

from django.conf import settings
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from releases.evidence import repository
from releases.evidence.embargo import seals_on
from releases.models import Body, Observation, Release, StoredBody
from releases.models.append_only import CHUNK
from releases.rules.response import Failure

VERSION = "WARC/1.1"
# The stored body is decoded, so headers that describe the encoded body would be wrong.
_OF_THE_ENCODED_BODY = frozenset({"content-length"})
_ABOUT = (
    "Each check has a metadata record with its row of the evidence chain. A check that received a response has a "
    "response record too, with the headers that we store and the decoded body. We store a body only at key times. "
    "Otherwise the record has no body and is marked as truncated, and body_sha256 in the metadata has the hash of the "
    "body. A sealed body is left out in the same way. If we could not read the complete body, the record is marked as "
    "truncated and there is no hash. The record of a repeated body is a revisit."
)
# The values of WARC-Truncated for responses whose bodies we could not read. For all other failures: unspecified.
_TRUNCATED: dict[str, str] = {Failure.TOO_LARGE: "length", Failure.TIMEOUT: "time"}


def write_warc(release: Release, out: IO[bytes], *, now: datetime) -> None:
    """Write all checks of a release to a gzipped WARC file.

    The same evidence always gives the same bytes.

    :param now: the aware instant that decides which bodies are sealed. Sealed bodies are left out. Nothing else depends
        on `now`.
    """
    writer = WARCWriter(out, gzip=True, warc_version=VERSION)
    for record in _records(release, writer, now=now):
        writer.write_record(record)


def _records(release: Release, writer: WARCWriter, *, now: datetime) -> Iterator[ArcWarcRecord]:
    stored = set(StoredBody.objects.filter(release=release, body__isnull=False).values_list("sha256", flat=True))
    readable = stored - seals_on(stored, now=now).keys()
    # The address and date of the record that contains each body. Keyed by the hash of the body.
    written: dict[str, tuple[str, str]] = {}
    about = {"software": "statsoffice", "operator": settings.OFFICE_NAME, "isPartOf": release.reference}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**about, "description": _ABOUT}.items())
    yield _record(
        writer,
        "warcinfo",
        record_id=_record_id(str(release.public_id), "warcinfo"),
        date=_date(release.recorded_at),
        block=lines.encode(),
        media_type="application/warc-fields",
    )
    for row in repository.checks_in_chain_order(release).iterator(chunk_size=CHUNK):
        concurrent_to = {}
        if row.status is not None:
            response = _response(writer, row, readable=row.body_sha256 in readable, written=written)
            concurrent_to = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
            yield response
        yield _record(
            writer,
            "metadata",
            url=row.url,
            record_id=_record_id(row.row_hash, "metadata"),
            date=_date(row.sent_at),
            block=row.canonical() + b"\n",
            media_type="application/json",
            more=concurrent_to,
        )


def _response(
    writer: WARCWriter, row: Observation, *, readable: bool, written: dict[str, tuple[str, str]]
) -> ArcWarcRecord:
    url, date = row.hops[-1][0] if row.hops else row.url, _date(row.sent_at)
    phrase = HTTPStatus(row.status).phrase if row.status in set(HTTPStatus) else ""
    headers = [(name.title(), value) for name, value in row.headers if name not in _OF_THE_ENCODED_BODY]
    http = StatusAndHeaders(f"{row.status} {phrase}".rstrip(), headers, protocol="HTTP/1.1")
    more = {"WARC-IP-Address": row.peer_address} if row.peer_address else {}
    digest = {"WARC-Payload-Digest": f"sha256:{row.body_sha256}"}
    kind, body = "response", b""
    if row.body_sha256 in written:
        kind = "revisit"
        first_url, first_date = written[row.body_sha256]
        more |= digest | {
            "WARC-Profile": writer.REVISIT_PROFILE_1_1,
            "WARC-Refers-To-Target-URI": first_url,
            "WARC-Refers-To-Date": first_date,
        }
    elif readable:
        body, more = Body.objects.get(pk=row.body_sha256).content, more | digest
        written[row.body_sha256] = (url, date)
    elif row.body_sha256:
        more["WARC-Truncated"] = "unspecified"
    elif row.failure:
        more["WARC-Truncated"] = _TRUNCATED.get(row.failure, "unspecified")
    return _record(
        writer, kind, url=url, record_id=_record_id(row.row_hash, kind), date=date, block=body, http=http, more=more
    )


def _record(
    writer: WARCWriter,
    kind: str,
    *,
    record_id: str,
    date: str,
    block: bytes,
    url: str = "",
    media_type: str = "",
    http: StatusAndHeaders | None = None,
    more: dict[str, str] | None = None,
) -> ArcWarcRecord:
    headers = {"WARC-Record-ID": record_id, "WARC-Date": date, **(more or {})}
    return writer.create_warc_record(
        url,
        kind,
        payload=BytesIO(block),
        length=len(block),
        warc_content_type=media_type,
        warc_headers_dict=headers,
        http_headers=http,
    )


def _record_id(row: str, kind: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{row}/{kind}')}>"


def _date(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

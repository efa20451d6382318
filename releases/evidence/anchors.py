"""Create and verify anchors, and get time stamps for them from an authority (RFC 3161)."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import rfc3161_client
from cryptography import x509
from django.db import transaction

from releases.models import Anchor, ChainHead, TimeStamp, TimeStampRequest
from releases.models.append_only import CHUNK, ChainedRow, Follow, without_progress
from releases.rules import calendar
from releases.rules.anchor import Head, WrittenAnchor, anchor_lines, digest_of_rows, merkle_root

logger = logging.getLogger(__name__)

type Chains = Sequence[type[ChainedRow]]
# The position of a row, the hash of the previous row, and the hash of the row itself.
type Link = tuple[int, str, str]


def make_anchor(
    chains: Chains, *, why: Anchor.Why, at: datetime, with_timestamp: bool, after: int | None = None
) -> Anchor | None:
    """Create and return an anchor that combines the heads of the chains.

    Return None if there are no rows yet, or if another process has already created the next anchor. The rows are read
    outside a transaction, so that writers do not have to wait. This is safe, because rows never change.

    :param after: the number of the last anchor at the time when the caller found that a new anchor is needed, or 0 if
        there was none. If there is a newer anchor now, no anchor is created. If `after` is None, this is not checked.
    """
    last = Anchor.in_order().last()
    newest = last.position if last else 0
    if after not in {None, newest}:
        return None
    heads = list(_heads(chains, after={head.chain: head.position for head in last.combined()} if last else {}))
    if not heads:
        return None
    anchor = Anchor(
        root=merkle_root(heads),
        heads={head.chain: [head.position, head.row_hash, head.first, head.rows_sha256] for head in heads},
        why=why,
        made_at=at,
    )
    with transaction.atomic():
        if ChainHead.hold(Anchor.CHAIN).position != newest:
            return None
        Anchor.append([anchor])
        if with_timestamp:
            TimeStampRequest.objects.create(anchor=anchor, due_at=at)
    return anchor


def anchor_text(anchor: Anchor) -> list[str]:
    """Return the lines of an anchor as text, for use outside the office."""
    return anchor_lines(anchor.position, made_at=anchor.made_at, root=anchor.root, heads=anchor.combined())


def check_anchors(chains: Chains, *, follow: Follow = without_progress) -> str | None:
    """Return a sentence about the first stored anchor that does not match the chains, or None if all anchors match."""
    models, before = _by_name(chains), dict[str, Head]()
    anchors = Anchor.in_order()
    for anchor in follow(anchors.iterator(chunk_size=CHUNK), anchors.count()):
        heads = anchor.combined()
        misfit = None if merkle_root(heads) == anchor.root else "its root does not match its lines"
        for head in heads:
            last = before.get(head.chain)
            misfit = misfit or _gap(last, head) or (None if _is_as_before(last, head) else _misfit(models, head))
            before[head.chain] = head
        if misfit:
            made_at = calendar.format_moment(anchor.made_at)
            return f"anchor {anchor.position} of {made_at} does not match the record: {misfit}"
    return None


def check_external_anchor(written: WrittenAnchor, chains: Chains) -> str | None:
    """Compare an anchor that is stored outside the office with the chains.

    Return a sentence about the first difference, or None if the anchor matches.
    """
    if fault := check_consistency(written):
        return fault
    models = _by_name(chains)
    for head in written.heads:
        if misfit := _misfit(models, head):
            return f"anchor {written.number} does not match the record: {misfit}"
    stored = Anchor.objects.filter(position=written.number).values_list("root", flat=True).first()
    if stored != written.root:
        why = f"the database {'has a different root for' if stored else 'does not have'} this anchor"
        return f"anchor {written.number} does not match the record: {why}"
    return None


def check_consistency(written: WrittenAnchor) -> str | None:
    """Check that the root of a written anchor matches its other lines.

    If the root does not match, return advice for the user. Otherwise return None.
    """
    if written.is_consistent():
        return None
    return (
        f"The lines of anchor {written.number} in this file do not match each other. The file was changed, or lines "
        "are missing. Get the original email"
    )


def links(chain: type[ChainedRow], *, first: int, last: int) -> Iterator[Link]:
    """Yield the position and the hashes of each row of a chain from position `first` to position `last`."""
    rows = chain._default_manager.order_by("position").filter(position__range=(first, last))
    yield from rows.values_list("position", "previous_hash", "row_hash").iterator(chunk_size=CHUNK)


def _by_name(chains: Chains) -> Mapping[str, type[ChainedRow]]:
    return {chain.CHAIN: chain for chain in chains}


def _heads(chains: Chains, *, after: Mapping[str, int]) -> Iterator[Head]:
    models = _by_name(chains)
    # Read all heads in one query, so that they are from the same instant.
    ends = ChainHead.objects.filter(chain__in=models, position__gt=0).values_list("chain", "position", "row_hash")
    for chain, position, row_hash in sorted(ends):
        first = after.get(chain, 0) + 1
        yield Head(chain, position, row_hash, first, digest_of_rows(links(models[chain], first=first, last=position)))


def _gap(before: Head | None, head: Head) -> str | None:
    expected = (before.position if before else 0) + 1
    if head.first == expected:
        return None
    return f"its rows of {head.chain} start at row {head.first} instead of row {expected}"


def _is_as_before(before: Head | None, head: Head) -> bool:
    """Return whether a chain has no new rows since the previous anchor.

    If so, this head was already checked as part of the previous anchor.
    """
    return before is not None and head == replace(before, first=before.position + 1, rows_sha256=digest_of_rows([]))


def _misfit(models: Mapping[str, type[ChainedRow]], head: Head) -> str | None:
    chain = models.get(head.chain)
    if chain is None:
        return f"this version of the product has no chain {head.chain}"
    row_hash = chain._default_manager.filter(position=head.position).values_list("row_hash", flat=True).first()
    row = f"row {head.position} of {head.chain}"
    if row_hash is None:
        return f"{row}, which this anchor covers, is missing"
    if row_hash != head.row_hash:
        return f"{row} is not the row that this anchor covers"
    if digest_of_rows(links(chain, first=head.first, last=head.position)) != head.rows_sha256:
        return f"rows {head.first} to {head.position} of {head.chain} are not the rows that this anchor covers"
    return None


# A function that sends a query to the authority and returns the response. Both are in DER.
type SendQuery = Callable[[bytes], bytes]

STAMPED_WITHIN = timedelta(days=7)
"""No time stamp is requested for an anchor that is older than this, because later anchors cover the same rows."""
CLOCKS_DIFFER_BY = timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=4)
# If a process claims a time stamp request, the claim lasts for this time, which is longer than the timeout of the
# request. After that, another process makes the request, because the first process may have died.
CLAIM = timedelta(minutes=2)
MOST_AT_ONCE = 5
CERTIFICATES_TAG = 0xA0


class NotStamped(Exception):
    """There is no valid time stamp. The message gives the reason in one sentence."""


def stamp_due(*, send_query: SendQuery, authority: str, certificates: str, now: datetime) -> int:
    """Request the time stamps that are due, and store those that are valid.

    The newest anchor is stamped first. Requests are made outside a transaction. If a request fails, this run ends,
    because the next request would probably fail too. The failed request is retried for seven days, with increasing
    waits.

    :param authority: the address of the authority, to be stored with the time stamps.
    :param certificates: the authority's certificates, in PEM.
    :return: the number of time stamps that were stored.
    """
    due = TimeStampRequest.objects.filter(due_at__lte=now, anchor__made_at__gt=now - STAMPED_WITHIN)
    stored = 0
    for request in list(due.select_related("anchor").order_by("-anchor__position")[:MOST_AT_ONCE]):
        claimed = TimeStampRequest.objects.filter(pk=request.pk, due_at=request.due_at)
        if not claimed.update(due_at=now + CLAIM, attempts=request.attempts + 1):
            continue
        try:
            response, stamped_at = _stamped(request.anchor, send_query=send_query, certificates=certificates)
        except NotStamped as fault:
            logger.warning("Anchor %s has no time stamp: %s", request.anchor.position, fault)
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(request.attempts, 20))
            TimeStampRequest.objects.filter(pk=request.pk).update(due_at=now + wait, last_error=str(fault)[:500])
            break
        stored += _store_stamp(request.anchor, authority=authority, response=response, stamped_at=stamped_at)
    return stored


def read_stamp(response: bytes, *, root: str, certificates: str, nonce: int | None = None) -> datetime:
    """Verify that a response is a time stamp of a root, and return the stamped time.

    :param root: 64 hexadecimal digits. These digits are stamped as text, so that `openssl ts -verify` can check the
        time stamp against a file that contains the digits.
    :param certificates: the certificates of the authority, in PEM.
    :param nonce: the nonce of the query. None if it is not known, as for a stored response.
    :raises NotStamped: if the response is not a valid time stamp of the root by this authority, or if `certificates`
        contains no root certificate.
    """
    given = x509.load_pem_x509_certificates(certificates.encode()) if certificates else []
    roots = [one for one in given if one.issuer == one.subject]
    if not roots:
        raise NotStamped("STATSOFFICE_TIMESTAMP_CERTIFICATES contains no root certificate.")
    verifier = rfc3161_client.VerifierBuilder(
        roots=roots, intermediates=[one for one in given if one not in roots], nonce=nonce
    ).build()
    try:
        read = rfc3161_client.decode_timestamp_response(sort_certificates(response))
        if read.status != rfc3161_client.PKIStatus.GRANTED:
            reason = f"The authority refused: status {read.status} {' '.join(read.status_string)}".strip()
            raise NotStamped(f"{reason}.")
        verifier.verify_message(read, root.encode())
        return read.tst_info.gen_time.astimezone(UTC)
    except NotStamped:
        raise
    # Catch all exceptions, because a response can contain anything, and the certificate parser raises a dozen kinds of
    # exceptions.
    except Exception as fault:
        reason = f"The response of the authority is not a valid time stamp of this root: {fault}"
        raise NotStamped(reason) from fault


def sort_certificates(response: bytes) -> bytes:
    """Sort the certificates in a response in DER order, as rfc3161-client requires.

    OpenSSL and the authorities that use OpenSSL send the certificates in the order of the certificate chain (BER). The
    certificates are not part of the signed content, so the signature stays valid.

    :raises ValueError: if the response ends too early.
    """
    # Find the content of SignedData. The TimeStampToken is the second element of TimeStampResp, after the status. The
    # content of the token is its second element, after the content type. SignedData is the first element of that
    # content.
    start, end = _der_content(response, 0)
    for number in (1, 1, 0):
        parts = _der_parts(response, start, end)
        if len(parts) <= number:  # the authority refused and sent no token
            return response
        start, end = _der_content(response, parts[number][0])
    # The certificates, if there are any, come after version, algorithms and content.
    for begin, _ in _der_parts(response, start, end)[3:4]:
        if response[begin] == CERTIFICATES_TAG:
            start, end = _der_content(response, begin)
            certificates = sorted(response[one:after] for one, after in _der_parts(response, start, end))
            return response[:start] + b"".join(certificates) + response[end:]
    return response


def _der_parts(der: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return the start and end of each DER element between two positions."""
    parts = []
    while start < end:
        after = _der_content(der, start)[1]
        parts.append((start, after))
        start = after
    return parts


def _der_content(der: bytes, start: int) -> tuple[int, int]:
    """Return the start and end of the content of the DER element at a position.

    The tag of the element must have one byte.
    """
    if start + 2 > len(der):
        raise ValueError("it ends too early")
    length, content = der[start + 1], start + 2
    if length > 0x80:  # the low seven bits are the number of bytes that contain the length
        content, length = content + (length & 0x7F), int.from_bytes(der[content : content + (length & 0x7F)])
    if content + length > len(der):
        raise ValueError("it ends too early")
    return content, content + length


def check_time_stamps(*, certificates: str, follow: Follow = without_progress) -> str | None:
    """Return a sentence about the first time stamp that does not match its anchor's root or time, or None.

    :param certificates: the certificates of all authorities that made the time stamps, in PEM.
    """
    stamps = TimeStamp.in_order().select_related("anchor")
    for stamp in follow(stamps.iterator(chunk_size=CHUNK), stamps.count()):
        anchor = stamp.anchor
        named = f"the verification of the time stamp of anchor {anchor.position} failed"
        try:
            stamped_at = read_stamp(bytes(stamp.response), root=anchor.root, certificates=certificates)
        except NotStamped as fault:
            return f"{named}: {str(fault).rstrip('.')}"
        if stamped_at != stamp.stamped_at:
            return f"{named}: it was made at {calendar.format_moment(stamped_at)}, but a different time is recorded"
        if not anchor.made_at - CLOCKS_DIFFER_BY <= stamped_at <= anchor.made_at + STAMPED_WITHIN + CLOCKS_DIFFER_BY:
            made_at, stamped = calendar.format_moment(anchor.made_at), calendar.format_moment(stamped_at)
            return f"{named}: the recorded time of the anchor is {made_at}, but it was stamped at {stamped}"
    return None


def _stamped(anchor: Anchor, *, send_query: SendQuery, certificates: str) -> tuple[bytes, datetime]:
    builder = rfc3161_client.TimestampRequestBuilder().data(anchor.root.encode())
    query = builder.hash_algorithm(rfc3161_client.HashAlgorithm.SHA256).cert_request(cert_request=True).build()
    response = send_query(query.as_bytes())
    return response, read_stamp(response, root=anchor.root, certificates=certificates, nonce=query.nonce)


def _store_stamp(anchor: Anchor, *, authority: str, response: bytes, stamped_at: datetime) -> bool:
    with transaction.atomic():
        ChainHead.hold(TimeStamp.CHAIN)
        if TimeStamp.objects.filter(anchor=anchor).exists():
            return False
        TimeStamp.append([TimeStamp(anchor=anchor, authority=authority, response=response, stamped_at=stamped_at)])
        TimeStampRequest.objects.filter(anchor=anchor).delete()
    return True

"""Undoing the content codings of an answer: gzip, deflate and brotli, never past a limit.

libcurl could do it, but lets a body that breaks off in the middle of its compressed stream pass as a
whole one (8.23, measured); half a page must never be judged as a page.
"""

import zlib

import brotli

ACCEPTED = "gzip, deflate, br"
_MOST_CODINGS = 3


class CannotDecodeError(ValueError):
    """The body is not what its content coding says; the message says how."""


class TooLargeError(ValueError):
    """The decoded body would be larger than the limit."""


def decode(body: bytes, codings: str, *, most_bytes: int) -> bytes:
    """Undo the codings that the Content-Encoding header names, last one first.

    :param codings: the header's value, empty if there was none.
    :raises CannotDecodeError: if a coding is unknown, or the body is damaged or incomplete.
    :raises TooLargeError: if more than `most_bytes` would come out at any stage.
    """
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(names) > _MOST_CODINGS:
        raise CannotDecodeError(f"{len(names)} content codings on top of one another")
    for name in reversed(names):
        # An empty body is sent uncoded by many servers, whatever the header says.
        body = _undo(name, body, most_bytes) if body else body
    if len(body) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes")
    return body


def _undo(name: str, body: bytes, most_bytes: int) -> bytes:
    match name:
        case "identity":
            return body
        case "gzip" | "x-gzip":
            return _gzip(body, most_bytes)
        case "deflate":
            # RFC 9110 means the zlib format; some servers send the bare stream. The first two bytes tell.
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
            return _inflate(body, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS, most_bytes)[0]
        case "br":
            return _brotli(body, most_bytes)
    raise CannotDecodeError(f'the content coding "{name[:40]}" is unknown')


def _gzip(body: bytes, most_bytes: int) -> bytes:
    """A gzip stream may have several members, one after the other (RFC 1952)."""
    decoded = bytearray()
    while body:
        part, body = _inflate(body, 16 + zlib.MAX_WBITS, most_bytes - len(decoded))
        decoded += part
        body = body.lstrip(b"\0")
    return bytes(decoded)


def _inflate(body: bytes, window_bits: int, most_bytes: int) -> tuple[bytes, bytes]:
    machine = zlib.decompressobj(window_bits)
    try:
        decoded = machine.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise CannotDecodeError(f"the compressed body is damaged ({error})") from error
    if len(decoded) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes when decoded")
    if not machine.eof:
        raise CannotDecodeError("the compressed body breaks off before its end")
    return decoded, machine.unused_data


def _brotli(body: bytes, most_bytes: int) -> bytes:
    machine = brotli.Decompressor()
    decoded = bytearray()
    try:
        decoded += machine.process(body, output_buffer_limit=most_bytes + 1)
        while not machine.is_finished() and not machine.can_accept_more_data() and len(decoded) <= most_bytes:
            decoded += machine.process(b"", output_buffer_limit=most_bytes + 1 - len(decoded))
    except brotli.error as error:
        raise CannotDecodeError(f"the compressed body is damaged ({error})") from error
    if len(decoded) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes when decoded")
    if not machine.is_finished():
        raise CannotDecodeError("the compressed body breaks off before its end")
    return bytes(decoded)

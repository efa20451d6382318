"""A body is decoded whole or not at all, and never past the limit."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest

from releases.probe.connection import CannotDecodeError, TooLargeError, undo_codings

PAGE = b"".join(b"<p>Row %d of the table</p>" % number for number in range(5000))
LIMIT = 1_000_000


def bare_deflate(body):
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(body) + machine.flush()


CODINGS = {
    "none": ("", PAGE),
    "identity": ("identity", PAGE),
    "gzip": ("gzip", gzip.compress(PAGE)),
    "x-gzip": ("X-GZIP", gzip.compress(PAGE)),
    "gzip-in-two-members": ("gzip", gzip.compress(PAGE[:1000]) + gzip.compress(PAGE[1000:])),
    "gzip-padded": ("gzip", gzip.compress(PAGE) + b"\0" * 100),
    "deflate": ("deflate", zlib.compress(PAGE)),
    "bare-deflate": ("deflate", bare_deflate(PAGE)),
    "brotli": ("br", brotli.compress(PAGE)),
    "gzip-then-brotli": ("gzip, br", brotli.compress(gzip.compress(PAGE))),
}
COMPRESSED = {name: given for name, given in CODINGS.items() if name not in {"none", "identity", "gzip-padded"}}


@pytest.mark.parametrize(("codings", "body"), CODINGS.values(), ids=CODINGS.keys())
def test_every_coding_that_is_asked_for_is_undone(codings, body):
    assert undo_codings(body, codings, most_bytes=LIMIT) == PAGE


@pytest.mark.parametrize(("codings", "body"), COMPRESSED.values(), ids=COMPRESSED.keys())
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.999])
def test_a_compressed_body_that_breaks_off_is_not_taken_for_a_whole_one(codings, body, kept):
    with pytest.raises(CannotDecodeError):
        undo_codings(body[: int(len(body) * kept)], codings, most_bytes=LIMIT)


@pytest.mark.parametrize(("codings", "body"), COMPRESSED.values(), ids=COMPRESSED.keys())
def test_a_body_is_as_large_as_the_limit_and_not_a_byte_larger(codings, body):
    assert len(undo_codings(body, codings, most_bytes=len(PAGE))) == len(PAGE)
    with pytest.raises(TooLargeError):
        undo_codings(body, codings, most_bytes=len(PAGE) - 1)


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        ("gzip", b"no gzip at all"),
        ("br", b"\xff" * 40),
        ("deflate", b"\xff" * 40),
        ("zstd", PAGE),
        ("gzip", gzip.compress(PAGE)[:-8] + b"\0" * 8),
    ],
    ids=["gzip", "brotli", "deflate", "unknown", "wrong-checksum"],
)
def test_a_damaged_body_or_an_unknown_coding_is_refused(codings, body):
    with pytest.raises(CannotDecodeError):
        undo_codings(body, codings, most_bytes=LIMIT)


def test_a_pile_of_codings_is_refused():
    with pytest.raises(CannotDecodeError, match="on top of one another"):
        undo_codings(gzip.compress(PAGE), "gzip, gzip, gzip, gzip", most_bytes=LIMIT)


@pytest.mark.parametrize("padding", [b"", b"\0"], ids=["bare", "padded"])
@pytest.mark.parametrize("members", [3, 100])
def test_a_gzip_body_of_a_few_members_is_decoded(members, padding):
    body = (gzip.compress(b"<p>Row</p>") + padding) * members
    assert undo_codings(body, "gzip", most_bytes=LIMIT) == b"<p>Row</p>" * members


@pytest.mark.parametrize("members", [101, 20_000])
@pytest.mark.parametrize("codings", ["gzip", "gzip, gzip"], ids=["once", "twice"])
def test_a_gzip_body_of_too_many_members_is_refused(codings, members):
    body = gzip.compress(b"") * members
    for _ in range(codings.count(",")):
        body = gzip.compress(body)
    with pytest.raises(CannotDecodeError, match="more than 100 gzip members"):
        undo_codings(body, codings, most_bytes=LIMIT)


@pytest.mark.parametrize("codings", ["gzip", "br", "deflate", "unknown"])
def test_an_empty_body_stays_empty_whatever_the_header_says(codings):
    assert undo_codings(b"", codings, most_bytes=LIMIT) == b""


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("br", lambda body: brotli.compress(body, quality=4))],
    ids=["gzip", "br"],
)
def test_a_bomb_is_stopped_before_it_takes_memory(coding, compress):
    bomb = compress(b"\0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        undo_codings(bomb, coding, most_bytes=LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()

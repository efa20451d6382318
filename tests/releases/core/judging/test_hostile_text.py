"""One page cannot stop the examination of others: not by its encoding, and not by text that is slow to search."""

import subprocess
import sys

import pytest

from releases.core.judging.reading.characters import decode

PAGE = "Café prices – August"
# A search that takes linear time needs milliseconds for these; a quadratic one needs at least ten seconds.
SECONDS = 5
REPEATED = {
    "digits": "1",
    "lengths": "1d ",
    "hours": "12 hours ",
    "words-before-a-clock": "last page ",
    "counts": "1,",
    "decimals": "1.1",
    "letters-and-digits": "a1",
}


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("latin1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("windows-1252", "cp1252"),
        ("utf-16le", "utf-16le"),
        ("x-mac-roman", "mac_roman"),
    ],
)
def test_a_label_of_the_web_decodes_as_browsers_do(label, encoding):
    assert decode(PAGE.encode(encoding), charset=label) == PAGE


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "utf-7", "raw_unicode_escape", "unicode_escape", "rot13", "cp037"]
)
def test_an_encoding_that_is_not_of_the_web_is_ignored(label):
    declared = f"<meta charset={label}>{PAGE}"
    assert decode(declared.encode(), charset=label) == declared


def test_half_a_megabyte_declared_as_punycode_is_decoded_at_once():
    command = "from releases.core.judging.reading.characters import decode; decode(b'ab' * 250_000, charset='punycode')"
    subprocess.run([sys.executable, "-c", command], timeout=SECONDS, check=True)


@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED.keys())
def test_long_text_of_one_kind_is_compared_at_once(repeated):
    command = (
        "import sys; from releases.core.judging.reading.page_text import read_page;"
        "from releases.core.judging.reading.steady import steady_text; steady_text(read_page(sys.stdin.read()))"
    )
    text = f"<main><p>{repeated * (50_000 // len(repeated))}1</p></main>"
    subprocess.run([sys.executable, "-c", command], input=text, text=True, timeout=SECONDS, check=True)

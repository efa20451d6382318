"""One page cannot stop the examination of others: not by its encoding, and not by text that is slow to search."""

import subprocess
import sys

import pytest

from releases.detection.absence import may_be_held
from releases.detection.characters import decode
from releases.detection.govuk import strip_markup

PAGE = "Café prices – August"
# A search that takes linear time needs milliseconds for these; a quadratic one needs at least ten seconds.
SECONDS = 5
REPEATED = {
    "request-numbers": "request:",
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
    command = "from releases.detection.characters import decode; decode(b'ab' * 250_000, charset='punycode')"
    subprocess.run([sys.executable, "-c", command], timeout=SECONDS, check=True)


@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED.keys())
def test_long_text_of_one_kind_is_compared_at_once(repeated):
    command = (
        "import sys; from releases.detection.page_text import read_page;"
        "from releases.detection.page_text import stable_text; stable_text(read_page(sys.stdin.read()))"
    )
    for end in ("1", " 1"):
        text = f"<main><p>{repeated * (50_000 // len(repeated))}{end}</p></main>"
        subprocess.run([sys.executable, "-c", command], input=text, text=True, timeout=SECONDS, check=True)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            "from releases.detection.absence import may_be_held; may_be_held(' § not' * 100_000);"
            "may_be_held(' § ' + 'n' * 200_000 + ' ann' * 50_000)",
            id="markers",
        ),
        pytest.param(
            "from releases.detection.absence import speaks_of_withdrawal, speaks_vaguely;"
            "speaks_of_withdrawal(' this release is under construction :' * 5_000);"
            "speaks_vaguely(' this release will be published at 9 : 30 am on tuesday :' * 5_000);"
            "speaks_vaguely(' this release will be published at' + ' 9 : 30 am (' * 20_000 + ' every 2' * 20_000)",
            id="statements-and-times",
        ),
        pytest.param(
            "from tests.support.release_pages import page, shown;"
            "[shown(page(f'<h1>x</h1><p>{text * 5_000}</p>', title='x'))"
            " for text in ('the page cannot be found if ', 'if the page was not ')]",
            id="pages-that-may-be-missing",
        ),
        pytest.param(
            "from releases.detection.interstitials import is_like_not_found as like;"
            "like('a' * 1_000_000, 'b', url='https://www.example.gov.uk/')",
            id="a-word-without-an-end",
        ),
        pytest.param(
            "from releases.detection.files import message_in;"
            "from releases.detection.files import FileType;"
            "message_in(b'<!---->' * 2_000, FileType.XML)",
            id="comments-before-no-element",
        ),
        pytest.param(
            "from releases.detection.govuk import strip_markup;[strip_markup('<' * 10_000) for _ in range(100)]",
            id="tags-without-end",
        ),
    ],
)
def test_text_that_many_patterns_could_match_is_searched_at_once(command):
    subprocess.run([sys.executable, "-c", command], timeout=SECONDS, check=True)


@pytest.mark.parametrize(
    "styles",
    [
        pytest.param("p{font:" + "1" * 50_000 + "}", id="digits"),
        pytest.param("p{transform:" + "a" * 50_000 + "}", id="letters-without-a-bracket"),
        pytest.param("url(data:" * 50_000, id="pictures-without-an-end"),
    ],
)
def test_styles_that_many_patterns_could_match_are_read_at_once(styles):
    command = "import sys; from releases.detection.page_text import read_page; read_page(sys.stdin.read())"
    page = f"<style>{styles}</style><p>x</p>"
    subprocess.run([sys.executable, "-c", command], input=page, text=True, timeout=SECONDS, check=True)


def test_a_reference_to_a_character_of_thousands_of_digits_is_no_fault_of_ours():
    assert strip_markup(f"<p>A&#{'9' * 5_000};B &#x41;</p>") == "A\N{REPLACEMENT CHARACTER}B A"


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        ("§ is not yet published", True),
        ("data for this year and § are yet to be released", True),
        ("§ is not published for wales", False),
        ("not yet published § ", False),
        ("the data are not published", False),
    ],
)
def test_what_is_not_there_yet_counts_after_the_edition_is_named(sentence, held):
    assert may_be_held(f" {sentence} ") is held

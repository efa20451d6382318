"""Decode the bytes of pages, and normalise texts for comparison."""

import codecs
import re
import unicodedata

import webencodings

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d"
_QUOTES = "\u2018\u2019\u201b\u2032\u02bc\u0060\u00b4"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"
_FOLDED = (
    {ord(dash): "-" for dash in _DASHES}
    | {ord(quote): "'" for quote in _QUOTES}
    | {ord(mark): None for mark in _INVISIBLE}
)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|_")
_SPACED_DASH = "\u2013"
_CHARSET_IN_PAGE = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def fold(text: str) -> str:
    """Normalise the characters of a text, so that two texts with the same wording are equal.

    The text is converted to Unicode form NFKC and to lower case. Dashes become hyphens, apostrophes become straight,
    invisible characters are removed, and each run of white space becomes a single space.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_FOLDED)
    return " ".join(text.casefold().split())


def decode(body: bytes, *, charset: str) -> str:
    """Decode the bytes of a page.

    The encoding is taken from the byte order mark, the HTTP header (`charset`) or the page's own declaration, in this
    order. The default is UTF-8. Invalid bytes are replaced. Only encodings of the WHATWG Encoding Standard are
    accepted, because some of Python's other encodings, such as punycode, take minutes for a long page.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    declared = _CHARSET_IN_PAGE.search(body[:2048])
    for name in (charset, declared.group(1).decode() if declared else ""):
        if (text := _decoded(body, name)) is not None:
            return text
    return body.decode(errors="replace")


def _decoded(body: bytes, label: str) -> str | None:
    encoding = webencodings.lookup(label)
    if encoding is None:
        return None
    text: str = encoding.codec_info.decode(body, "replace")[0]
    return text


def words(text: str) -> str:
    """Return the words, numbers and signs of a text, each with a space on both sides.

    The text is folded first. A search in the result ignores spacing and matches only whole words and numbers. For
    example, "1 March" is not in "31 March", and "Table 1" is not in "Table 1.2".

    A dash between spaces separates parts of a text. It becomes an en dash, and any other dash becomes a hyphen. `holds`
    ignores this difference.
    """
    return f" {' '.join(_WORD.findall(fold(text).replace(' - ', f' {_SPACED_DASH} ')))} "


def has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def holds(form: str, name: str) -> bool:
    """Return whether a text contains the words of a name.

    Both arguments are in the form that `words` returns. A name without letters or digits is never found.
    """
    return _same_dashes(name) in _same_dashes(form) and has_words(name)


def replace_words(form: str, name: str, sign: str) -> str:
    """Replace each occurrence of a name in a text with a one-character placeholder.

    :param name: the name as returned by `words`. If it has no letters or digits, nothing is replaced.
    """
    sought, searched = _same_dashes(name), _same_dashes(form)
    if sought not in searched or not has_words(name):
        return form
    pieces, begin = [], 0
    while (place := searched.find(sought, begin)) >= 0:
        pieces += [form[begin:place], f" {sign}"]
        begin = place + len(sought) - 1
    return "".join([*pieces, form[begin:]])


def _same_dashes(form: str) -> str:
    return form.replace(_SPACED_DASH, "-")

"""What a release and its series are called, told apart from the words around them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from releases.core.judging.reading.characters import has_words, holds, replace_words, words
from releases.core.judging.reading.page_text import PageText
from releases.core.judging.reading.periods import Period, respell, spellings

EDITION, SERIES = "§", "¤"
"""What stands in a text for the name of the edition that was looked for, and for the name of its series."""

_COMMON_WORDS = (
    "statistics statistical bulletin release report survey annual monthly quarterly weekly data tables figures "
    "estimates index indices price prices england wales scotland northern ireland united kingdom great britain "
    "national official accredited experimental summary trends local authority authorities regional and the for from "
    "with main findings first final provisional revised year quarter month ending period january february march april "
    "may june july august september october november december ystadegau cymru"
)
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Names:
    """What the release and its series are called, and the site's own words of absence, as `words` gives them.

    `own_periods` are the periods that the marker names, with its words for them.
    """

    marker: str
    release_title: str
    series_title: str
    negative_markers: tuple[str, ...]
    own_periods: Mapping[Period, str] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def told(self, text: str) -> str:
        """Return a text as `words` gives it, with a sign for each of these names, however it writes the period.

        It is kept for as long as these names are: a page's blocks are searched for several signs.
        """
        if (known := self._told.get(text)) is None:
            known = self._told[text] = self.hide(respell(words(text), self.own_periods))
        return known

    def hide(self, form: str) -> str:
        """Put a sign for each of these names: "Cancelled operations" is a name and not a notice."""
        for name in sorted((self.marker, self.release_title), key=len, reverse=True):
            form = replace_words(form, name, EDITION)
        return replace_words(form, self.series_title, SERIES)

    def covers(self, piece: str) -> bool:
        """Say whether a piece is part of one of these names."""
        return any(f" {piece} " in name for name in (self.marker, self.release_title, self.series_title))


def names_of(*, marker: str, release_title: str, series_title: str, negative_markers: Iterable[str] = ()) -> Names:
    """Make the names of a release from texts as people wrote them; a negative marker without any word is left out."""
    return replace(_names(marker, release_title, series_title, tuple(negative_markers)), _told={})


@lru_cache(maxsize=4096)  # a release is looked at many times
def _names(marker: str, release_title: str, series_title: str, negative_markers: tuple[str, ...]) -> Names:
    form = words(marker)
    periods = spellings(form)
    return Names(
        marker=form,
        release_title=respell(words(release_title), periods),
        series_title=words(series_title),
        negative_markers=tuple(words(each) for each in negative_markers if has_words(each)),
        own_periods=periods,
    )


def is_page_of_series(page: PageText, names: Names) -> bool:
    """Say whether a page is recognisably one of the series: by its title, or by the release's less the marker.

    A name of one word may stand anywhere, so it counts in the title or an h1 only.
    """
    return _names_series(page.headings, page, names)


def shows_series(page: PageText, names: Names) -> bool:
    """Say the same of what a reader sees below the window's title, which sites set before anything is there."""
    return _names_series(page.headings[1:] or page.headings, page, names)


def _names_series(shown_as: Iterable[str], page: PageText, names: Names) -> bool:
    headings = [words(heading) for heading in shown_as]
    everything = [*headings, words(page.text)]
    rest = max(replace_words(names.release_title, names.marker, EDITION).split(EDITION), key=len)
    own = [name for name in (names.series_title, _without_outer_signs(rest)) if has_words(name)]
    return any(holds(text, name) for name in own for text in (everything if len(name.split()) > 1 else headings))


def is_about_series(page: PageText, names: Names) -> bool:
    """Say whether a page can be about the series at all: it shares words with it that not every release has.

    A page in another language is not asked, and neither is one of a series whose name holds common words alone.
    """
    own = _telling_words(names.series_title) | _telling_words(
        replace_words(names.release_title, names.marker, EDITION) if names.marker != names.release_title else ""
    )
    if not own or page.declared.language not in {"", "en"} or is_page_of_series(page, names):
        return True
    headings = [words(heading) for heading in page.headings]
    if any(holds(heading, names.release_title) or own & set(heading.split()) for heading in headings):
        return True
    text = set(words("\n".join(block.text for block in page.own_blocks)).split())
    return 2 * len(own & text) >= len(own)


def blocks_naming(page: PageText, names: Names) -> list[str]:
    """Return the page's own blocks that name the series."""
    longest = max(names.series_title.split(), key=len, default="")
    likely = (block.text for block in page.own_blocks if longest in block.text)
    return [text for text in likely if holds(words(text), names.series_title)]


def is_headed_by_series(page: PageText, names: Names) -> bool:
    """Say whether the title or an h1 is about the series by one of its telling words, or could not be, having none."""
    own = _telling_words(names.series_title) | _telling_words(names.release_title)
    forms = [words(heading) for heading in page.headings]
    return not own or any(own & set(form.split()) or holds(form, names.series_title) for form in forms)


def names_an_edition(heading: str, names: Names) -> bool:
    """Say whether a heading can be that of an edition of the series: by its telling words, or because it has no others.

    "Change since May 2026" is the heading of a passage, and names no edition.
    """
    found = _telling_words(words(heading))
    own = _telling_words(names.series_title) | _telling_words(names.release_title)
    return not found or bool(found & own)


def _telling_words(form: str) -> set[str]:
    return {word for word in form.split() if len(word) > 2 and word.isalpha()} - _COMMON


def _without_outer_signs(form: str) -> str:
    found = form.split()
    while found and not has_words(found[-1]):
        found.pop()
    while found and not has_words(found[0]):
        found.pop(0)
    return f" {' '.join(found)} "

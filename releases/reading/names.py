"""What a release and its series are called, told apart from the words around them."""

from dataclasses import dataclass

from releases.reading.characters import has_words, holds, replace_words, words
from releases.reading.page_text import PageText

EDITION, SERIES = "§", "¤"
"""What stands in a text for the name of the edition that was looked for, and for the name of its series."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the release and its series are called, and the site's own words of absence, as `words` gives them."""

    marker: str
    release_title: str
    series_title: str
    negative_markers: tuple[str, ...]

    def hide(self, form: str) -> str:
        """Put a sign for each of these names: "Cancelled operations" is a name and not a notice."""
        for name in sorted((self.marker, self.release_title), key=len, reverse=True):
            form = replace_words(form, name, EDITION)
        return replace_words(form, self.series_title, SERIES)

    def covers(self, piece: str) -> bool:
        """Say whether a piece is part of one of these names."""
        return any(f" {piece} " in name for name in (self.marker, self.release_title, self.series_title))


def is_page_of_series(page: PageText, names: Names) -> bool:
    """Say whether a page is recognisably one of the series: by its title, or by the release's less the marker.

    A name of one word may stand anywhere, so it counts in the title or an h1 only.
    """
    headings = [words(heading) for heading in page.headings]
    everything = [*headings, words(page.text)]
    rest = max(replace_words(names.release_title, names.marker, EDITION).split(EDITION), key=len)
    own = [name for name in (names.series_title, _without_outer_signs(rest)) if has_words(name)]
    return any(holds(text, name) for name in own for text in (everything if len(name.split()) > 1 else headings))


def _without_outer_signs(form: str) -> str:
    found = form.split()
    while found and not has_words(found[-1]):
        found.pop()
    while found and not has_words(found[0]):
        found.pop(0)
    return f" {' '.join(found)} "

"""Whether a page says that the release is not there, and how sure that is.

A page that has the release may mention any such word further down. So it counts where the words stand: in the title
or a main heading, as a notice of its own near the top, or in a sentence there that speaks of this very release.
"""

from collections.abc import Sequence
from enum import IntEnum

from releases.reading import phrases
from releases.reading.characters import holds, words
from releases.reading.names import Names
from releases.reading.page_text import Block, PageText, Place

_THIN = 600
"""Characters of text below which a page has little besides its notice."""
_LEAD_BEFORE, _LEAD_AFTER, _NOTICES = 5, 10, 3


class Absence(IntEnum):
    """How surely a page says that the release is not there."""

    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2


def absence(page: PageText, names: Names, *, marker_in_heading: bool) -> Absence:
    """Weigh every sign on a page that the release is not there.

    :param marker_in_heading: the edition's marker stands in the title or an h1. Then only what is certain to be
        about this release counts, however often its text mentions something withdrawn or soon to come.
    """
    if denied_by_heading(page, names):
        return Absence.CERTAIN
    if not marker_in_heading and _holds_own_marker(words(page.text), names):
        return Absence.CERTAIN
    thin = sum(len(block.text) for block in page.blocks if block.place is not Place.AROUND) < _THIN
    near, notices = _lead(page.blocks)
    forms = [names.told(block.text) for block in near]
    signs = [_sign(form, names, thin=thin, marker_in_heading=marker_in_heading) for form in forms]
    signs += [_notice(names.told(block.text), names, thin=thin) for block in (near if thin else notices)]
    if _doubted_by_heading(page, names):
        signs.append(Absence.POSSIBLE)
    return max(signs, default=Absence.NONE)


def denied_by_heading(page: PageText, names: Names) -> bool:
    """Say whether the title or an h1 says that the release is not there."""
    return any(_denies(names.told(heading), names) for heading in page.headings)


def _doubted_by_heading(page: PageText, names: Names) -> bool:
    pieces = (piece for heading in page.headings for piece in phrases.pieces(names.told(heading)))
    return any(phrases.is_doubted(piece) and not names.covers(piece) for piece in pieces)


def asks_to_log_in(page: PageText, names: Names, *, marker_seen: bool) -> bool:
    """Say whether a page is a log-in: by its title or heading, or because it asks for a password and has no marker."""
    if any(phrases.is_log_in(names.told(heading)) for heading in page.headings):
        return True
    if page.asks_for_password and any(phrases.asks_for_password(names.told(block.text)) for block in page.own_blocks):
        return page.own_length < _THIN
    return page.asks_for_password and not marker_seen


def _denies(form: str, names: Names) -> bool:
    labelled = any(phrases.is_label(piece) and not names.covers(piece) for piece in phrases.pieces(form))
    return (
        labelled or phrases.says_not_found(form) or phrases.speaks_of_this(form) or " coming soon " in form
    ) or _holds_own_marker(form, names)


def _holds_own_marker(form: str, names: Names) -> bool:
    return any(holds(form, own) for own in names.negative_markers)


def _lead(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Return the blocks of the page's own text near its first main heading, and the few just below that heading."""
    first = next((place for place, block in enumerate(blocks) if block.place is Place.HEADING), 0)
    above = [block for block in blocks[:first] if block.place is Place.BODY][-_LEAD_BEFORE:]
    below = [block for block in blocks[first:] if block.place is Place.BODY][:_LEAD_AFTER]
    return above + below, below[:_NOTICES]


def _sign(form: str, names: Names, *, thin: bool, marker_in_heading: bool) -> Absence:
    if _holds_own_marker(form, names):
        return Absence.CERTAIN
    if phrases.is_filling(form):
        return Absence.CERTAIN if thin else Absence.POSSIBLE
    if phrases.speaks_of_this(form):
        return _of_statement(form, thin=thin, marker_in_heading=marker_in_heading)
    if phrases.says_not_found(form):
        return Absence(2 - marker_in_heading) if thin or not marker_in_heading else Absence.NONE
    unsure = phrases.is_unsure(form) or phrases.speaks_of_waiting(form)
    return Absence.POSSIBLE if phrases.may_be_held(form) or (thin and unsure) else Absence.NONE


def _of_statement(form: str, *, thin: bool, marker_in_heading: bool) -> Absence:
    # "The report was withdrawn ..." in a long text tells of some report; on a page with nothing else, of this one.
    if not thin and phrases.speaks_of_the_release(form):
        return Absence.NONE if marker_in_heading else Absence.POSSIBLE
    return Absence.POSSIBLE if phrases.speaks_vaguely(form) else Absence.CERTAIN


def _notice(form: str, names: Names, *, thin: bool) -> Absence:
    found = [piece for piece in phrases.pieces(form) if not names.covers(piece)]
    if found and all(map(phrases.is_label, found)):
        return Absence.CERTAIN if thin else Absence.POSSIBLE
    first = phrases.first_sentence(form)
    return Absence.CERTAIN if thin and phrases.is_label(first) and not names.covers(first) else Absence.NONE


def is_search(page: PageText, names: Names) -> bool:
    """Say whether a page is the answer to a search, by its h1, or by its title where it has none."""
    headings = page.headings[1:] or page.headings
    return any(
        phrases.is_search(piece) and not names.covers(piece)
        for heading in headings
        for piece in phrases.pieces(names.told(heading))
    )


def hints_at_absence(page: PageText, names: Names) -> bool:
    """Say whether any of a page's own text speaks of something that is not there, not yet, or no more."""
    forms = [names.told(block.text) for block in page.own_blocks]
    return any(
        phrases.says_not_found(form) or phrases.speaks_of_this(form) or phrases.is_unsure(form) for form in forms
    )

"""Whether a page says that the release is not there, and how sure that is.

A page that has the release may mention any such word further down. So it counts where the words stand: in the title
or a main heading, as a notice of its own near the top, or in a sentence there that speaks of this very release.
"""

from collections.abc import Sequence
from datetime import date
from enum import IntEnum

from releases.core.judging.reading import phrases
from releases.core.judging.reading.characters import holds, words
from releases.core.judging.reading.foretelling import tells_to_wait
from releases.core.judging.reading.names import Names
from releases.core.judging.reading.page_text import Block, PageText, Place
from releases.core.judging.reading.periods import periods

_THIN = 600
"""Characters of text below which a page has little besides its notice."""
_LEAD_BEFORE, _LEAD_AFTER, _NOTICES, _MENU_WORD = 5, 10, 3, 20


class Absence(IntEnum):
    """How surely a page says that the release is not there."""

    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2


def absence(
    page: PageText, names: Names, *, marker_in_heading: bool, own_h1: str = "", due_on: date | None = None
) -> Absence:
    """Weigh every sign on a page that the release is not there.

    :param marker_in_heading: the edition's marker stands in the title or an h1. Then only what is certain to be
        about this release counts, however often its text mentions something withdrawn or soon to come.
    :param own_h1: the h1 in which it stands, if it stands in one: other h1 are then of what stands beside.
    :param due_on: the day on which the release is due.
    """
    if denied_by_heading(page, names, own_h1=own_h1):
        return Absence.CERTAIN
    if not marker_in_heading and _holds_own_marker(words(page.text), names):
        return Absence.CERTAIN
    thin = sum(len(block.text) for block in page.blocks if block.place is not Place.AROUND) < _THIN
    above, below = _lead(page.blocks)
    near = above + below
    forms = [names.told(block.text) for block in near]
    signs = [_sign(form, names, thin=thin, marker_in_heading=marker_in_heading) for form in forms]
    for block in near if thin else below[:_NOTICES]:
        sure = thin and not (marker_in_heading and block in above and _is_one_of_several(block, above))
        signs.append(_notice(names.told(block.text), names, thin=sure))
    if _doubted_by_heading(page, names, thin=thin) or _tells_to_wait(page, near, names, due_on=due_on):
        signs.append(Absence.POSSIBLE)
    return max(signs, default=Absence.NONE)


def denied_by_heading(page: PageText, names: Names, *, own_h1: str = "") -> bool:
    """Say whether the title or an h1 says that the release is not there; where an h1 names it, no other h1 does."""
    return any(_denies(names.told(heading), names) for heading in _of_the_page(page, own_h1))


def was_withdrawn_since(page: PageText, names: Names, *, due_on: date | None) -> bool:
    """Say whether a page tells that the release had been there and was withdrawn, on the day it was due or later.

    A notice without a day may be of any day.
    """
    above, below = _lead(page.blocks)
    for text in (*page.headings, *(block.text for block in above + below)):
        if phrases.speaks_of_withdrawal(names.told(text)):
            days = [each.first for each in periods(words(text)) if each.first == each.last]
            return not days or due_on is None or max(days) >= due_on
    return False


def _of_the_page(page: PageText, own_h1: str) -> Sequence[str]:
    return (page.headings[0], own_h1) if own_h1 else page.headings


def _tells_to_wait(page: PageText, near: Sequence[Block], names: Names, *, due_on: date | None) -> bool:
    def waits(block: Block, *, near_top: bool) -> bool:
        return tells_to_wait(block.text, names.told(block.text), due_on=due_on, near_top=near_top)

    year = str(due_on.year) if due_on else ""
    dated = (block for block in page.own_blocks if year and block.place is Place.BODY and year in block.text)
    return any(waits(block, near_top=True) for block in near) or any(waits(block, near_top=False) for block in dated)


def _doubted_by_heading(page: PageText, names: Names, *, thin: bool) -> bool:
    forms = [names.told(heading) for heading in page.headings]
    pieces = (piece for form in forms for piece in phrases.pieces(form))
    doubted = any(phrases.is_doubted(piece) and not names.covers(piece) for piece in pieces)
    return doubted or any(_denies(form, names) or (thin and phrases.is_log_in(form)) for form in forms)


def asks_to_log_in(page: PageText, names: Names, *, marker_seen: bool, own_h1: str = "") -> bool:
    """Say whether a page is a log-in: by its title or heading, or because it asks for a password and has no marker.

    :param own_h1: the h1 that names the release, if one does: a form for members may have an h1 of its own beside it.
    """
    if any(phrases.is_log_in(names.told(heading)) for heading in _of_the_page(page, own_h1)):
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
    """Return the few blocks of the page's own text just above its first main heading, and those just below it."""
    first = next((place for place, block in enumerate(blocks) if block.place is Place.HEADING), 0)
    above = [block for block in blocks[:first] if block.place is Place.BODY][-_LEAD_BEFORE:]
    below = [block for block in blocks[first:] if block.place is Place.BODY][:_LEAD_AFTER]
    return above, below


def _is_one_of_several(block: Block, above: Sequence[Block]) -> bool:
    """Say whether a word above the heading stands among others, as in a menu: Latest, Upcoming, Archive."""
    return any(len(other.text) <= _MENU_WORD for other in above if other is not block)


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


def is_search(page: PageText, names: Names, *, own_h1: str = "") -> bool:
    """Say whether a page is the answer to a search, by its h1, or by its title where it has none.

    :param own_h1: the h1 that names the release, if one does: a field to search in may have an h1 of its own beside it.
    """
    headings = [own_h1] if own_h1 else page.headings[1:] or page.headings
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

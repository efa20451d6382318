"""What speaks against a marker that was found, although the page does not say that the release is absent."""

from releases.core.judging.reading.destination import is_page_above
from releases.core.judging.reading.finding import Reason
from releases.core.judging.reading.marker import Mention
from releases.core.judging.reading.names import blocks_naming, is_about_series, is_headed_by_series, names_an_edition
from releases.core.judging.reading.page_look import PageLook

_HEADING = 120
"""Characters up to which a text may be a heading."""


def doubt(look: PageLook) -> Reason | None:
    """Return what makes it doubtful that a page which names the edition is the release, or None."""
    headings = look.page.headings[1:]
    # The title may have been changed ahead of the page; but an h1 is what a reader goes by.
    asked = headings if look.in_heading else look.page.headings
    if not look.own_h1 and look.marker.others(heading for heading in asked if names_an_edition(heading, look.names)):
        return Reason.OTHER_EDITION
    if not headings and look.in_heading and _shows_another_edition(look):
        return Reason.OTHER_EDITION
    if not is_about_series(look.page, look.names) or _is_listing(look):
        return Reason.OTHER_SUBJECT
    led_up = is_page_above(look.answer.final_url, requested=look.answer.requested_url)
    return Reason.PAGE_ABOVE if led_up and not look.in_heading else None


def _shows_another_edition(look: PageLook) -> bool:
    """Say whether the text below a title that was perhaps changed ahead is headed by another edition."""
    if look.marker.in_text(look.page.own_blocks) is Mention.CLEAR:
        return False
    return bool(look.marker.others(text for text in blocks_naming(look.page, look.names) if len(text) < _HEADING))


def _is_listing(look: PageLook) -> bool:
    """Say whether a page is headed by the period alone and names the series with other periods only.

    A calendar of a month and an archive list what came out in it.
    """
    if is_headed_by_series(look.page, look.names):
        return False
    naming = blocks_naming(look.page, look.names)
    return bool(naming) and all(look.marker.others([text]) for text in naming)

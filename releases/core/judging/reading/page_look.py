"""One page under examination, with all that is known of it: its names, and where its edition's marker stands."""

from dataclasses import dataclass

from releases.core.judging.reading.absence import Absence, absence
from releases.core.judging.reading.finding import Expectation, Reason
from releases.core.judging.reading.marker import Marker, Mention, marker_of
from releases.core.judging.reading.names import Names, names_of
from releases.core.judging.reading.page_text import PageText
from releases.core.looks.answer import Answer


@dataclass(frozen=True, slots=True)
class PageLook:
    """One page under examination, with all that is known of it."""

    answer: Answer
    expectation: Expectation
    page: PageText
    digest: str
    names: Names
    marker: Marker
    place: Reason | None
    mention: Mention
    says_absent: Absence
    own_h1: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether the marker stands somewhere and speaks of this edition there."""
        return self.mention is Mention.CLEAR

    @property
    def in_heading(self) -> bool:
        """Whether it does so in the title or an h1."""
        return self.is_clear and self.place is not Reason.MARKER_IN_TEXT

    @property
    def place_alone(self) -> tuple[Reason, ...]:
        """The place of the marker as reasons, none where it stands nowhere."""
        return (self.place,) if self.place else ()


def look_at(page: PageText, digest: str, answer: Answer, expectation: Expectation) -> PageLook:
    """Find where on a page the marker stands, and what the page says of the release's absence.

    :param digest: of the page's steady text.
    """
    names = names_of(
        marker=expectation.marker,
        release_title=expectation.release_title,
        series_title=expectation.series_title,
        negative_markers=expectation.negative_markers,
    )
    due_on = expectation.due_at.date() if expectation.due_at else None
    marker = marker_of(names, release_title=expectation.release_title, due_on=due_on)
    place, mention = _find(marker, page)
    if (
        mention is Mention.CLEAR
        and place is Reason.MARKER_IN_TEXT
        and _is_in_passing(marker, page, digest, answer, expectation)
    ):
        mention = Mention.PASSING
    in_heading = mention is Mention.CLEAR and place is not Reason.MARKER_IN_TEXT
    own_h1 = next((h1 for h1 in page.headings[1:] if marker.in_heading(h1) is Mention.CLEAR), "")
    says_absent = absence(page, names, marker_in_heading=in_heading, own_h1=own_h1, due_on=due_on)
    return PageLook(answer, expectation, page, digest, names, marker, place, mention, says_absent, own_h1)


def _is_in_passing(marker: Marker, page: PageText, digest: str, answer: Answer, expectation: Expectation) -> bool:
    """Say whether the text may name the edition without holding it.

    A sentence that is added to the last edition's page before its successor is due is enough for that, and it is still
    the same text once the successor is due.
    """
    if expectation.due_at is None or answer.completed_at >= expectation.due_at:
        return digest in expectation.texts_before
    return marker.in_passing(page.own_blocks)


def _find(marker: Marker, page: PageText) -> tuple[Reason | None, Mention]:
    title, *headings = page.headings
    in_title = marker.in_heading(title)
    in_headings = max(map(marker.in_heading, headings), default=Mention.NONE)
    in_text = marker.in_text(page.own_blocks)
    places = (
        (Reason.MARKER_IN_TITLE, in_title),
        (Reason.MARKER_IN_HEADING, in_headings),
        (Reason.MARKER_IN_TEXT, in_text),
    )
    place, mention = max(places, key=lambda each: each[1])
    return (place, mention) if mention else (None, mention)

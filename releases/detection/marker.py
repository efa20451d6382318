"""Find the marker of an edition on a page, and decide whether the marker identifies this edition.

The page of the previous edition often contains the marker too, for example in "next release: June 2026", in "published
12 June 2026" or in a table of future dates. Such a mention proves nothing. In the title and the headings, every mention
counts, unless it is part of another period. In the text, a mention counts only if it is in the page's own content. If
its sentence announces something, or gives the date of a publication, an update or similar, the mention does not count.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from releases.detection import absence
from releases.detection.characters import holds, replace_words, words
from releases.detection.names import EDITION, Names, Period, PeriodKind, around, periods, spell, spellings
from releases.detection.page_text import Block, Place

_BETWEEN = re.compile(r" [,:;()|–-](?= )")
_SENTENCE = re.compile(r"(?<= )[.!?;](?= )")
_TO_COME = re.compile(
    r" (?:will|shall|due|outlook|plan|plans|planned|scheduled|upcoming|forthcoming|coming|awaited|tbc|tba|forecasts?"
    r"|projected|next|to follow|in preparation|in due course|expected (?:in|on|by|for|to be|to)|nesaf"
    r"|ahead of|in advance of|to be|being (?:collected|compiled|prepared|finalised|processed)|not (?:yet )?included?"
    r"|not in this|excluding|look out for|delayed|postponed|sign up|subscribe|have your say|closing date|closes"
    r"|introduc(?:es?|ing)|planning|(?:is|are) out on|follows (?:in|on)) "
)
_DATING = re.compile(
    r" (?:published|updated|reviewed|modified|issued|released|printed|copyright|©|until|archived|correct at"
    r"|correct as (?:of|at)|accessed|consultation|created|uploaded|deadline|closes)(?: (?!for )[^ ]+){0,3} $"
)
_FROM_THEN_ON = re.compile(r" from(?: the)? ⟦?[^ ]+⟧? (?:edition|release|issue|publication|onwards?|on) ")
_LABEL_TO_COME = re.compile(r" (?:next|upcoming|forthcoming|coming|future|planned|scheduled|due|expected) ")
_LABEL_OF_DATES = re.compile(r" (?:published|updated|reviewed|issued|released|date|dates|modified) (?:: )?$")
_CLOSE, _LABEL = 60, 40
_FOLLOWING_CHARACTERS = 120
_MOST_OF_A_BLOCK = 200_000


class Mention(IntEnum):
    NONE = 0
    OTHER_PERIOD = 1
    TO_COME = 2
    COMMON = 3
    PASSING = 4
    CLEAR = 5


@dataclass(frozen=True, slots=True)
class Marker:
    """The marker of an edition, prepared for searches in pages.

    `form` is the marker as returned by `words`. `spelled` contains the forms that count as the marker. In these forms,
    periods are replaced by placeholders. `sought` contains the periods that the marker names. `due_on` is the due day
    of the edition.
    """

    form: str
    names: Names
    spelled: frozenset[str]
    sought: tuple[Period, ...]
    due_on: date | None = None
    _anchor: str = field(default="")

    @property
    def is_bare_year(self) -> bool:
        """Whether the marker is only a year, which many texts mention."""
        return bool(self.sought) and self.sought[0].is_bare_year and self.form.strip() == f"{self.sought[0].first:%Y}"

    def in_heading(self, heading: str) -> Mention:
        form = words(heading)
        found = _loose(spell(form))
        if any(holds(found, _loose(each)) for each in self.spelled):
            return Mention.CLEAR
        return Mention.OTHER_PERIOD if holds(form, self.form) else Mention.NONE

    def in_text(self, blocks: Sequence[Block]) -> Mention:
        best = Mention.NONE
        label = ""
        for block, following in pairwise([*blocks, None]):
            if block is None:
                break
            if self._anchor in block.text:
                mention = self._in_block(block.text, following.text if following else "")
                best = max(best, min(mention, Mention.TO_COME) if _is_labelled(block, label) else mention)
                if best is Mention.CLEAR:
                    break
            label = _label_after(block, label)
        if best is Mention.NONE:
            best = self._across(blocks)
        return Mention.COMMON if best is Mention.CLEAR and self.is_bare_year else best

    def in_passing(self, blocks: Sequence[Block]) -> bool:
        """Return whether only one block clearly mentions the edition.

        The block must also be body text that is longer than a label.
        """
        clear = [block for block in blocks if self._anchor in block.text and self._is_clear(block)]
        return len(clear) == 1 and clear[0].place is Place.BODY and len(clear[0].text) > _LABEL

    def _is_clear(self, block: Block) -> bool:
        return self._in_block(block.text, "") is Mention.CLEAR

    def others(self, headings: Iterable[str]) -> tuple[Period, ...]:
        """Return the periods of other editions that headings name.

        Only periods of the same kind and about the same length as the marker's period are returned. If the marker names
        no period or several periods, the result is empty.
        """
        if len(self.sought) != 1:
            return ()
        own = self.sought[0]
        found = (period for heading in headings for period in periods(words(heading)))
        return tuple(
            period for period in found if period.is_like(own) and not any(period.sign in each for each in self.spelled)
        )

    def _across(self, blocks: Sequence[Block]) -> Mention:
        """Return the clearest mention of the edition across two neighbouring blocks.

        Each pair of short blocks is read as one text. The two blocks may be the lines of one heading.
        """
        return max(
            (
                self._in_block(f"{above.text} {below.text}", "")
                for above, below in pairwise(blocks)
                if len(above.text) + len(below.text) < _FOLLOWING_CHARACTERS
                and (self._anchor in below.text or self._anchor in above.text)
            ),
            default=Mention.NONE,
        )

    def _in_block(self, text: str, following: str) -> Mention:
        form = words(text[:_MOST_OF_A_BLOCK])
        found = spell(form) if self.sought else form
        sentences = _SENTENCE.split(found)
        mentions = [
            self._in_sentence(sentence, name, following if place == len(sentences) else "")
            for place, sentence in enumerate(sentences, start=1)
            for name in self.spelled
            if holds(sentence, name)
        ]
        return max(mentions) if mentions else Mention.OTHER_PERIOD if holds(form, self.form) else Mention.NONE

    def _in_sentence(self, sentence: str, name: str, following: str) -> Mention:
        before = sentence[: sentence.find(name)] + " "
        reduced = self.names.hide(replace_words(sentence, name, EDITION))
        doubtful = (
            _TO_COME.search(sentence)
            or _DATING.search(before[-_CLOSE:])
            or _FROM_THEN_ON.search(sentence)
            or absence.is_unsure(sentence)
            or any(map(absence.is_label, absence.split_pieces(reduced)))
            or self._followed_by_doubt(sentence, following)
        )
        return Mention.TO_COME if doubtful else Mention.CLEAR

    def _followed_by_doubt(self, sentence: str, following: str) -> bool:
        """Return whether the text after a short mention shows that the edition is still to come.

        The text shows this if it says "coming soon", for example, or if it names the due day or a later day.
        """
        if len(sentence) > _FOLLOWING_CHARACTERS or len(following) > _FOLLOWING_CHARACTERS:
            return False
        form = words(following)
        if any(map(absence.is_label, absence.split_pieces(form))) or " coming soon " in form or " not yet " in form:
            return True
        day = next(periods(form), None)
        return bool(self.due_on and day and day.first == day.last and day.first >= self.due_on)


def marker_of(names: Names, *, release_title: str, due_on: date | None) -> Marker:
    """Create the marker of a release.

    The title of the release may contain the marker as part of a longer period or of a date. For example, the marker
    "March 2026" is part of "year ending March 2026". If so, the longer period also counts as the marker, because the
    people who chose the marker meant that period.
    """
    sought = tuple(names.own_periods)
    return Marker(
        names.marker, names, _spelled(names.marker, release_title), sought, due_on, _anchor(names.marker, sought)
    )


@lru_cache(maxsize=4096)  # cached, because a release is checked many times
def _spelled(marker: str, release_title: str) -> frozenset[str]:
    own = spell(marker)
    is_one_period = len(spellings(marker)) == 1 and len(own.split()) == 1
    wider = around(words(release_title), marker) if is_one_period else frozenset()
    return frozenset({own, *(f" {sign} " for sign in wider)})


def _anchor(marker: str, sought: Sequence[Period]) -> str:
    if not sought:
        return max(marker.split(), key=len, default="")
    period = sought[0]
    return str((period.last if period.kind is PeriodKind.DAYS else period.first).year)


def _loose(form: str) -> str:
    return _BETWEEN.sub("", form)


def announces_a_list(heading: str) -> bool:
    """Return whether a heading is a short announcement of a list, such as "Forthcoming publications"."""
    return len(heading) <= _LABEL and _LABEL_TO_COME.search(words(heading)) is not None


def _is_labelled(block: Block, label: str) -> bool:
    return bool(label) and len(block.text) < _FOLLOWING_CHARACTERS


def _label_after(block: Block, label: str) -> str:
    """Return the kind of label that applies to the next block: "list", "date" or an empty string.

    A label such as "Upcoming editions" applies to a whole list, and a label such as "Published" applies to one date. A
    label contains no digits. The list ends at a longer block, or at the next short block without digits.
    """
    if len(block.text) <= _LABEL and not any(character.isdigit() for character in block.text):
        form = words(block.text)
        if _LABEL_TO_COME.search(form) or absence.is_label(form.strip(" :")):
            return "list"
        return "date" if _LABEL_OF_DATES.search(form) else ""
    return label if label == "list" and len(block.text) < _FOLLOWING_CHARACTERS else ""

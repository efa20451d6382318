"""Normalise the names and the periods of time that identify an edition."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from releases.detection.characters import has_words, holds, replace_words, words
from releases.detection.page_text import PageText

MONTH_NAMES = (
    "january jan ionawr", "february feb chwefror", "march mar mawrth fawrth", "april apr ebrill", "may mai fai",
    "june jun mehefin fehefin", "july jul gorffennaf orffennaf", "august aug awst", "september sept sep medi fedi",
    "october oct hydref", "november nov tachwedd dachwedd", "december dec rhagfyr ragfyr",
)  # fmt: skip
"""The usual names of each month in English and Welsh, separated by spaces."""
_MONTH_NUMBER = {name: number for number, names in enumerate(MONTH_NAMES, start=1) for name in names.split()}
_COUNT = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_LENGTHS = {"year": 12, "12 months": 12, "twelve months": 12, "half year": 6, "6 months": 6, "six months": 6,
            "quarter": 3, "3 months": 3, "three months": 3}  # fmt: skip

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TH = r"(?: (?:st|nd|rd|th))?"
_MONTH = rf"(?:{'|'.join(_MONTH_NUMBER)})(?: \.)?"
_YEAR = r"(?:19|20|21)\d\d"
_YEARS = rf"(?P<y>{_YEAR}) (?:/|-|–|to) (?P<y2>{_YEAR}|\d\d)"
_TO = r"(?:to|until|till|through|-|–|i|hyd at)"
_OF = r"(?: of| ,)?"
_FROM = rf"(?P<m>{_MONTH})(?:(?: ,)? (?P<y>{_YEAR}))?"
_UNTIL = rf"(?P<m2>{_MONTH})(?: ,)? (?P<y2>{_YEAR})"
_ENDING = r"(?:ending|ended|to|up to|to the end of|hyd at)"
_Q = r"(?:q|quarter) [1-4]"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: ,)? (?:the )?)?"
_QUARTER = r"(?:(?:q|quarter|chwarter) (?P<q>[1-4])|(?P<q_word>first|second|third|fourth|1 st|2 nd|3 rd|4 th) quarter)"


class PeriodKind(StrEnum):
    DAYS = "days"
    FINANCIAL_YEAR = "financial year"
    FINANCIAL_QUARTER = "financial quarter"
    YEARS = "years"


_LETTER = {kind: "".join(word[0] for word in kind.split()) for kind in PeriodKind}


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time, given by its first and last day.

    For a financial year, a financial quarter or a span of years, only the years of the two days count, and both days
    are 1 January. `number` is the quarter of a financial year, or 0.
    """

    kind: PeriodKind
    first: date
    last: date
    number: int = 0

    @property
    def years(self) -> frozenset[str]:
        return frozenset({f"{self.first.year}", f"{self.last.year}"})

    @property
    def sign(self) -> str:
        """The placeholder of the period. It is a single word that does not occur in any text."""
        return f"⟦{_LETTER[self.kind]}{self.number}:{self.first.toordinal()}-{self.last.toordinal()}⟧"

    @property
    def is_bare_year(self) -> bool:
        return (
            self.kind is PeriodKind.DAYS and self.first == date(self.first.year, 1, 1) and self.last == _end(self.first)
        )

    def is_like(self, other: "Period") -> bool:
        lengths = (self.last - self.first).days, (other.last - other.first).days
        # Allow 3 days, because months differ in length by up to 3 days. A month and a quarter differ by more.
        return self.kind is other.kind and abs(lengths[0] - lengths[1]) <= 3


def periods(form: str) -> Iterator[Period]:
    return (period for found in _PERIOD.finditer(form) if (period := _read(found[0])))


def spell(form: str) -> str:
    """Replace each period in a text with its placeholder.

    In the result, a search for one period cannot match a part of another period.
    """
    return _PERIOD.sub(lambda found: period.sign if (period := _read(found[0])) else found[0], form)


def respell(form: str, like: Mapping[Period, str]) -> str:
    """Return a text with its periods spelled as in `like`.

    Periods that are not in `like` are left unchanged.
    """
    if not any(year in form for period in like for year in period.years):
        return form
    return _PERIOD.sub(lambda found: like.get(period, found[0]) if (period := _read(found[0])) else found[0], form)


def spellings(form: str) -> dict[Period, str]:
    return {period: found[0] for found in _PERIOD.finditer(form) if (period := _read(found[0]))}


def around(form: str, name: str) -> frozenset[str]:
    """Return the placeholder of each period whose wording in a text contains a name and is longer than the name.

    For example, the period "30 June 2026" contains the name "June 2026".
    """
    found = ((match[0], _read(match[0])) for match in _PERIOD.finditer(form))
    return frozenset(period.sign for text, period in found if period and name in f" {text} " and name.strip() != text)


def _end(day: date) -> date:
    return date(day.year, 12, 31)


def _months(year: int, month: int, *, count: int = 1) -> Period:
    begin = year * 12 + month - count
    last = date(year, month, monthrange(year, month)[1])
    return Period(PeriodKind.DAYS, date(begin // 12, begin % 12 + 1, 1), last)


def _month(name: str) -> int:
    return _MONTH_NUMBER[name.removesuffix(" .")]


def _quarter(found: re.Match[str]) -> int:
    word = found["q"] or found["q_word"]
    return int(word[0]) if word[0].isdigit() else _COUNT[word]


def _day(found: re.Match[str]) -> Period:
    month = found["m"]
    day = date(int(found["y"]), int(month) if month.isdigit() else _month(month), int(found["d"]))
    return Period(PeriodKind.DAYS, day, day)


def _days(found: re.Match[str]) -> Period:
    year, month = int(found["y2"]), _month(found["m2"])
    first_month = _month(found["m"]) if found["m"] else month
    first_year = int(found["y"]) if found["y"] else year - (first_month > month)
    return Period(PeriodKind.DAYS, date(first_year, first_month, int(found["d"])), date(year, month, int(found["d2"])))


def _span(found: re.Match[str]) -> Period:
    year, month, first = int(found["y2"]), _month(found["m2"]), _month(found["m"])
    first_year = int(found["y"]) if found["y"] else year - (first > month)
    return _months(year, month, count=(year - first_year) * 12 + month - first + 1)


def _ending(found: re.Match[str]) -> Period:
    year, month = int(found["y"]), _month(found["m"])
    period = _months(year, month, count=_LENGTHS[found["length"]])
    if found["d"] and int(found["d"]) != period.last.day:
        raise ValueError("not the last day of the month")
    return period


def _financial_quarter(found: re.Match[str]) -> Period:
    years = _years(found)
    return Period(PeriodKind.FINANCIAL_QUARTER, years.first, years.last, _quarter(found))


def _years(found: re.Match[str]) -> Period:
    first, end = int(found["y"]), found["y2"]
    last = int(end) if len(end) == 4 else first - first % 100 + int(end)
    if len(end) == 2 and last % 100 == 0 and first % 100 == 99:
        last += 100
    if last == first + 1:
        return Period(PeriodKind.FINANCIAL_YEAR, date(first, 1, 1), date(last, 1, 1))
    if len(end) == 2 and 1 <= int(end) <= 12:
        return _months(first, int(end))  # 2026-06
    if last <= first:
        raise ValueError("years that run backwards")
    return Period(PeriodKind.YEARS, date(first, 1, 1), date(last, 1, 1))


def _half(found: re.Match[str]) -> Period:
    return _months(int(found["y"]), 6 * (int(found["half"]) if found["half"] else _COUNT[found["half_word"]]), count=6)


def _quarters(found: re.Match[str]) -> Period:
    return _months(int(found["y"]), 3 * _quarter(found), count=3)


_RULES: tuple[tuple[str, Callable[[re.Match[str]], Period]], ...] = (
    (rf"(?P<y>{_YEAR}) - (?P<m>0[1-9]|1[0-2]) - (?P<d>{_DAY})", _day),
    (rf"(?P<d>{_DAY}) / (?P<m>0?[1-9]|1[0-2]) / (?P<y>{_YEAR})", _day),
    (rf"(?P<d>{_DAY})\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>{_YEAR})", _day),
    (
        rf"{_WEEKDAY}(?P<d>{_DAY}){_TH}(?: {_FROM}(?: ,)?)? {_TO} {_WEEKDAY}(?P<d2>{_DAY}){_TH}(?: of)? {_UNTIL}",
        _days,
    ),
    (
        rf"(?P<length>{'|'.join(_LENGTHS)}) {_ENDING} (?:(?P<d>{_DAY}){_TH} )?(?P<m>{_MONTH})(?: ,)? (?P<y>{_YEAR})",
        _ending,
    ),
    (rf"{_WEEKDAY}(?P<d>{_DAY}){_TH}(?: of)? (?P<m>{_MONTH})(?: ,)? (?P<y>{_YEAR})", _day),
    (rf"(?P<m>{_MONTH}) (?P<d>{_DAY}){_TH} , (?P<y>{_YEAR})", _day),
    (rf"{_QUARTER}(?: \( {_MONTH} {_TO} {_MONTH} \))?{_OF} {_YEARS}", _financial_quarter),
    (rf"{_YEARS}(?: ,)? {_QUARTER}", _financial_quarter),
    # If the months of a quarter are named, the months decide, because some publishers call July to September their
    # second quarter.
    (rf"{_QUARTER} \( {_FROM} {_TO} (?P<m2>{_MONTH}) \){_OF} (?P<y2>{_YEAR})", _span),
    (rf"{_QUARTER}{_OF} {_YEAR} \( {_FROM} {_TO} (?P<m2>{_MONTH}){_OF} (?P<y2>{_YEAR}) \)", _span),
    (rf"{_QUARTER}{_OF} (?P<y>{_YEAR})", _quarters),
    (rf"(?P<y>{_YEAR})(?: ,)? {_QUARTER}", _quarters),
    (rf"(?:h (?P<half>[12])|(?P<half_word>first|second) half){_OF} (?P<y>{_YEAR})", _half),
    (
        rf"{_FROM} {_TO} (?P<m2>{_MONTH})(?: \( {_Q} \))?{_OF} (?P<y2>{_YEAR})(?: \( {_Q}(?: {_YEAR})? \))?",
        _span,
    ),
    (rf"(?P<m>{_MONTH}){_OF} (?P<y>{_YEAR})", lambda found: _months(int(found["y"]), _month(found["m"]))),
    (_YEARS, _years),
    (rf"(?P<y>{_YEAR})", lambda found: _months(int(found["y"]), 12, count=12)),
)
_READERS = tuple((re.compile(pattern), build) for pattern, build in _RULES)
_PERIOD = re.compile(f"(?<= )(?:{'|'.join(re.sub(r'[?]P<[a-z_0-9]+>', '?:', rule) for rule, _ in _RULES)})(?= )")


@lru_cache(maxsize=4096)
def _read(text: str) -> Period | None:
    for pattern, build in _READERS:
        if found := pattern.fullmatch(text):
            try:
                return build(found)
            except ValueError:
                return None  # there is no such day, or the years are in the wrong order
    return None


EDITION, SERIES = "§", "¤"
"""The placeholders for the name of the expected edition and for the name of its series."""

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
    """The names of a release and its series, and the publisher's own phrases of absence.

    All names and phrases are in the form that `words` returns. `own_periods` maps each period in the marker to its
    wording.
    """

    marker: str
    release_title: str
    series_title: str
    negative_markers: tuple[str, ...]
    own_periods: Mapping[Period, str] = field(default_factory=dict)
    _normalised: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def normalise(self, text: str) -> str:
        """Return the words of a text, with the names replaced by placeholders.

        A name is found even if the text spells its period differently. Results are cached in this object, because the
        blocks of a page are searched several times.
        """
        if (known := self._normalised.get(text)) is None:
            known = self._normalised[text] = self.hide(respell(words(text), self.own_periods))
        return known

    def hide(self, form: str) -> str:
        """Replace the names in a text with placeholders.

        Otherwise, a name such as "Cancelled operations" could be taken for a notice.
        """
        for name in sorted((self.marker, self.release_title), key=len, reverse=True):
            form = replace_words(form, name, EDITION)
        return replace_words(form, self.series_title, SERIES)

    def covers(self, piece: str) -> bool:
        return any(f" {piece} " in name for name in (self.marker, self.release_title, self.series_title))


def names_of(*, marker: str, release_title: str, series_title: str, negative_markers: Iterable[str] = ()) -> Names:
    return replace(_names(marker, release_title, series_title, tuple(negative_markers)), _normalised={})


@lru_cache(maxsize=4096)  # cached, because a release is checked many times
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
    """Return whether a page names the series.

    The name is either the title of the series, or the title of the release without the marker. A name of one word may
    occur anywhere, so it counts only in the page's title or an h1.
    """
    return _names_series(page.headings, page, names)


def shows_series(page: PageText, names: Names) -> bool:
    """Return whether the visible text of a page names the series.

    The page's title counts only if there is no h1, because sites may set the title before the content is available.
    """
    return _names_series(page.headings[1:] or page.headings, page, names)


def names_series(heading: str, names: Names) -> bool:
    form = words(heading)
    return any(holds(form, name) for name in _names_of_series(names))


def _names_series(shown_as: Iterable[str], page: PageText, names: Names) -> bool:
    headings = [words(heading) for heading in shown_as]
    everything = [*headings, words(page.text)]
    return any(
        holds(text, name)
        for name in _names_of_series(names)
        for text in (everything if len(name.split()) > 1 else headings)
    )


def _names_of_series(names: Names) -> list[str]:
    rest = max(replace_words(names.release_title, names.marker, EDITION).split(EDITION), key=len)
    return [name for name in (names.series_title, _without_outer_signs(rest)) if has_words(name)]


def is_about_series(page: PageText, names: Names) -> bool:
    """Return whether a page can be about the series.

    The page must contain distinctive words from the title of the series or of the release. If these titles have only
    common words, or if the page is in a language other than English, the result is True.
    """
    own = _telling_words(names.series_title) | _telling_words(
        replace_words(names.release_title, names.marker, EDITION) if names.marker != names.release_title else ""
    )
    if not own or page.language not in {"", "en"} or is_page_of_series(page, names):
        return True
    headings = [words(heading) for heading in page.headings]
    if any(holds(heading, names.release_title) or own & set(heading.split()) for heading in headings):
        return True
    text = set(words("\n".join(block.text for block in page.own_blocks)).split())
    return 2 * len(own & text) >= len(own)


def find_series_blocks(page: PageText, names: Names) -> list[str]:
    longest = max(names.series_title.split(), key=len, default="")
    likely = (block.text for block in page.own_blocks if longest in block.text)
    return [text for text in likely if holds(words(text), names.series_title)]


def is_headed_by_series(page: PageText, names: Names) -> bool:
    """Return whether the title or an h1 contains a distinctive word of the series.

    If the series has no distinctive words, the result is True.
    """
    own = _telling_words(names.series_title) | _telling_words(names.release_title)
    forms = [words(heading) for heading in page.headings]
    return not own or any(own & set(form.split()) or holds(form, names.series_title) for form in forms)


def names_an_edition(heading: str, names: Names) -> bool:
    """Return whether a heading can name an edition of the series.

    A heading can name an edition if it contains a distinctive word of the series or the release. A heading without any
    distinctive words, such as one that is only a period, can also name an edition. "Change since May 2026" is the
    heading of a passage, so it does not name an edition.
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

"""What programs ask the API, and the sentence that says what is wrong with a question."""

import re
from datetime import date
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import BeforeValidator, WithJsonSchema

from releases.core.announced import PublicStatus
from releases.models.series import Designation
from releases.readers.wanted import Wanted

MOST_PER_PAGE = 100
MOST_CHARACTERS = 260
SLUG = r"^[-a-zA-Z0-9_]+$"
SLUG_PAIR = r"^[-a-zA-Z0-9_]+/[-a-zA-Z0-9_]+$"
# The day of a release, counted in days, and its identifier: where a list of releases goes on.
PLACE = r"^[0-9]{6}[.][0-9a-f]{32}$"
AFTER = "The position from which the list continues. Copy it from next_url."
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def _only(pattern: re.Pattern[str]) -> BeforeValidator:
    """Refuse what the parser would take for a date or a number besides what is documented, such as a Unix time."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            message = "not as documented"
            raise ValueError(message)
        return value

    return BeforeValidator(check)


def _written(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": MOST_CHARACTERS})


def _or_empty(pattern: str) -> Any:
    return Field(pattern=f"{pattern}|^$", max_length=MOST_CHARACTERS)


# An empty filter means no filter, as releases/api/document.py says of each one with allowEmptyValue.
_EMPTY_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
_WITHOUT_EMPTY = BeforeValidator(lambda values: [value for value in values if value != ""])

Number = Annotated[int, _only(_NUMBER)]
Slug = Annotated[str, Field(pattern=SLUG, max_length=MOST_CHARACTERS), _written(SLUG)]
SlugFilter = Annotated[str, _or_empty(SLUG), _written(SLUG)]
SlugPair = Annotated[str, _or_empty(SLUG_PAIR), _written(SLUG_PAIR)]
Place = Annotated[str, _or_empty(PLACE), _written(PLACE)]
Day = Annotated[date | None, _only(_ISO_DAY), _EMPTY_IS_NONE, WithJsonSchema({"type": "string", "format": "date"})]
Standing = Annotated[Designation | None, _EMPTY_IS_NONE, WithJsonSchema({"type": "string", "enum": Designation.values})]


class AskedList(Schema):
    """How much of a list."""

    per_page: Number = Field(50, ge=1, le=MOST_PER_PAGE, description=f"Results per page, at most {MOST_PER_PAGE}.")


class AskedProducers(AskedList):
    """Which part of the producers."""

    after: SlugFilter = Field("", description=AFTER)


class AskedSeries(AskedList):
    """Which series."""

    after: SlugPair = Field("", description=AFTER)
    producer: SlugFilter = Field("", description="The slug of a producer.")


class AskedReleases(AskedList):
    """Which releases; what is left out is not asked for."""

    after: Place = Field("", description=AFTER)
    producer: SlugFilter = Field("", description="The slug of a producer.")
    series: SlugFilter = Field("", description="The slug of a series.")
    status: Annotated[list[PublicStatus], _WITHOUT_EMPTY] = Field(
        [], description="Status in the calendar. Repeat the parameter to ask for several."
    )
    designation: Standing = Field(None, description="The designation of the statistics.")
    since: Day = Field(None, alias="from", description="Releases on or after this day.")
    until: Day = Field(None, alias="to", description="Releases on or before this day.")
    words: str = Field(
        "",
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Words or parts of words that the title must contain.",
    )

    def wanted(self) -> Wanted:
        """Return what is asked for."""
        return Wanted(
            producer=self.producer,
            series=self.series,
            designation=self.designation or "",
            words=self.words,
            statuses=frozenset(self.status),
            since=self.since,
            until=self.until,
        )


_SLUG_RULE = "made of letters, digits, hyphens and underscores"
RULES = {
    "after": "the value from next_url",
    "per_page": f"a whole number from 1 to {MOST_PER_PAGE}",
    "producer": _SLUG_RULE,
    "series": _SLUG_RULE,
    "status": f"one of {', '.join(PublicStatus)}",
    "designation": f"one of {', '.join(Designation.values)}",
    "from": "a valid date, such as 2026-06-30",
    "to": "a valid date, such as 2026-06-30",
    "words": "at most 200 characters, none of them a null character",
}


def names_of(asked: type[Schema]) -> set[str]:
    """Return the names of the parameters by which something is asked."""
    return {field.alias or name for name, field in asked.model_fields.items()}

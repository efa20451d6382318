"""One month of the calendar, and the months beside it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Month:
    """One month; its first day names it."""

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(date(self.first.year + self.first.month // 12, self.first.month % 12 + 1, 1))

    @property
    def previous(self) -> "Month":
        """The month before; the first month that there is has none but itself."""
        if self.first == date.min:
            return self
        years, months = divmod(self.first.year * 12 + self.first.month - 2, 12)
        return Month(date(years, months + 1, 1))


def month_of(on: date) -> Month:
    """Return the month in which a day lies."""
    return Month(on.replace(day=1))

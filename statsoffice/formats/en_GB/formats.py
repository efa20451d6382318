"""Formats such as "9:30am on 30 June 2020", as in `releases.rules.calendar`. locale/en_GB turns "a.m." into "am"."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j F Y"
TIME_FORMAT = "g:ia"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"g:ia \o\n j F Y"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"

"""9:30am on 30 June 2020, as `releases.rules.calendar` writes it; "am" is in the catalogue of locale/en_GB."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j F Y"
TIME_FORMAT = "g:ia"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"g:ia \o\n j F Y"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"

"""9:30am on 30 June 2020, as `releases.rules.calendar` writes it; "am" is in the catalogue of locale/en_GB."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j F Y"
TIME_FORMAT = "g:ia"
# The formats of Django, and the time as we write it.
TIME_INPUT_FORMATS = ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "%I:%M%p", "%I%p"]
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"g:ia \o\n j F Y"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"

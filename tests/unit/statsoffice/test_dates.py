from datetime import UTC, datetime

from statsoffice.templatetags.dates import exact_moment


def test_an_instant_has_at_most_milliseconds_for_machines():
    instant = datetime(2020, 6, 30, 8, 26, 55, 41240, UTC)
    assert exact_moment(instant) == '<time datetime="2020-06-30T09:26:55.041+01:00">9:26:55am on 30 June 2020</time>'
    assert '"2020-06-30T09:26:55+01:00"' in exact_moment(instant.replace(microsecond=0))

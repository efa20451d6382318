"""Changes of date that wait, were refused and corrected, a notice of a delay, and a verdict that is exempted."""

from datetime import date, timedelta

from django.urls import reverse

from releases import corrections, date_changes, delay_notices, exemptions, judge, scheduling
from releases.models import Exemption, Series
from releases.rules.departure import Grounds
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot
from tests.support.observations import create_observations
from tests.support.people import Office

EARLIER = SEED_DUE - timedelta(days=9)
WORDS = (
    "Two schools sent their figures late, and the regional totals have to be made again from the beginning.\n\n"
    "https://www.example.gov.uk/government/statistics/" + "state-funded-schools-inspections-and-outcomes-" * 3
)


def pages_of_changed_dates(office: Office, series: Series) -> dict[str, str]:
    """Set the releases up, and return the addresses of their pages by name."""
    waiting = [_release(series, f"waiting-{number}", date(2020, 7, 15 + number)) for number in range(3)]
    asked = [
        date_changes.request_date_change(
            release,
            to=london_slot(date(2020, 7, 28)),
            reason=WORDS,
            by=office.people[Role.CALENDAR_MANAGER],
            at=EARLIER,
        )
        for release in waiting
    ]
    date_changes.refuse_date_change(
        asked[2], reason="The figures of the other regions are ready.", by=office.head, at=EARLIER
    )
    _corrected(office, series)
    _agreed(office, series)
    _delayed(office, series)
    _exempted(office, series)
    _release(series, "still-expected", date(2020, 6, 30))
    return {
        "asking for another date": _of("ask_date_change", "waiting-2"),
        "releasing at once": _of("release_at_once", "waiting-2"),
        "changes that wait": reverse("releases:changes_waiting"),
        "refusing a change": reverse("releases:refuse_change", args=[asked[0].pk]),
        "the register of changes": reverse("releases:changes"),
        "changes on the day of release": reverse("releases:changes") + "?show=on-the-day",
        "correcting an agreement of OSR": reverse("releases:correct_agreement", args=["agreed", 2]),
        "a corrected agreement of OSR": _of("release", "agreed"),
        "correcting a public reason": reverse("releases:correct_reason", args=["corrected", 2]),
        "a corrected reason": _of("release", "corrected"),
        "a release whose change waits": _of("release", "waiting-0"),
        "a release whose change was refused": _of("release", "waiting-2"),
        "telling of a delay": _of("delay_notice", "still-expected"),
        "telling of a delay again": _of("delay_notice", "delayed"),
        "a delayed release": _of("release", "delayed"),
        "an exempted release": _of("release", "exempted"),
    }


def _of(name: str, reference: str) -> str:
    return reverse(f"releases:{name}", args=[reference])


def _release(series: Series, reference: str, on: date):
    return ReleaseFactory(
        announced=True, series=series, reference=reference, title=f"Known as {reference}", slot=london_slot(on)
    )


def _corrected(office: Office, series: Series) -> None:
    release = _release(series, "corrected", date(2020, 6, 30))
    scheduling.change_date(
        release, to=london_slot(date(2020, 7, 14)), reason="Two school was late.", by=office.head,
        at=SEED_DUE - timedelta(minutes=30),
    )  # fmt: skip
    change = release.date_changes.get()
    corrections.correct_public_reason(change, reason="Two schools were late.", by=office.head, at=SEED_DUE, seen=0)


def _agreed(office: Office, series: Series) -> None:
    release = _release(series, "agreed", date(2020, 6, 30))
    at, agreed = SEED_DUE - timedelta(minutes=30), Grounds("OSR 12", date(2020, 5, 4))
    scheduling.change_date(
        release, to=london_slot(date(2020, 7, 18)), reason="Elections.", by=office.head, at=at, grounds=agreed
    )
    corrections.correct_agreement(
        release.departures.get(), reference="OSR 21", agreed_on=date(2020, 5, 5), by=office.head, at=SEED_DUE, seen=0
    )


def _delayed(office: Office, series: Series) -> None:
    release = _release(series, "delayed", date(2020, 6, 30))
    contact = {"contact_name": "Schools inspection statistics team", "contact_email": series.responsible.email}
    for number, (minutes, words) in enumerate(((-30, "Later this morning."), (2, "Our website cannot be reached."))):
        delay_notices.post_notice(
            release,
            expected_at=SEED_DUE + timedelta(hours=number + 2),
            expected_words=words,
            by=office.statistician,
            at=SEED_DUE + timedelta(minutes=minutes),
            seen=number,
            **contact,
        )


def _exempted(office: Office, series: Series) -> None:
    own = Series.objects.create(producer=series.producer, title="Schools on the move", slug="schools-on-the-move")
    exemption = Exemption(
        producer=series.producer,
        series=own,
        reference="OSR 2020/17",
        approved_on=date(2020, 6, 1),
        covers_from=date(2020, 6, 30),
        covers_to=date(2020, 6, 30),
        covers_late=True,
        covers_early=True,
        covers_partial=True,
        words="While the website is moved to another address, releases of this office may come up to a day late.",
    )
    exemptions.record_exemption(exemption, by=office.head, at=EARLIER)
    release = _release(own, "exempted", date(2020, 6, 30))
    create_observations(
        release, *["not_live"] * 3, "live", start=SEED_DUE - timedelta(seconds=5), every=timedelta(seconds=65)
    )
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))

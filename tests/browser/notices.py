"""Corrections of published statistics, and a website that is down for two releases."""

from datetime import timedelta

from django.urls import reverse

from releases import judge, published_corrections, trainings
from releases.models import Release
from releases.published_corrections import CorrectionFacts
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.observations import create_observation
from tests.support.people import Office

HOST = "statistics.example.gov.uk"
FOUND = SEED_DUE + timedelta(minutes=1)
WRONG = "The file of the last edition was uploaded.\n\nThe check before publication read its title only."


def pages_of_notices(office: Office, series) -> dict[str, str]:
    """Set the corrections and releases up, and return the addresses of their pages by name."""
    release = Release.objects.get(reference="kept")
    stated = {"by": office.statistician, "at": SEED_DUE + timedelta(minutes=4)}
    first = CorrectionFacts(WRONG, FOUND, None, "Do not use table 2. It has the figures of the last edition.")
    published_corrections.record_correction(release, first, seen=0, **stated)
    (correction,) = published_corrections.corrections_of(release)
    corrected = CorrectionFacts(WRONG, FOUND, FOUND + timedelta(minutes=2), "We have replaced table 2.")
    published_corrections.change_correction(correction, corrected, seen=1, **stated)
    published_corrections.record_correction(release, CorrectionFacts("A footnote is missing.", FOUND), seen=1, **stated)
    published_corrections.record_correction(release, CorrectionFacts("Nothing.", FOUND), seen=2, **stated)
    third = published_corrections.corrections_of(release)[2]
    published_corrections.withdraw_correction(third, reason="It was another release.", seen=1, **stated)
    _website_is_down(series)
    # No participant is one of the people whose pages the tests open.
    trainee = create_member(Role.STATISTICIAN, office.producer, name="A trainee")
    training = trainings.plan_training(
        series,
        title="Late release",
        participants=[trainee],
        due_at=SEED_DUE + timedelta(hours=5),
        url="https://www.example.gov.uk/training",
        marker="March 2020",
        by=office.head,
        at=SEED_DUE + timedelta(minutes=4),
    )
    return {
        "the trainings": reverse("releases:trainings"),
        "a training": reverse("releases:training", args=[training.pk]),
        "changing the participants of a training": reverse("releases:change_participants", args=[training.pk]),
        "planning a training": reverse("releases:plan_training", args=[series.producer.slug]),
        "recording a correction": _of("add_correction"),
        "changing a correction": _of("change_correction", 1),
        "withdrawing a correction": _of("withdraw_correction", 2),
        "a correction": _of("correction", 1),
        "a withdrawn correction": _of("correction", 3),
        "the corrections": reverse("releases:corrections"),
        "telling of an outage": reverse("releases:outage", args=[series.producer.slug, HOST, "0930"]),
        "an outage that there is not": reverse("releases:outage", args=[series.producer.slug, "example.org", "0930"]),
    }


def _of(name: str, *number: int) -> str:
    return reverse(f"releases:{name}", args=["kept", *number])


def _website_is_down(series) -> None:
    for number in range(2):
        reference = f"no-response-{number}"
        release = ReleaseFactory(
            announced=True,
            series=series,
            reference=reference,
            title=f"On a website that is down {number}",
            url=f"https://{HOST}/{reference}",
        )
        for minute in range(4):
            at = SEED_DUE + timedelta(minutes=minute)
            create_observation(release.addresses.get(), "unreachable", at=at, reasons=("timeout",))
        judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))

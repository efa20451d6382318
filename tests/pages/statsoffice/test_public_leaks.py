"""Nothing that is not announced is in any public answer: every address that anyone may read is read (B17)."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern

from breaches import compliance, drafting
from breaches.models import Report
from releases import date_changes, judge, pre_release_access, scheduling, statements, trainings
from releases.models import Release
from releases.rules.lifecycle import Role
from releases.rules.pre_release import Details, Period
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.observations import create_observation, create_observations
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(hours=4)
HIDDEN = {
    "an address that is not live": "hidden-site",
    "an attachment": "hidden-tables",
    "a marker": "hidden marker",
    "a marker in the code": "hidden+marker",
    "a title that is not announced": "hidden title",
    "a reference that is not announced": "hidden-release",
    "a training": "hidden training",
    "a series of which nothing is announced": "hidden series",
    "its slug": "hidden-series",
    "a producer of which nothing is announced": "hidden office",
    "a person": "hidden person",
    "an e-mail address": "hidden.person",
    "a telephone number": "020 7946 0000",
    "a reason that is not public": "hidden thought",
    "what a person stated": "hidden statement",
    "what was seen": "hidden text",
    "a date before it was announced": "3 march 2020",
    "the same for programs": "2020-03-03",
    "a date that waits for agreement": "17 september 2020",
    "that date for programs": "2020-09-17",
    "that date in an iCalendar file": "20200917",
    "a post that may see a release which is not out": "hidden post",
    "the time at which it was seen": "10:41",
    "the same with the point of earlier versions": "10.41",
    "the same in UTC": "09:41",
    "the same in an iCalendar file": "t0941",
}
VERDICTS = re.compile(
    r"breach|suspect|verdict|seen|not.seen|uncertain|cannot.tell|\blate\b|\bearly\b|partial|toleran|rehears|unreachable"
    r"|observ|evidence|delay|schedule_version|chain|marker"
)
# The page of punctuality names tolerance and breaches once a lead has turned it on, and no release.
NOT_OF_THE_CALENDAR = ("/health/", "/accounts/", "/robots.txt", "/punctuality/", "/api/office/v1/openapi.json")
ANNOUNCED = ("late", "not-seen", "early", "moved", "cancelled", "provisional", "was-moved-before", "short-notice")
SAMPLES: dict[str, tuple[object, ...]] = {
    "reference": (*ANNOUNCED, "hidden-release", "hidden-run", "hidden-training"),
    "producer": ("office", "hidden-office"),
    "series": ("prices", "hidden-series"),
    "year": (2020,),
    "month": (3, 6, 7),
    "address": (1,),
    "digest": ("0" * 64,),
    "sha256": ("0" * 64,),
    "number": (1,),
    "version": (1,),
    "position": (1,),
    "note": (1,),
    "notice": (1,),
    "practice": (1,),
    "action": (1,),
    "comment": (1,),
    "attachment": (1,),
    "section": ("impact",),
    "token": ("x",),
    "uidb36": ("x",),
    "key": ("x",),
    "concern": ("due_tomorrow",),
    "release": ("late", "hidden-release"),
    "public_id": ("00000000-0000-4000-8000-000000000000",),
    "kind": ("csv",),
    "on": ("2020-06-30",),
    "since": (1,),
    "secret": ("x",),
    "pk": (1,),
    "guide": ("statistician",),
    "source": ("govuk", "ons"),
    "host": ("www.example.gov.uk",),
    "due": ("0930",),
    "dispatch": (1,),
    "figure": ("due",),
}
QUESTIONS = {
    "/": ("?show=published", "?show=upcoming", "?show=cancelled", "?words=hidden"),
    "/calendar/": ("?show=all", "?show=published", "?show=cancelled", "?producer=office&series=prices"),
    "/calendar/2020/6/": ("?show=all", "?producer=hidden-office"),
    "/changes.atom": ("?page=2",),
    "/api/v1/releases": ("?status=published&status=confirmed", "?words=hidden", "?series=hidden-series", "?per_page=1"),
    "/api/v1/series": ("?producer=hidden-office",),
}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def office():
    """An office four hours after releases that were late, early and not seen, with reports drafted of them."""
    with time_machine.travel(NOW, tick=False):
        _open_office()


def _open_office() -> None:
    producer = ProducerFactory(slug="office", name="Office for Numbers")
    hidden = [
        ContactFactory(producer=producer, name=f"Hidden Person {n}", email=f"hidden.person.{n}@example.gov.uk")
        for n in range(4)
    ]
    series = SeriesFactory(
        producer=producer, slug="prices", title="Prices", responsible=hidden[0], head_of_profession=hidden[1]
    )
    series.deputies.add(hidden[2])
    series.publishing_contacts.add(hidden[3])
    head = create_member(Role.HEAD_OF_PROFESSION, producer, name="Hidden Person", email="hidden.person@example.gov.uk")
    _announced(series, head)
    _not_announced(series)
    assert drafting.draft_missing(now=NOW)
    assert Report.objects.count() == 4


def _recorded(series, reference, **fields) -> Release:
    url = f"https://hidden-site.example.gov.uk/{reference}"
    return ReleaseFactory(series=series, reference=reference, title=f"Prices, {reference}", url=url, **fields)


def _made_public(series, reference, **fields) -> Release:
    marker = {"marker": f"hidden marker {reference}"}
    attachments = ("https://hidden-site.example.gov.uk/hidden-tables.ods",)
    release = _recorded(series, reference, attachments=attachments, **marker, **fields)
    release = scheduling.confirm_release(release, by=None, at=A_LONG_TIME_AGO)
    return scheduling.announce_release(release, by=None, at=A_LONG_TIME_AGO)


def _announced(series, head) -> None:
    seen_at = SEED_DUE + timedelta(hours=1, minutes=11)
    for reference, results, start, every in (
        ("late", ["not_live", "not_live", "live"], SEED_DUE + timedelta(minutes=11), timedelta(minutes=30)),
        ("not-seen", ["not_live"] * 4, SEED_DUE, timedelta(minutes=30)),
        ("early", ["not_live", "live", "live"], SEED_DUE - timedelta(hours=2), timedelta(minutes=1)),
    ):
        release = _made_public(series, reference)
        _granted(release, "Permanent Secretary", by=head)
        create_observations(release, *results, start=start, every=every)
        create_observation(
            release.addresses.get(role="attachment"), "not_live", at=seen_at, text="hidden text", reasons=("gone",)
        )
        judge.judge_one(release, now=NOW)
        assert release.verifications.get().outcome == reference.replace("-", "_")
    not_seen = Release.objects.get(reference="not-seen")
    statements.record_live_time(not_seen, live_at=seen_at, by=head, at=NOW, words="A hidden statement.")
    # Its page is live, so that it may be shown; the host is the office's own.
    Release.objects.get(reference="late").addresses.filter(role="page").update(url="https://www.example.gov.uk/late")
    not_seen.addresses.filter(role="page").update(url="https://www.example.gov.uk/stated")
    moved = _made_public(series, "moved", slot=london_slot(date(2020, 7, 7)))
    to = london_slot(date(2020, 7, 14))
    scheduling.change_date(moved, to=to, reason="Figures came in.", by=head, at=SEED_DUE - timedelta(days=9))
    asked_for = london_slot(date(2020, 9, 17))
    date_changes.request_date_change(moved, to=asked_for, reason="A hidden thought.", by=head, at=NOW)
    _granted(moved, "Hidden post", by=head)
    short = _recorded(series, "short-notice", slot=london_slot(date(2020, 7, 10)))
    short = scheduling.confirm_release(short, by=head, at=NOW, reason="A hidden thought.")
    scheduling.announce_release(short, by=head, at=NOW)
    cancel_release(_made_public(series, "cancelled", slot=london_slot(date(2020, 7, 7))))
    planned = _recorded(series, "provisional", slot=london_slot(date(2020, 7, 1)))
    scheduling.announce_release(planned, by=None, at=A_LONG_TIME_AGO)
    scheduling.change_date(
        planned, to=london_slot(date(2020, 7, 2)), reason="A hidden thought.", by=head, at=SEED_DUE - timedelta(days=2)
    )


def _granted(release, post, *, by) -> None:
    """Let a person see a release before it is out."""
    whose = {"person": "Hidden Person 9", "email": "hidden.person.9@example.gov.uk", "reason": "A hidden thought."}
    details = Details(post=post, organisation="Office for Posts", period=Period(24), **whose)
    pre_release_access.grant_access(release, details, by=by, at=SEED_DUE - timedelta(days=10))


def _not_announced(series) -> None:
    quiet = _recorded(series, "hidden-release", slot=london_slot(date(2020, 7, 8)))
    Release.objects.filter(pk=quiet.pk).update(title="A hidden title")
    rehearsal = ReleaseFactory(
        confirmed=True, series=series, reference="hidden-run", title="A hidden title", rehearsal=True, due_at=NOW
    )
    assert rehearsal.announced_at is None
    secret = SeriesFactory(producer=series.producer, slug="hidden-series", title="A hidden series")
    ReleaseFactory(confirmed=True, series=secret, reference="hidden-release-2", title="A hidden title")
    office = ProducerFactory(slug="hidden-office", name="Hidden Office")
    ReleaseFactory(series=SeriesFactory(producer=office), reference="hidden-release-3", title="A hidden title")
    early = _recorded(series, "was-moved-before", slot=london_slot(date(2020, 3, 3)))
    keeper = create_member(Role.CALENDAR_MANAGER, series.producer)
    scheduling.change_date(early, to=london_slot(date(2020, 7, 9)), by=keeper, at=A_LONG_TIME_AGO)
    scheduling.announce_release(Release.objects.get(pk=early.pk), by=None, at=A_LONG_TIME_AGO)
    _late_training(series, keeper)
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    compliance.switch_punctuality(series.producer, on=True, seen=0, by=head, at=NOW)


def _late_training(series, keeper) -> None:
    training = trainings.plan_training(
        series,
        title="A hidden training",
        participants=[keeper],
        due_at=SEED_DUE,
        url="https://hidden-site.example.gov.uk/training",
        marker="hidden marker training",
        by=keeper,
        at=SEED_DUE - timedelta(days=1),
    )
    training.rehearsals.update(reference="hidden-training", title="A hidden training")
    release = training.rehearsals.get()
    create_observations(release, *["not_live"] * 4, start=SEED_DUE, every=timedelta(minutes=30))
    judge.judge_one(release, now=NOW)
    assert release.verifications.get().outcome == "not_seen"


def _addresses() -> Iterator[str]:
    """Fill every address of the product with every sample; what Django's own pages match by patterns is left out."""
    for route in _routes(get_resolver().url_patterns, ""):
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        for values in product(*(SAMPLES[name] for name in names)):
            filled = route
            for name, value in zip(names, values, strict=True):
                filled = re.sub(rf"<(?:\w+:)?{name}>", str(value), filled)
            yield f"/{filled}"
    for address, questions in QUESTIONS.items():
        yield from (f"{address}{question}" for question in questions)
    yield from ("/api/nothing", "/robots.txt", "/static/nothing")


def _routes(patterns, before: str) -> Iterator[str]:
    for pattern in patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue
        route = before + str(pattern.pattern)
        if route.startswith("admin/") and route != "admin/":
            continue
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def read(client, *under: str) -> dict[str, tuple[int, str]]:
    """Read addresses without signing in: the status of each, and its head and body in small letters.

    :param under: how the addresses begin; every address is read where this is not given.
    """
    found = {}
    for address in dict.fromkeys(address for address in _addresses() if address.startswith(under or ("/",))):
        response = client.get(address)
        # The date of robots.txt, a file of the project, is that of its copy on this machine.
        dated = {"Last-Modified"} if address == "/robots.txt" else set()
        head = "".join(f"{name}: {value}\n" for name, value in response.headers.items() if name not in dated)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        # As programs read it: lines of iCalendar files are folded.
        found[address] = response.status_code, (head + body.decode().replace("\r\n ", "")).lower()
    return found


@pytest.fixture(scope="module")
def answers_read() -> dict[str, tuple[int, str]]:
    """Every public answer, once a test has read them."""
    return {}


@pytest.fixture
def answers(answers_read, office, client) -> dict[str, tuple[int, str]]:
    """Every public answer, which the tests below read once for all of them."""
    if not answers_read:
        answers_read.update(read(client))
    return answers_read


def test_every_public_address_is_read(answers):
    public = {address for address, (status, _) in answers.items() if status == 200}
    assert public > {
        "/",
        "/calendar/",
        "/calendar/2020/6/",
        "/calendar.ics",
        "/changes.atom",
        "/producers/office/calendar.ics",
        "/producers/office/changes.atom",
        "/producers/office/prices/calendar.ics",
        "/producers/office/prices/changes.atom",
        "/releases/late/",
        "/releases/late/calendar.ics",
        "/api/v1/",
        "/api/v1/openapi.json",
        "/api/v1/releases",
        "/api/v1/releases/late",
        "/api/v1/producers",
        "/api/v1/series",
        "/accounts/login/",
        "/health/live",
    }
    assert [address for address in public if "hidden-" in address.split("?")[0]] == []


def test_no_public_answer_holds_what_is_not_announced(answers, subtests):
    for what, word in HIDDEN.items():
        with subtests.test(what):
            assert [address for address, (_, text) in answers.items() if word in without_question(text, address)] == []


def without_question(text: str, address: str) -> str:
    """Take out of an answer what it says again of the question, which is the asker's own word."""
    asked = re.split(r"[/?&=]", address.lower())
    for part in sorted((part for part in asked if "hidden" in part), key=len, reverse=True):
        text = text.replace(part, "")
    return text


def test_no_public_answer_of_the_calendar_speaks_of_verdicts_or_watching(answers):
    for address, (status, text) in answers.items():
        # A redirect to the log-in page says the address again that was asked for; robots.txt is the same everywhere.
        # The document of the API for the office's own systems describes answers that need a token.
        if status != 302 and not address.startswith(NOT_OF_THE_CALENDAR):
            # The titles and references of this test's own releases say what happened to them.
            told = re.sub(r"(prices\\?, |/|\")(not-seen|late|early)\b", "", text)
            assert VERDICTS.findall(told) == [], address


def test_the_answers_do_tell_what_is_announced(answers):
    for address in ("/calendar/2020/6/", "/calendar.ics", "/changes.atom", "/api/v1/releases"):
        assert "prices, late" in answers[address][1].replace("\\,", ",")
    assert "https://www.example.gov.uk/late" in answers["/api/v1/releases/late"][1]
    assert "figures came in." in answers["/changes.atom"][1]
    assert "permanent secretary" in answers["/releases/late/pre-release-access/"][1]

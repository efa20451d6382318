"""The command import_calendar: all of a file or nothing of it (C17)."""

import pytest
from django.forms import model_to_dict
from django.utils import timezone

from releases import scheduling
from releases.models import Address, DateChange, Producer, Release, ReleaseEvent, Series
from releases.models.append_only import check_chain
from releases.rules.lifecycle import Role
from tests.support.factories import ContactFactory, SeriesFactory, UserFactory, create_member
from tests.support.import_files import RIGHT, everything

pytestmark = pytest.mark.django_db


def test_new_releases_are_recorded_provisional_and_hidden_or_confirmed_and_announced(series, run):
    out, err = run({}, {"status": "confirmed"}, {"rehearsal": "yes"}, {"rehearsal": "yes", "status": "provisional"})
    assert err == ""
    found = Release.objects.order_by("pk")
    assert [(release.status, release.rehearsal, release.announced_at is not None) for release in found] == [
        ("provisional", False, False),
        ("confirmed", False, True),
        ("confirmed", True, False),
        ("provisional", True, False),
    ]
    assert "rain-1: added for 1 July 2098 9:30am, confirmed, announced" in out
    assert "calendar.csv: 4 recorded, 0 changed, 0 unchanged." in out
    assert check_chain(ReleaseEvent)[1] is None
    assert set(ReleaseEvent.objects.values_list("actor", flat=True)) == {None}


def test_addresses_are_taken_and_a_missing_marker_is_the_title(series, run):
    run({"attachments": "https://www.example.gov.uk/a.ods https://www.example.gov.uk/b.csv"}, {"marker": "June"})
    rows = list(Address.objects.order_by("pk").values_list("role", "marker", "adapter", "required"))
    assert rows == [
        ("page", "Rain in June 2098", "page", True),
        ("attachment", "", "page", True),
        ("attachment", "", "page", True),
        ("page", "June", "page", True),
    ]


FULL = {
    "status": "confirmed",
    "marker": "June",
    "attachments": "https://www.example.gov.uk/a.ods",
    "responsible_email": "jo.lane@example.gov.uk",
    "tolerance_seconds": "60",
}


def test_the_same_file_twice_changes_nothing_and_says_so(run):
    rows = [FULL, {}, {"rehearsal": "yes", "series": "Another"}]
    run(*rows, create=True)
    before = everything()
    out, err = run(*rows, create=True)
    assert (out, err) == ("calendar.csv changes nothing: 3 releases are the same.\n", "")
    assert everything() == before


def test_the_same_file_after_the_release_was_published_changes_nothing(series, run):
    run({"status": "confirmed"})
    now = timezone.now()
    scheduling.publish(Release.objects.get(), by=None, at=now, published_at=now)
    before = everything()
    assert "changes nothing" in run({"status": "confirmed"})[0]
    assert everything() == before


def test_one_bad_row_imports_nothing(series, run):
    _, err = run({}, {"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}, {})
    assert err.splitlines() == [
        (
            "Row 3, scheduled_for: Sunday 6 July 2098 is not a weekday. Choose another day, or enter the reference and "
            "date of OSR’s written agreement to this release."
        ),
        "Nothing was imported from calendar.csv.",
    ]
    assert not Release.objects.exists()
    assert not ReleaseEvent.objects.exists()


def test_a_dry_run_says_what_would_happen_and_writes_nothing(run):
    out, _ = run(FULL, dry_run=True, create=True)
    assert out.splitlines() == [
        "Dry run: nothing is written. This would happen:",
        "created: producer “Office for Rain”",
        "created: contact jo.lane@example.gov.uk",
        "created: series “Monthly rain” of Office for Rain",
        "rain-june-2098: added for 1 July 2098 9:30am, confirmed, announced, without a Head of Profession",
        "calendar.csv: 1 recorded, 0 changed, 0 unchanged.",
    ]
    assert everything() == [[], [], [], [], [], [], []]


def test_a_dry_run_finds_the_same_faults(series, run):
    assert "is not a weekday" in run({"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}, dry_run=True)[1]


def test_what_is_not_known_is_listed_and_made_only_when_asked(run):
    _, err = run({"responsible_email": "jo.lane@example.gov.uk"}, {"producer": "Office for Snow"})
    assert err.splitlines()[:2] == [
        "Row 2, producer: There is no producer “Office for Rain”. Use --create to create it, or correct the name.",
        "Row 3, producer: There is no producer “Office for Snow”. Use --create to create it, or correct the name.",
    ]
    assert not Producer.objects.exists()


def test_an_unknown_series_or_contact_of_a_known_producer_is_listed(series, run):
    _, err = run({"series": "Snow"}, {"responsible_email": "jo.lane@example.gov.uk"})
    how = "Use --create to create it, or correct the name."
    assert err.splitlines()[:2] == [
        f"Row 2, series: There is no series “Snow”. {how}",
        f"Row 3, responsible_email: There is no contact “jo.lane@example.gov.uk” of this producer. {how}",
    ]


def test_what_is_made_belongs_together_and_a_contact_is_named_after_the_account(run):
    UserFactory(email="jo.lane@example.gov.uk", name="Jo Lane")
    again, like_it = {"producer": "office for rain", "series": "MONTHLY RAIN"}, {"producer": "Office: for Rain"}
    run(FULL, again, like_it, create=True)
    assert [producer.slug for producer in Producer.objects.order_by("pk")] == ["office-for-rain", "office-for-rain-2"]
    series = Series.objects.get(producer__slug="office-for-rain")
    assert model_to_dict(series, ["title", "tolerance_seconds"]) == {"title": "Monthly rain", "tolerance_seconds": 60}
    assert (series.responsible.name, series.responsible.user.email) == ("Jo Lane", "jo.lane@example.gov.uk")
    assert series.releases.count() == 2


def test_a_producer_that_is_made_by_a_row_that_is_then_refused_is_not_kept(run):
    _, err = run({"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}, {}, create=True)
    assert err.splitlines()[0].startswith("Row 2, scheduled_for")
    assert len(err.splitlines()) == 2
    assert everything() == [[], [], [], [], [], [], []]


def test_a_provisional_date_moves_and_a_provisional_release_is_confirmed(series, run):
    run({})
    out, _ = run({"scheduled_for": "2098-07-02 09:30", "status": "confirmed", "title": "Rain, June 2098"})
    assert (
        "rain-june-2098: title corrected from “Rain in June 2098” to “Rain, June 2098”, "
        f"web page corrected from {RIGHT['url']}, text “Rain in June 2098”, adapter page "
        f"to {RIGHT['url']}, text “Rain, June 2098”, adapter page, "
        "date changed from 1 July 2098 9:30am to 2 July 2098 9:30am, confirmed, announced" in out
    )
    change = DateChange.objects.get()
    assert (str(change.was), change.requested_by, change.public_reason) == ("1 July 2098 9:30am", None, "")
    assert Release.objects.get().status == "confirmed"


def test_a_confirmed_date_that_differs_is_refused_with_the_way_to_change_it(series, run):
    run({"status": "confirmed"})
    before = everything()
    _, err = run({"scheduled_for": "2098-07-02 09:30", "status": "confirmed", "title": "Another title"})
    assert err.startswith(
        "Row 2, scheduled_for: rain-june-2098 is confirmed for 1 July 2098 9:30am, "
        "but the file says 2 July 2098 9:30am. Only the Head of Profession or a deputy can change a confirmed date"
    )
    assert everything() == before


def cancelled():
    release = Release.objects.get()
    head = create_member(Role.DEPUTY, release.series.producer)
    scheduling.cancel_release(release, reason="The survey was stopped", by=head, at=timezone.now())


@pytest.mark.parametrize(
    ("first", "between", "second", "why"),
    [
        pytest.param(
            {"status": "confirmed"},
            None,
            {"status": "provisional"},
            "Row 2, status: rain-june-2098 is confirmed and cannot become provisional.",
            id="confirmed-to-provisional",
        ),
        pytest.param(
            {},
            None,
            {"status": "published"},
            (
                "Row 2, status: rain-june-2098 is provisional. You cannot import the status “published”. We set this "
                "status when the release is live."
            ),
            id="published-by-a-file",
        ),
        pytest.param(
            {"status": "confirmed"},
            None,
            {"status": "cancelled"},
            "Row 2, status: rain-june-2098 is confirmed. Only a person can cancel it, on its page or in an import.",
            id="cancelled-by-an-operator",
        ),
        pytest.param(
            {},
            None,
            {"reference": "rain-new", "url": "https://www.example.gov.uk/new", "status": "published"},
            "Row 2, status: A new release must be provisional or confirmed, not published.",
            id="a-new-release-that-is-out",
        ),
        pytest.param(
            {"status": "confirmed"},
            cancelled,
            {"status": "published"},
            "Row 2, status: rain-june-2098 is cancelled and cannot become published.",
            id="cancelled-to-published",
        ),
        pytest.param(
            {"status": "confirmed"},
            cancelled,
            {"status": "confirmed"},
            "Row 2, status: rain-june-2098 is cancelled and cannot become confirmed.",
            id="cancelled-to-confirmed",
        ),
        pytest.param(
            {"status": "confirmed"},
            cancelled,
            {"scheduled_for": "2098-07-02 09:30"},
            "Row 2, scheduled_for: You cannot do this, because this release is cancelled.",
            id="a-date-of-a-cancelled-release",
        ),
        pytest.param(
            {"rehearsal": "yes"},
            None,
            {},
            "Row 2, rehearsal: rain-june-2098 is a rehearsal. You cannot change this.",
            id="a-rehearsal-to-an-official-release",
        ),
        pytest.param(
            {},
            None,
            {"rehearsal": "yes"},
            "Row 2, rehearsal: rain-june-2098 is not a rehearsal. You cannot change this.",
            id="an-official-release-to-a-rehearsal",
        ),
        pytest.param(
            {},
            lambda: SeriesFactory(producer=Producer.objects.get(), title="Snow"),
            {"series": "Snow"},
            "Row 2, series: rain-june-2098 belongs to the series “Monthly rain” of Office for Rain.",
            id="another-series",
        ),
        pytest.param(
            {},
            None,
            {"tolerance_seconds": "60"},
            "Row 2, tolerance_seconds: The tolerance of the series “Monthly rain” is 120 seconds. "
            "Only the Head of Profession or a deputy can change it, in the admin site.",
            id="another-tolerance",
        ),
        pytest.param(
            {},
            lambda: ContactFactory(producer=Producer.objects.get(), email="jo.lane@example.gov.uk"),
            {"responsible_email": "jo.lane@example.gov.uk"},
            "is the responsible contact of “Monthly rain”. You can change this in the admin site.",
            id="another-responsible-contact",
        ),
        pytest.param(
            {},
            None,
            {"scheduled_for": "2098-07-02 14:00"},
            "2pm is not the release time of this series",
            id="another-time-of-day",
        ),
    ],
)
def test_what_only_a_person_may_change_is_refused_and_everything_stays(series, run, first, between, second, why):
    run(first)
    if between:
        between()
    before = everything()
    _, err = run(second)
    assert why in err.splitlines()[0]
    assert len(err.splitlines()) == 2
    assert everything() == before


def test_empty_cells_and_missing_columns_say_nothing_of_a_release_that_is_there(run):
    run({**FULL, "rehearsal": "yes"}, create=True)
    before = everything()
    required = ("reference", "producer", "series", "title", "scheduled_for", "url")
    assert "changes nothing" in run({}, columns=required)[0]
    assert "changes nothing" in run({"rehearsal": "yes"})[0]
    assert everything() == before


def test_the_page_and_new_attachments_follow_the_file_before_the_release_is_due(series, run):
    run({"attachments": "https://www.example.gov.uk/a.ods"})
    url = "https://www.example.gov.uk/rain/moved"
    out, _ = run({"url": url, "marker": "June", "attachments": "https://www.example.gov.uk/b.ods"})
    assert (
        f"page corrected from {RIGHT['url']}, text “Rain in June 2098”, adapter page to {url}"
        ", text “June”, adapter page, attachment https://www.example.gov.uk/b.ods added" in out
    )
    assert list(Address.objects.order_by("pk").values_list("url", "marker")) == [
        (url, "June"),
        ("https://www.example.gov.uk/a.ods", ""),
        ("https://www.example.gov.uk/b.ods", ""),
    ]


@pytest.mark.parametrize(
    ("first", "second", "marker"),
    [
        pytest.param({}, {}, "Rain, June 2098", id="the-title"),
        pytest.param({"marker": "June"}, {}, "June", id="another-text"),
        pytest.param({}, {"marker": "June"}, "June", id="a-new-text"),
        pytest.param({}, {"marker": "Rain in June 2098"}, "Rain in June 2098", id="the-old-title-on-purpose"),
    ],
)
def test_a_title_that_identifies_the_edition_on_its_page_follows_a_corrected_title(series, run, first, second, marker):
    run(first)
    corrected = second | {"title": "Rain, June 2098"}
    run(corrected)
    assert (Release.objects.get().title, Address.objects.get().marker) == ("Rain, June 2098", marker)
    assert "changes nothing" in run(corrected)[0]


def test_the_title_of_a_release_that_is_due_is_corrected_and_the_text_that_was_checked_stays(series, run):
    past = {"scheduled_for": "2020-06-30 09:30", "status": "confirmed"}
    run(past)
    out, err = run({**past, "title": "Rain, June 2020"})
    assert ("title corrected" in out, err) == (True, "")
    assert (Release.objects.get().title, Address.objects.get().marker) == ("Rain, June 2020", "Rain in June 2098")


def test_the_addresses_of_a_release_that_is_due_stay_as_they_are(series, run):
    past = {"scheduled_for": "2020-06-30 09:30", "status": "confirmed"}
    run(past)
    _, err = run({**past, "url": "https://www.example.gov.uk/rain/moved"})
    assert "Row 2, url: You cannot change the web pages and files of rain-june-2098, because its release time" in err
    assert Address.objects.get().url == RIGHT["url"]

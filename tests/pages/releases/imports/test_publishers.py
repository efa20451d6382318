"""A complete calendar comes from a real server with a publisher's search; the same preview as for a file decides."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from releases import host_budgets, scheduling
from releases.detection.publisher_calendar import read_ons_page
from releases.imports import publishers, uploads
from releases.models import Address, CalendarImport, DateChangeRequest, Observation, Release, Series
from releases.probe.adapters import ADAPTERS
from releases.rules.lifecycle import Role
from releases.rules.response import Answer
from releases.scheduling import PlannedAddress
from statsoffice.fake_publisher.calendars import announcement_result, ons_result
from tests.support.factories import ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory, create_member
from tests.support.import_files import everything
from tests.support.listing_server import listing_server
from tests.support.stored_imports import confirm_page

pytestmark = pytest.mark.django_db

DUE = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
NOW = datetime(2098, 5, 20, 11, 0, tzinfo=UTC)
GOVUK, ONS = "/imports/calendars/govuk/", "/imports/calendars/ons/"


@pytest.fixture
def server(settings):
    with listing_server() as running:
        settings.PROBE_ALLOW_PRIVATE = frozenset({running.entry})
        settings.REHEARSAL_SITE = running.url("")
        yield running


@pytest.fixture(autouse=True)
def calm(time_machine):
    time_machine.move_to(NOW, tick=True)


def turn(at):
    uploads.run_due_import(uploads.ImportMeans(now=lambda: at, adapters=ADAPTERS.keys()))


def read(client, address, series, **changes):
    """Send the form, and let what waits be checked; return the page that follows."""
    given = {"producer": series.producer.pk, "confirmed": "record", "create_missing": "on"} | changes
    sent = client.post(address, {name: value for name, value in given.items() if value is not None})
    if sent.status_code != 302:
        return sent
    turn(NOW)
    return client.get(sent["Location"])


def read_govuk(client, server, series, **changes):
    return read(client, GOVUK, series, **{"organisation": server.url("/government/organisations/rain")} | changes)


def read_ons(client, server, series, query="", **changes):
    return read(client, ONS, series, **{"words": server.url(f"/releasecalendar?query={query}")} | changes)


def confirm(client, page, **given):
    found = page.context["import"]
    confirm_page(client, found, **given)
    turn(NOW)
    return client.get(f"/imports/{found.public_id}/")


def read_ons_page_of(said):
    body = json.dumps({"breakdown": {"total": 1}, "releases": [said]}).encode()
    return read_ons_page(Answer("https://api.beta.ons.gov.uk/x", NOW, NOW, NOW, status=200, body=body)).releases


def outcomes(page):
    return {line["reference"]: str(line["outcome"]) for line in page.context["lines"]}


def why(page, reference):
    (line,) = [line for line in page.context["lines"] if line["reference"] == reference]
    return [reason for _name, reason in line["faults"]]


class TestGovuk:
    @pytest.fixture(autouse=True)
    def listed(self, server):
        server.organisations["rain"] = [
            announcement_result("rain-june-2098", "Monthly rain: June 2098", at=DUE),
            announcement_result("snow-2098", "Snow in 2098", date="December 2098 to January 2099", state="provisional"),
            announcement_result("hail", "Hail, August 2098", date="September 2098", state="provisional"),
            announcement_result("fog", "Fog: July 2098", date="Autumn 2098", state="provisional"),
            announcement_result(
                "dew", "Dew: 2098", at=DUE, state="cancelled", cancellation_reason="The survey was stopped."
            ),
        ]
        return server.organisations["rain"]

    def test_every_release_is_shown_before_anything_is_recorded(self, client, keeper, server, series):
        before = everything()
        page = read_govuk(client, server, series)
        assert everything() == before
        assert not Observation.objects.exists()
        assert outcomes(page) == {
            "rain-june-2098": "Added", "snow-2098": "Added", "hail": "Added", "fog": "Error", "dew": "Not imported"
        }  # fmt: skip
        assert "GOV.UK calendar of rain" in page.text
        assert "series “Snow” of Office for Rain" in page.text
        assert why(page, "fog") == [
            "We cannot read the publisher’s date “Autumn 2098”. We can read a day and time, a month, or 2 months."
        ]
        assert "Fog: July 2098" in page.text
        assert "<strong>Date:</strong>" in page.text
        sentence = "The publisher cancelled this release, and it is not in your calendar."
        assert why(page, "dew") == [f"{sentence} Reason: The survey was stopped."]

    def test_what_is_confirmed_is_recorded_with_dates_as_exact_as_they_are(self, client, keeper, server, series):
        page = read_govuk(client, server, series)
        confirm(client, page)
        assert not Release.objects.exists()
        confirm(client, page, skip_refused="on")
        found = {release.reference: release for release in Release.objects.select_related("series")}
        assert {name: str(release.slot) for name, release in found.items()} == {
            "rain-june-2098": "1 July 2098 9:30am", "snow-2098": "December 2098 to January 2099",
            "hail": "September 2098",
        }  # fmt: skip
        assert {release.status for release in found.values()} == {"provisional"}
        assert {name: release.series.title for name, release in found.items()} == {
            "rain-june-2098": "Monthly rain", "snow-2098": "Snow", "hail": "Hail"
        }  # fmt: skip
        address = found["hail"].addresses.get()
        assert (address.url, address.role, address.adapter) == (
            server.url("/government/statistics/announcements/hail"), "announcement", "govuk"
        )  # fmt: skip

    def test_a_date_that_opens_pre_release_access_on_a_rest_day_is_shown_with_that_day(
        self, client, keeper, server, series, listed
    ):
        listed.append(announcement_result("sleet", "Sleet: June 2098", at=DUE + timedelta(days=6)))
        page = read_govuk(client, server, series)
        assert page.text.count("Pre-release access opens on Sunday 6 July 2098") == 1
        assert "Pre-release access to 1 release opens at a weekend or on a bank holiday." in page.text

    def test_the_same_calendar_twice_changes_nothing(self, client, keeper, server, series):
        confirm(client, read_govuk(client, server, series, confirmed="confirm"), skip_refused="on")
        before = everything()
        again = read_govuk(client, server, series, confirmed="confirm")
        assert set(outcomes(again).values()) == {"Unchanged", "Error", "Not imported"}
        assert "There is nothing to import" in again.text
        again = read_govuk(client, server, series)
        assert "There is nothing to import" in again.text
        assert everything() == before

    def test_a_release_that_a_person_renamed_here_is_known_by_its_address(self, client, keeper, server, series, listed):
        other = SeriesFactory(producer=series.producer, title="Weather")
        ours = ReleaseFactory(series=other, reference="ours", title="Hail, August 2098")
        url = server.url("/government/statistics/announcements/hail")
        scheduling.add_address(ours, PlannedAddress(url, Address.Role.ANNOUNCEMENT, adapter="govuk"), at=NOW)
        page = read_govuk(client, server, series)
        assert outcomes(page)["ours"] == "Changed"
        assert "hail" not in outcomes(page)
        assert not Series.objects.filter(title="Hail").exists()

    def test_confirmed_releases_are_announced_only_if_a_person_chooses_it(self, client, keeper, server, series):
        confirm(client, read_govuk(client, server, series, confirmed="confirm"), skip_refused="on")
        rain = Release.objects.get(reference="rain-june-2098")
        assert (rain.status, rain.announced_at is not None) == ("confirmed", True)
        assert Release.objects.get(reference="hail").status == "provisional"

    def test_short_notice_needs_a_reason_and_only_the_releases_concerned_get_it(self, client, keeper, server, series):
        soon, later = DUE - timedelta(days=28), DUE
        server.organisations["rain"] = [
            announcement_result("a", "Monthly rain: 1", at=soon),
            announcement_result("b", "B", at=later),
        ]
        assert "4 weeks’ notice" in why(read_govuk(client, server, series, confirmed="confirm"), "a")[0]
        page = read_govuk(client, server, series, confirmed="confirm", reason="The law changed.")
        confirm(client, page)
        reasons = dict(Release.objects.values_list("reference", "short_notice_reason"))
        assert reasons == {"a": "The law changed.", "b": ""}
        assert set(outcomes(read_govuk(client, server, series, confirmed="confirm", reason="Other")).values()) == {
            "Unchanged"
        }

    def test_a_cancelled_release_of_ours_is_cancelled_with_the_publishers_reason(
        self, client, keeper, server, series, listed
    ):
        confirm(client, read_govuk(client, server, series, confirmed="confirm"), skip_refused="on")
        listed[0] = announcement_result(
            "rain-june-2098", "Monthly rain: June 2098", at=DUE, state="cancelled", cancellation_reason="No data."
        )
        page = read_govuk(client, server, series)
        assert "This import will cancel 1 release" in page.text
        confirm(client, page, skip_refused="on")
        rain = Release.objects.get(reference="rain-june-2098")
        assert (rain.status, rain.cancellation_reason) == ("cancelled", "No data.")

    def test_another_date_of_a_confirmed_release_is_requested_with_the_publishers_note(
        self, client, keeper, server, series, listed
    ):
        confirm(client, read_govuk(client, server, series, confirmed="confirm"), skip_refused="on")
        moved = DUE + timedelta(days=1)
        listed[0] = announcement_result("rain-june-2098", "Monthly rain: June 2098", at=moved)
        refused = read_govuk(client, server, series)
        assert "the publisher says 2 July 2098 9:30am" in why(refused, "rain-june-2098")[0]
        listed[0] = announcement_result("rain-june-2098", "Monthly rain: June 2098", at=moved, change_note="Late data.")
        confirm(client, read_govuk(client, server, series), skip_refused="on")
        request = DateChangeRequest.objects.get()
        assert (str(request.to), request.public_reason) == ("2 July 2098 9:30am", "Late data.")
        assert Release.objects.get(reference="rain-june-2098").due_at == DUE
        assert outcomes(read_govuk(client, server, series))["rain-june-2098"] == "Unchanged"

    def test_all_pages_are_read_and_what_is_past_is_left_out(self, client, keeper, server, series, monkeypatch):
        monkeypatch.setattr(publishers, "PAGE_SIZE", 3)
        server.organisations["rain"] = [
            announcement_result("old", "Old: 2098", at=NOW - timedelta(days=9)),
            announcement_result("out", "Out: 2098", at=DUE, state="statistics_published"),
            *(announcement_result(f"rain-{n}", f"Monthly rain: {n}", at=DUE) for n in range(5)),
        ]
        page = read_govuk(client, server, series)
        assert page.context["rows_total"] == 5
        starts = [part for address in server.requests for part in address.split("&") if part.startswith("start=")]
        assert starts == ["start=0", "start=3", "start=6"]
        assert all("filter_organisations=rain" in each and "from%3A2098-04-01" in each for each in server.requests)

    def test_more_than_an_import_may_have_is_refused(self, client, keeper, server, series):
        server.organisations["rain"] = [announcement_result(f"r-{n}", f"R {n}", at=DUE) for n in range(2001)]
        assert "has 2,001 releases. You can import up to 2,000" in read_govuk(client, server, series).text
        assert len(server.requests) == 1

    def test_a_calendar_that_changes_between_two_pages_is_read_again_and_not_half(
        self, client, keeper, server, series, monkeypatch
    ):
        monkeypatch.setattr(publishers, "PAGE_SIZE", 3)
        rows = [announcement_result(f"r-{n}", f"R {n}", at=DUE) for n in range(5)]
        server.organisations["rain"] = rows
        answer = server.answer

        def shift(address):
            said = answer(address)
            if rows:
                rows.pop(0)
            return said

        monkeypatch.setattr(server, "answer", shift)
        assert "changed while we read it. Try again" in read_govuk(client, server, series).text
        assert not CalendarImport.objects.exists()

    def test_an_unknown_organisation_has_nothing_to_import(self, client, keeper, server, series):
        page = read_govuk(client, server, series, organisation=server.url("/government/organisations/none"))
        assert "GOV.UK calendar of none has no upcoming releases." in page.text
        assert 'href="#id_organisation"' in page.text

    @pytest.mark.parametrize(
        "written",
        [
            "https://evil.example.com/government/organisations/rain",
            "http://169.254.169.254/x",
            "https://www.gov.uk/search/research-and-statistics?keywords=rain",
            "https://www.gov.uk/search/research-and-statistics?organisations[]=rain&organisations[]=snow",
            "https://www.gov.uk/government/organisations",
            "https://www.gov.uk/x",
        ],
    )
    def test_an_address_that_names_no_organisation_is_refused_and_nothing_is_asked(
        self, client, keeper, server, series, written
    ):
        page = read_govuk(client, server, series, organisation=written)
        assert page.context["form"].errors["organisation"] == [
            "Enter the web address of an organisation’s page on www.gov.uk."
        ]
        assert server.requests == []

    def test_a_name_without_letters_is_refused(self, client, keeper, server, series):
        page = read_govuk(client, server, series, organisation="!!")
        assert list(page.context["form"].errors) == ["organisation"]
        assert server.requests == []

    @pytest.mark.parametrize(
        "pasted",
        [
            "/search/research-and-statistics?organisations%5B%5D=rain&order=updated-newest",
            "/government/organisations/rain/about",
            "/government/organisations/rain.cy",
        ],
    )
    def test_any_address_with_the_organisation_may_be_pasted(self, client, keeper, server, series, pasted):
        url = server.url(pasted)
        assert "rain-june-2098" in outcomes(read_govuk(client, server, series, organisation=url))

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [(503, "We could not read the calendar of GOV.UK"), (429, "GOV.UK is busy")],
    )
    def test_an_error_is_said_and_nothing_is_imported(self, client, keeper, server, series, status, sentence):
        server.status = status
        assert sentence in read_govuk(client, server, series).text
        assert not CalendarImport.objects.exists()

    def test_another_process_that_uses_the_host_is_waited_for_and_then_told(
        self, client, keeper, server, series, monkeypatch
    ):
        monkeypatch.setattr("releases.imports.govuk.PATIENCE_SECONDS", 0.3)
        host_budgets.claim_hosts([host_budgets.claim_spare(server.entry)], holder="another", now=timezone.now())
        assert "GOV.UK did not respond" in read_govuk(client, server, series).text
        assert server.requests == []

    def test_nothing_is_preselected_and_each_missing_answer_is_named(self, client, keeper, server, series):
        assert client.get(GOVUK).context["form"].fields["confirmed"].initial is None
        page = read_govuk(client, server, series, organisation="", confirmed="", producer="")
        assert set(page.context["form"].errors) == {"organisation", "confirmed", "producer"}


class TestOns:
    @pytest.fixture(autouse=True)
    def listed(self, server):
        server.upcoming = [
            ons_result("rainjune2098", "Monthly rain: June 2098", at=DUE),
            ons_result("labourjuly2098", "Labour market: July 2098", vague="August 2098", finalised=False),
        ]
        server.cancelled = [
            ons_result("dew2098", "Dew: 2098", at=DUE, cancelled=True, cancellation_notice=["Stopped."])
        ]

    def test_upcoming_and_cancelled_releases_are_shown_and_imported(self, client, keeper, server, series):
        page = read_ons(client, server, series)
        assert outcomes(page) == {"rainjune2098": "Added", "labourjuly2098": "Added", "dew2098": "Not imported"}
        assert "ONS release calendar" in page.text
        confirm(client, page)
        labour = Release.objects.get(reference="labourjuly2098")
        assert (str(labour.slot), labour.status, labour.series.title) == ("August 2098", "provisional", "Labour market")
        assert Release.objects.get(reference="rainjune2098").due_at == DUE
        before = everything()
        assert "There is nothing to import" in read_ons(client, server, series).text
        assert everything() == before

    @pytest.mark.parametrize(
        ("adapters", "column"), [(("page", "govuk"), "announcement"), (("page", "govuk", "ons"), "url")]
    )
    def test_its_address_is_checked_if_there_is_an_adapter_for_it(self, server, series, adapters, column):
        calendar = publishers.find_ons_calendar("", hosts=publishers.ons_hosts(), today=NOW.date())
        listed = read_ons_page_of(ons_result("rainjune2098", "Monthly rain: June 2098", at=DUE))
        choices = publishers.CalendarChoices(series.producer)
        rows = publishers.make_rows(listed, calendar, choices, by=None, adapters=adapters, now=NOW)
        (cells,) = publishers.cells_from_json(rows)
        assert cells[column].text == "https://www.ons.gov.uk/releases/rainjune2098"

    def test_words_and_days_choose_a_part(self, client, keeper, server, series):
        assert set(outcomes(read_ons(client, server, series, query="labour"))) == {"labourjuly2098"}
        read_ons(client, server, series, first="2098-06-01", last="2098-09-30")
        assert "fromDate=2098-06-01&toDate=2098-09-30" in server.requests[-1]
        page = read_ons(client, server, series, first="2098-06-02", last="2098-06-01")
        assert list(page.context["form"].errors) == ["last"]

    def test_the_days_of_a_pasted_search_count_unless_others_are_given(self, client, keeper, server, series):
        days = {"after-year": "2098", "after-month": "6", "after-day": "1", "before-year": "2098", "before-month": "9"}
        asked = urlencode({"keywords": "", **days, "before-day": "30"})
        pasted = {"words": server.url(f"/releasecalendar?{asked}")}
        page = read_ons(client, server, series, **pasted)
        assert "fromDate=2098-06-01&toDate=2098-09-30" in server.requests[-1]
        assert "from 1 June 2098, to 30 September 2098" in page.text
        read_ons(client, server, series, **pasted, first="2098-07-01")
        assert "fromDate=2098-07-01&toDate=2098-09-30" in server.requests[-1]
        # The search of the ONS needs all three parts of a day.
        read_ons(client, server, series, words=server.url(f"/releasecalendar?{urlencode(days)}"))
        assert "fromDate=2098-06-01&" in server.requests[-1]
        assert "toDate" not in server.requests[-1]
        for day in ("31", "0", "x"):
            wrong = server.url(f"/releasecalendar?{urlencode({**days, 'before-day': day})}")
            page = read_ons(client, server, series, words=wrong)
            assert "This web address has a date that does not exist." in page.text
        before = server.url(f"/releasecalendar?{urlencode({**days, 'before-day': '1', 'before-month': '5'})}")
        assert (
            "The last date in this web address is before the first date."
            in read_ons(client, server, series, words=before).text
        )

    @pytest.mark.parametrize(
        "written",
        [
            "https://www.ons.gov.uk/economy",
            "www.ons.gov.uk/search?q=rain",
            "https://www.ons.gov.uk/x?next=/releasecalendar",
            "https://evil.example.com/releasecalendar",
        ],
    )
    def test_another_address_is_refused_and_not_taken_for_search_words(self, client, keeper, server, series, written):
        page = read_ons(client, server, series, words=written)
        assert page.context["form"].errors["words"] == [
            "Enter the web address of a search in the release calendar of www.ons.gov.uk."
        ]
        assert server.requests == []

    def test_a_time_that_exists_twice_is_refused_and_said_at_the_date(self, client, keeper, server, series):
        twice = datetime(2098, 10, 26, 0, 30, tzinfo=UTC)
        server.upcoming = [ons_result("rain2098", "Rain: 2098", at=twice)]
        assert "We cannot read the publisher’s date" in why(read_ons(client, server, series), "rain2098")[0]

    def test_the_fragment_of_an_address_is_no_part_of_it(self):
        (listed,) = read_ons_page_of(ons_result("rain2098#top", "Rain: 2098", at=DUE))
        assert listed.path == "/releases/rain2098"


class TestHostileCalendar:
    """A calendar that its publisher's site gives in an odd form is refused, row by row or as a whole."""

    @pytest.mark.parametrize(
        "odd", ["\ud800", "a\0b", 7, ["x"], {}, "x" * 5000, "December 9999 to January 9999"], ids=repr
    )
    def test_an_odd_value_is_a_refused_row_and_no_error(self, client, keeper, server, series, odd):
        fields = ("title", "release_date", "provisional_date", "cancelled")
        rows = [ons_result(f"rain{field}2098", f"Monthly rain: {field} 2098", at=DUE) for field in fields]
        for row, field in zip(rows, fields, strict=True):
            row["description"][field] = odd
        without_address = ons_result("rain2098", "Monthly rain: 2098", at=DUE)
        without_address["uri"] = f"/releases/{odd}" if isinstance(odd, str) else odd
        server.upcoming = [*rows, without_address, ons_result("snow2098", "Snow: July 2098", at=DUE)]
        page = read_ons(client, server, series)
        assert page.status_code == 200
        assert outcomes(page).pop("snow2098") == "Added"
        assert "Cancelled" not in outcomes(page).values()
        assert not Release.objects.exists()

    @pytest.mark.parametrize(
        "body", [b"[" * 100_000, b'{"breakdown": ' * 50_000, b"[" + b"1," * 1_200_000 + b"1]", b"\xff"],
        ids=["deep lists", "deep objects", "more than 2 MB", "no text"],
    )  # fmt: skip
    def test_a_huge_or_deep_calendar_is_refused_as_a_whole(self, client, keeper, server, series, body):
        server.body = body
        assert (
            "We cannot read the calendar of ONS. Import a file instead, and tell your administrator."
            in read_ons(client, server, series).text
        )
        assert not CalendarImport.objects.exists()


class TestWho:
    @pytest.mark.parametrize("address", [GOVUK, ONS])
    def test_only_people_who_keep_a_calendar_find_the_pages(self, client, series, address):
        for person in (create_member(Role.STATISTICIAN, series.producer), UserFactory()):
            client.force_login(person)
            assert client.get(address).status_code == 404
            assert client.post(address).status_code == 404
        assert client.get("/imports/calendars/dfe/").status_code == 404

    def test_another_offices_producer_and_release_are_unknown(self, client, keeper, server, series):
        theirs = ReleaseFactory(reference="rain-june-2098", title="Theirs")
        server.organisations["rain"] = [announcement_result("rain-june-2098", "Monthly rain: June 2098", at=DUE)]
        page = read_govuk(client, server, series, producer=ProducerFactory().pk)
        assert list(page.context["form"].errors) == ["producer"]
        page = read_govuk(client, server, series)
        assert why(page, "rain-june-2098") == ["“rain-june-2098” is already in use. Choose another reference."]
        assert theirs.series.title not in page.text

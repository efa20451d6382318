"""The pages of an import: upload, preview, confirmation, progress; each for its own person only (C17)."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import urljoin

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from releases.imports import uploads
from releases.models import CalendarImport, Membership, Release
from releases.rules.lifecycle import Role
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)
from tests.support.import_files import csv_of, everything, ods_of, xlsx_of
from tests.support.stored_imports import NOW, checked, confirm, confirm_page, turn, uploaded

pytestmark = pytest.mark.django_db

UPLOAD = "/imports/"
KEEPERS = {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
BUTTONS = ("confirm_import", "set_date_order", "change_options", "discard_import")
SUNDAY = {"scheduled_for": "2098-07-06 09:30", "status": "confirmed"}


@pytest.fixture(autouse=True)
def _signed_in(client, keeper):
    client.force_login(keeper)


def send(client, content, name="calendar.csv", **more):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)} | more, follow=True)


def address(found, page="import"):
    return reverse(f"exchange:{page}", args=[found.public_id])


@pytest.mark.parametrize(
    ("name", "of"), [("c.csv", csv_of), ("c.ods", ods_of), ("c.xlsx", xlsx_of)], ids=["csv", "ods", "xlsx"]
)
def test_a_file_goes_from_upload_to_done(client, name, of):
    before = everything()
    page = send(client, of({"status": "confirmed"}, {"title": "A second title"}), name)
    assert "We are checking your file" in page.text
    assert everything() == before
    turn()
    found = CalendarImport.objects.get()
    preview = client.get(address(found))
    for words in ("Check your import", "Row 2", "rain-june-2098", "Added for 1 July 2098 9:30am"):
        assert words in preview.text
    assert everything() == before
    confirm_page(client, found)
    page = client.get(address(found))
    assert "We are importing your file" in page.text
    assert everything() == before
    turn()
    done = client.get(address(found))
    assert "Import complete" in done.text
    assert reverse("releases:release", args=["rain-june-2098"]) in done.text
    assert Release.objects.count() == 2
    again = client.post(address(found, "confirm_import"), follow=True)
    assert (again.status_code, turn()) == (200, 0)
    assert "There is a problem" not in again.text


@pytest.mark.both_databases
def test_a_heading_sorts_the_imports_and_equal_ones_stay_latest_first(client, keeper, subtests):
    for hour, name in enumerate(("gamma.csv", "alpha.csv", "Beta.csv")):
        found = uploaded(keeper, {}, at=NOW + timedelta(hours=min(hour, 1)))
        CalendarImport.objects.filter(pk=found.pk).update(file_name=name)
    uploads.discard_import(CalendarImport.objects.get(file_name="Beta.csv"), by=keeper, at=NOW)
    orders = [
        ("", ["Beta.csv", "alpha.csv", "gamma.csv"], "descending"),
        ("salt", ["Beta.csv", "alpha.csv", "gamma.csv"], "descending"),
        ("added", ["gamma.csv", "Beta.csv", "alpha.csv"], "ascending"),
        ("file", ["alpha.csv", "Beta.csv", "gamma.csv"], "ascending"),
        ("-file", ["gamma.csv", "Beta.csv", "alpha.csv"], "descending"),
        ("status", ["alpha.csv", "gamma.csv", "Beta.csv"], "ascending"),
    ]
    for sort, names, direction in orders:
        with subtests.test(sort):
            page = client.get(UPLOAD, {"sort": sort})
            assert [found.file_name for found in page.context["page"]] == names
            assert re.findall('aria-sort="(.*)"', page.text) == [direction]


def test_the_preview_says_of_each_refused_row_which_column_and_why_and_asks_to_leave_it_out(client, keeper):
    found = checked(keeper, {}, SUNDAY)
    preview = client.get(address(found))
    assert "scheduled_for:</strong> Sunday 6 July 2098 is not a weekday" in preview.text
    refused = confirm_page(client, found)
    assert list(refused.context["form"].errors) == ["skip_refused"]
    assert 'href="#id_skip_refused"' in refused.text
    assert CalendarImport.objects.get().status == "checked"
    confirm_page(client, found, skip_refused="on")
    turn()
    assert Release.objects.get().reference == "rain-june-2098"


def test_each_link_of_a_refused_confirmation_leads_to_the_rows_that_it_names(client, keeper):
    found = checked(keeper, *[{}] * 60, SUNDAY)
    refused = confirm_page(client, found)
    links = {unescape(link) for link in re.findall(r'href="(\?[^"]*)"', refused.text)}
    assert {"?show=added", "?show=refused", "?sort=title", "?page=2"} <= links
    for link in links:
        answer = client.get(urljoin(address(found, "confirm_import"), link), follow=True)
        direct = client.get(urljoin(address(found), link))
        assert answer.status_code == 200, link
        assert answer.context["lines"] == direct.context["lines"], link
        assert "Nothing has changed." not in answer.text


def test_where_nothing_would_change_there_is_nothing_to_confirm(client, keeper):
    found = checked(keeper, SUNDAY)
    assert "No row would change your calendar" in client.get(address(found)).text
    answer = client.post(address(found, "confirm_import"), {"skip_refused": "on"}, follow=True)
    assert "There is nothing to import" in answer.text
    assert CalendarImport.objects.get().status == "checked"


def test_a_long_preview_has_pages_and_shows_one_outcome_at_a_time(client, keeper):
    found = checked(keeper, *[{}] * 60, *[SUNDAY] * 3)
    first = client.get(address(found))
    assert (len(first.context["lines"]), first.context["page"].paginator.num_pages) == (50, 2)
    assert [line["number"] for line in client.get(address(found), {"page": 2}).context["lines"]][-1] == 64
    refused = client.get(address(found), {"show": "refused"})
    assert [line["number"] for line in refused.context["lines"]] == [62, 63, 64]
    assert "Error (3)" in refused.text


@pytest.mark.both_databases
def test_a_link_sorts_the_rows_of_a_preview_and_equal_ones_stay_in_the_order_of_the_file(client, keeper, subtests):
    found = checked(keeper, SUNDAY | {"title": "beta"}, {"title": "Gamma"}, {"title": "Alpha"})
    orders = [
        ({}, [2, 3, 4], "Row"),
        ({"sort": "salt"}, [2, 3, 4], "Row"),
        ({"sort": "-row"}, [4, 3, 2], "Row"),
        ({"sort": "title"}, [4, 2, 3], "Title"),
        ({"sort": "-title"}, [3, 2, 4], "Title"),
        ({"sort": "status"}, [3, 4, 2], "Status"),
        ({"sort": "-title", "show": "added"}, [3, 4], "Title"),
    ]
    for query, numbers, current in orders:
        with subtests.test(str(query)):
            page = client.get(address(found), query)
            assert [line["number"] for line in page.context["lines"]] == numbers
            assert re.findall(r'aria-current="true"\s+href="[^"]+">(\w+)', page.text) == [current]


def test_what_has_changed_since_is_said_and_asked_again(client, keeper):
    found = checked(keeper, {})
    confirm_page(client, found)
    ReleaseFactory(confirmed=True, reference="rain-june-2098", series=keeper.memberships.get().producer.series.get())
    turn()
    assert "another person changed the calendar after you checked the import" in client.get(address(found)).text


def test_discarding_changes_nothing_and_says_so(client, keeper):
    found = checked(keeper, {})
    page = client.post(address(found, "discard_import"), follow=True)
    assert "calendar.csv discarded. We did not change the calendar." in page.text
    assert "We did not change the calendar" in client.get(address(found)).text
    again = client.post(address(found, "discard_import"), follow=True)
    assert "this import is discarded" in again.text
    assert not Release.objects.exists()


def test_a_file_that_is_no_calendar_is_said_to_be_none(client, keeper):
    send(client, b"name,date\nrain,soon\n")
    turn()
    page = client.get(address(CalendarImport.objects.get()))
    assert "We cannot import this file" in page.text
    assert "calendar.csv does not have the column “reference”, which is required." in page.text
    assert f'<a class="govuk-link" href="{UPLOAD}">Choose another file</a>' in page.text


@pytest.mark.parametrize("source", ["govuk", "ons"])
def test_a_publishers_calendar_that_cannot_be_imported_is_not_called_a_file(client, keeper, source):
    found = uploaded(keeper, {})
    uploads.move_import(found, "fail", values={"notes": [uploads.OUR_ERROR]}, by=None, at=NOW)
    CalendarImport.objects.update(source=source)
    page = client.get(address(found)).text
    main = " ".join(page.partition("<main")[2].partition("</main>")[0].split())
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert title.split(" – ")[0].strip() == "We cannot import this calendar"
    assert "We did not change your calendar." in main
    assert f'href="{reverse("exchange:import_listing", args=[source])}">Read the calendar again</a>' in main
    assert not re.search(r"\bfile\b", re.sub(r"<[^>]+>", " ", main), re.IGNORECASE)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "Select a file", id="none"),
        pytest.param(b"", "The selected file is empty", id="empty"),
        pytest.param(b"x" * (5 * 1024**2 + 1), "too large. It has more than 5 MB", id="huge"),
    ],
)
def test_what_cannot_be_uploaded_is_said_at_the_field(client, content, why):
    data = {} if content is None else {"file": SimpleUploadedFile("c.csv", content)}
    answer = client.post(UPLOAD, data)
    assert why in answer.context["form"].errors["file"][0]
    assert 'href="#id_file"' in answer.text
    assert not CalendarImport.objects.exists()


def test_series_are_made_only_if_ticked_and_the_preview_says_which(client):
    send(client, csv_of({"series": "Snow"}), create_missing="on")
    turn()
    page = client.get(address(CalendarImport.objects.get()))
    assert "Will also be created" in page.text
    assert "series “Snow” of Office for Rain" in page.text


class TestProgress:
    def ask(self, client, found, **shown):
        return client.get(address(found, "import_progress"), shown)

    def test_it_counts_rows_and_is_not_sent_again_unchanged(self, client, keeper):
        found = uploaded(keeper, {})
        assert "This import is in the queue" in client.get(address(found)).text
        CalendarImport.objects.update(rows_total=500, rows_done=120)
        answer = self.ask(client, found, status="uploaded", done=100)
        assert "120 of 500 rows completed." in answer.text
        assert self.ask(client, found, status="uploaded", done=120).status_code == 204

    def test_once_the_import_has_moved_on_it_leads_to_its_page(self, client, keeper):
        found = checked(keeper, {})
        assert self.ask(client, found, status="uploaded", done=0)["HX-Redirect"] == address(found)

    def test_it_says_that_it_waits_for_the_releases_that_are_due(self, client, keeper):
        found = checked(keeper, {})
        confirm(found, by=keeper, at=timezone.now())
        assert "This import will start when we have checked the releases" not in client.get(address(found)).text
        ReleaseFactory(confirmed=True, rehearsal=True, reference="rehearsal", due_at=timezone.now())
        assert "This import will start when we have checked the releases" not in client.get(address(found)).text
        Release.objects.update(rehearsal=False)
        assert "This import will start when we have checked the releases" in client.get(address(found)).text

    def test_who_is_signed_out_is_led_to_the_log_in_page(self, client, keeper):
        found = uploaded(keeper, {})
        client.logout()
        assert self.ask(client, found)["HX-Redirect"] == reverse("account_login")


class TestWhose:
    def requests(self, client, found):
        yield client.get(address(found))
        yield client.get(address(found, "import_progress"))
        for name in BUTTONS:
            yield client.get(address(found, name))
            yield client.post(address(found, name))

    def test_an_import_is_its_own_persons_and_no_one_elses(self, client, keeper, series):
        found = checked(keeper, {})
        client.force_login(create_member(Role.HEAD_OF_PROFESSION, series.producer))
        assert {answer.status_code for answer in self.requests(client, found)} == {404}
        assert client.get(UPLOAD).context["page"].object_list.count() == 0
        assert CalendarImport.objects.get().status == "checked"

    def test_a_person_whose_role_was_removed_opens_their_own_import_no_more(self, client, keeper):
        found = checked(keeper, {})
        assert client.get(address(found)).status_code == 200
        keeper.memberships.all().delete()
        assert {answer.status_code for answer in self.requests(client, found)} == {404}
        assert CalendarImport.objects.get().status == "checked"

    def test_after_the_loss_of_one_of_two_roles_only_imports_about_the_other_producer_are_left(self, client, keeper):
        snow = SeriesFactory(producer=ProducerFactory(name="Office for Snow"), title="Monthly snow")
        Membership.objects.create(user=keeper, producer=snow.producer, role=Role.CALENDAR_MANAGER)
        of_rain = checked(keeper, {})
        of_snow = checked(keeper, {"producer": "OFFICE for  snow", "series": snow.title, "reference": "snow-1"})
        refused = checked(keeper, {"producer": "Office for Snow", "reference": "snow-2"})
        taken = ReleaseFactory(series=snow, reference="taken")
        of_reference = checked(keeper, {"reference": taken.reference})
        assert {client.get(address(each)).status_code for each in (of_rain, of_snow, refused, of_reference)} == {200}
        keeper.memberships.get(producer=snow.producer).delete()
        assert client.get(address(of_rain)).status_code == 200
        for each in (of_snow, refused, of_reference):
            assert {answer.status_code for answer in self.requests(client, each)} == {404}
        assert list(client.get(UPLOAD).context["page"].object_list) == [of_rain]

    def test_another_check_after_a_lost_role_does_not_open_the_import_again(self, client, keeper):
        other = SeriesFactory(title="Snow").producer
        second = keeper.memberships.create(producer=other, role=Role.CALENDAR_MANAGER)
        found = checked(keeper, {}, {"producer": other.name, "series": "Snow"})
        confirm(found, by=keeper)
        second.delete()
        turn()
        found.refresh_from_db()
        assert found.status == "checked"
        assert {answer.status_code for answer in self.requests(client, found)} == {404}

    def test_a_file_that_names_a_producer_of_others_stays_open(self, client, keeper, series):
        found = checked(keeper, {}, {"producer": SeriesFactory().producer.name})
        assert list(found.producers.all()) == [series.producer]
        assert client.get(address(found)).status_code == 200

    @pytest.mark.parametrize("role", [None, *sorted(set(Role) - KEEPERS)], ids=str)
    def test_the_person_who_keeps_no_calendar_finds_no_page(self, client, series, role):
        client.force_login(create_member(role, series.producer) if role else UserFactory())
        assert client.get(UPLOAD).status_code == 404
        assert send(client, csv_of({})).status_code == 404

    @pytest.mark.parametrize("role", sorted(KEEPERS), ids=str)
    def test_the_person_who_keeps_one_does(self, client, series, role):
        client.force_login(create_member(role, series.producer))
        assert client.get(UPLOAD).status_code == 200

    @pytest.mark.parametrize("name", BUTTONS)
    def test_a_get_leads_to_the_import_says_so_and_changes_nothing(self, client, keeper, name):
        found = checked(keeper, {})
        answer = client.get(address(found, name), follow=True)
        assert answer.redirect_chain == [(address(found), 302)]
        assert "Nothing has changed." in answer.text
        assert CalendarImport.objects.get().status == "checked"

    def test_no_one_is_let_in_unasked(self, client, keeper):
        found = checked(keeper, {})
        client.logout()
        assert client.get(UPLOAD).status_code == 302
        assert client.post(address(found, "confirm_import")).status_code == 302


def test_a_preview_warns_of_missing_people_and_of_days_that_are_no_working_days(client, keeper, series):
    series.head_of_profession = None
    series.save()
    found = checked(keeper, {"scheduled_for": "2098-07-05 09:30"}, {"status": "confirmed"})
    text = client.get(address(found)).text
    assert "2 releases have no Head of Profession." in text
    assert "1 release is not on a working day." in text
    assert "have no contact" not in text
    # They are warnings: the rows are imported all the same.
    confirm_page(client, found)
    turn()
    assert Release.objects.count() == 2


def test_a_preview_warns_of_a_date_that_moves_by_more_than_two_years(client, keeper, series):
    moved = []
    for number, (day, is_confirmed) in enumerate(((1, False), (2, False), (3, True))):
        was = london_slot(date(2096, 7, 2))
        title, reference = f"Release {number}", f"release-{number}"
        ReleaseFactory(series=series, reference=reference, title=title, slot=was, confirmed=is_confirmed)
        to = {"scheduled_for": f"2098-07-0{day + 1} 09:30", "date_change_reason": "Late data." if is_confirmed else ""}
        moved.append({"reference": reference, "title": title, "url": "", **to})
    text = client.get(address(checked(keeper, *moved))).text
    # The first moves by two years, the second by a day more, and the third is only requested.
    assert text.count("More than 2 years later, so check the year") == 2
    assert "2 releases would get dates more than 2 years later. Check their years." in text


def test_a_preview_warns_of_a_release_that_passes_another_edition_and_not_if_all_move(client, keeper, series):
    titles = ["June", "July", "August"]
    for number, title in enumerate(titles):
        slot, confirmed = london_slot(date(2099, 7 + number, 3)), title == "July"
        ReleaseFactory(series=series, reference=title.lower(), title=title, slot=slot, confirmed=confirmed)

    def moved(*months):
        rows = zip(titles, months, strict=True)
        return [
            {"reference": title.lower(), "title": title, "url": "", "scheduled_for": f"2099-{month:02}-09 09:30"}
            | ({"date_change_reason": "Late data."} if title == "July" else {})
            for title, month in rows
        ]

    # Each edition gets a date after that of the next one, but their order stays.
    found = checked(keeper, *moved(9, 10, 11))
    assert "another edition" not in client.get(address(found)).text
    june, _july, august = moved(9, 10, 11)
    found = checked(keeper, june, august)
    text = client.get(address(found)).text
    assert text.count("Passes another edition of its series, ‘July’, so check the date") == 1
    assert "1 release would pass another edition of its series. Check its date." in text
    confirm_page(client, found)
    turn()
    assert Release.objects.get(reference="june").planned_on == date(2099, 9, 9)


def test_a_preview_says_which_dates_open_pre_release_access_on_a_rest_day(client, keeper, series):
    a_release = ReleaseFactory(confirmed=True, series=series, reference="july", slot=london_slot(date(2098, 7, 1)))
    monday = {"scheduled_for": "2098-07-07 09:30"}
    moved = monday | {"reference": "july", "title": a_release.title, "url": "", "date_change_reason": "Late data."}
    found = checked(keeper, monday, {"status": "confirmed"}, moved)
    text = client.get(address(found)).text
    assert text.count("Pre-release access opens on Sunday 6 July 2098") == 2
    assert "Pre-release access to 2 releases opens at a weekend or on a bank holiday." in text
    assert "Some producers avoid such dates." in text
    confirm_page(client, found)
    turn()
    assert Release.objects.get(reference="rain-june-2098").planned_on == date(2098, 7, 7)


def test_a_preview_of_dates_that_open_access_on_working_days_says_nothing_of_access(client, keeper, series):
    assert "Pre-release access" not in client.get(address(checked(keeper, {}))).text


def test_a_page_that_confirms_or_announces_warns_of_missing_people(client, keeper, series):
    series.responsible = None
    series.save()
    release = ReleaseFactory(series=series, slot=london_slot(date(2098, 7, 1)))
    for page in ("confirm", "announce"):
        assert "The series has no contact" in client.get(reverse(f"releases:{page}", args=[release.reference])).text

"""The pages of a past year: for people who manage the calendar, with each source, and without a rate or a verdict."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from defusedxml import ElementTree
from django.urls import reverse

from releases.detection.year_review import PageKind
from releases.models import Membership, YearReview, YearReviewPage
from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, UserFactory, create_member
from tests.support.year_reviews import READ_AT, SITE, add_page, create_review, postponed, publication

pytestmark = pytest.mark.django_db

RATE = re.compile(r"%|per cent|on time|\blate\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def calm(time_machine):
    time_machine.move_to(READ_AT, tick=True)


@pytest.fixture
def review(series):
    found = create_review(series.producer)
    for month, delay in ((1, 36), (2, 190), (11, None)):
        add_page(found, publication(month, delay=delay))
    add_page(found, postponed(), PageKind.ANNOUNCEMENT)
    return found


class TestPage:
    def test_each_figure_has_its_source_or_is_not_known(self, client, keeper, review):
        page = client.get(f"/imports/past-years/{review.pk}/")
        rows = {row["title"]: row for row in page.context["rows"]}
        assert (rows["Rain 02"]["scheduled"], rows["Rain 02"]["delay"]) == (
            "9:30:00am on 11 February 2025",
            "3 minutes 10 seconds",
        )
        assert rows["Rain 02"]["announced"] == rows["Rain 11"]["delay"] == "Not known"
        assert rows["Dew"]["announced"] == "9:30am on 18 September 2025"
        assert rows["Dew"]["changes"] == ["Date changed from 11 September 2025 9:30am. GOV.UK does not say when."]
        source = f'href="{SITE}/api/content/government/statistics/rain-2">scheduled_publishing_delay_seconds</a>'
        assert source in page.text

    def test_the_page_states_no_rate_and_says_that_the_history_is_not_complete(self, client, keeper, review):
        page = client.get(f"/imports/past-years/{review.pk}/")
        main = page.text.partition("<main")[2].partition("</main>")[0]
        text = " ".join(re.sub(r"<[^>]+>", " ", main).split())
        disclaimer = "The table does not show which releases were late, or what our checks would have found."
        assert "The history on GOV.UK is not complete." in text
        assert "None of them comes from our checks." in text
        assert "All pages read at 2pm on 3 February 2026" in text
        assert "Technical details Organisation on GOV.UK: office-for-rain" in text
        assert not RATE.search(text.replace(disclaimer, ""))

    def test_the_page_says_how_many_pages_could_not_be_read(self, client, keeper, review):
        YearReviewPage.objects.filter(title="Rain 11").update(outcome="unreadable")
        page = client.get(f"/imports/past-years/{review.pk}/").text
        text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert re.search(r"Reading ended at 2pm on 3 February 2026 ?\. We could not read 1 page\.", text)
        assert "We could not read what GOV.UK has at this address." in page
        assert "All pages read" not in page

    def test_the_table_is_sorted_by_the_chosen_heading(self, client, keeper, review, subtests):
        orders = [
            ("", "Rain 01"),
            ("-delay", "Rain 02"),
            ("delay", "Rain 01"),
            ("-scheduled", "Rain 02"),
            ("announced", "Dew"),
            ("-published", "Rain 11"),
            ("-page", "Rain 11"),
        ]
        for sort, first in orders:
            with subtests.test(sort):
                page = client.get(f"/imports/past-years/{review.pk}/", {"sort": sort})
                assert page.context["rows"][0]["title"] == first

    def test_a_long_table_has_pages(self, client, keeper, series):
        review = create_review(series.producer)
        for number in range(51):
            add_page(review, publication(3, title=f"Rain {number:02}") | {"base_path": f"/rain/{number}"})
        first = client.get(f"/imports/past-years/{review.pk}/")
        assert len(first.context["rows"]) == 50
        assert [row["title"] for row in client.get(f"/imports/past-years/{review.pk}/?page=2").context["rows"]] == [
            "Rain 50"
        ]

    def test_a_page_of_another_year_is_not_listed(self, client, keeper, review):
        add_page(review, publication(5, published_at=datetime(2026, 1, 5, tzinfo=UTC), title="Next year"))
        assert "Next year" not in client.get(f"/imports/past-years/{review.pk}/").text

    def test_a_withdrawn_page_has_no_second_sentence_that_the_history_has_nothing(self, client, keeper, review):
        withdrawn = (datetime(2025, 9, 2, 11, tzinfo=UTC), "Wrong figures.")
        assert add_page(review, publication(6, withdrawn=withdrawn)).read_statement().has_history
        rows = client.get(f"/imports/past-years/{review.pk}/").context["rows"]
        changes = {row["title"]: row["changes"] for row in rows}
        assert changes["Rain 02"] == ["None in the public history"]
        assert [one.partition(" ")[0] for one in changes["Rain 06"]] == ["Withdrawn"]

    def test_a_title_of_the_publisher_is_text(self, client, keeper, review):
        add_page(review, publication(6, delay=1, title="Rain {{ 1 }} & <script>alert(1)</script>"))
        page = client.get(f"/imports/past-years/{review.pk}/")
        assert "<script>alert" not in page.text
        assert "Rain {{ 1 }} &amp; alert(1)" in page.text

    def test_while_a_year_is_read_the_page_shows_the_progress(self, client, keeper, review):
        YearReview.objects.update(status="reading", ended_at=None)
        YearReviewPage.objects.filter(title="Rain 11").update(read_at=None, outcome="listed")
        page = client.get(f"/imports/past-years/{review.pk}/")
        assert "We have read 3 of 4 pages from GOV.UK." in page.text
        assert len(page.context["rows"]) == 3
        part = client.get(f"/imports/past-years/{review.pk}/progress/")
        assert "We have read 3 of 4 pages" in part.text
        YearReview.objects.update(status="complete")
        assert client.get(f"/imports/past-years/{review.pk}/progress/")["HX-Redirect"].endswith(f"/{review.pk}/")

    def test_the_page_says_why_reading_waits_or_has_stopped(self, client, keeper, series):
        review = create_review(
            series.producer,
            status="reading",
            problem="asked_to_wait",
            failures=1,
            retry_at=READ_AT + timedelta(minutes=1),
        )
        page = client.get(f"/imports/past-years/{review.pk}/").text
        assert "GOV.UK asked us to wait." in page
        assert "2:01:00pm on 3 February 2026" in page
        YearReview.objects.update(status="stopped", problem="unreachable", retry_at=None)
        page = client.get(f"/imports/past-years/{review.pk}/").text
        assert "GOV.UK did not respond. We stopped after 0 of 0 pages." in page
        assert "Remove this year" in page
        client.post(f"/imports/past-years/{review.pk}/read-again/")
        client.post(f"/imports/past-years/{review.pk}/read-again/")
        review.refresh_from_db()
        assert (review.status, review.failures, review.problem) == ("reading", 0, "")

    def test_only_a_complete_review_says_that_gov_uk_lists_no_pages(self, client, keeper, review):
        nothing = "GOV.UK lists no pages for this year."
        YearReviewPage.objects.update(read_at=None, outcome="listed")
        YearReview.objects.update(status="stopped", problem="unreachable")
        page = client.get(f"/imports/past-years/{review.pk}/").text
        assert "We stopped after 0 of 4 pages." in page
        assert nothing not in page
        YearReviewPage.objects.update(read_at=READ_AT, outcome="read", in_year=False)
        YearReview.objects.update(status="complete", problem="")
        assert nothing in client.get(f"/imports/past-years/{review.pk}/").text

    def test_a_year_with_pages_is_not_removed(self, client, keeper, review):
        YearReview.objects.update(status="stopped")
        client.post(f"/imports/past-years/{review.pk}/remove/")
        assert YearReviewPage.objects.count() == 4
        review.pages.all().delete()
        client.post(f"/imports/past-years/{review.pk}/remove/")
        assert not YearReview.objects.exists()


class TestPicture:
    def test_the_picture_shows_the_delays_that_gov_uk_states_and_counts_the_other_pages(self, client, keeper, review):
        picture = client.get(f"/imports/past-years/{review.pk}/").context["shown"].picture
        assert picture.summary == "GOV.UK states a delay for 2 publications, from 36 seconds to 3 minutes 10 seconds."
        assert "2 pages are not shown" in picture.note
        assert [(row[0], row[3]) for row in picture.table.rows] == [
            ("Rain 01", "36 seconds"),
            ("Rain 02", "3 minutes 10 seconds"),
        ]

    @pytest.mark.parametrize("layout", ["", "?layout=wide", "?layout=narrow"])
    def test_each_layout_is_drawn_with_one_mark_for_each_publication(self, client, keeper, review, layout):
        drawn = client.get(f"/imports/past-years/{review.pk}/delays/svg/{layout}")
        assert drawn["Content-Type"] == "image/svg+xml"
        marks = re.findall(r'<path[^>]*fill="#12436D"', drawn.content.decode())
        assert ElementTree.fromstring(drawn.content) is not None
        assert len(marks) == 2

    def test_the_files_of_the_picture_are_a_png_and_a_csv(self, client, keeper, review):
        assert client.get(f"/imports/past-years/{review.pk}/delays/png/").content.startswith(b"\x89PNG")
        written = client.get(f"/imports/past-years/{review.pk}/delays/csv/").content.decode("utf-8-sig")
        assert '"Rain 02","https://www.gov.uk/government/statistics/rain-2","2025-02-11 09:30","190"' in written
        assert client.get(f"/imports/past-years/{review.pk}/delays/gif/").status_code == 404

    def test_without_a_delay_there_is_a_sentence_in_its_place(self, client, keeper, series):
        review = create_review(series.producer)
        add_page(review, publication(4))
        page = client.get(f"/imports/past-years/{review.pk}/").text
        assert "GOV.UK does not give both a scheduled time and a delay for any publication in this year." in page
        assert "<picture>" not in page


class TestPermission:
    def addresses(self, review):
        pages = ("year_review", "year_review_progress")
        files = (("export_year_review", "csv"), ("year_review_picture", "svg"))
        yield from (reverse(f"exchange:{name}", args=[review.pk]) for name in pages)
        yield from (reverse(f"exchange:{name}", args=[review.pk, kind]) for name, kind in files)

    @pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.AUDITOR, Role.PUBLISHING_TEAM])
    def test_people_who_do_not_manage_the_calendar_find_nothing(self, client, review, role):
        client.force_login(create_member(role, review.producer))
        self.assert_nothing(client, review)
        assert client.get("/imports/past-years/").status_code == 404

    def test_people_of_another_producer_find_nothing(self, client, review):
        client.force_login(create_member(Role.CALENDAR_MANAGER, ProducerFactory(name="Office for Snow")))
        self.assert_nothing(client, review)
        page = client.get("/imports/past-years/")
        assert "We have not read any years yet." in page.text
        given = {"producer": review.producer.pk, "organisation": "rain", "year": 2025}
        assert client.post("/imports/past-years/", given).status_code == 200
        assert YearReview.objects.count() == 1

    def assert_nothing(self, client, review):
        assert {client.get(address).status_code for address in self.addresses(review)} == {404}
        for name in ("restart_year_review", "remove_year_review"):
            assert client.post(reverse(f"exchange:{name}", args=[review.pk])).status_code == 404
        review.refresh_from_db()
        assert review.status == "complete"

    def test_readers_are_sent_to_sign_in(self, client, review):
        answers = {client.get(address).status_code for address in self.addresses(review)}
        assert answers <= {302, 200}
        assert "Rain" not in "".join(client.get(address).text for address in self.addresses(review))

    def test_a_superuser_without_a_role_finds_nothing(self, client, review):
        client.force_login(UserFactory(is_superuser=True, is_staff=True))
        self.assert_nothing(client, review)


class TestList:
    @pytest.mark.both_databases
    def test_a_heading_sorts_the_years(self, client, keeper, series, subtests):
        add = YearReview.objects.create
        fields = {"site": SITE, "status": "complete", "started_at": READ_AT}
        other = ProducerFactory(name="archive of snow")
        Membership.objects.create(user=keeper, producer=other, role=Role.CALENDAR_MANAGER)
        add(producer=series.producer, organisation="a", year=2024, **fields)
        add(producer=other, organisation="b", year=2025, **fields)
        fields |= {"status": "reading", "started_at": READ_AT + timedelta(hours=1)}
        add(producer=series.producer, organisation="c", year=2024, **fields)
        orders = [
            ("", ["b 2025", "a 2024", "c 2024"], "descending"),
            ("salt", ["b 2025", "a 2024", "c 2024"], "descending"),
            ("year", ["a 2024", "c 2024", "b 2025"], "ascending"),
            ("-organisation", ["c 2024", "b 2025", "a 2024"], "descending"),
            ("producer", ["b 2025", "a 2024", "c 2024"], "ascending"),
            ("-started", ["c 2024", "b 2025", "a 2024"], "descending"),
            ("status", ["c 2024", "b 2025", "a 2024"], "ascending"),
        ]
        for sort, in_order, direction in orders:
            with subtests.test(sort):
                page = client.get("/imports/past-years/", {"sort": sort})
                assert [str(row["review"]).replace(",", "") for row in page.context["rows"]] == in_order
                assert re.findall('aria-sort="(.*)"', page.text) == [direction]


class TestForm:
    def test_a_year_is_started_once_and_a_second_click_changes_nothing(self, client, keeper, series):
        given = {"producer": series.producer.pk, "organisation": "Office for Rain", "year": 2025}
        sent = client.post("/imports/past-years/", given)
        review = YearReview.objects.get()
        assert (sent.status_code, sent["Location"]) == (302, f"/imports/past-years/{review.pk}/")
        assert (review.organisation, review.site, review.started_by, review.status) == (
            "office-for-rain",
            SITE,
            keeper,
            "reading",
        )
        client.post("/imports/past-years/", given)
        assert YearReview.objects.get().started_at == review.started_at
        assert "We are asking GOV.UK for the list of pages." in client.get(sent["Location"]).text
        assert "Reading" in client.get("/imports/past-years/").text

    def test_an_address_of_another_site_is_refused(self, client, keeper, series):
        given = {"producer": series.producer.pk, "organisation": "https://example.org/x", "year": 2025}
        page = client.post("/imports/past-years/", given)
        assert "Enter the web address of an organisation’s page on www.gov.uk." in page.text
        assert not YearReview.objects.exists()

    def test_the_last_whole_year_is_offered_first(self, client, keeper):
        page = client.get("/imports/past-years/")
        assert '<option value="2025" selected>2025</option>' in page.text
        assert page.text.count('<option value="20') == 14

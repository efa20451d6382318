"""Corrections after release: recorded, changed and withdrawn by people, and a breach only if a lead decides so."""

from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import drafting
from breaches.models import Report
from releases import published_corrections, scheduling
from releases.models import PublishedCorrection, Release, ReleaseEvent
from releases.models.append_only import AppendOnlyRow
from releases.permissions import NotYours
from releases.published_corrections import AlreadyWithdrawn, CorrectionFacts, CorrectionRefused, NotPublished
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, Role
from tests.support.date_requests import create_head, person
from tests.support.factories import SEED_DUE, ReleaseFactory, rolled_back
from tests.support.public_links import entries
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

FOUND, CORRECTED = SEED_DUE + timedelta(hours=1, minutes=6), SEED_DUE + timedelta(hours=2)
NOW = SEED_DUE + timedelta(hours=3)
NOTICE = "Table 2 had the figures of 2019. We have replaced it."
FACTS = CorrectionFacts("The wrong file was uploaded.", FOUND, CORRECTED, NOTICE)
ANSWERS = {
    "seen": "0",
    "what_was_wrong": "The wrong file was uploaded.",
    "found_on-day": "30",
    "found_on-month": "6",
    "found_on-year": "2020",
    "found_time": "10:36am",
    "corrected_on-day": "30",
    "corrected_on-month": "6",
    "corrected_on-year": "2020",
    "corrected_time": "11:30am",
    "public_notice": NOTICE,
}
SENT = ANSWERS | {"checked": "yes"}
RECORDERS = LEADS | {Role.STATISTICIAN}
LIST = reverse("releases:corrections")


@shared_fixture
def published():
    release = ReleaseFactory(announced=True)
    return scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def address(release, name="add_correction", *number):
    return reverse(f"releases:{name}", args=[release.reference, *number])


def record(release, facts=FACTS, *, by=None, at=NOW, seen=0):
    return published_corrections.record_correction(release, facts, by=by or create_head(release), at=at, seen=seen)


def only(release):
    (correction,) = published_corrections.corrections_of(release)
    return correction


def words_of(response):
    return " ".join(response.text.split())


def test_leads_and_statisticians_record_corrections_and_everyone_with_a_role_reads_them(client, published, subtests):
    for role in Role:
        client.force_login(person(published, role))
        with subtests.test(role), rolled_back():
            expected = role in RECORDERS
            assert (address(published) in client.get(address(published, "release")).text) == expected
            assert client.get(address(published)).status_code == (200 if expected else 404)
            assert client.post(address(published), SENT).status_code == (302 if expected else 404)
            assert PublishedCorrection.objects.exists() == expected
            if not expected:
                with pytest.raises(NotYours):
                    record(published, by=person(published, role))
                record(published)
            assert client.get(address(published, "correction", 1)).status_code == 200
            assert published.title in client.get(LIST).text
            for name in ("change_correction", "withdraw_correction"):
                assert client.get(address(published, name, 1)).status_code == (200 if expected else 404)


def test_people_of_other_producers_and_readers_see_neither_the_record_nor_the_list(client, published):
    record(published)
    assert client.get(LIST).status_code == 302
    client.force_login(create_head(ReleaseFactory(reference="elsewhere")))
    assert client.get(address(published, "correction", 1)).status_code == 404
    assert published.title not in client.get(LIST).text


def test_a_correction_is_checked_as_readers_will_see_it_before_it_is_saved(client, published):
    client.force_login(create_head(published))
    check = client.post(address(published), ANSWERS)
    assert "Check the correction" in check.text
    text = words_of(check)
    assert NOTICE in text
    assert "10:36am on 30 June 2020" in text
    assert not PublishedCorrection.objects.exists()
    change = client.post(address(published), ANSWERS | {"change": "yes"})
    assert "The wrong file was uploaded." in change.text
    assert "govuk-error-summary" not in change.text
    assert not PublishedCorrection.objects.exists()
    assert client.post(address(published), SENT).status_code == 302
    row = PublishedCorrection.objects.get()
    assert published_corrections.facts_of(row) == FACTS
    assert (row.number, row.revision, row.recorded_at) == (1, 1, NOW)


def test_readers_see_the_notice_and_never_what_was_wrong_or_who_recorded_it(client, published):
    row = record(published)
    text = words_of(client.get(address(published, "release")))
    assert "These statistics were corrected" in text
    assert NOTICE in text
    assert "Corrected at" in text
    assert "The wrong file was uploaded." not in text
    assert row.recorded_by.name not in text


def test_readers_see_that_it_is_not_corrected_yet(client, published):
    record(published, CorrectionFacts("The wrong file was uploaded.", FOUND, None, "Do not use table 2."))
    text = words_of(client.get(address(published, "release")))
    assert "There is an error in these statistics" in text
    assert "Not corrected yet." in text


def test_without_a_notice_readers_see_nothing(client, published):
    client.force_login(create_head(published))
    check = client.post(address(published), ANSWERS | {"public_notice": ""})
    assert "Readers will not see anything" in check.text
    before = words_of(client.get(address(published, "release")))
    client.logout()
    public = words_of(client.get(address(published, "release")))
    record(published, CorrectionFacts("The wrong file was uploaded.", FOUND))
    assert words_of(client.get(address(published, "release"))) == public
    assert "corrected" not in before


def calendar_line(client, **query):
    """Return the text of the only release in the public list, or "" if the list is empty."""
    tree = LexborHTMLParser(client.get(reverse("releases:all_months"), {"show": "published"} | query).text)
    assert "breach" not in tree.css_first("main").text().casefold()
    return " ".join(" ".join(item.text() for item in tree.css(".office-releases__item")).split())


class TestPublicList:
    CORRECTED = {"show": "corrected"}

    def test_it_marks_a_corrected_release_and_can_be_filtered(self, client, published):
        ReleaseFactory(announced=True, reference="other", title="A release without corrections")
        assert calendar_line(client, **self.CORRECTED) == ""
        record(published)
        assert "Corrected on 30 June 2020" in calendar_line(client)
        assert published.title in calendar_line(client, **self.CORRECTED)
        assert "without corrections" not in calendar_line(client, **self.CORRECTED)

    def test_it_names_an_error_that_is_still_to_be_corrected_before_later_corrections(self, client, published):
        record(published, CorrectionFacts("x", FOUND, None, "Do not use table 2."), at=NOW)
        record(published, at=NOW + timedelta(minutes=1), seen=1)
        line = calendar_line(client)
        assert "Error announced on 30 June 2020. Not corrected yet" in line
        assert "Corrected on" not in line

    def test_it_shows_nothing_that_readers_cannot_read(self, client, published):
        before = calendar_line(client)
        record(published, CorrectionFacts("x", FOUND, CORRECTED))
        assert (calendar_line(client), calendar_line(client, **self.CORRECTED)) == (before, "")
        record(published, seen=1)
        notice = published_corrections.corrections_of(published)[1]
        published_corrections.withdraw_correction(notice, reason="x", by=create_head(published), at=NOW, seen=1)
        assert (calendar_line(client), calendar_line(client, **self.CORRECTED)) == (before, "")


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        (CorrectionFacts(" ", FOUND), "what_was_wrong", "Enter what was wrong."),
        (CorrectionFacts("x", None), "found_at", "Enter when the error was found."),
        (CorrectionFacts("x", NOW + timedelta(minutes=1)), "found_at", "must be in the past"),
        (CorrectionFacts("x", SEED_DUE - timedelta(minutes=1)), "found_at", "must be after the release time"),
        (CorrectionFacts("x", FOUND, NOW + timedelta(minutes=1)), "corrected_at", "must be in the past"),
        (
            CorrectionFacts("x", FOUND, FOUND - timedelta(minutes=1)),
            "corrected_at",
            "must not be before the time when the error was found",
        ),
    ],
)
def test_impossible_facts_are_refused(published, facts, field, sentence):
    with pytest.raises(CorrectionRefused, match=sentence) as refusal:
        record(published, facts)
    assert refusal.value.field == field


def test_errors_name_the_field_of_the_form(client, published):
    client.force_login(create_head(published))
    for changed, sentence, link in (
        ({"what_was_wrong": ""}, "Enter what was wrong.", "#id_what_was_wrong"),
        ({"found_time": ""}, "Enter the time as well", "#id_found_time"),
        ({"found_time": "9:29am"}, "must be after the release time", "#id_found_time"),
        ({"corrected_time": "11pm"}, "must be in the past", "#id_corrected_time"),
    ):
        page = client.post(address(published), SENT | changed)
        assert sentence in page.text
        assert f'href="{link}"' in page.text
    assert not PublishedCorrection.objects.exists()


@pytest.mark.parametrize("checked", [{}, {"checked": "yes"}])
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"what_was_wrong": " ", "found_on-day": "", "found_on-month": "", "found_on-year": "", "found_time": ""},
            {"what_was_wrong": "Enter what was wrong.", "found_time": "Enter when the error was found."},
        ),
        (
            {"what_was_wrong": "", "found_time": "9:29am", "corrected_time": "11pm"},
            {
                "what_was_wrong": "Enter what was wrong.",
                "found_time": "must be after the release time",
                "corrected_time": "The time of the correction must be in the past.",
            },
        ),
        (
            {"what_was_wrong": "", "found_time": "", "corrected_time": "11pm"},
            {
                "what_was_wrong": "Enter what was wrong.",
                "found_time": "Enter the time as well",
                "corrected_time": "The time of the correction must be in the past.",
            },
        ),
        (
            {"what_was_wrong": "x" * 2001, "found_on-day": ""},
            {"what_was_wrong": "at most 2000 characters", "found_on": "must include a day"},
        ),
    ],
)
def test_all_errors_are_shown_at_once(client, published, changed, expected, checked):
    client.force_login(create_head(published))
    errors = client.post(address(published), ANSWERS | changed | checked).context["form"].errors
    assert {field: len(found) for field, found in errors.items()} == dict.fromkeys(expected, 1)
    for field, sentence in expected.items():
        assert sentence in errors[field][0]
    assert not PublishedCorrection.objects.exists()


@pytest.mark.parametrize("announced", [True, False])
def test_only_a_published_release_is_corrected(client, announced):
    release = ReleaseFactory(announced=announced)
    with pytest.raises(NotPublished):
        record(release)
    client.force_login(create_head(release))
    assert client.get(address(release)).status_code == 409
    assert address(release) not in client.get(address(release, "release")).text


def test_a_correction_changes_no_verdict_and_begins_no_report(published):
    before = Release.objects.values().get()
    record(published)
    assert Release.objects.values().get() == before
    assert drafting.draft_missing(now=NOW) == []
    assert not Report.objects.exists()


def test_only_a_lead_is_offered_a_breach_report_which_begins_as_a_draft(client, published, subtests):
    record(published)
    start = reverse("breaches:start_about_release", args=[published.reference])
    for role in Role:
        client.force_login(person(published, role))
        page = client.get(address(published, "correction", 1))
        with subtests.test(role), rolled_back():
            assert "A correction is not a breach in itself." in page.text
            for offered in (
                "Start a breach report",
                "The report uses the 2018 to 2021 form.",
            ):
                assert (offered in page.text) == (role in LEADS)
            if role in LEADS:
                prefilled = page.context["prefilled"]
                assert client.post(start, prefilled).status_code == 302
                assert client.post(start, prefilled).status_code == 302
                report = Report.objects.get()
                assert (report.kind, report.status) == ("wrong_content", "draft")
                assert report.occurred_on == SEED_DUE.date()
                assert report.started.release == published
                assert report.number in client.get(address(published, "correction", 1)).text


def test_a_second_click_saves_one_correction_and_another_persons_is_shown_first(client, published):
    client.force_login(create_head(published))
    assert client.post(address(published), SENT).status_code == 302
    assert client.post(address(published), SENT).status_code == 302
    assert PublishedCorrection.objects.count() == 1
    client.force_login(person(published, Role.STATISTICIAN))
    assert client.post(address(published), SENT).status_code == 409
    assert PublishedCorrection.objects.count() == 1
    assert client.post(address(published), SENT | {"seen": "1"}).status_code == 302
    assert [row.number for row in PublishedCorrection.objects.all()] == [1, 2]


def test_a_change_is_a_further_row_and_readers_can_read_the_earlier_notice(client, published):
    record(published, CorrectionFacts("The wrong file was uploaded.", FOUND, None, "Do not use table 2."))
    client.force_login(create_head(published))
    page = client.get(address(published, "change_correction", 1))
    assert 'value="10:36am"' in page.text
    changed = SENT | {"seen": "1"}
    assert client.post(address(published, "change_correction", 1), changed).status_code == 302
    again = client.post(address(published, "change_correction", 1), changed)
    assert again.status_code == 409
    unchanged = client.post(address(published, "change_correction", 1), SENT | {"seen": "2"})
    assert "You did not make any changes." in unchanged.text
    assert [(row.number, row.revision) for row in PublishedCorrection.objects.all()] == [(1, 1), (1, 2)]
    client.logout()
    now, _, earlier = words_of(client.get(address(published, "release"))).partition("Earlier notices")
    assert NOTICE in now
    assert "Do not use table 2." not in now
    assert "Do not use table 2." in earlier
    assert "Do not use table 2." in words_of_history(client, published)


def test_a_change_that_readers_do_not_see_leaves_the_time_at_which_the_notice_was_posted(client, published):
    record(published)
    head = create_head(published)
    private = CorrectionFacts("The wrong table was uploaded.", FOUND, CORRECTED, NOTICE)
    published_corrections.change_correction(only(published), private, by=head, at=NOW + timedelta(hours=1), seen=1)
    assert "Posted at 12:30pm" in words(client.get(address(published, "release")).text)
    replaced = CorrectionFacts("The wrong table was uploaded.", FOUND, CORRECTED, "Table 3 is replaced too.")
    published_corrections.change_correction(only(published), replaced, by=head, at=NOW + timedelta(hours=2), seen=2)
    now, _, earlier = words(client.get(address(published, "release")).text).partition("Earlier notices")
    assert "Posted at 2:30pm" in now
    assert "Posted at 12:30pm" in earlier
    assert "1:30pm" not in now + earlier


def test_feeds_and_the_api_say_when_the_statistics_were_corrected(client, published):
    record(published, CorrectionFacts("The wrong file was uploaded.", FOUND, None, NOTICE))
    (first,) = entries_of_corrections(client)
    assert f"Not corrected yet. {NOTICE}" in first["summary"]
    corrected = CorrectionFacts("The wrong file was uploaded.", FOUND, CORRECTED, NOTICE)
    at = NOW + timedelta(hours=1)
    published_corrections.change_correction(only(published), corrected, by=create_head(published), at=at, seen=1)
    (entry,) = entries_of_corrections(client)
    assert (entry["id"], entry["updated"]) == (first["id"], "2020-06-30T12:30:00+00:00")
    assert f"Corrected at 11:30am on 30 June 2020. {NOTICE}" in entry["summary"]
    (answer,) = corrections_in(client, published)
    assert (answer["corrected_at"], answer["updated_at"]) == ("2020-06-30T10:30:00Z", "2020-06-30T12:30:00Z")
    release = client.get(f"/api/v1/releases/{published.reference}").json()
    assert release["changed_at"] == "2020-06-30T12:30:00Z"


def words_of_history(client, release):
    client.force_login(create_head(release))
    return words_of(client.get(address(release, "correction", 1))).partition("History")[2]


def test_a_withdrawn_correction_needs_a_reason_and_leaves_the_list(client, published):
    record(published)
    client.force_login(create_head(published))
    withdrawal = address(published, "withdraw_correction", 1)
    assert "Enter why you are withdrawing the correction." in client.post(withdrawal, {"seen": "1", "reason": " "}).text
    assert client.post(withdrawal, {"seen": "1", "reason": "It was another release."}).status_code == 302
    page = client.get(address(published, "correction", 1))
    assert "It was another release." in page.text
    assert "Start a breach report" not in page.text
    assert published.title not in client.get(LIST).text
    for name in ("change_correction", "withdraw_correction"):
        assert client.get(address(published, name, 1)).status_code == 409
    with pytest.raises(AlreadyWithdrawn):
        published_corrections.change_correction(only(published), FACTS, by=create_head(published), at=NOW, seen=2)
    with pytest.raises(ChangedMeanwhile):
        published_corrections.withdraw_correction(
            only(published), reason="x", by=create_head(published), at=NOW, seen=1
        )
    client.logout()
    public = words_of(client.get(address(published, "release")))
    assert "A correction notice was withdrawn" in public
    assert "It was another release." not in public
    assert "These statistics were corrected" not in public


def test_each_row_has_an_event_and_stays_as_it_was_written(published):
    row = record(published)
    event = ReleaseEvent.objects.get(kind="correction_recorded")
    assert (event.words, event.facts["number"], event.facts["is_public"]) == (FACTS.what_was_wrong, 1, True)
    row.public_notice = "Nothing was wrong."
    with pytest.raises(AppendOnlyRow):
        row.save()
    with pytest.raises(AppendOnlyRow):
        PublishedCorrection.objects.all().delete()


def test_the_list_has_the_latest_first_and_says_what_is_not_corrected_yet(client, published):
    record(published)
    record(published, CorrectionFacts("A footnote is missing.", CORRECTED), seen=1)
    client.force_login(person(published, Role.AUDITOR))
    text = words_of(client.get(LIST))
    assert text.index("A footnote is missing.") < text.index("The wrong file was uploaded.")
    assert "Not corrected yet" in text
    sorted_page = client.get(LIST, {"sort": "found"})
    text = words_of(sorted_page)
    assert text.index("A footnote is missing.") > text.index("The wrong file was uploaded.")
    assert 'aria-sort="ascending"' in sorted_page.text


def test_the_list_says_that_there_are_none(client, published):
    client.force_login(create_head(published))
    assert "No corrections." in client.get(LIST).text


def corrections_in(client, release):
    return client.get(f"/api/v1/releases/{release.reference}").json()["corrections"]


def entries_of_corrections(client):
    return [one for one in entries(client.get(reverse("releases:office_changes"))) if one["kind"] == "corrected"]


def test_feeds_and_the_api_have_the_notice_and_never_what_was_wrong(client, published):
    record(published, CorrectionFacts("A footnote is missing.", FOUND))
    assert (corrections_in(client, published), entries_of_corrections(client)) == ([], [])
    record(published, seen=1)
    assert corrections_in(client, published) == [
        {
            "number": 2,
            "notice": NOTICE,
            "corrected_at": "2020-06-30T10:30:00Z",
            "announced_at": "2020-06-30T11:30:00Z",
            "updated_at": "2020-06-30T11:30:00Z",
        }
    ]
    (entry,) = entries_of_corrections(client)
    assert entry["title"] == f"Correction: {published.title}"
    assert NOTICE in entry["summary"]
    for address_of_all in (reverse("releases:office_changes"), f"/api/v1/releases/{published.reference}"):
        text = client.get(address_of_all).text
        assert "The wrong file was uploaded." not in text
        assert "footnote" not in text


def test_a_changed_notice_updates_its_entry_and_a_withdrawn_one_says_so(client, published):
    record(published)
    (first,) = entries_of_corrections(client)
    later, latest = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    facts = CorrectionFacts(FACTS.what_was_wrong, FOUND, CORRECTED, "Table 3 is replaced too.")
    head = create_head(published)
    published_corrections.change_correction(only(published), facts, by=head, at=later, seen=1)
    (changed,) = entries_of_corrections(client)
    assert changed["id"] == first["id"]
    assert changed["updated"] == "2020-06-30T12:30:00+00:00"
    assert "Table 3 is replaced too." in changed["summary"]
    published_corrections.withdraw_correction(only(published), reason="It was another.", by=head, at=latest, seen=2)
    (withdrawn,) = entries_of_corrections(client)
    assert "This notice was withdrawn." in withdrawn["summary"]
    (answer,) = corrections_in(client, published)
    assert (answer["notice"], answer["updated_at"]) == (None, "2020-06-30T13:30:00Z")

"""Checks that unpublished files are not open to the public, against a real site (issue L, item 6)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from releases import host_budgets, open_files, scheduling
from releases.detection.open_files import DummyFileState, Result, Sign, Target
from releases.early_findings import name_contact
from releases.models import Address, DummyFile, HostAuthorisation, OpenFileCheck, OpenFileFinding, OpenFileRemedy
from releases.models.append_only import AppendOnlyRow
from releases.open_files import NothingToDo, OpenFileRefused
from releases.permissions import NotYours
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules import host_budget
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, Role
from releases.rules.web_address import place_of
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.dummy_files import (
    LOG_IN_PAGE,
    NOW,
    PAGE,
    ask,
    authorise,
    authorised_file,
    check,
    make_file,
    path_of,
    put,
    record_of,
    run,
)
from tests.support.factories import SEED_DUE, ReleaseFactory, rolled_back
from tests.support.people import create_office
from tests.support.preflight import means_with

pytestmark = pytest.mark.django_db

Measure = OpenFileRemedy.Measure


@pytest.fixture
def dummy_file(office, site):
    return authorised_file(office, site)


def hours(number):
    return NOW + timedelta(hours=number)


class TestResults:
    def test_a_file_that_anyone_can_fetch_is_open_which_its_token_proves(self, dummy_file, site, means, office):
        put(site, dummy_file)
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign, finding.status) == (Result.OPEN, Sign.TOKEN, 200)
        content = open_files.write_dummy_file(dummy_file, "csv")
        assert dummy_file.token in content
        assert finding.body_sha256 == sha256_hex(content.encode())
        assert finding.sent_at == finding.completed_at == NOW, "the scripted clock"
        assert (finding.vantage, finding.authorisation.host) == ("the office", place_of(site.base_url))
        assert record_of(dummy_file, office.head).state is DummyFileState.OPEN

    def test_the_text_file_has_the_token_too(self, dummy_file, site, means, office):
        content = open_files.write_dummy_file(dummy_file, "txt")
        site.publish(path_of(dummy_file), [scene(content, content_type="text/plain")])
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert finding.sign == Sign.TOKEN

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_a_status_of_refusal_is_not_open(self, dummy_file, site, means, office, status):
        site.publish(path_of(dummy_file), [scene("<h1>No</h1>", status=status)])
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign, finding.status) == (Result.NOT_OPEN, Sign.REFUSED, status)
        assert finding.body_sha256 == ""
        assert record_of(dummy_file, office.head).state is DummyFileState.NOT_OPEN

    def test_a_redirect_to_a_page_for_signing_in_is_not_open(self, dummy_file, site, means, office):
        moved = scene("", status=302, headers={"Location": "/login?next=/files"})
        site.publish_all({path_of(dummy_file): [moved], "/login": [scene(LOG_IN_PAGE)]})
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign) == (Result.NOT_OPEN, Sign.LOG_IN)

    def test_a_redirect_to_another_host_is_not_followed_and_shows_nothing(self, dummy_file, site, means, office):
        there = site.url("/elsewhere").replace("127.0.0.1", "localhost")
        moved = scene("", status=302, headers={"Location": there})
        site.publish_all({path_of(dummy_file): [moved], "/elsewhere": [scene(dummy_file.token)]})
        site.forget_arrivals()
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign, finding.status) == (Result.NOT_KNOWN, Sign.OTHER_HOST, 302)
        assert [one.path for one in site.arrivals()] == [path_of(dummy_file)]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [("<title>Files</title><h1>Our files</h1><p>Some words.</p>", "text/html"), ("a,b\r\n1,2\r\n", "text/csv")],
    )
    def test_something_else_at_the_address_shows_nothing_and_is_not_stored(
        self, dummy_file, site, means, office, body, kind
    ):
        site.publish(path_of(dummy_file), [scene(body, content_type=kind)])
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign, finding.status) == (Result.NOT_KNOWN, Sign.SOMETHING_ELSE, 200)
        assert finding.body_sha256 == ""
        assert record_of(dummy_file, office.head).state is DummyFileState.NOT_KNOWN

    def test_a_page_for_missing_addresses_with_a_status_of_success_is_not_open(self, dummy_file, site, means, office):
        site.publish(path_of(dummy_file), [scene("<title>Page not found</title><h1>Page not found</h1>")])
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign) == (Result.NOT_OPEN, Sign.NOT_FOUND_PAGE)

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_fault_of_the_site_shows_nothing(self, dummy_file, site, means, office, status):
        site.publish(path_of(dummy_file), [scene("<h1>Fault</h1>", status=status)])
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert (finding.result, finding.sign) == (Result.NOT_KNOWN, Sign.OTHER_STATUS)

    def test_no_answer_is_not_known_and_never_not_open(self, office, site, means):
        place = "127.0.0.1:9"
        authorise(office.producer, place, by=office.head)
        dummy_file = make_file(office)
        opened = frozenset({place})
        fetcher = Fetcher(now=lambda: NOW, user_agent="t", allow_private=opened, default_budget=host_budget.LIFTED)
        url = f"https://{place}{path_of(dummy_file)}"
        request = open_files.request_check(dummy_file, file_url=url, page_url="", by=office.head, at=NOW)
        with Probe(fetcher) as probe:
            run(means_with(probe))
        finding = request.findings.get()
        assert (finding.result, finding.sign, finding.failure) == (Result.NOT_KNOWN, Sign.NO_ANSWER, "connect")
        assert finding.status is None

    def test_a_host_on_a_private_network_is_not_requested(self, office, site):
        dummy_file = authorised_file(office, site)
        put(site, dummy_file)
        site.forget_arrivals()
        fetcher = Fetcher(now=lambda: NOW, user_agent="t", default_budget=host_budget.LIFTED)
        request = ask(dummy_file, site, by=office.head)
        with Probe(fetcher) as probe:
            run(means_with(probe))
        finding = request.findings.get()
        assert (finding.result, finding.sign, finding.sent_at) == (Result.NOT_KNOWN, Sign.ADDRESS_REFUSED, None)
        assert site.arrivals() == []

    @pytest.mark.parametrize(
        ("body", "status", "result", "sign"),
        [
            ("<h1>Draft</h1><a href='/files/{name}.csv'>Table</a>", 200, Result.OPEN, Sign.FILE_NAME),
            ("<h1>Draft</h1><p>{token}</p>", 200, Result.OPEN, Sign.TOKEN),
            ("<title>Draft</title><h1>Draft</h1><p>A table.</p>", 200, Result.NOT_KNOWN, Sign.SOMETHING_ELSE),
            ("<h1>Not found</h1>", 404, Result.NOT_OPEN, Sign.REFUSED),
        ],
    )
    def test_the_unpublished_page_is_open_if_it_shows_the_token_or_names_the_file(
        self, dummy_file, site, means, office, body, status, result, sign
    ):
        shown = body.format(name=dummy_file.name, token=dummy_file.token)
        site.publish_all({path_of(dummy_file): [scene("", status=404)], PAGE: [scene(shown, status=status)]})
        found = check(dummy_file, site, means, page=PAGE, by=office.head)
        assert (found[Target.PAGE].result, found[Target.PAGE].sign) == (result, sign)
        assert found[Target.FILE].result == Result.NOT_OPEN


class TestRequests:
    def test_a_file_name_without_the_code_is_refused(self, dummy_file, site, office):
        with pytest.raises(OpenFileRefused, match=dummy_file.code) as refused:
            open_files.request_check(
                dummy_file, file_url=site.url("/files/table-1.csv"), page_url="", by=office.head, at=NOW
            )
        assert refused.value.field == "file_url"
        assert not OpenFileCheck.objects.exists()

    def test_an_address_of_a_release_in_the_calendar_is_refused(self, dummy_file, site, office):
        series = dummy_file.series
        release = ReleaseFactory(series=series, url=site.url("/statistics/Prices"))
        attached = f"/files/{dummy_file.name}.csv"
        Address.objects.create(release=release, url=site.url(attached), role="attachment", added_at=NOW)
        sentence = "belongs to a release in the calendar"
        with pytest.raises(OpenFileRefused, match=sentence):
            ask(dummy_file, site, by=office.head)
        Address.objects.filter(role="attachment").delete()
        with pytest.raises(OpenFileRefused, match=sentence) as refused:
            ask(dummy_file, site, page="/statistics/prices/?preview=1", by=office.head)
        assert refused.value.field == "page_url"

    def test_an_address_of_another_producer_is_refused_only_once_it_is_public(self, dummy_file, site, office):
        release = ReleaseFactory(announced=True, url=site.url(PAGE))
        with rolled_back():
            assert ask(dummy_file, site, page=PAGE, by=office.head).page_url == site.url(PAGE)
        scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
        with pytest.raises(OpenFileRefused, match="belongs to a release"):
            ask(dummy_file, site, page=PAGE, by=office.head)

    def test_a_host_without_a_recorded_authorisation_is_refused_in_one_sentence(self, office, site):
        dummy_file = make_file(office)
        with pytest.raises(OpenFileRefused, match=r"authorisation from the owner of 127\.0\.0\.1") as refused:
            ask(dummy_file, site, by=office.head)
        assert refused.value.field == "file_url"

    def test_an_authorisation_is_of_one_producer_and_of_one_host_with_its_port(self, office, site):
        other = create_office()
        authorise(other.producer, place_of(site.base_url), by=other.head)
        authorise(office.producer, "127.0.0.1", by=office.head)
        with pytest.raises(OpenFileRefused, match="No written authorisation"):
            ask(make_file(office), site, by=office.head)

    def test_a_second_click_requests_no_second_check_and_makes_no_second_file(self, dummy_file, site, office):
        assert ask(dummy_file, site, by=office.head) == ask(dummy_file, site, by=office.deputy)
        fresh = open_files.make_dummy_file(dummy_file.series, by=office.head, at=hours(1))
        assert open_files.make_dummy_file(dummy_file.series, by=office.head, at=hours(1)) == fresh
        assert DummyFile.objects.count() == 2

    def test_a_request_for_other_addresses_is_a_check_of_its_own_while_one_waits(self, dummy_file, site, means, office):
        first = ask(dummy_file, site, by=office.head)
        with_page = ask(dummy_file, site, page=PAGE, by=office.deputy)
        moved = open_files.request_check(
            dummy_file, file_url=site.url(f"/moved{path_of(dummy_file)}"), page_url="", by=office.head, at=NOW
        )
        assert len({first, with_page, moved}) == 3
        assert ask(dummy_file, site, page=PAGE, by=office.head) == with_page
        assert run(means) == 4
        assert [check.waiting_urls for check in (first, with_page, moved)] == [[], [], []]

    def test_the_same_addresses_can_be_checked_again(self, dummy_file, site, means, office):
        first = check(dummy_file, site, means, page=PAGE, by=office.head)[Target.FILE].request
        again = ask(dummy_file, site, page=PAGE, by=office.deputy, at=hours(1))
        assert again != first
        assert (again.file_url, again.page_url) == (first.file_url, first.page_url)
        assert record_of(dummy_file, office.head).is_waiting
        assert run(means, at=hours(1)) == 2
        assert not record_of(dummy_file, office.head).is_waiting


class TestJob:
    def test_an_authorisation_withdrawn_before_the_check_stops_it(self, dummy_file, site, means, office):
        put(site, dummy_file)
        site.forget_arrivals()
        request = ask(dummy_file, site, page=PAGE, by=office.head)
        held = HostAuthorisation.objects.get()
        open_files.withdraw_authorisation(held, by=office.head, at=NOW)
        assert run(means) == 2
        assert set(request.findings.values_list("result", "sign", "sent_at", "authorisation")) == {
            (Result.NOT_KNOWN, Sign.NOT_AUTHORISED, None, None)
        }
        assert site.arrivals() == []

    def test_a_check_is_made_once_and_not_around_a_due_instant_or_after_a_stop(self, dummy_file, site, means, office):
        ask(dummy_file, site, page=PAGE, by=office.head)
        site.forget_arrivals()
        assert open_files.run_requested_checks(means=means, now=NOW, quiet=lambda _at: False) == 0
        assert site.arrivals() == []
        assert [run(means), run(means)] == [2, 0]
        assert len(site.arrivals()) == 2

    def test_a_check_waits_while_another_process_has_the_host(self, dummy_file, site, means, office):
        ask(dummy_file, site, by=office.head)
        place = place_of(site.base_url)
        for name in (place, host_budgets.claim_spare(place)):
            host_budgets.claim_hosts([name], holder="another", now=NOW)
        assert run(means) == 0
        assert open_files.has_waiting_checks()
        host_budgets.release_hosts("another", now=NOW)
        assert run(means) == 1
        assert not open_files.has_waiting_checks()

    def test_a_failure_of_our_own_code_ends_the_check_as_not_known(self, dummy_file, site, means, office, monkeypatch):
        put(site, dummy_file)
        site.publish(path_of(dummy_file), [scene(pages.release_page("Prices", published="1 July 2026"))])

        def fail(*_arguments):
            raise RuntimeError("our own fault")

        monkeypatch.setattr(means.probe, "examine", fail)
        (finding,) = check(dummy_file, site, means, by=office.head).values()
        assert finding.result == Result.NOT_KNOWN


class TestPeople:
    def test_leads_and_the_publishing_team_check_and_others_cannot(self, dummy_file, site, means, office, subtests):
        put(site, dummy_file)
        check(dummy_file, site, means, by=office.head)
        for role, person in office.people.items():
            with subtests.test(role), rolled_back():
                if role in LEADS | {Role.PUBLISHING_TEAM}:
                    assert ask(dummy_file, site, by=person, at=hours(1))
                    assert open_files.record_remedy(
                        record_of(dummy_file, person), Measure.OTHER, by=person, at=hours(1)
                    )
                    assert [one.dummy_file for one in open_files.find_open_places(person)] == [dummy_file]
                    continue
                with pytest.raises(NotYours):
                    ask(dummy_file, site, by=person, at=hours(1))
                with pytest.raises(NotYours):
                    make_file(office, by=person, at=hours(1))
                assert open_files.find_open_places(person) == []
                assert open_files.files_known_to(person).exists() == (role is Role.AUDITOR)

    def test_the_incident_contact_knows_and_other_offices_do_not(self, dummy_file, site, means, office):
        put(site, dummy_file)
        check(dummy_file, site, means, by=office.head)
        contact = office.statistician
        assert not open_files.may_see_files(contact, office.producer)
        name_contact(office.producer, contact, by=office.head, at=NOW, seen=0)
        assert open_files.may_see_files(contact, office.producer)
        assert [one.dummy_file for one in open_files.find_open_places(contact)] == [dummy_file]
        with pytest.raises(NotYours):
            ask(dummy_file, site, by=contact)
        for person in create_office().people.values():
            assert not open_files.files_known_to(person).exists()
            assert open_files.find_open_places(person) == []

    def test_an_open_file_is_a_task_until_it_is_dealt_with_and_not_open(self, dummy_file, site, means, office):
        head = office.head
        put(site, dummy_file)
        check(dummy_file, site, means, by=head)
        assert open_files.record_remedy(record_of(dummy_file, head), Measure.RESTRICTED, by=head, at=hours(1))
        again = open_files.record_remedy(record_of(dummy_file, head), Measure.RESTRICTED, by=head, at=hours(1))
        assert again is None, "a second click"
        assert record_of(dummy_file, head).state is DummyFileState.DEALT_WITH
        assert open_files.find_open_places(head)
        site.publish(path_of(dummy_file), [scene("", status=403)])
        check(dummy_file, site, means, by=head, at=hours(2))
        assert record_of(dummy_file, head).state is DummyFileState.NOT_OPEN
        assert open_files.find_open_places(head) == []

    def test_there_is_nothing_to_deal_with_before_a_file_was_open(self, dummy_file, site, means, office):
        check(dummy_file, site, means, by=office.head)
        with pytest.raises(NothingToDo):
            open_files.record_remedy(record_of(dummy_file, office.head), Measure.OTHER, by=office.head, at=NOW)


class TestAuthorisations:
    def test_only_leads_record_and_withdraw_authorisations(self, office, subtests):
        held = authorise(office.producer, "assets.example.gov.uk", by=office.deputy)
        for role in set(Role) - LEADS:
            person = office.people[role]
            with subtests.test(role):
                with pytest.raises(NotYours):
                    authorise(office.producer, "www.example.gov.uk", by=person)
                with pytest.raises(NotYours):
                    open_files.withdraw_authorisation(held, by=person, at=NOW)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"host": "not a host"}, "host"),
            ({"owner_name": " "}, "owner_name"),
            ({"owner_post": ""}, "owner_post"),
            ({"reference": ""}, "reference"),
            ({"authorised_on": date(2026, 7, 1)}, "authorised_on"),
        ],
    )
    def test_an_authorisation_names_the_host_its_owner_the_reference_and_the_date(self, office, given, field):
        fields = {"host": "www.example.gov.uk"} | given
        with pytest.raises(OpenFileRefused) as refused:
            authorise(office.producer, by=office.head, **fields)
        assert refused.value.field == field

    def test_the_date_is_compared_with_the_day_in_london(self, office):
        at = datetime(2026, 6, 14, 23, 30, tzinfo=UTC)  # 12:30am in London
        given = {"by": office.head, "at": at}
        today, tomorrow = date(2026, 6, 15), date(2026, 6, 16)
        assert authorise(office.producer, "www.example.gov.uk", **given, authorised_on=today).authorised_on == today
        with pytest.raises(OpenFileRefused, match="today or in the past"):
            authorise(office.producer, "www.example.gov.uk", **given, authorised_on=tomorrow)

    def test_a_new_authorisation_replaces_the_last_and_a_second_click_adds_none(self, office):
        first = authorise(office.producer, "https://WWW.example.gov.uk/some/page", by=office.head)
        assert first.host == "www.example.gov.uk"
        assert authorise(office.producer, "www.example.gov.uk", by=office.head) == first
        second = authorise(office.producer, "www.example.gov.uk", by=office.head, reference="Letter 13")
        assert open_files.find_authorisation(office.producer, "www.example.gov.uk") == second
        assert HostAuthorisation.objects.count() == 2

    def test_a_withdrawn_authorisation_no_longer_counts_and_stays_on_record(self, office):
        held = authorise(office.producer, "www.example.gov.uk", by=office.head)
        gone = open_files.withdraw_authorisation(held, by=office.deputy, at=NOW)
        assert open_files.withdraw_authorisation(held, by=office.deputy, at=NOW) == gone, "a second click"
        assert open_files.find_authorisation(office.producer, "www.example.gov.uk") is None
        assert (gone.recorded_by, gone.owner_name, HostAuthorisation.objects.count()) == (office.deputy, "", 2)
        again = authorise(office.producer, "www.example.gov.uk", by=office.head)
        with pytest.raises(ChangedMeanwhile):
            open_files.withdraw_authorisation(held, by=office.head, at=NOW)
        assert open_files.find_authorisation(office.producer, "www.example.gov.uk") == again

    def test_the_name_of_an_owner_is_removed_some_time_after_it_was_replaced(self, office):
        retention = timedelta(days=730)
        held = authorise(office.producer, "www.example.gov.uk", by=office.head)
        kept = authorise(office.producer, "files.example.gov.uk", by=office.head)
        later = NOW + timedelta(days=1)
        open_files.withdraw_authorisation(held, by=office.head, at=later)
        assert open_files.erase_owner_names(now=later + retention, retention=retention) == 0
        after = later + retention + timedelta(hours=1)
        assert open_files.erase_owner_names(now=after, retention=retention, dry_run=True) == 1
        assert open_files.erase_owner_names(now=after, retention=retention) == 1
        assert open_files.erase_owner_names(now=after, retention=retention) == 0
        held.refresh_from_db()
        kept.refresh_from_db()
        assert held.owner_name.startswith("[removed on ")
        assert (held.owner_post, kept.owner_name) == ("Service owner", "Ottoline Crabtree")


def test_no_row_of_a_check_can_be_changed_or_deleted(dummy_file, site, means, office):
    check(dummy_file, site, means, by=office.head)
    for model in (HostAuthorisation, DummyFile, OpenFileCheck, OpenFileFinding):
        row = model.objects.get()
        with pytest.raises(AppendOnlyRow):
            row.save()
        with pytest.raises(AppendOnlyRow):
            model.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(
    "values",
    [
        {"result": Result.NOT_OPEN, "sign": Sign.NO_ANSWER},
        {"result": Result.OPEN, "sign": Sign.TOKEN},
        {"result": Result.OPEN, "sign": Sign.SOMETHING_ELSE, "status": 200},
        {"result": Result.NOT_KNOWN, "sign": Sign.SOMETHING_ELSE, "status": 200, "body_sha256": "0" * 64},
        {"result": Result.NOT_KNOWN, "sign": Sign.NO_ANSWER, "sent_at": NOW, "completed_at": NOW},
    ],
)
def test_the_database_refuses_a_result_without_an_answer_a_proof_or_an_authorisation(dummy_file, site, office, values):
    request = ask(dummy_file, site, by=office.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        OpenFileFinding.objects.create(
            request=request, target=Target.FILE, url=request.file_url, recorded_at=NOW, **values
        )

"""Pages about checks that unpublished files are not open to the public, and who may see them."""

import re
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from django.urls import reverse

from releases import open_files
from releases.early_findings import name_contact
from releases.models import DummyFile, HostAuthorisation, OpenFileCheck, OpenFileRemedy
from releases.rules.lifecycle import LEADS, Role
from releases.rules.web_address import place_of
from releases.views import open_files as views
from statsoffice.fake_publisher.open_place import PLACE
from statsoffice.fake_publisher.scenes import scene
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Channel, Message
from statsoffice.notifications.views import visible_messages
from tests.support import report_forms
from tests.support.dummy_files import NOW, ask, authorise, authorised_file, check, make_file, path_of, put, run
from tests.support.factories import SeriesFactory, rolled_back
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

LIST = reverse("releases:open_files")
CHECKERS = LEADS | {Role.PUBLISHING_TEAM}
HOST = {
    "host": "assets.example.gov.uk",
    "owner_name": "Ottoline Crabtree",
    "owner_post": "Service owner",
    "reference": "Letter 12",
    "authorised_on-day": "1",
    "authorised_on-month": "6",
    "authorised_on-year": "2026",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def words(response):
    return report_forms.words(response.text)


def address(name, *arguments):
    return reverse(f"releases:{name}", args=arguments)


def found_open(office, site, means):
    """A dummy file that a check by the publishing team found open."""
    dummy_file = authorised_file(office, site)
    put(site, dummy_file)
    ask(dummy_file, site, by=office.people[Role.PUBLISHING_TEAM])
    run(means)
    return dummy_file


def answers(dummy_file, site, **more):
    return {"file_url": site.url(path_of(dummy_file)), "page_url": "", "in_place": "on"} | more


class TestWay:
    def test_a_new_user_goes_from_the_authorisation_to_the_result(self, client, office, site, means):
        SeriesFactory(producer=office.producer, title="Rail journeys")
        client.force_login(office.head)
        empty = words(client.get(LIST))
        assert "There are no dummy files yet." in empty
        assert "No authorisation is recorded, so nothing can be checked yet." in empty
        record_host = address("authorise_host", office.producer.slug)
        place = site.base_url.removeprefix("http://")
        saved = words(client.post(record_host, HOST | {"host": place}, follow=True))
        assert "Authorisation recorded." in saved
        assert "Ottoline Crabtree, Service owner" in saved
        assert "Letter 12, 1 June 2026" in saved
        make = address("make_dummy_file", office.producer.slug)
        made = words(client.post(make, {"series": office.producer.series.get().pk}, follow=True))
        dummy_file = DummyFile.objects.get()
        assert f"{dummy_file.code} must stay in its name" in made
        download = client.get(address("dummy_file", dummy_file.pk, "csv"))
        assert dummy_file.token in download.text
        assert f"{dummy_file.name}.csv" in download.headers["Content-Disposition"]
        site.publish(path_of(dummy_file), [scene(download.content, content_type="text/csv")])
        check = address("check_open_file", dummy_file.pk)
        assert "Never enter the address of real statistics that are not published." in words(client.get(check))
        asked = words(client.post(check, answers(dummy_file, site), follow=True))
        assert "Check requested" in asked
        assert "Waiting for the check" in asked
        run(means)
        shown = words(client.get(address("open_file", dummy_file.pk)))
        assert "Open to the public" in shown
        assert "The file can be fetched. The response contained its token." in shown
        assert "Head Of Profession stated that the dummy file was in its place." in shown
        assert "Requested from: the office." in shown

    def test_the_page_shows_the_addresses_of_each_check_that_waits(self, client, office, site):
        dummy_file = authorised_file(office, site)
        client.force_login(office.head)
        check = address("check_open_file", dummy_file.pk)
        pages = [site.url("/preview/1"), site.url("/preview/2")]
        for page_url in pages:
            shown = client.post(check, answers(dummy_file, site, page_url=page_url), follow=True)
        assert words(shown).count("Waiting for the check") == 4
        for url in pages:
            assert url in words(shown)

    def test_a_file_in_the_open_place_of_the_practice_site_is_open_to_the_public(self, client, office, site, means):
        dummy_file = authorised_file(office, site)
        name = f"{dummy_file.name}.txt"
        body = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body += f"{open_files.write_dummy_file(dummy_file, 'txt')}\r\n--edge--\r\n"
        sent = Request(  # noqa: S310  # a site of this test
            site.url(PLACE), body.encode(), {"Content-Type": "multipart/form-data; boundary=edge"}
        )
        with urlopen(sent, timeout=10) as answer:  # noqa: S310  # a site of this test
            assert site.url(f"{PLACE}{name}") in answer.read().decode()
        client.force_login(office.head)
        client.post(
            address("check_open_file", dummy_file.pk), answers(dummy_file, site, file_url=site.url(f"{PLACE}{name}"))
        )
        run(means)
        assert "Open to the public" in words(client.get(address("open_file", dummy_file.pk)))

    def test_an_open_file_is_on_the_dashboard_until_it_is_dealt_with_and_not_open(
        self, client, office, site, means, time_machine
    ):
        dummy_file = found_open(office, site, means)
        time_machine.move_to(NOW + timedelta(minutes=30), tick=False)
        client.force_login(office.head)
        page, deal = address("open_file", dummy_file.pk), address("open_file_dealt_with", dummy_file.pk)
        assert page in client.get("/desk/").text
        assert deal in client.get(page).text
        assert "Select what was done" in words(client.post(deal, {}))
        done = words(client.post(deal, {"measure": "restricted"}, follow=True))
        assert "Recorded. Now check again" in done
        assert "Access to the folder or page is now restricted" in done
        assert "You did not make any changes." in words(client.post(deal, {"measure": "restricted"}, follow=True))
        assert page in client.get("/desk/").text
        site.publish(path_of(dummy_file), [scene("", status=404)])
        check = address("check_open_file", dummy_file.pk)
        assert check in client.get(page).text
        assert "Check requested" in words(client.post(check, answers(dummy_file, site), follow=True))
        run(means, at=NOW + timedelta(hours=1))
        assert "HTTP status 404." in words(client.get(page))
        assert page not in client.get("/desk/").text
        assert OpenFileRemedy.objects.count() == 1

    def test_a_withdrawn_host_is_not_checked_and_the_refusal_says_so(self, client, office, site, means):
        dummy_file = found_open(office, site, means)
        client.force_login(office.head)
        withdraw = address("withdraw_host", HostAuthorisation.objects.get().pk)
        assert "cancel the checks that are waiting" in words(client.get(withdraw))
        assert "Authorisation withdrawn." in words(client.post(withdraw, follow=True))
        client.post(withdraw)
        assert HostAuthorisation.objects.count() == 2
        again = words(client.post(address("check_open_file", dummy_file.pk), answers(dummy_file, site)))
        assert "No written authorisation from the owner of 127.0.0.1" in again


class TestForms:
    @pytest.mark.parametrize(
        ("sent", "error"),
        [
            ({"file_url": ""}, "Enter the web address of the dummy file"),
            ({"file_url": "www.example.gov.uk/x"}, "does not start with http"),
            ({"file_url": "https://www.example.gov.uk/files/table-1.csv"}, "The file name must contain"),
            ({"in_place": ""}, "Confirm that the dummy file is at this address now"),
            ({"page_url": "https://www.example.gov.uk/draft"}, "written authorisation from the owner of www.example"),
        ],
    )
    def test_what_is_missing_or_refused_is_an_error_of_its_field(self, client, office, site, sent, error):
        dummy_file = authorised_file(office, site)
        client.force_login(office.head)
        shown = client.post(address("check_open_file", dummy_file.pk), answers(dummy_file, site, **sent))
        assert shown.status_code == 200
        assert error in words(shown)
        assert "There is a problem" in words(shown)
        assert not OpenFileCheck.objects.exists()

    def test_each_check_asks_again_whether_the_file_is_there(self, client, office, site, means):
        dummy_file = found_open(office, site, means)
        client.force_login(office.deputy)
        form = client.get(address("check_open_file", dummy_file.pk)).context["form"]
        assert form["file_url"].value() == site.url(path_of(dummy_file))
        assert not form["in_place"].value()
        client.post(address("check_open_file", dummy_file.pk), answers(dummy_file, site, in_place=""))
        assert [check.requested_by for check in OpenFileCheck.objects.all()] == [office.people[Role.PUBLISHING_TEAM]]

    def test_a_host_needs_each_part_of_its_authorisation(self, client, office):
        client.force_login(office.head)
        shown = words(client.post(address("authorise_host", office.producer.slug), {}))
        for error in ("Enter a host", "Enter the name of the owner", "Enter the post", "Enter the reference"):
            assert error in shown
        assert not HostAuthorisation.objects.exists()

    def test_the_page_says_what_to_do_about_a_producer_without_series(self, client, office):
        client.force_login(office.head)
        assert "Add a series before you create a dummy file." in words(
            client.get(address("make_dummy_file", office.producer.slug))
        )


class TestPrivacy:
    def test_few_people_see_the_pages_and_everyone_else_gets_404(self, client, office, site, means, subtests):
        dummy_file = found_open(office, site, means)
        elsewhere = create_office()
        pages = {
            address("open_files"): CHECKERS | {Role.AUDITOR},
            address("open_file", dummy_file.pk): CHECKERS | {Role.AUDITOR},
            address("dummy_file", dummy_file.pk, "txt"): CHECKERS,
            address("check_open_file", dummy_file.pk): CHECKERS,
            address("open_file_dealt_with", dummy_file.pk): CHECKERS,
            address("make_dummy_file", office.producer.slug): CHECKERS,
            address("authorise_host", office.producer.slug): LEADS,
            address("withdraw_host", HostAuthorisation.objects.get().pk): LEADS,
        }
        for role in Role:
            for url, roles in pages.items():
                with subtests.test(f"{role} {url}"):
                    client.force_login(office.people[role])
                    assert client.get(url).status_code == (200 if role in roles else 404)
                    client.force_login(elsewhere.people[role])
                    if url == LIST and role in roles:
                        assert dummy_file.name not in client.get(url).text
                    else:
                        assert client.get(url).status_code == 404

    def test_posts_of_other_people_change_nothing(self, client, office, site, means, subtests):
        dummy_file = found_open(office, site, means)
        posts = {
            address("check_open_file", dummy_file.pk): answers(dummy_file, site),
            address("open_file_dealt_with", dummy_file.pk): {"measure": "other"},
            address("make_dummy_file", office.producer.slug): {"series": dummy_file.series_id},
            address("authorise_host", office.producer.slug): HOST,
            address("withdraw_host", HostAuthorisation.objects.get().pk): {},
        }
        others = [office.people[Role.AUDITOR], office.statistician, create_office().head]
        for person in others:
            client.force_login(person)
            for url, sent in posts.items():
                with subtests.test(f"{person} {url}"):
                    assert client.post(url, sent).status_code == 404
        counts = [model.objects.count() for model in (OpenFileCheck, OpenFileRemedy, DummyFile, HostAuthorisation)]
        assert counts == [1, 0, 1, 1]

    def test_the_incident_contact_reads_the_result(self, client, office, site, means):
        dummy_file = found_open(office, site, means)
        contact = office.statistician
        client.force_login(contact)
        page = address("open_file", dummy_file.pk)
        assert client.get(page).status_code == 404
        assert page not in client.get("/desk/").text
        name_contact(office.producer, contact, by=office.head, at=NOW, seen=0)
        assert "Open to the public" in words(client.get(page))
        assert page in client.get("/desk/").text
        assert client.get(address("check_open_file", dummy_file.pk)).status_code == 404

    def test_only_the_person_who_asked_is_notified_and_the_message_names_no_address(self, office, site, means):
        dummy_file = found_open(office, site, means)
        asked_by = office.people[Role.PUBLISHING_TEAM]
        outbox.create_missing(now=NOW)
        outbox.create_missing(now=NOW + timedelta(minutes=1))
        message = Message.objects.get()
        assert (message.recipient, message.channel) == (asked_by.email, Channel.MAIL)
        assert f"/open-files/{dummy_file.pk}/" in message.text
        for secret in (dummy_file.token, dummy_file.code, "/files/", site.base_url, dummy_file.series.title, "open to"):
            assert secret not in message.subject + message.text.replace(f"/open-files/{dummy_file.pk}/", "")
        seen = [person for person in office.people.values() if visible_messages(person).exists()]
        assert {person.pk for person in seen} == {asked_by.pk, office.head.pk, office.deputy.pk}

    def test_a_result_that_is_not_open_notifies_no_one(self, office, site, means):
        ask(authorised_file(office, site), site, by=office.head)
        run(means)
        outbox.create_missing(now=NOW)
        assert not Message.objects.exists()

    def test_a_person_without_the_role_any_more_is_not_notified(self, office, site, means):
        found_open(office, site, means)
        with rolled_back():
            office.people[Role.PUBLISHING_TEAM].memberships.all().delete()
            outbox.create_missing(now=NOW)
            assert not Message.objects.exists()


def test_the_list_shows_hosts_and_files_of_the_persons_producers_only(client, office):
    other = create_office()
    authorise(other.producer, "files.example.gov.uk", by=other.head)
    hidden = make_file(other)
    shown = make_file(office)
    client.force_login(office.people[Role.PUBLISHING_TEAM])
    text = client.get(LIST).text
    assert shown.name in text
    assert hidden.name not in text
    assert "files.example.gov.uk" not in text
    assert address("authorise_host", office.producer.slug) not in text


@pytest.mark.both_databases
def test_a_heading_sorts_the_list(client, office, site, means, subtests):
    authorise(office.producer, place_of(site.base_url), by=office.head)
    wind, fog, _rain = (
        DummyFile.objects.create(
            series=SeriesFactory(producer=office.producer, title=title),
            code=f"code-{number}",
            token=title,
            made_by=office.head,
            made_at=NOW + timedelta(minutes=number),
        )
        for number, title in enumerate(("Wind", "fog", "Rain"))
    )
    put(site, wind)
    check(wind, site, means, by=office.head)
    check(fog, site, means, by=office.head, at=NOW + timedelta(hours=1))
    client.force_login(office.head)
    orders = [
        ("", ["Rain", "fog", "Wind"], []),
        ("salt", ["Rain", "fog", "Wind"], []),
        ("file", ["Wind", "fog", "Rain"], ["ascending"]),
        ("series", ["fog", "Rain", "Wind"], ["ascending"]),
        ("-series", ["Wind", "Rain", "fog"], ["descending"]),
        ("producer", ["Rain", "fog", "Wind"], []),  # a column only for people of several producers
        ("-checked", ["fog", "Wind", "Rain"], ["descending"]),
        ("result", ["Rain", "Wind", "fog"], ["ascending"]),
        ("-result", ["fog", "Wind", "Rain"], ["descending"]),
    ]
    for sort, series, direction in orders:
        with subtests.test(sort):
            page = client.get(LIST, {"sort": sort})
            assert [record.dummy_file.series.title for record in page.context["records"]] == series
            assert re.findall('aria-sort="(.*)"', page.text) == direction


def test_only_people_of_several_producers_sort_by_producer(client, office):
    other = create_office(name="Archive").producer
    other.memberships.create(user=office.head, role=Role.HEAD_OF_PROFESSION)
    elsewhere = open_files.make_dummy_file(SeriesFactory(producer=other), by=office.head, at=NOW)
    here = make_file(office, at=NOW + timedelta(minutes=2))
    client.force_login(office.head)
    for sort, files in (("producer", [elsewhere, here]), ("-producer", [here, elsewhere])):
        records = client.get(LIST, {"sort": sort}).context["records"]
        assert [record.dummy_file for record in records] == files


def test_the_list_has_pages(client, office, monkeypatch):
    monkeypatch.setattr(views, "FILES_ON_A_PAGE", 1)
    first = make_file(office)
    last = make_file(office, at=NOW + timedelta(minutes=2))
    client.force_login(office.head)
    text = client.get(LIST).text
    assert last.name in text
    assert first.name not in text
    assert first.name in client.get(LIST, {"page": 2}).text

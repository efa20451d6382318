"""Who gets to which page of a list: keepers, their colleagues, strangers and the public, by every method."""

from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse

from releases import scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest, ReleaseEvent
from releases.rules.lifecycle import Role
from releases.urls import urlpatterns
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory, rolled_back
from tests.support.people import create_office
from tests.support.pre_release_lists import (
    AFTERWARDS,
    EMAIL,
    LONG_BEFORE,
    MINISTER,
    PERSON,
    SHORTLY_BEFORE,
    asked,
    granted,
    someone,
)
from tests.support.pre_release_pages import OF_AN_ENTRY, OF_THE_LIST, address, entry_form, published, time_form
from tests.support.shared_rows import shared_fixture
from tests.support.welsh_pages import approve_welsh

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
KEEPERS = {Role.STATISTICIAN, Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@pytest.fixture(autouse=True)
def _shortly_before(time_machine):
    time_machine.move_to(SHORTLY_BEFORE, tick=False)


@shared_fixture
def entry(office, release):
    """Someone on the list of a release that is due soon; someone else waits, and an earlier list can be copied."""
    earlier = ReleaseFactory(
        announced=True, series=release.series, reference="earlier", due_at=SEED_DUE - timedelta(days=91)
    )
    granted(earlier, by=office.statistician, at=LONG_BEFORE - timedelta(days=91))
    asked(release, someone(), by=office.statistician)
    return granted(release, by=office.statistician)


def addresses(release, entry):
    """Every address of a list, by its name."""
    return {name: address(name, release) for name in OF_THE_LIST} | {
        name: address(name, release, entry.pk) for name in OF_AN_ENTRY
    }


def state():
    """What a refused request must leave as it was."""
    return (
        list(PreReleaseAccess.objects.order_by("pk").values()),
        list(PreReleaseRequest.objects.order_by("pk").values()),
        ReleaseEvent.objects.count(),
    )


def test_no_address_of_a_list_is_left_out_of_these_tests():
    names = {name for pattern in urlpatterns if (name := getattr(pattern, "name", "") or "").startswith("pre_release")}
    assert names == {f"pre_release_{name}" for name in (*OF_THE_LIST, *OF_AN_ENTRY)}


def test_who_has_not_signed_in_is_asked_to_and_reads_nothing(client, release, entry):
    before = state()
    for method, (name, page) in product(METHODS, addresses(release, entry).items()):
        response = getattr(client, method)(page)
        assert response.status_code == 302, (method, name)
        assert response.headers["Location"].startswith(reverse("account_login")), (method, name)
    assert state() == before


def test_for_a_stranger_a_list_does_not_exist(client, release, entry, subtests):
    before = state()
    for who, person in (
        ("another producer's head", create_office().head),
        ("no role", UserFactory()),
        ("superuser", UserFactory(is_superuser=True, is_staff=True)),
    ):
        client.force_login(person)
        # Who asks makes no difference to a page that takes no such method.
        methods = METHODS if who == "superuser" else ("get", "post")
        with subtests.test(who):
            for method, (name, page) in product(methods, addresses(release, entry).items()):
                response = getattr(client, method)(page)
                # That a page takes no such method is true of every release, and says nothing of this one.
                answers = {"list": {"get", "head"}, "decide": {"get", "head", "post"}}.get(name, {"get", "post"})
                assert response.status_code == (404 if method in answers else 405), (method, name)
                assert MINISTER.post not in response.text, (method, name)
            assert state() == before


def test_colleagues_who_do_not_keep_the_list_see_posts_and_organisations_only(client, office, release, entry, subtests):
    before = state()
    for role in sorted(set(Role) - KEEPERS):
        client.force_login(office.people[role])
        with subtests.test(str(role)):
            response = client.get(address("list", release))
            assert f"{MINISTER.post}, {MINISTER.organisation}" in response.text
            for hidden in (PERSON, EMAIL, MINISTER.reason, "24 hours", someone().post, "Granted"):
                assert hidden not in response.text
            for name, page in addresses(release, entry).items():
                if name != "list":
                    assert client.get(page).status_code == 404, name
                    assert client.post(page, entry_form(someone("Another"))).status_code == 404, name
            assert client.get(published(release)).status_code == 404
            assert state() == before


def test_those_who_keep_the_list_see_the_person(client, office, release, entry, subtests):
    for role in sorted(KEEPERS):
        client.force_login(office.people[role])
        with subtests.test(str(role)):
            page = client.get(address("list", release)).text
            assert PERSON in page
            assert EMAIL in page
            for name in ("add", "copy", "change", "withdraw", "begin"):
                assert addresses(release, entry)[name] in page, name
                assert client.get(addresses(release, entry)[name]).status_code == 200, name


def test_a_direct_post_agrees_or_refuses_for_leads_alone(client, office, release, entry, subtests):
    request, before = PreReleaseRequest.objects.get(), state()
    for role, act in product(sorted(KEEPERS), ("agree", "refuse", "take_back")):
        client.force_login(office.people[role])
        with subtests.test(f"{act} by {role}"), rolled_back():
            allowed = role in LEADS or act == "take_back"
            response = client.post(address("decide", release), {"act": act, "request": request.pk})
            assert response.status_code == (302 if allowed else 404)
            assert (state() != before) is allowed


def test_only_leads_find_the_page_that_takes_a_record_back(client, office, release, entry, subtests):
    client.force_login(office.statistician)
    client.post(address("begin", release, entry.pk), time_form(entry, "6am"))
    page = address("take_back", release, entry.pk)
    for role in sorted(KEEPERS):
        client.force_login(office.people[role])
        with subtests.test(str(role)), rolled_back():
            assert client.get(page).status_code == (200 if role in LEADS else 404)
            assert client.post(page, {"version": 2}).status_code == (302 if role in LEADS else 404)
            assert (PreReleaseAccess.objects.get(pk=entry.pk).status == "begun") is (role not in LEADS)


def test_an_entry_of_another_release_is_not_found_under_this_one(client, office, release, entry):
    other = ReleaseFactory(announced=True, series=release.series, reference="other")
    client.force_login(office.head)
    for name in OF_AN_ENTRY:
        assert client.get(address(name, other, entry.pk)).status_code == 404, name
        assert client.post(address(name, other, entry.pk), {"version": 1}).status_code == 404, name


def published_at(release, instant):
    return scheduling.publish(release, by=None, at=instant, published_at=instant)


def test_the_public_reads_the_list_once_the_release_is_out_and_never_a_name(client, time_machine, release, entry):
    for instant, out in (
        (LONG_BEFORE, False),
        (SHORTLY_BEFORE, False),
        (SEED_DUE - timedelta(seconds=1), False),
        (SEED_DUE, False),
        (SEED_DUE + timedelta(minutes=57), True),
        (AFTERWARDS, True),
    ):
        time_machine.move_to(instant, tick=False)
        if out and release.status == "confirmed":
            release = published_at(release, instant)
        response = client.get(published(release))
        assert response.status_code == (200 if out else 404), instant
        release_page = client.get(reverse("releases:release", args=[release.reference])).text
        assert (published(release) in release_page) is out
        lists = client.get(reverse("releases:pre_release_lists", args=[release.series.producer.slug])).text
        assert (published(release) in lists) is out
    for part in ("Pre-release access list: ", release.title, MINISTER.post, MINISTER.organisation, "24 hours"):
        assert part in response.text
    for hidden in (PERSON, EMAIL, MINISTER.reason, someone().post, "Granted by", "Statistician"):
        assert hidden not in response.text


def test_a_release_that_was_never_announced_a_rehearsal_and_a_cancelled_one_publish_no_list(client, office, release):
    quiet = ReleaseFactory(confirmed=True, series=release.series, reference="quiet")
    rehearsal = ReleaseFactory(confirmed=True, series=release.series, reference="rehearsal", rehearsal=True)
    for one in (quiet, rehearsal, release):
        granted(one, by=office.statistician)
    published_at(quiet, SEED_DUE)
    published_at(rehearsal, SEED_DUE)
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=LONG_BEFORE)
    for one in (quiet, rehearsal, release):
        assert client.get(published(one)).status_code == 404, one.reference


def test_a_release_that_someone_marks_as_published_before_its_time_keeps_its_list_until_then(client, release, entry):
    published_at(release, SHORTLY_BEFORE)
    assert client.get(published(release)).status_code == 404
    assert published(release) not in client.get(reverse("releases:release", args=[release.reference])).text
    lists = reverse("releases:pre_release_lists", args=[release.series.producer.slug])
    assert published(release) not in client.get(lists).text


def test_an_empty_list_is_not_published(client, time_machine, release):
    time_machine.move_to(AFTERWARDS, tick=False)
    published_at(release, SEED_DUE)
    assert client.get(published(release)).status_code == 404
    assert published(release) not in client.get(reverse("releases:release", args=[release.reference])).text


def test_who_was_withdrawn_beforehand_is_not_on_the_published_list(client, time_machine, office, release, entry):
    client.force_login(office.head)
    granted(release, someone("Chief economist"), by=office.statistician)
    client.post(address("withdraw", release, entry.pk), {"version": 1})
    time_machine.move_to(AFTERWARDS, tick=False)
    published_at(release, SEED_DUE)
    client.logout()
    page = client.get(published(release)).text
    assert "Chief economist" in page
    assert MINISTER.post not in page


def test_those_who_keep_the_list_see_beforehand_what_will_be_published(client, office, release, entry):
    client.force_login(office.people[Role.CALENDAR_MANAGER])
    page = client.get(published(release)).text
    assert "Readers cannot see this page yet." in page
    assert MINISTER.post in page
    assert PERSON not in page


def test_the_lists_of_a_producer_are_those_that_are_published(client, time_machine, office, release, entry):
    later = ReleaseFactory(
        announced=True, series=release.series, reference="later", due_at=SEED_DUE + timedelta(days=91)
    )
    granted(later, by=office.statistician)
    time_machine.move_to(AFTERWARDS, tick=False)
    published_at(release, SEED_DUE)
    page = client.get(reverse("releases:pre_release_lists", args=[office.producer.slug])).text
    assert published(release) in page
    assert published(later) not in page


@pytest.mark.both_databases
def test_a_link_sorts_the_public_lists_by_date_or_by_title_as_shown(
    client, time_machine, settings, office, release, subtests
):
    approve_welsh(settings)
    titles = {"b": ("beta", "Tachwedd"), "a": ("Alpha", ""), "c": ("Gamma", "Chwefror")}
    for day, (reference, (title, welsh)) in enumerate(titles.items()):
        due_at = SEED_DUE + timedelta(days=day)
        one = ReleaseFactory(
            announced=True, series=release.series, reference=reference, title=title, welsh_title=welsh, due_at=due_at
        )
        granted(one, by=office.statistician)
        published_at(one, due_at)
    time_machine.move_to(AFTERWARDS + timedelta(days=3), tick=False)
    orders = [
        ("", "", "cab"),
        ("", "salt", "cab"),
        ("", "date", "bac"),
        ("", "title", "abc"),
        ("", "-title", "cba"),
        ("/cy", "title", "acb"),
    ]
    for language, sort, references in orders:
        with subtests.test(language + sort):
            address = language + reverse("releases:pre_release_lists", args=[office.producer.slug])
            assert "".join(one.reference for one in client.get(address, {"sort": sort}).context["page"]) == references


def test_a_producer_of_whom_nothing_is_public_has_no_page_of_lists(client, office):
    assert client.get(reverse("releases:pre_release_lists", args=["nobody"])).status_code == 404
    assert client.get(reverse("releases:pre_release_lists", args=[office.producer.slug])).status_code == 404


def test_a_producer_without_a_published_list_says_so(client, release):
    page = client.get(reverse("releases:pre_release_lists", args=[release.series.producer.slug])).text
    assert "No lists have been published." in page

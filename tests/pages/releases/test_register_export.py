"""The register of changes of date as a file: its rows, its filters, and that it is safe to open."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import corrections, scheduling
from releases import date_changes as releases_date_changes
from releases.models import DateChange
from releases.rules import tables
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from releases.views import date_changes as views_date_changes
from tests.support.date_requests import LATER, NOW, create_head, person, request_date
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot

pytestmark = pytest.mark.django_db


def export(client, kind="csv", **question):
    return client.get(reverse("releases:export_changes", args=[kind]), question)


def rows(response):
    assert response.status_code == 200
    (_, header), *lines = tables.read_table(response.content, name="changes")
    names = [cell.text for cell in header]
    return [dict(zip(names, (cell.text for cell in line), strict=True)) for _, line in lines]


def a_change(release, *, at=NOW, reason="The survey came in late."):
    to = london_slot(date(2020, 7, 14))
    return scheduling.change_date(release, to=to, reason=reason, by=create_head(release), at=at)


def test_every_kind_of_file_holds_what_the_register_shows(client, subtests):
    release = ReleaseFactory(announced=True, reference="prices", title="Prices")
    request, head = request_date(release), create_head(release)
    releases_date_changes.agree_to_date_change(request, by=head, at=LATER)
    corrections.correct_public_reason(
        DateChange.objects.get(), reason="The survey was late.", by=head, at=LATER, seen=0
    )
    client.force_login(person(release, Role.AUDITOR))
    for kind in TableKind:
        with subtests.test(kind):
            response = export(client, kind)
            assert response["Content-Disposition"].endswith(f'.{kind}"')
            (row,) = rows(response)
            assert (row["reference"], row["was"], row["to"]) == ("prices", "2020-06-30 09:30", "2020-07-14 09:30")
            assert (row["public_reason"], row["first_reason"]) == ("The survey was late.", "The survey came in late.")
            assert (row["asked_by"], row["agreed_by"]) == (str(request.requested_by), str(head))
            assert (row["asked_at"], row["agreed_at"]) == ("2020-06-01 13:00", "2020-06-01 18:00")


def test_a_file_is_narrowed_like_the_list_and_holds_nothing_of_others(client):
    mine, theirs = ReleaseFactory(announced=True, reference="mine"), ReleaseFactory(announced=True, reference="theirs")
    a_change(mine)
    a_change(theirs)
    late = ReleaseFactory(announced=True, reference="late", series=mine.series)
    a_change(late, at=SEED_DUE - timedelta(minutes=5))
    client.force_login(person(mine, Role.AUDITOR))
    assert {row["reference"] for row in rows(export(client))} == {"mine", "late"}
    (row,) = rows(export(client, show="on-the-day"))
    assert (row["reference"], row["marks"]) == ("late", "On the day of release; Requested within a day of release")
    assert export(client, producer=theirs.series.producer.slug).status_code == 404


def test_no_text_of_a_file_is_taken_for_a_formula(client):
    release = ReleaseFactory(announced=True, title="=1+1")
    a_change(release, reason="@SUM(A1)")
    client.force_login(person(release, Role.AUDITOR))
    content = export(client).content.decode()
    assert ",=1+1," not in content
    assert ",@SUM" not in content


def test_the_register_leads_to_its_files_with_what_was_chosen(client, announced_release):
    a_change(announced_release, at=SEED_DUE - timedelta(minutes=5))
    client.force_login(person(announced_release, Role.AUDITOR))
    text = client.get(reverse("releases:changes"), {"show": "on-the-day"}).text
    assert f'href="{reverse("releases:export_changes", args=["ods"])}?show=on-the-day"' in text


def test_more_than_a_file_holds_are_refused_in_a_sentence(client, monkeypatch):
    monkeypatch.setattr(views_date_changes, "MOST_IN_A_FILE", 1)
    release = ReleaseFactory(announced=True)
    a_change(release)
    a_change(ReleaseFactory(announced=True, reference="other", series=release.series))
    client.force_login(person(release, Role.AUDITOR))
    response = client.get(reverse("releases:export_changes", args=["csv"]), follow=True)
    assert "A file can contain up to 1 changes. Choose fewer." in response.text


@pytest.mark.parametrize("kind", ["pdf", "CSV"])
def test_a_kind_of_file_that_there_is_not_is_not_found(client, kind, announced_release):
    client.force_login(person(announced_release, Role.AUDITOR))
    assert export(client, kind).status_code == 404


def test_no_one_without_a_role_gets_a_file(client):
    assert export(client).status_code == 302
    someone = person(ReleaseFactory(announced=True), Role.AUDITOR)
    someone.memberships.all().delete()
    client.force_login(someone)
    assert export(client).status_code == 404


def test_the_number_of_queries_does_not_grow(client, django_assert_max_num_queries, announced_release):
    a_change(announced_release)
    client.force_login(person(announced_release, Role.AUDITOR))
    with django_assert_max_num_queries(13) as few:
        export(client)
    for number in range(6):
        a_change(ReleaseFactory(announced=True, reference=f"r-{number}", series=announced_release.series))
    with django_assert_max_num_queries(len(few)):
        assert len(rows(export(client))) == 7


def test_a_date_known_to_the_month_is_written_in_words(client):
    release = scheduling.announce_release(
        ReleaseFactory(slot=Slot(date(2020, 6, 1), None, Precision.MONTH)), by=None, at=NOW
    )
    scheduling.change_date(release, to=Slot(date(2020, 7, 1), None, Precision.MONTH), by=None, at=NOW)
    client.force_login(person(release, Role.AUDITOR))
    (row,) = rows(export(client))
    assert (row["was"], row["to"], row["agreed_at"]) == ("June 2020", "July 2020", "")

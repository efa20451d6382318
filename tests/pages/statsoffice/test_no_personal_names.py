"""Names are on lists of pre-release access and nowhere else: every table, export, page and log is searched."""

import hashlib
import io
import json
import logging
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from breaches.decisions import approved_content
from breaches.models import Report
from breaches.rules.content import ReportSection, content_digest
from releases import scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest
from releases.permissions import TABLE as ACTIONS
from releases.permissions import Action, roles_of
from releases.public import export
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from statsoffice.accounts.models import User
from statsoffice.notifications import outbox
from tests.support.admin_site import page as admin_page
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.pre_release_lists import LONG_BEFORE, MINISTER, SHORTLY_BEFORE
from tests.support.pre_release_pages import address, entry_form, published, time_form
from tests.support.report_forms import filled_in
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NAMES = ("Quillon Featherstonehaugh", "Marigold Underwater", "Zebedee Ploverstone", "Ottoline Crabapple")
MAILS = tuple(f"{name.split()[0].lower()}.secret@example.gov.uk" for name in NAMES)
HIDDEN = tuple(word.casefold() for word in (*NAMES, *MAILS, *(part for name in NAMES for part in name.split())))
TABLES_WITH_NAMES = {"releases_prereleaseaccess", "releases_prereleaserequest"}
ALL_DONE = SEED_DUE + timedelta(minutes=40)
DAY = {"occurred_on-day": "29", "occurred_on-month": "6", "occurred_on-year": "2020"}


def people(number, post):
    """One of the persons, in a post."""
    return replace(MINISTER, post=post, person=NAMES[number], email=MAILS[number])


def digests():
    """The unsalted hashes of a name or an address."""
    words = {form for word in (*NAMES, *MAILS) for form in (word, word.lower(), word.casefold())}
    return {
        hashlib.new(kind, word.encode()).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512") for word in words
    }


HIDDEN_OR_HASHED = (*HIDDEN, *digests())


def found_in(text):
    """Which of the hidden words, or of their hashes, a text holds."""
    folded = text.casefold()
    return [word for word in HIDDEN_OR_HASHED if word in folded]


def tables():
    """Every table with all its rows as text, read by the database's own catalogue."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # the catalogue's names
            columns = [column[0] for column in cursor.description]
            yield table, columns, [[_text(value) for value in row] for row in cursor.fetchall()]


def _text(value):
    raw = bytes(value) if isinstance(value, memoryview | bytes) else None
    return raw.decode("latin-1") if raw is not None else str(value)


def where_names_are():
    """Each table and column that holds a hidden word or its hash."""
    found = set()
    for table, columns, rows in tables():
        for row in rows:
            found |= {(table, column) for column, text in zip(columns, row, strict=True) if found_in(text)}
    return found


def on_the_day(question, clock):
    """A moment of 30 June 2020 as it is typed into the form."""
    boxes = {"day": "30", "month": "6", "year": "2020"}
    return {f"{question}_time": clock} | {f"{question}_on-{part}": number for part, number in boxes.items()}


WHAT_HAPPENED = {
    "what": "An email with the bulletin",
    "people": "2",
    "posts": "1",
    "recipients": "a press officer who was not on the list",
    **on_the_day("happened", "7am"),
    **on_the_day("noticed", "7:10am"),
    **on_the_day("contained", "7:20am"),
    "opened": "some",
    "deleted": "all",
    "confirmed": "all",
}


@shared_fixture
def release(office):
    series = SeriesFactory(producer=office.producer)
    ReleaseFactory(announced=True, series=series, reference="earlier", due_at=SEED_DUE - timedelta(days=91))
    return ReleaseFactory(announced=True, series=series)


@shared_fixture
def acts(office, release):
    """Do everything that can be done with a list, over HTTP, as the people who do it; return the report about it."""
    with time_machine.travel(LONG_BEFORE, tick=False) as clock:
        return do_everything(office, release, clock)


def do_everything(office, release, clock):
    client = Client()

    def as_person(person, instant):
        clock.move_to(instant, tick=False)
        client.force_login(person)

    def sent(to, fields):
        response = client.post(to, fields)
        assert response.status_code == 302, response.text
        return response.url

    def entry(post):
        return PreReleaseAccess.objects.get(release=release, post=post)

    earlier = type(release).objects.get(reference="earlier")
    as_person(office.statistician, LONG_BEFORE - timedelta(days=91))
    sent(address("add", earlier), entry_form(people(0, "Minister")))
    as_person(office.statistician, LONG_BEFORE)
    sent(address("copy", release), {"source": "earlier"})
    sent(address("add", release), entry_form(people(1, "Permanent Secretary")))
    sent(address("add", release), entry_form(people(2, "Adviser")))
    assert client.post(address("add", release), entry_form(people(2, NAMES[2]))).status_code == 200
    changed = entry_form(people(2, "Special Adviser"), version=1, person=NAMES[3], email=MAILS[3])
    sent(address("change", release, entry("Adviser").pk), changed)
    as_person(office.statistician, SHORTLY_BEFORE)
    for number, post in ((2, "Press officer"), (3, "Chief economist"), (1, "Analyst")):
        sent(address("add", release), entry_form(people(number, post)))
    asked = [request.pk for request in PreReleaseRequest.objects.order_by("pk")]
    sent(address("change", release, entry("Minister").pk), entry_form(people(3, "Minister"), version=1))
    sent(address("withdraw", release, entry("Permanent Secretary").pk), {"version": 1})
    change, withdrawal = [request.pk for request in PreReleaseRequest.objects.order_by("pk")[3:]]
    sent(address("decide", release), {"act": "take_back", "request": asked[2]})
    as_person(office.head, SHORTLY_BEFORE + timedelta(minutes=5))
    client.get(address("list", release))
    sent(address("decide", release), {"act": "agree", "request": [asked[0], change, withdrawal]})
    sent(address("decide", release), {"act": "refuse", "request": asked[1]})
    as_person(office.head, SHORTLY_BEFORE + timedelta(hours=1))
    for post in ("Minister", "Press officer"):
        one = entry(post)
        sent(address("begin", release, one.pk), time_form(one, "6:45am"))
        one.refresh_from_db()
        sent(address("end", release, one.pk), time_form(one, "7am"))
    sent(address("take_back", release, entry("Press officer").pk), {"version": 3})
    as_person(office.statistician, SEED_DUE + timedelta(minutes=30))
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    report = Report.objects.get(reference=sent(reverse("breaches:start_pra", args=[release.reference]), DAY)[9:-1])
    answered = reverse("breaches:section", args=[report.reference, "what_happened"])
    sent(answered, filled_in(client.get(answered).text) | WHAT_HAPPENED)
    for section, field in ((ReportSection.IMPACT, "impact"), (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions")):
        report.refresh_from_db()
        words = {"version": report.version, field: "Written by a person."}
        sent(reverse("breaches:section", args=[report.reference, section]), words)
    report.refresh_from_db()
    asked = reverse("breaches:cause", args=[report.reference])
    sent(asked, filled_in(client.get(asked).text) | {"cause": "human_error"})
    report.refresh_from_db()
    sent(reverse("breaches:submit", args=[report.reference]), {"last_change": report.last_change})
    as_person(office.head, ALL_DONE)
    report.refresh_from_db()
    approval = {
        "last_change": report.last_change,
        "content_sha256": content_digest(approved_content(report, at=timezone.now())),
    }
    sent(reverse("breaches:approve", args=[report.reference]), approval)
    outbox.create_missing(now=timezone.now())
    return report


@pytest.fixture
def client_of_head(client, office, time_machine):
    """Return a client of the head of profession, soon after everything was done."""
    time_machine.move_to(ALL_DONE, tick=False)
    client.force_login(office.head)
    return client


def test_after_every_act_names_stand_in_the_lists_own_columns_and_in_no_other_table_history_event_or_hash(acts):
    assert where_names_are() == {
        ("releases_prereleaseaccess", "person"),
        ("releases_prereleaseaccess", "email"),
    }
    assert {
        "releases_releaseevent",
        "releases_historicalrelease",
        "breaches_reportversion",
        "breaches_reportevent",
    } <= {table for table, _, _ in tables()}


def test_no_session_holds_a_name(acts):
    assert Session.objects.exists()
    assert [found_in(json.dumps(session.get_decoded())) for session in Session.objects.all()] == [
        [] for _ in Session.objects.all()
    ]


@pytest.mark.usefixtures("client_of_head")
def test_no_export_holds_a_name(acts, release, tmp_path):
    told = io.StringIO()
    bundle, pdf = tmp_path / "proof.zip", tmp_path / "report.pdf"
    call_command("export_evidence", release.reference, "--output", str(bundle), stdout=told)
    call_command("export_report", acts.reference, "--output", str(pdf), stdout=told)
    call_command("breach_reports", "--json", stdout=told)
    call_command("release_status", "--json", stdout=told)
    call_command("verify_evidence", stdout=told)
    with zipfile.ZipFile(bundle) as archive:
        inside = [archive.read(name).decode("latin-1") for name in archive.namelist()]
    assert any("Permanent Secretary" in text for text in inside)
    printed = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    assert "Minister" in printed
    for text in (told.getvalue(), *inside, printed, pdf.read_bytes().decode("latin-1")):
        assert found_in(text) == []


@pytest.mark.usefixtures("acts", "client_of_head")
def test_no_file_of_the_calendar_holds_a_name(office, release, subtests):
    releases = type(release).objects.all()
    for kind in TableKind:
        with subtests.test(str(kind)):
            content = export.export_calendar(releases, kind, title="Releases", by=office.head, contacts=True)
            parts = [content]
            if zipfile.is_zipfile(io.BytesIO(content)):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    parts = [archive.read(name) for name in archive.namelist()]
            texts = [part.decode("latin-1") for part in parts]
            assert any(release.reference in text for text in texts)
            assert [found_in(text) for text in texts] == [[] for _ in texts]


def test_nothing_is_logged_of_a_name(client, office, release, time_machine, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        time_machine.move_to(LONG_BEFORE, tick=False)
        client.force_login(office.statistician)
        response = client.post(address("add", release), entry_form(people(0, "Minister")))
        client.post(address("add", release), entry_form(people(0, NAMES[0])))
        client.post(f"{address('add', release)}nowhere", entry_form(people(0, "Minister")))
    heard = capfd.readouterr()
    assert found_in(" ".join([caplog.text, heard.out, heard.err])) == []
    # What Django would write about a fault in the view leaves these fields out.
    assert response.wsgi_request.sensitive_post_parameters == ("person", "email")


def pages_of(release, report):
    """Pages on which a name could slip in: of the public, of colleagues, of reports and of the admin site."""
    reference, slug = release.reference, release.series.producer.slug
    return [
        reverse("releases:calendar"),
        reverse("releases:month", args=[2020, 6]),
        reverse("releases:release", args=[reference]),
        published(release),
        reverse("releases:pre_release_lists", args=[slug]),
        reverse("releases:office_calendar"),
        reverse("releases:office_changes"),
        reverse("releases:changes"),
        reverse("releases:planner", args=[2020]),
        reverse("exchange:release_list"),
        "/api/v1/releases",
        f"/api/v1/releases/{reference}",
        reverse("desk"),
        reverse("breaches:report_list"),
        *(reverse(f"breaches:{name}", args=[report.reference]) for name in ("report", "check", "history")),
        admin_page("release"),
        admin_page("release", "change", release.pk),
        admin_page("release", "delete", release.pk),
        admin_page("release", "history", release.pk),
        admin_page("releaseevent"),
        admin_page("reportevent"),
        admin_page("producer", "change", release.series.producer_id),
        reverse("admin:index"),
    ]


# The public, and who can read the most.
FOR_EACH_COMMIT = (None, Role.HEAD_OF_PROFESSION)
OTHERS = tuple(role for role in Role if role not in FOR_EACH_COMMIT)


@pytest.mark.parametrize(
    "roles",
    [pytest.param(FOR_EACH_COMMIT, id="for-each-commit"), pytest.param(OTHERS, id="others", marks=pytest.mark.full)],
)
def test_no_page_but_those_of_the_list_shows_a_name_to_anyone(client_of_head, office, release, acts, subtests, roles):
    client = client_of_head
    for role in roles:
        client.logout()
        if role:
            User.objects.filter(pk=office.people[role].pk).update(is_staff=True)
            client.force_login(office.people[role])
        with subtests.test(str(role)):
            answers = [client.get(page, follow=True) for page in pages_of(release, acts)]
            assert sum(answer.status_code == 200 for answer in answers) >= 5
            for answer in answers:
                assert found_in(answer.text) == [], answer.request["PATH_INFO"]


@pytest.mark.usefixtures("acts")
def test_the_list_shows_names_to_those_who_keep_it_alone(client_of_head, office, release, subtests):
    client = client_of_head
    for role, person in office.people.items():
        client.force_login(person)
        with subtests.test(str(role)):
            keeps = bool(roles_of(person, office.producer) & ACTIONS[Action.KEEP_ACCESS_LIST])
            page = client.get(address("list", release)).text
            assert bool(found_in(page)) is keeps
            assert "Special Adviser" in page


def test_once_erased_names_stand_nowhere_at_all(client_of_head, release, acts):
    for one in (release, type(release).objects.get(reference="earlier")):
        assert client_of_head.post(address("erase", one)).status_code == 302
    assert where_names_are() == set()
    assert {table for table, _, rows in tables() if rows} >= TABLES_WITH_NAMES

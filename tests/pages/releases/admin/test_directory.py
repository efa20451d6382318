"""The pages that import and export contacts, series and producers: nothing changes before it was shown."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from releases.models import Contact
from releases.rules import tables
from releases.rules.lifecycle import Role
from tests.support.admin_site import page, said, staff
from tests.support.factories import ContactFactory, ProducerFactory
from tests.support.shared_rows import shared_fixture

IMPORT = "admin:releases_contact_import"
HEADER = ["producer", "email", "name"]

pytestmark = pytest.mark.django_db


@shared_fixture
def producer():
    return ProducerFactory(name="Office for Rain")


@pytest.fixture
def client(producer):
    return staff(Role.CALENDAR_MANAGER, producer)


def upload(client, *rows):
    file = SimpleUploadedFile("contacts.csv", tables.write_csv([HEADER, *rows]))
    return client.post(reverse(IMPORT), {"file": file})


def confirm(client, shown, **fields):
    return client.post(reverse(IMPORT), {"rows": shown.context["signed"], "shown": shown.context["shown"], **fields})


GOOD = ("Office for Rain", "jo@example.gov.uk", "Jo Lane")
BAD = ("Office for Wind", "al@example.gov.uk", "Al")


def test_a_file_is_shown_first_and_imported_by_one_button(client):
    shown = upload(client, GOOD)
    assert "Import 1 row" in shown.text
    assert "Jo Lane" in shown.text
    assert not Contact.objects.exists()
    done = confirm(client, shown)
    assert (done.url, said(done)) == (page("contact"), ["Import complete: 1 added, 0 changed."])
    assert Contact.objects.get().name == "Jo Lane"


def test_rows_with_errors_are_left_out_only_if_the_person_says_so(client):
    shown = upload(client, GOOD, BAD)
    assert "You do not manage the calendar of “Office for Wind”." in shown.text
    assert "Leave out the rows with errors" in shown.text
    refused = confirm(client, shown)
    assert "Some rows have errors." in refused.text
    assert not Contact.objects.exists()
    confirm(client, shown, skip_refused="yes")
    assert Contact.objects.get().email == "jo@example.gov.uk"


def test_a_row_that_changed_meanwhile_is_shown_again(client, producer):
    shown = upload(client, GOOD)
    ContactFactory(producer=producer, email="jo@example.gov.uk", name="Jo")
    again = confirm(client, shown)
    assert "Something has changed since you uploaded the file." in again.text
    assert Contact.objects.get().name == "Jo"


def test_the_rows_of_another_person_or_forged_ones_are_not_imported(client, producer):
    shown = upload(client, GOOD)
    other = staff(Role.DEPUTY, producer)
    for sender, fields in ((other, {}), (client, {"rows": "forged"})):
        answer = confirm(sender, shown, **fields)
        assert said(answer) == ["This page has expired. Upload the file again."]
    assert not Contact.objects.exists()


def test_a_file_that_is_no_table_says_so(client):
    answer = client.post(reverse(IMPORT), {"file": SimpleUploadedFile("contacts.csv", b"name\nJo\n")})
    assert "contacts.csv does not have the column “email”, which is required." in answer.text
    assert "Select a file" in client.post(reverse(IMPORT), {}).text


def test_the_list_leads_to_import_and_export_for_those_who_manage_the_calendar(client, producer):
    ContactFactory(producer=producer, name="Jo Lane")
    assert f'href="{reverse(IMPORT)}"' in client.get(page("contact")).text
    export = reverse("admin:releases_contact_export", args=["csv"])
    assert f'href="{export}"' in client.get(reverse(IMPORT)).text
    answer = client.get(export)
    assert answer["Content-Disposition"].startswith('attachment; filename="contacts-')
    assert "Jo Lane" in answer.content.decode()
    auditor = staff(Role.AUDITOR, producer)
    assert reverse(IMPORT) not in auditor.get(page("contact")).text
    assert (auditor.get(export).status_code, auditor.get(reverse(IMPORT)).status_code) == (404, 404)
    assert client.get(reverse("admin:releases_contact_export", args=["doc"])).status_code == 404

"""Log-ins, log-outs and downloads are recorded as they happened, by real requests, and cannot be changed."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from releases.models.append_only import AppendOnlyRow, check_chain
from releases.rules.lifecycle import Role
from statsoffice.audit import trail
from statsoffice.audit.models import AccountEvent, What
from tests.pages.statsoffice.accounts.one_time_codes import code_of
from tests.support.factories import ProducerFactory, ReleaseFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of nobody"
ADDRESS = "known@example.gov.uk"


@pytest.fixture
def person():
    found = UserFactory(email=ADDRESS, name="Jo Lane")
    found.set_password(PASSWORD)
    found.save()
    return found


def sign_in(client, password=PASSWORD, login=ADDRESS):
    return client.post(reverse("account_login"), {"login": login, "password": password})


def kept():
    return [(event.kind, event.account, event.actor) for event in AccountEvent.objects.all()]


def test_who_signs_in_and_out_is_on_record_once_for_each(client, person):
    assert sign_in(client).status_code == 302
    client.post(reverse("account_logout"))
    client.post(reverse("account_logout"))
    assert kept() == [(What.SIGNED_IN, person, person), (What.SIGNED_OUT, person, person)]


@pytest.mark.parametrize("login", [ADDRESS, "KNOWN@example.gov.uk"], ids=["as written", "in capitals"])
def test_an_attempt_that_fails_is_on_record_for_the_account_that_was_meant(client, person, login):
    sign_in(client, "not this one", login)
    assert set(kept()) == {(What.SIGN_IN_FAILED, person, None)}


def test_an_attempt_by_an_address_without_account_keeps_nothing_that_was_typed(client):
    typed = "my.password.by.mistake@example.gov.uk"
    sign_in(client, "secret words of mine", typed)
    events = AccountEvent.objects.all()
    assert {(event.kind, event.account) for event in events} == {(What.SIGN_IN_FAILED, None)}
    for event in events:
        assert (event.facts, event.words) == ({}, "")


def test_a_changed_password_is_on_record_without_the_password(client, person):
    client.force_login(person)
    new = "another long password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form)
    assert What.PASSWORD_CHANGED in AccountEvent.objects.values_list("kind", flat=True)
    assert not AccountEvent.objects.filter(facts__icontains="long password").exists()


def test_a_file_of_the_calendar_is_on_record_with_what_was_asked(client):
    release = ReleaseFactory()
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    client.force_login(keeper)
    address = reverse("exchange:export", args=["csv"])
    assert client.get(address, {"words": ""}).status_code == 200
    (event,) = AccountEvent.objects.filter(kind=What.FILE_TAKEN)
    assert (event.account, event.facts) == (keeper, {"path": address, "asked": "words="})


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("words=Jane+Doe&first=2026-11-01", "words=…&first=2026-11-01"),
        ("status=confirmed&contacts=yes", "status=confirmed&contacts=yes"),
        ("contacts=Jane+Doe", "contacts=…"),
        ("Jane+Doe=1&whom=Jane+Doe&last=", "last="),
    ],
    ids=["words", "closed-choices", "words-in-place-of-a-choice", "what-nobody-asks"],
)
def test_of_what_was_asked_no_free_words_are_kept(client, asked, kept):
    keeper = create_member(Role.CALENDAR_MANAGER, ReleaseFactory().series.producer)
    client.force_login(keeper)
    address = reverse("exchange:export", args=["csv"])
    assert client.get(f"{address}?{asked}").status_code == 200
    (event,) = AccountEvent.objects.filter(kind=What.FILE_TAKEN)
    assert event.facts == {"path": address, "asked": kept}


def test_pages_and_refused_files_are_no_files_taken(client):
    client.force_login(create_member(Role.CALENDAR_MANAGER, ProducerFactory()))
    client.get("/")
    client.get(reverse("exchange:export", args=["exe"]))
    assert not AccountEvent.objects.filter(kind=What.FILE_TAKEN).exists()


def test_what_is_on_record_already_is_not_recorded_twice(client):
    from breaches.rules.lifecycle import ReportStatus
    from tests.support.people import create_office, create_report

    office = create_office()
    report = create_report(office, ReportStatus.APPROVED)
    client.force_login(office.head)
    assert client.get(reverse("breaches:approved_pdf", args=[report.reference, report.version])).status_code == 200
    assert not AccountEvent.objects.filter(kind=What.FILE_TAKEN).exists()
    assert report.events.filter(kind="downloaded").count() == 1


def test_nothing_of_it_can_be_changed_or_deleted(client, person):
    sign_in(client)
    event = AccountEvent.objects.get()
    event.kind = What.SIGNED_OUT
    for change in (
        event.save,
        event.delete,
        AccountEvent.objects.all().delete,
        lambda: AccountEvent.objects.update(account=None),
    ):
        with pytest.raises(AppendOnlyRow):
            change()
    assert check_chain(AccountEvent) == (1, None)


@pytest.mark.postgresql_only
@pytest.mark.parametrize("table", ["audit_accountevent", "django_admin_log"])
def test_postgresql_itself_refuses(client, person, table):
    sign_in(client)
    LogEntry.objects.create(user=person, object_repr="x", action_flag=2)
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_row_that_was_changed_behind_our_back_is_found(client, person):
    sign_in(client)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_accountevent SET kind = 'signed_out'")
    assert check_chain(AccountEvent)[1] == "row 1 was changed after it was written"


@pytest.mark.django_db(transaction=True)
def test_a_second_step_is_on_record_as_it_is_set_up_fails_and_is_removed(client, person, time_machine):
    time_machine.move_to("2026-03-02 12:00:10+00:00", tick=False)
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    (secret,) = re.findall(r">([A-Z2-7]{16,})</strong>", client.get(reverse("mfa_activate_totp")).text)
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    client.post(reverse("account_logout"))
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    time_machine.shift(60)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("mfa_deactivate_totp"))
    told = [(event.kind, event.facts.get("how")) for event in AccountEvent.objects.filter(kind__contains="second_step")]
    assert told == [
        (What.SECOND_STEP_SET_UP, "totp"),
        (What.SECOND_STEP_FAILED, "totp"),
        (What.SECOND_STEP_REMOVED, "totp"),
        (What.SECOND_STEP_REMOVED, "recovery_codes"),
    ]
    assert not AccountEvent.objects.filter(facts__icontains=secret).exists()
    sentences = [trail.describe_entry("sign_ins", event) for event in AccountEvent.objects.all()]
    assert "Removed second step: authenticator app" in sentences
    assert "Created recovery codes" in sentences

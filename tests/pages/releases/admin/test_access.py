"""What the admin site shows to whom: staff alone and superusers alone see nothing of a producer's releases."""

from datetime import timedelta

import pytest
from django.utils import timezone

from releases import scheduling
from releases.early_findings import name_contact
from releases.models import Contact, Cover, DateChange, Membership, Observation, Producer, Release, ReleaseEvent, Series
from releases.models.event import record_event
from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role
from statsoffice.accounts.text_numbers import confirm_numbers
from statsoffice.notifications.recipients import find_mobile_numbers
from tests.integration.releases.evidence.test_append_only import AT, a_date_change, a_statement, make_observation
from tests.support.admin_site import NO_CALLS, NO_DAYS, form_of, page, refusals, signed_in, staff
from tests.support.factories import (
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
    rolled_back,
)
from tests.support.people import add_role
from tests.support.shared_rows import shared_fixture

OF_PRODUCERS = (
    "release",
    "series",
    "contact",
    "observation",
    "verification",
    "statement",
    "datechange",
    "releaseevent",
)
OF_THE_RECORD = ("observation", "statement", "datechange", "releaseevent")

pytestmark = pytest.mark.django_db


@shared_fixture
def release():
    """A confirmed release with a check, a statement, a change of date and events."""
    release = ReleaseFactory(confirmed=True)
    Observation.append([make_observation(release)])
    a_statement(release)
    a_date_change(release)
    return release


@pytest.mark.parametrize("fields", [{}, {"is_superuser": True}], ids=["staff-alone", "a-superuser"])
def test_without_a_role_nothing_of_a_producer_is_seen(release, fields):
    client = signed_in(UserFactory(is_staff=True, **fields))
    index = client.get("/admin/").content.decode()
    for model in OF_PRODUCERS:
        assert client.get(page(model)).status_code == 403, model
        assert page(model) not in index


def test_a_role_without_being_staff_does_not_open_the_site(release):
    client = signed_in(create_member(Role.HEAD_OF_PROFESSION, release.series.producer))
    assert client.get(page("release")).status_code == 302


def test_a_deactivated_member_of_staff_is_out(release):
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer, is_active=False)
    assert client.get(page("release")).status_code == 302


def test_what_belongs_to_another_producer_is_not_listed_and_not_found(release, subtests):
    client = staff(Role.HEAD_OF_PROFESSION, ProducerFactory())
    for model in OF_PRODUCERS:
        rows = {"series": Series, "contact": Contact, "release": Release}.get(model)
        key = rows.objects.first().pk if rows else 1
        with subtests.test(model):
            assert not client.get(page(model)).context["cl"].result_list
            assert client.get(page(model, "change", key)).status_code == 404
            assert client.post(page(model, "change", key), {"title": "Mine"}).status_code == 404
            assert client.post(page(model, "delete", key), {"post": "yes"}).status_code in {403, 404}
            assert client.get(page(model, "history", key)).status_code == 404


KEEPERS = {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def test_every_role_sees_its_releases_and_only_keepers_of_the_calendar_edit_them(release, subtests):
    for role in Role:
        client = staff(role, release.series.producer)
        with subtests.test(role), rolled_back():
            assert client.get(page("release")).status_code == 200
            assert client.get(page("release", "change", release.pk)).status_code == 200
            saved = client.post(page("release", "change", release.pk), form_of(release, title="Another title"))
            added = client.get(page("release", "add"))
            if role in KEEPERS:
                assert (saved.status_code, added.status_code) == (302, 200)
                assert Release.objects.get().title == "Another title"
            else:
                assert (saved.status_code, added.status_code) == (403, 403)
                assert client.post(page("release", "delete", release.pk), {"post": "yes"}).status_code == 403
                assert Release.objects.get().title == release.title


def test_others_run_no_action(release, subtests):
    for role in sorted(set(Role) - KEEPERS):
        client = staff(role, release.series.producer)
        for action in ("confirm", "cancel", "announce", "move_dates", "delete_selected"):
            client.post(
                page("release"),
                {"action": action, "_selected_action": release.pk, "post": "yes", "answered": "yes", "reason": "No"},
            )
        with subtests.test(role):
            stored = Release.objects.get()
            assert (stored.status, stored.announced_at) == ("confirmed", None)


def test_the_record_is_read_only_for_a_head_of_profession_and_a_superuser_in_one(release, subtests):
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer, is_superuser=True)
    for model in OF_THE_RECORD:
        row = client.get(page(model)).context["cl"].result_list[0]
        assert client.get(page(model, "change", row.pk)).status_code == 200
        before = type(row).objects.values().get(pk=row.pk)
        for how, keys in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
            with subtests.test(f"{how} {model}"):
                assert client.post(page(model, how, *keys), {"post": "yes", "kind": "forged"}).status_code == 403
                assert type(row).objects.values().get(pk=row.pk) == before
        for form in (
            {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
            {"form-TOTAL_FORMS": 1, "form-0-id": row.pk, "form-0-kind": "forged", "_save": "Save"},
        ):
            with subtests.test(f"all {model}", form=form):
                client.post(page(model), form)
                assert type(row).objects.values().get(pk=row.pk) == before


def test_a_change_of_date_that_is_public_is_neither_edited_nor_deleted(release):
    client = staff(Role.HEAD_OF_PROFESSION, release.series.producer)
    change = DateChange.objects.get()
    assert client.post(page("datechange", "change", change.pk), {"public_reason": "Another"}).status_code == 403
    assert client.post(page("datechange", "delete", change.pk), {"post": "yes"}).status_code == 403
    assert DateChange.objects.get().public_reason == ""


def test_the_events_of_a_deleted_release_break_no_list(release):
    record_event(release, "noted", at=AT)
    gone = ReleaseFactory(confirmed=True, series=release.series, reference="gone", url="https://a.example.gov.uk/")
    gone.delete()
    client = staff(Role.AUDITOR, release.series.producer)
    assert client.get(page("releaseevent")).status_code == 200
    assert ReleaseEvent.objects.filter(release_public_id=gone.public_id).exists()


@pytest.mark.parametrize(
    ("role", "saved"),
    [(Role.HEAD_OF_PROFESSION, 60), (Role.DEPUTY, 60), (Role.CALENDAR_MANAGER, 120)],
)
def test_the_tolerance_is_changed_by_the_head_of_profession_or_a_deputy_only_and_logged(role, saved):
    series = SeriesFactory()
    client = staff(role, series.producer)
    assert (
        client.post(page("series", "change", series.pk), series_form(series, tolerance_seconds=60)).status_code == 302
    )
    stored = Series.objects.get()
    assert (stored.tolerance_seconds, stored.title) == (saved, "Another title")
    logged = Series.history.latest()
    assert (logged.tolerance_seconds, logged.history_user.memberships.get().role) == (saved, role)


def series_form(series, **fields):
    return {
        "title": "Another title",
        "slug": series.slug,
        "designation": "official",
        "pre_release_kind": "general",
        "release_time": "09:30",
        "responsible": series.responsible_id,
        "head_of_profession": series.head_of_profession_id,
        **NO_CALLS,
        **fields,
    }


def test_a_series_with_a_wrong_field_is_refused(subtests):
    series = SeriesFactory()
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    for case, fields, words in (
        ("three minutes", {"tolerance_seconds": 180}, "less than or equal to 179"),
        ("another time without approval", {"release_time": "07:00"}, "Enter the reference and the date"),
        ("a contact of another producer", {"responsible": ContactFactory().pk}, "Select a valid choice"),
    ):
        form = series_form(series, **{"tolerance_seconds": 120, **fields})
        with subtests.test(case):
            assert words in client.post(page("series", "change", series.pk), form).content.decode()
            assert Series.objects.get(pk=series.pk).title == series.title


def test_a_new_series_goes_on_to_its_people_and_belongs_to_ones_own_producer():
    producer, other = ProducerFactory(), ProducerFactory()
    client = staff(Role.CALENDAR_MANAGER, producer)
    new = {
        "title": "Rain",
        "slug": "rain",
        "designation": "official",
        "pre_release_kind": "general",
        "release_time": "09:30",
    }
    assert "Select a valid choice" in client.post(page("series", "add"), {**new, "producer": other.pk}).content.decode()
    response = client.post(page("series", "add"), {**new, "producer": producer.pk, "tolerance_seconds": 179})
    series = Series.objects.get()
    assert response.url == page("series", "change", series.pk)
    assert series.tolerance_seconds == 120


def test_only_those_who_may_see_accounts_get_a_link_to_them_in_the_form_of_a_contact():
    account = UserFactory()
    contact = ContactFactory(user=account)
    administrator = UserFactory(is_staff=True, is_superuser=True)
    add_role(administrator, contact.producer, Role.CALENDAR_MANAGER)
    for client, may in ((staff(Role.CALENDAR_MANAGER, contact.producer), False), (signed_in(administrator), True)):
        for address in (page("contact", "add"), page("contact", "change", contact.pk)):
            form = client.get(address).text
            assert 'name="user"' in form
            assert ('href="/admin/accounts/user/' in form.partition('name="user"')[2]) is may
        assert str(account) in form


def test_keepers_of_the_calendar_keep_the_contacts_of_their_own_producer():
    contact, other = ContactFactory(), ContactFactory()
    client = staff(Role.CALENDAR_MANAGER, contact.producer)
    form = {"name": "Jo Lane", "email": "jo.lane@example.gov.uk"}
    assert (
        client.post(page("contact", "change", contact.pk), {**form, "producer": other.producer_id}).status_code == 302
    )
    contact.refresh_from_db()
    assert (contact.name, contact.producer == other.producer) == ("Jo Lane", False)
    assert client.post(page("contact", "add"), {**form, "producer": other.producer_id}).status_code == 200
    assert Contact.objects.count() == 2


def of_contact(contact, **typed):
    """Fill in the form of a contact as it is shown, with some fields typed over."""
    shown = {"name": contact.name, "email": contact.email, "telephone": contact.telephone, "user": contact.user_id}
    return {**shown, **typed}


def person_who_may_know(kind, producer):
    """Return a person of a producer who may know about early releases."""
    head = create_member(Role.HEAD_OF_PROFESSION, producer)
    if kind == "head of profession":
        return head
    if kind == "deputy":
        return create_member(Role.DEPUTY, producer)
    if kind == "incident contact":
        person = create_member(Role.AUDITOR, producer)
        name_contact(producer, person, by=head, at=AT, seen=0)
        return person
    person, today = create_member(Role.STATISTICIAN, producer), local_date(timezone.now())
    days = {"starts_on": today, "ends_on": today}
    Cover.objects.create(producer=producer, absent=head, person=person, named_by=head, named_at=AT, **days)
    return person


NUMBERS_REFUSED = (
    "Ask a Head of Profession, a deputy or an administrator to change this. "
    "This person may get text messages about early releases."
)


@pytest.mark.parametrize("kind", ["head of profession", "deputy", "incident contact", "cover"])
def test_a_calendar_manager_diverts_no_text_message_about_early_releases(kind):
    producer = ProducerFactory()
    person = person_who_may_know(kind, producer)
    contact = ContactFactory(producer=producer, user=person, telephone="07700 900123")
    confirm_numbers(person, ["07700900123"], shown=[])
    client = staff(Role.CALENDAR_MANAGER, producer)
    address = page("contact", "change", contact.pk)
    other = create_member(Role.STATISTICIAN, producer).pk
    for field, typed in (("telephone", "07700 900999"), ("user", ""), ("user", other)):
        refused = client.post(address, of_contact(contact, **{field: typed}))
        assert refusals(refused) == {field: [NUMBERS_REFUSED]}
    new = {"producer": producer.pk, "name": "Ann", "email": "ann@example.gov.uk", "telephone": "07700 900999"}
    assert refusals(client.post(page("contact", "add"), {**new, "user": person.pk})) == {"user": [NUMBERS_REFUSED]}
    assert client.post(page("contact", "add"), new).status_code == 302
    unlinked = Contact.objects.get(email=new["email"])
    linked = client.post(page("contact", "change", unlinked.pk), of_contact(unlinked, user=person.pk))
    assert refusals(linked) == {"user": [NUMBERS_REFUSED]}
    assert find_mobile_numbers({person.email}, producer.pk) == {"07700900123"}
    # Other details of this contact can still be corrected.
    assert client.post(address, of_contact(contact, name="Another name")).status_code == 302


@pytest.mark.parametrize("role", [Role.HEAD_OF_PROFESSION, Role.DEPUTY, "administrator"])
def test_leads_and_administrators_change_the_numbers_for_text_messages(role):
    contact = ContactFactory(telephone="07700 900123")
    contact.user = create_member(Role.HEAD_OF_PROFESSION, contact.producer)
    contact.save()
    if role == "administrator":
        client = staff(Role.CALENDAR_MANAGER, contact.producer, is_superuser=True)
    else:
        client = staff(role, contact.producer)
    sent = of_contact(contact, telephone="07700 900456")
    assert client.post(page("contact", "change", contact.pk), sent).status_code == 302
    assert find_mobile_numbers({contact.user.email}, contact.producer_id) == set(), "the person confirms it first"
    confirm_numbers(contact.user, ["07700900456"], shown=[])
    assert find_mobile_numbers({contact.user.email}, contact.producer_id) == {"07700900456"}


def test_a_calendar_manager_changes_the_number_and_the_account_of_other_contacts():
    contact = ContactFactory()
    client = staff(Role.CALENDAR_MANAGER, contact.producer)
    for person in (create_member(Role.STATISTICIAN, contact.producer), create_member(Role.AUDITOR, contact.producer)):
        sent = of_contact(contact, telephone="07700 900456", user=person.pk)
        assert client.post(page("contact", "change", contact.pk), sent).status_code == 302
        contact.refresh_from_db()
        assert (contact.user, contact.telephone) == (person, "07700 900456")


def test_the_form_of_a_contact_names_no_account_of_another_producer():
    contact = ContactFactory()
    own = create_member(Role.STATISTICIAN, contact.producer, name="Olive Own")
    foreign = create_member(Role.STATISTICIAN, ProducerFactory(), name="Fred Foreign")
    client = staff(Role.CALENDAR_MANAGER, contact.producer)
    for address in (page("contact", "add"), page("contact", "change", contact.pk)):
        assert str(own) in client.get(address).text
        answer = client.post(address, of_contact(contact, producer=contact.producer_id, user=foreign.pk))
        assert "Select a valid choice" in refusals(answer)["user"][0]
        assert str(foreign) not in answer.text
    contact.refresh_from_db()
    assert contact.user is None


def test_administrators_keep_producers_and_memberships_and_a_producers_people_only_read_them(release):
    producer = release.series.producer
    membership = Membership.objects.create(user=UserFactory(), producer=producer, role=Role.AUDITOR)
    administrator = signed_in(UserFactory(is_staff=True, is_superuser=True))
    head = staff(Role.HEAD_OF_PROFESSION, producer)
    renamed = {"name": "Office for Rain", "slug": producer.slug, "nation": "scotland", "pre_release_unit": "hours"}
    renamed |= NO_DAYS
    promoted = {"user": membership.user_id, "producer": producer.pk, "role": Role.DEPUTY}
    for model, row, form in (("producer", producer, renamed), ("membership", membership, promoted)):
        assert head.get(page(model, "change", row.pk)).status_code == 200
        # Those who keep the calendar may change only the producer's words for absence.
        assert head.post(page(model, "change", row.pk), form).status_code == (302 if model == "producer" else 403)
        assert model == "membership" or Producer.objects.get().name == producer.name
        assert head.post(page(model, "add"), form).status_code == 403
        assert administrator.post(page(model, "change", row.pk), form).status_code == 302
    assert (Producer.objects.get().name, Membership.objects.get(pk=membership.pk).role) == ("Office for Rain", "deputy")


def test_a_new_producer_can_be_added_by_an_administrator():
    administrator = signed_in(UserFactory(is_staff=True, is_superuser=True))
    new = {
        "name": "Office for Rain",
        "slug": "office-for-rain",
        "nation": "wales",
        "hosts": "",
        "pre_release_unit": "hours",
        **NO_DAYS,
    }
    assert administrator.post(page("producer", "add"), new).status_code == 302
    assert Producer.objects.get().nation == "wales"


def test_a_date_change_is_made_only_through_the_release(release):
    scheduling.change_date(
        ReleaseFactory(confirmed=True, series=release.series, reference="b", url="https://b.example.gov.uk/"),
        to=london_slot(release.planned_on.replace(day=29)),
        reason="Sooner",
        by=create_member(Role.DEPUTY, release.series.producer),
        at=release.due_at - timedelta(days=7),
    )
    assert staff(Role.DEPUTY, release.series.producer).get(page("datechange", "add")).status_code == 403

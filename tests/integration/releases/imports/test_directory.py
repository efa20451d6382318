"""Contacts, series and producers as files: what is exported, and what each row of an import may change (C17, N9)."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission

from releases.imports import directory
from releases.imports.apply import ImportOutcome
from releases.imports.directory import DirectoryKind
from releases.imports.parse import FileRefused
from releases.models import Contact, Producer, RotaEntry, Series
from releases.permissions import NotYours
from releases.rules import tables
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory, create_member
from tests.support.shared_rows import shared_fixture

AT = datetime(2026, 6, 30, 9, tzinfo=UTC)
CONTACTS, SERIES, PRODUCERS = DirectoryKind.CONTACTS, DirectoryKind.SERIES, DirectoryKind.PRODUCERS

pytestmark = pytest.mark.django_db


@shared_fixture
def producer():
    return ProducerFactory(name="Office for Rain", slug="rain", hosts="www.example.gov.uk")


@pytest.fixture
def manager(producer):
    return create_member(Role.CALENDAR_MANAGER, producer)


def file_of(header, *rows):
    return tables.write_csv([header.split(","), *(row.split(",") for row in rows)])


def take(kind, header, *rows, by, **options):
    read = directory.read_directory(file_of(header, *rows), name="file.csv", kind=kind)
    return directory.import_directory(read, kind, by=by, at=AT, **options)


def faults(result):
    return [(fault.column, fault.why) for row in result.rows for fault in row.faults]


def permit(person, *codenames):
    """Give a person permissions, and return the person as read anew."""
    person.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return type(person).objects.get(pk=person.pk)


def test_a_contact_is_added_and_changed_and_an_empty_cell_changes_nothing(producer, manager):
    known = ContactFactory(producer=producer, name="Jo Lane", email="jo.lane@example.gov.uk", telephone="020 7946 0000")
    header = "producer,email,name,telephone,is_team,shown_to_readers"
    rows = (
        "office for rain,JO.LANE@example.gov.uk,,020 7946 0001,,yes",
        "Office for Rain,press@example.gov.uk,Press office,,yes,yes",
    )
    result = take(CONTACTS, header, *rows, by=manager)
    assert [row.outcome for row in result.rows] == [ImportOutcome.CHANGED, ImportOutcome.ADDED]
    changed = {change.column: (change.was, change.now) for change in result.rows[0].changes}
    assert changed == {"telephone": ("020 7946 0000", "020 7946 0001"), "shown_to_readers": ("no", "yes")}
    known.refresh_from_db()
    assert (known.name, known.telephone, known.is_public) == ("Jo Lane", "020 7946 0001", True)
    assert known.history.first().history_user == manager
    assert Contact.objects.get(email="press@example.gov.uk").is_team
    # The same file again changes nothing.
    again = take(CONTACTS, header, *rows, by=manager)
    assert {row.outcome for row in again.rows} == {ImportOutcome.UNCHANGED}


def test_a_file_diverts_no_text_message_about_early_releases(producer, manager):
    head = create_member(Role.HEAD_OF_PROFESSION, producer)
    ContactFactory(producer=producer, user=head, email="head@example.gov.uk", name="Helen", telephone="07700 900123")
    header, row = "producer,email,name,telephone", "Office for Rain,head@example.gov.uk,Helen Ward,07700 900999"
    ((column, why),) = faults(take(CONTACTS, header, row, by=manager))
    assert (column, "text messages about early releases" in why) == ("telephone", True)
    assert Contact.objects.get().telephone == "07700 900123"
    assert not faults(take(CONTACTS, header, row.replace("900999", "900123"), by=manager))
    assert not faults(take(CONTACTS, header, row, by=head))
    assert (Contact.objects.get().name, Contact.objects.get().telephone) == ("Helen Ward", "07700 900999")


def test_a_telephone_number_that_no_one_could_call_is_refused(producer, manager):
    header, row = "producer,email,name,telephone", "Office for Rain,jo@example.gov.uk,Jo,"
    assert faults(take(DirectoryKind.CONTACTS, header, f"{row}ask Sam", by=manager)) == [
        ("telephone", "Enter a phone number, for example 020 7946 0000 or +44 20 7946 0000.")
    ]
    assert not faults(take(DirectoryKind.CONTACTS, header, f"{row}020 7946 0000 (office)", by=manager))


@pytest.mark.parametrize("kind", list(DirectoryKind))
@pytest.mark.parametrize("file_kind", list(TableKind))
def test_an_export_is_imported_again_without_a_change(producer, manager, kind, file_kind):
    series = SeriesFactory(producer=producer, market_sensitive=True, nation="wales")
    series.deputies.add(ContactFactory(producer=producer))
    for at, days in ((None, "every_day"), (time(7), "every_day"), (None, "closed_days"), (time(7), "closed_days")):
        RotaEntry.objects.create(series=series, contact=series.responsible, at=at, days=days)
    ContactFactory(producer=producer, name="=SUM(A1)")
    content = directory.export_directory(kind, file_kind, by=manager, title="Export")
    rows = directory.read_directory(content, name=f"file.{file_kind}", kind=kind)
    assert rows
    result = directory.import_directory(rows, kind, by=manager, at=AT)
    assert {row.outcome for row in result.rows} == {ImportOutcome.UNCHANGED}, faults(result)


def test_a_series_is_added_with_its_people(producer, manager):
    jo, al = (ContactFactory(producer=producer, email=f"{name}@example.gov.uk") for name in ("jo", "al"))
    header = "producer,short_name,title,designation,release_time,contact_email,head_of_profession_email,deputy_emails"
    row = "Office for Rain,wind,Wind at sea,Accredited official statistics,,jo@example.gov.uk,al@example.gov.uk,"
    result = take(SERIES, header, row + "al@example.gov.uk jo@example.gov.uk", by=manager)
    assert not faults(result)
    series = Series.objects.get(slug="wind")
    assert (series.designation, series.responsible, series.head_of_profession) == ("accredited", jo, al)
    assert set(series.deputies.all()) == {jo, al}


def test_the_phone_order_of_a_series_is_replaced_by_the_one_in_a_file(producer, manager):
    jo, al = (ContactFactory(producer=producer, email=f"{name}@example.gov.uk") for name in ("jo", "al"))
    series = SeriesFactory(producer=producer, slug="wind")
    RotaEntry.objects.create(series=series, contact=series.responsible)
    header = "producer,short_name,phone_order"
    order = "al@example.gov.uk jo@example.gov.uk | 07:00 jo@example.gov.uk | CLOSED 07:00 al@example.gov.uk"
    result = take(SERIES, header, f"Office for Rain,wind,{order}", by=manager)
    assert not faults(result)
    (change,) = result.rows[0].changes
    assert (change.was, change.now) == (series.responsible.email, order.replace("CLOSED", "closed"))
    assert [(one.days, one.at, one.order, one.contact) for one in series.rota.order_by("pk")] == [
        ("every_day", None, 1, al),
        ("every_day", None, 2, jo),
        ("every_day", time(7), 1, jo),
        ("closed_days", time(7), 1, al),
    ]
    assert series.rota.first().history.first().history_user == manager
    again = take(SERIES, header, f"Office for Rain,wind,{order}", by=manager)
    assert again.rows[0].outcome is ImportOutcome.UNCHANGED


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ("7 jo@example.gov.uk", "Enter a time such as 09:30."),
        ("closed 07:00", "Enter at least one email address for each time and day."),
        ("someone@example.gov.uk", "is not a contact of this producer"),
    ],
)
def test_a_phone_order_that_cannot_be_read_is_refused(producer, manager, order, why):
    SeriesFactory(producer=producer, slug="wind")
    result = take(SERIES, "producer,short_name,phone_order", f"Office for Rain,wind,{order}", by=manager)
    ((column, sentence),) = faults(result)
    assert column == "phone_order"
    assert why in sentence


REFUSED = {
    "another producer": ("Office for Wind,a@example.gov.uk,Jo,", "producer", "You do not manage the calendar"),
    "no address": ("Office for Rain,,Jo,", "email", "This cell is empty."),
    "a wrong address": ("Office for Rain,jo,Jo,", "email", "valid email"),
    "no name": ("Office for Rain,jo@example.gov.uk,,", "name", "cannot be blank"),
    "neither yes nor no": ("Office for Rain,jo@example.gov.uk,Jo,perhaps", "is_team", "Enter yes or no"),
}


def test_a_wrong_row_says_which_column_and_why_and_then_nothing_is_imported(producer, manager, subtests):
    ProducerFactory(name="Office for Wind")
    good = "Office for Rain,good@example.gov.uk,Good,"
    for case, (row, column, words) in REFUSED.items():
        with subtests.test(case):
            result = take(CONTACTS, "producer,email,name,is_team", good, row, by=manager)
            ((found, why),) = faults(result)
            assert found == column
            assert words in why
            assert not Contact.objects.filter(producer=producer).exists()
    skipped = take(CONTACTS, "producer,email,name,is_team", good, row, by=manager, skip_refused=True)
    assert skipped.changed == 1
    assert Contact.objects.get(producer=producer).name == "Good"


def test_a_row_twice_is_refused_and_a_trial_changes_nothing(producer, manager):
    row = "Office for Rain,jo@example.gov.uk,Jo"
    result = take(
        CONTACTS, "producer,email,name", row, row.replace("jo@", "JO@"), by=manager, skip_refused=True, dry_run=True
    )
    assert faults(result) == [("email", "“JO@example.gov.uk” is in this file twice.")]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("producer,name", "does not have the column “email”, which is required"),
        ("producer,email,role", "has a column “role” that we do not know"),
        ("producer,email,role,rank", "has columns that we do not know: “role”, “rank”. The columns are: producer, "),
        ("producer,email,email", "has the column “email” twice"),
        ("producer,email", "has no rows below"),
    ],
)
def test_a_file_with_wrong_columns_is_refused_whole(header, words):
    with pytest.raises(FileRefused, match=words):
        directory.read_directory(file_of(header), name="file.csv", kind=CONTACTS)


def test_a_contact_of_another_producer_is_no_contact_of_a_series(producer, manager):
    foreign = ContactFactory(email="foreign@example.gov.uk")
    row = f"Office for Rain,wind,Wind,{foreign.email}"
    result = take(SERIES, "producer,short_name,title,contact_email", row, by=manager)
    assert faults(result)[0] == (
        "contact_email",
        "“foreign@example.gov.uk” is not a contact of this producer. Import the contacts first.",
    )


@pytest.mark.parametrize(("role", "saved"), [(Role.CALENDAR_MANAGER, 120), (Role.DEPUTY, 60)])
def test_only_leads_import_a_tolerance(producer, role, saved):
    SeriesFactory(producer=producer, slug="wind")
    result = take(
        SERIES, "producer,short_name,tolerance_seconds", "Office for Rain,wind,60", by=create_member(role, producer)
    )
    assert bool(faults(result)) == (saved == 120)
    assert Series.objects.get(slug="wind").tolerance_seconds == saved


def test_another_time_than_half_past_nine_needs_its_approval(producer, manager):
    SeriesFactory(producer=producer, slug="wind")
    header = "producer,short_name,release_time,approval_reference,approved_on"
    assert "Enter the reference" in faults(take(SERIES, header, "Office for Rain,wind,07:00,,", by=manager))[0][1]
    assert not faults(take(SERIES, header, "Office for Rain,wind,07:00,OSR-1,2026-05-11", by=manager))
    assert f"{Series.objects.get(slug='wind').release_time:%H:%M}" == "07:00"


@pytest.mark.parametrize("column", ["title", "title_in_welsh"])
def test_a_title_stays_while_a_release_waits_for_its_verdict(producer, manager, column):
    series = SeriesFactory(producer=producer, slug="wind")
    release = ReleaseFactory(confirmed=True, series=series)
    rows = [(2, {"producer": "Office for Rain", "short_name": "wind", column: "Another"})]
    result = directory.import_directory(rows, SERIES, by=manager, at=release.due_at + timedelta(seconds=5))
    ((refused, _why),) = faults(result)
    assert refused == column
    stored = Series.objects.get(slug="wind")
    assert (stored.title, stored.welsh_title) == (series.title, "")


HOSTILE = ("name", "websites", "two_person_approval", "nation", "pre_release_length")


@pytest.mark.parametrize("column", HOSTILE)
def test_a_calendar_manager_imports_nothing_of_a_producer_but_the_text_of_a_missing_page(producer, manager, column):
    values = {"name": "Mine", "websites": "evil.example", "nation": "scotland", "pre_release_length": "5"}
    before = Producer.objects.values().get(pk=producer.pk)
    result = take(PRODUCERS, f"short_name,{column}", f"rain,{values.get(column, 'yes')}", by=manager, skip_refused=True)
    assert faults(result) == [(column, "Only an administrator can change this.")]
    assert Producer.objects.values().get(pk=producer.pk) == before
    take(PRODUCERS, "short_name,words_for_a_missing_page", "rain,Not yet | Ddim eto", by=manager)
    assert Producer.objects.get(pk=producer.pk).phrases_of_absence() == ("Not yet", "Ddim eto")


def test_producers_are_added_by_administrators_alone(producer, manager):
    rows = ("short_name,name,nation", "wind,Office for Wind,scotland")
    assert faults(take(PRODUCERS, *rows, by=manager)) == [("short_name", "You do not manage the calendar of “wind”.")]
    editor = permit(manager, "change_producer")
    assert faults(take(PRODUCERS, *rows, by=editor)) == [("short_name", "Only an administrator can add a producer.")]
    assert not faults(take(PRODUCERS, *rows, by=permit(manager, "add_producer")))
    assert Producer.objects.get(slug="wind").nation == "scotland"


def test_the_producers_of_others_are_neither_exported_nor_disclosed(producer, manager):
    ProducerFactory(name="Office for Wind", slug="wind")
    content = directory.export_directory(PRODUCERS, TableKind.CSV, by=manager, title="Export").decode()
    assert "Office for Rain" in content
    assert "Office for Wind" not in content
    result = take(PRODUCERS, "short_name,words_for_a_missing_page", "wind,Soon", by=manager)
    assert faults(result) == [("short_name", "You do not manage the calendar of “wind”.")]


def test_a_producer_of_others_is_refused_in_the_same_way_as_one_that_does_not_exist(producer, manager):
    ProducerFactory(name="Office for Wind", slug="wind")
    result = take(PRODUCERS, "short_name,two_person_approval,name", "wind,perhaps,", "snow,perhaps,", by=manager)
    wind, snow = faults(result)
    assert (snow[0], snow[1].replace("snow", "wind")) == wind


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}))
def test_others_neither_import_nor_export(producer, role):
    person = create_member(role, producer)
    for kind in DirectoryKind:
        with pytest.raises(NotYours):
            directory.export_directory(kind, TableKind.CSV, by=person, title="Export")
        with pytest.raises(NotYours):
            directory.import_directory([], kind, by=person, at=AT)

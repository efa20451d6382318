"""Cover for a Head of Profession: who enters it, what is refused, and the permissions of its days only."""

from datetime import UTC, date, datetime, timedelta

import pytest

from releases import cover
from releases.calls import find_call_lists
from releases.cover import CoverPerson, CoverRefused
from releases.early_findings import name_contact
from releases.models import Cover, Membership, ReleaseRowRecord, RotaEntry
from releases.permissions import (
    Action,
    NotYours,
    may,
    prefetch_roles,
    producers_where,
    roles_anywhere,
    roles_of,
    standing_roles_of,
)
from releases.rules.lifecycle import Role
from statsoffice.accounts.invitations import may_grant
from statsoffice.accounts.models import User
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    rolled_back,
)
from tests.support.people import create_office
from tests.support.shared_rows import shared_fixture

AT = datetime(2020, 6, 29, 9, tzinfo=UTC)
FIRST, LAST = date(2020, 6, 30), date(2020, 7, 10)

pytestmark = pytest.mark.django_db


@shared_fixture
def office():
    return create_office(name="Office for Rain")


def day(number, month=7):
    return date(2020, month, number)


def name(office, *people, absent=None, by=None, first=FIRST, last=LAST, at=AT):
    """Let people cover for the Head of Profession; without days the whole absence."""
    chosen = [CoverPerson(*one) if isinstance(one, tuple) else CoverPerson(one, first, last) for one in people]
    return cover.name_cover(
        office.producer, absent or office.head, first=first, last=last, people=chosen, by=by or office.head, at=at
    )


def refusal(office, *people, **options):
    with pytest.raises(CoverRefused) as caught:
        name(office, *people, **options)
    assert not Cover.objects.exists()
    return caught.value.field, str(caught.value)


def test_a_cover_has_the_permissions_of_a_deputy_on_its_days_only(office, time_machine):
    name(office, office.statistician)
    for at, is_covered in (
        (datetime(2020, 6, 29, 22, 59, tzinfo=UTC), False),
        (datetime(2020, 6, 29, 23, 0, tzinfo=UTC), True),
        (datetime(2020, 7, 10, 22, 59, tzinfo=UTC), True),
        (datetime(2020, 7, 10, 23, 0, tzinfo=UTC), False),
    ):
        time_machine.move_to(at, tick=False)
        person = User.objects.get(pk=office.statistician.pk)
        assert (Role.DEPUTY in roles_of(person, office.producer)) == is_covered
        assert (Role.DEPUTY in roles_anywhere(person)) == is_covered
        assert may(person, Action.CORRECT_REASON, office.producer) == is_covered
        assert (office.producer in producers_where(person, Action.CORRECT_REASON)) == is_covered
        prefetch_roles(person)
        assert (Role.DEPUTY in roles_of(person, office.producer)) == is_covered
        assert standing_roles_of(person, office.producer) == {Role.STATISTICIAN}
        assert Role.DEPUTY not in roles_of(person, ProducerFactory())


def test_a_cover_cannot_make_it_permanent(office, time_machine):
    time_machine.move_to(SEED_DUE, tick=False)
    name(office, office.statistician, first=FIRST, at=AT)
    person = User.objects.get(pk=office.statistician.pk)
    assert may(person, Action.CORRECT_REASON, office.producer)
    assert not may_grant(person, Role.DEPUTY, office.producer)
    assert not cover.may_name_cover(person, office.producer)
    with pytest.raises(NotYours):
        name(office, create_member(Role.STATISTICIAN, office.producer), by=person, first=day(11), last=day(12))
    # The incident contact knows of early releases for ever.
    assert may(person, Action.KNOW_EARLY_FINDINGS, office.producer)
    with pytest.raises(NotYours):
        name_contact(office.producer, person, by=person, at=AT, seen=0)


@pytest.mark.parametrize("role", list(Role))
def test_only_heads_of_profession_and_deputies_enter_and_end_cover(office, role):
    other = create_member(Role.STATISTICIAN, office.producer)
    with rolled_back():
        if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
            (row,) = name(office, other, by=office.people[role])
            assert (row.named_by, row.named_at) == (office.people[role], AT)
        else:
            with pytest.raises(NotYours):
                name(office, other, by=office.people[role])
    (row,) = name(office, other)
    if role not in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
        with pytest.raises(NotYours):
            cover.end_cover(row, by=office.people[role], at=AT)
    with pytest.raises(NotYours):
        cover.end_cover(row, by=create_member(Role.DEPUTY, ProducerFactory()), at=AT)


def test_two_people_cover_one_after_the_other(office):
    sam = create_member(Role.STATISTICIAN, office.producer)
    rows = name(office, (office.deputy, FIRST, day(3)), (sam, day(4), LAST))
    assert [(row.person, row.starts_on, row.ends_on) for row in rows] == [
        (office.deputy, FIRST, day(3)),
        (sam, day(4), LAST),
    ]


def test_a_gap_an_overlap_and_wrong_days_are_refused_with_the_days(office):
    sam = create_member(Role.STATISTICIAN, office.producer)
    deputy = office.deputy
    gap = refusal(office, (deputy, FIRST, day(3)), (sam, day(6), LAST))
    assert gap == ("ends_2", "There is no cover from 4 July 2020 to 5 July 2020. Change the days or add a person.")
    end = refusal(office, (deputy, FIRST, day(9)))
    assert end == ("ends_1", "There is no cover on 10 July 2020. Change the days or add a person.")
    overlap = refusal(office, (deputy, FIRST, day(5)), (sam, day(3), LAST))
    assert overlap == ("begins_2", "Two people cover from 3 July 2020 to 5 July 2020. Change the days.")
    assert refusal(office, deputy, first=day(5), last=day(4))[0] == "last"
    assert refusal(office, deputy, first=date(2020, 6, 28))[0] == "first"
    outside = refusal(office, (deputy, FIRST, day(11)))
    assert outside == ("begins_1", "The days must be between 30 June 2020 and 10 July 2020.")


def test_days_that_are_covered_already_are_refused_until_that_cover_is_ended(office):
    (row,) = name(office, office.statistician)
    sentence = "covers from 30 June 2020 to 10 July 2020. Choose other days, or end that cover first."
    with pytest.raises(CoverRefused, match=sentence):
        name(office, office.deputy, first=LAST, last=day(20))
    assert cover.end_cover(row, by=office.head, at=AT)
    assert not cover.end_cover(row, by=office.head, at=AT + timedelta(seconds=1))
    row.refresh_from_db()
    assert (row.ended_by, row.ended_at) == (office.head, AT)
    name(office, office.deputy, first=LAST, last=day(20))


def test_who_cannot_be_away_or_cover_is_refused(office):
    closed = create_member(Role.STATISTICIAN, office.producer, is_active=False)
    elsewhere = create_member(Role.STATISTICIAN, ProducerFactory())
    for person in (closed, elsewhere, office.people[Role.AUDITOR], office.people[Role.CALENDAR_MANAGER]):
        field, sentence = refusal(office, person)
        assert field == "person_1"
        assert "Select a statistician, deputy or Head of Profession" in sentence
    assert refusal(office, office.head, by=office.deputy)[0] == "person_1"
    assert refusal(office, office.statistician, absent=office.deputy)[0] == "absent"


def test_no_one_names_themselves(office):
    field, sentence = refusal(office, office.deputy, by=office.deputy)
    assert (field, sentence) == ("person_1", "You cannot name yourself. Ask another Head of Profession or deputy.")


def test_a_person_who_is_away_cannot_cover(office):
    second = create_member(Role.HEAD_OF_PROFESSION, office.producer, name="Second Head")
    name(office, office.statistician)
    with pytest.raises(CoverRefused, match="is away between 30 June 2020 and 10 July 2020"):
        name(office, office.head, absent=second, by=office.deputy)


def test_a_person_who_covers_cannot_be_away_until_that_cover_is_ended(office):
    second = create_member(Role.HEAD_OF_PROFESSION, office.producer, name="Second Head")
    (row,) = name(office, second)
    with pytest.raises(CoverRefused) as caught:
        name(office, office.statistician, absent=second, by=office.deputy, first=LAST, last=day(20))
    assert caught.value.field == "first"
    covers = f"Second Head covers for {office.head} from 30 June 2020 to 10 July 2020."
    assert str(caught.value) == f"{covers} Choose other days, or end that cover first."
    with rolled_back():
        name(office, office.statistician, absent=second, by=office.deputy, first=day(11), last=day(20))
    cover.end_cover(row, by=office.deputy, at=AT)
    name(office, office.statistician, absent=second, by=office.deputy, first=LAST, last=day(20))


def test_cover_is_over_once_it_is_ended_or_a_role_is_gone(office, time_machine):
    time_machine.move_to(SEED_DUE, tick=False)
    (row,) = name(office, office.statistician, at=AT)

    def is_covered():
        return Role.DEPUTY in roles_of(User.objects.get(pk=office.statistician.pk), office.producer)

    assert is_covered()
    for gone in (office.statistician, office.head):
        with rolled_back():
            Membership.objects.filter(user=gone).delete()
            assert not is_covered()
    with rolled_back():
        User.objects.filter(pk=office.statistician.pk).update(is_active=False)
        assert not is_covered()
    cover.end_cover(row, by=office.deputy, at=SEED_DUE)
    assert not is_covered()


def test_each_change_of_a_cover_is_in_the_record_and_its_history(office):
    (row,) = name(office, office.statistician)
    cover.end_cover(row, by=office.deputy, at=AT)
    records = ReleaseRowRecord.in_order().filter(digests__has_key="releases.cover")
    digests = [record.digests["releases.cover"][str(row.pk)] for record in records]
    assert len(set(digests)) == 2
    assert row.history.count() == 2


def test_the_person_who_covers_is_called_in_the_place_of_the_person_who_is_away(office):
    helen = ContactFactory(producer=office.producer, name="Helen Ward", user=office.head)
    dana = ContactFactory(producer=office.producer, name="Dana Scott", user=office.statistician)
    series = SeriesFactory(producer=office.producer, head_of_profession=helen)
    release = ReleaseFactory(series=series, announced=True)
    RotaEntry.objects.create(series=series, contact=series.responsible, order=1)
    RotaEntry.objects.create(series=series, contact=helen, order=2)
    name(office, office.statistician)
    calls = find_call_lists([release])[release.pk]
    assert calls.contacts == (series.responsible, dana)
    assert [line.absent for line in calls.lines] == ["", "Helen Ward"]
    Cover.objects.update(starts_on=day(1))
    assert find_call_lists([release])[release.pk].contacts == (series.responsible, helen)

"""Who may do what with a producer's releases."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser

from releases import permissions
from releases.permissions import Action, NotYours
from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db

HEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
KEEPERS = HEADS | {Role.CALENDAR_MANAGER}
# Written out apart from the table, so that a slip in the table shows.
ALLOWED = {
    Action.VIEW: set(Role),
    Action.EDIT: KEEPERS,
    Action.ASK_DATE_CHANGE: KEEPERS | {Role.STATISTICIAN},
    Action.CORRECT_REASON: HEADS,
    Action.POST_DELAY_NOTICE: HEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    Action.POST_OUTAGE_NOTICE: HEADS,
    Action.RECORD_CORRECTION: HEADS | {Role.STATISTICIAN},
    Action.PLAN_TRAINING: KEEPERS,
    Action.KEEP_EXEMPTIONS: HEADS,
    Action.CHANGE_TOLERANCE: HEADS,
    Action.ANSWER: KEEPERS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    Action.PREFLIGHT: KEEPERS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    Action.EXPORT_EVIDENCE: HEADS | {Role.STATISTICIAN, Role.AUDITOR},
    Action.READ_SEALED: HEADS,
    Action.RELEASE_AT_ONCE: HEADS,
    Action.POSTPONE: HEADS,
    Action.KNOW_EARLY_FINDINGS: HEADS,
    Action.NAME_INCIDENT_CONTACT: HEADS,
    Action.NAME_COVER: HEADS,
    Action.ASK_RECIPIENTS: HEADS,
    Action.KEEP_ACCESS_LIST: KEEPERS | {Role.STATISTICIAN},
    Action.AUTHORISE_HOST: HEADS,
    Action.CHECK_OPEN_FILES: HEADS | {Role.PUBLISHING_TEAM},
    Action.KNOW_OPEN_FILES: HEADS | {Role.PUBLISHING_TEAM, Role.AUDITOR},
    Action.KEEP_TASKS: KEEPERS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    Action.READ_BRIEF: HEADS,
    Action.MANAGE_WEBHOOKS: HEADS,
    Action.RECORD_CALL: KEEPERS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
}


def refused(person, action, producer):
    with pytest.raises(NotYours):
        permissions.check_may(person, action, producer)
    assert not permissions.may(person, action, producer)
    assert not permissions.producers_where(person, action).exists()
    return True


def test_an_action_is_for_the_roles_of_its_row_and_for_their_own_producer():
    producer, other = ProducerFactory(), ProducerFactory()
    people = {role: create_member(role, producer) for role in Role}
    for action, role in product(Action, Role):
        person = people[role]
        if role in ALLOWED[action]:
            permissions.check_may(person, action, producer)
            assert permissions.may(person, action, producer)
            assert list(permissions.producers_where(person, action)) == [producer]
        else:
            assert refused(person, action, producer)
        assert not permissions.may(person, action, other)


def test_a_stranger_a_superuser_and_a_deactivated_person_may_do_nothing():
    producer = ProducerFactory()
    deactivated = create_member(Role.HEAD_OF_PROFESSION, producer, is_active=False)
    superuser = UserFactory(is_superuser=True, is_staff=True)
    assert permissions.roles_of(deactivated, producer) == frozenset()
    for action, person in product(Action, (UserFactory(), AnonymousUser(), superuser, deactivated)):
        assert refused(person, action, producer)


def test_a_person_with_two_roles_may_do_what_either_allows_and_counts_once():
    producer = ProducerFactory()
    person = create_member(Role.AUDITOR, producer)
    person.memberships.create(producer=producer, role=Role.DEPUTY)
    assert permissions.roles_of(person, producer) == {Role.AUDITOR, Role.DEPUTY}
    assert permissions.may(person, Action.CHANGE_TOLERANCE, producer)
    assert permissions.producers_where(person, Action.VIEW).count() == 1


def test_a_refusal_says_who_may_not_do_what():
    producer = ProducerFactory(name="Office for Rain")
    with pytest.raises(NotYours, match=r"^Jo Lane has no role at Office for Rain that allows this action: edit\.$"):
        permissions.check_may(UserFactory(name="Jo Lane"), Action.EDIT, producer)


def test_the_record_names_the_weightiest_role_by_which_someone_acts():
    producer = ProducerFactory()
    person = create_member(Role.AUDITOR, producer)
    person.memberships.create(producer=producer, role=Role.DEPUTY)
    person.memberships.create(producer=producer, role=Role.PUBLISHING_TEAM)
    assert permissions.acting_role(person, Action.EXPORT_EVIDENCE, producer) == Role.DEPUTY
    person.memberships.filter(role=Role.DEPUTY).delete()
    assert permissions.acting_role(person, Action.EXPORT_EVIDENCE, producer) == Role.AUDITOR
    with pytest.raises(NotYours):
        permissions.acting_role(person, Action.READ_SEALED, producer)


def test_a_past_role_is_the_most_senior_one_in_force_at_the_instant(time_machine):
    producer, other = ProducerFactory(), ProducerFactory()
    first = datetime(2026, 1, 1, 9, tzinfo=UTC)
    day = timedelta(days=1)
    time_machine.move_to(first, tick=False)
    person, successor = create_member(Role.DEPUTY, producer), UserFactory()
    time_machine.move_to(first + day, tick=False)
    create_member(Role.AUDITOR, producer)
    person.memberships.create(producer=producer, role=Role.AUDITOR)
    person.memberships.create(producer=other, role=Role.STATISTICIAN)
    held = person.memberships.get(role=Role.DEPUTY)
    for days, role in ((2, Role.HEAD_OF_PROFESSION), (3, Role.STATISTICIAN)):
        time_machine.move_to(first + days * day, tick=False)
        held.role = role
        held.save()
    time_machine.move_to(first + 4 * day, tick=False)
    held.user = successor
    held.save()
    time_machine.move_to(first + 5 * day, tick=False)
    person.memberships.get(role=Role.AUDITOR).delete()

    def roles_on(whose, *days):
        moments = [(whose.pk, producer.pk, first + number * day) for number in days]
        found = permissions.find_roles_at(moments)
        return [found.get(moment) for moment in moments]

    senior = [Role.DEPUTY, Role.DEPUTY, Role.HEAD_OF_PROFESSION, Role.STATISTICIAN, Role.AUDITOR, None]
    assert roles_on(person, *range(6)) == senior
    assert roles_on(person, -1) == [Role.DEPUTY]
    assert roles_on(successor, 4) == [Role.STATISTICIAN]
    assert roles_on(UserFactory(), 4) == [None]

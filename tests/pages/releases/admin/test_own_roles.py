"""Who changes roles, hosts and the rule of two people in the admin site: administrators, and no one for themselves."""

import pytest

from releases.models import Membership, Producer
from releases.rules.lifecycle import Role
from statsoffice.demo import office as demo
from tests.support.admin_site import page, refusals, signed_in, staff
from tests.support.administrators import an_administrator
from tests.support.factories import ProducerFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db

OWN = "You cannot give yourself a role. Ask another administrator."


def one_who_administers(*, superuser):
    return UserFactory(is_staff=True, is_superuser=True) if superuser else an_administrator()


@pytest.mark.parametrize("superuser", [True, False], ids=["a-superuser", "by-the-group"])
@pytest.mark.parametrize("role", Role)
def test_an_administrator_gives_roles_to_others_and_none_to_themselves(superuser, role):
    person, other, producer = one_who_administers(superuser=superuser), UserFactory(), ProducerFactory()
    client = signed_in(person)
    answer = client.post(page("membership", "add"), {"user": person.pk, "producer": producer.pk, "role": role})
    assert refusals(answer) == {"user": [OWN]}
    assert client.post(
        page("membership", "add"), {"user": other.pk, "producer": producer.pk, "role": role}
    ).status_code == 302  # fmt: skip
    (given,) = Membership.objects.all()
    assert (given.user, given.role) == (other, role)


@pytest.mark.parametrize("superuser", [True, False], ids=["a-superuser", "by-the-group"])
def test_an_administrator_changes_no_role_of_their_own_and_takes_over_none_of_another(superuser):
    person, producer = one_who_administers(superuser=superuser), ProducerFactory()
    own = Membership.objects.create(user=person, producer=producer, role=Role.AUDITOR)
    others = Membership.objects.create(user=UserFactory(), producer=producer, role=Role.HEAD_OF_PROFESSION)
    client = signed_in(person)
    raised = {"user": person.pk, "producer": producer.pk, "role": Role.DEPUTY}
    assert client.post(page("membership", "change", own.pk), raised).status_code == 403
    assert refusals(client.post(page("membership", "change", others.pk), raised)) == {"user": [OWN]}
    assert sorted(Membership.objects.values_list("user", "role")) == sorted(
        [(person.pk, Role.AUDITOR), (others.user_id, Role.HEAD_OF_PROFESSION)]
    )


def calendar_managers():
    demo.set_up_offices()
    producer = Producer.objects.order_by("pk").first()
    yield "of the demonstration", demo.find_user(Role.CALENDAR_MANAGER), producer
    yield "by the role alone", create_member(Role.CALENDAR_MANAGER, producer, is_staff=True), producer


def test_a_calendar_manager_changes_no_role_no_host_and_no_rule_of_two_people(subtests):
    for which, person, producer in calendar_managers():
        client = signed_in(person)
        of_another = producer.memberships.exclude(user=person).first()
        with subtests.test(which):
            for whom in (person, UserFactory()):
                told = {"user": whom.pk, "producer": producer.pk, "role": Role.HEAD_OF_PROFESSION}
                assert client.post(page("membership", "add"), told).status_code == 403
                assert client.post(page("membership", "change", of_another.pk), told).status_code == 403
            assert client.post(page("membership", "delete", of_another.pk), {"post": "yes"}).status_code == 403
            fields = {"name": "Mine", "hosts": "evil.example.com", "two_person_approval": "on", "negative_markers": "x"}
            client.post(page("producer", "change", producer.pk), fields)
            stored = Producer.objects.get(pk=producer.pk)
            assert (stored.hosts, stored.two_person_approval, stored.name) == ("", False, producer.name)
            assert Membership.objects.filter(pk=of_another.pk, role=of_another.role).exists()


def test_a_head_of_profession_changes_no_role_in_the_admin_site():
    producer = ProducerFactory()
    client = staff(Role.HEAD_OF_PROFESSION, producer)
    told = {"user": UserFactory().pk, "producer": producer.pk, "role": Role.AUDITOR}
    assert client.post(page("membership", "add"), told).status_code == 403

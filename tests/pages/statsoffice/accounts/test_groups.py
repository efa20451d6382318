"""Groups in the admin site."""

import pytest
from django.urls import reverse

from statsoffice.accounts.models import User
from tests.support.administrators import administrators, an_administrator
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_even_a_superuser_cannot_delete_a_group_because_its_members_would_lose_it_without_a_record(client):
    member, group = an_administrator(), administrators()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(groups=group).get() == member

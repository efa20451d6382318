"""One office, as rows that tests share. A module that needs another has its own."""

from tests.breaches.people import Office, an_office
from tests.shared_rows import shared_fixture


@shared_fixture
def office() -> Office:
    return an_office()

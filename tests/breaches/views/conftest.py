"""A printer that prints at once, for pages that are not about the printed file."""

import pytest

from breaches.paper import pdf
from tests.breaches.people import printed


@pytest.fixture
def quick_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "render", printed)

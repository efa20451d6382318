"""A printer that prints at once, for pages that are not about the printed file."""

import pytest

from breaches import pdf
from tests.support.people import render_text


@pytest.fixture
def quick_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "render_pdf", render_text)

"""An office that the pins share, and the comparison with golden files."""

import difflib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pins.office import an_office_with_a_record
from tests.support.people import Office
from tests.support.shared_rows import shared_fixture

GOLDEN = Path(__file__).parent / "golden"
MOST_LINES = 80

type Pinned = Callable[[str, Any], None]


@shared_fixture
def office() -> Office:
    return an_office_with_a_record()


@pytest.fixture
def pinned(pytestconfig: pytest.Config) -> Pinned:
    """Compare a value with a golden file: of a name in .json as JSON with sorted keys, else as text."""

    def compare(name: str, value: Any) -> None:
        path = GOLDEN / name
        text = value if path.suffix != ".json" else json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        text = text.rstrip("\n") + "\n"
        if pytestconfig.option.write_pins:
            path.write_text(text)
            return
        golden = path.read_text() if path.exists() else ""
        if text != golden:
            # pytest's own comparison of long texts takes minutes.
            lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), name, "now", n=1, lineterm="")
            difference = "\n".join(list(lines)[:MOST_LINES])
            pytest.fail(
                f"{name} is not what it was. If that is meant: pytest --write-pins\n{difference}", pytrace=False
            )

    return compare

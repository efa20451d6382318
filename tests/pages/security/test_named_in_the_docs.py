"""docs/reference/security.md names the test of each point, and every test that it names is there."""

import re

from django.conf import settings

ROOT = settings.BASE_DIR
TEXT = (ROOT / "docs" / "reference" / "security.md").read_text()
PAGE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.DOTALL | re.MULTILINE)
WORDS = re.findall(r"`([^`]+)`", PAGE)


def rows_under(first_heading):
    """Read the rows of the one table whose first column has a heading."""
    (table,) = re.findall(rf"^\| {first_heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    return [line.strip("| ").split(" | ") for line in table.splitlines()]


THREATS, CHAPTERS = rows_under("threat"), rows_under("chapter")
# By section, because level 2 asks most of these two.
IN_SECTIONS = {6: 8, 7: 6}


def defined():
    """Name every test function and class of the suite."""
    texts = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
    return {name for text in texts for name in re.findall(r"(?:def|class) ([Tt]est\w+)", text)}


def test_every_file_and_folder_of_tests_that_is_named_is_there():
    named = {word for word in WORDS if word.startswith("tests/")}
    assert len(named) > 40
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_no_file_of_tests_is_named_without_its_folder():
    assert [word for word in WORDS if word.endswith(".py") and "/" not in word] == []


def test_every_test_that_is_named_automatically_is_there():
    named = {word for word in WORDS if re.fullmatch(r"[Tt]est\w+", word)}
    assert len(named) > 20
    assert named - defined() == set()


def test_every_threat_names_its_test():
    assert len(THREATS) > 20
    assert [row[0] for row in THREATS if "`" not in row[2] or "test" not in row[2].lower()] == []


def test_every_chapter_and_section_of_the_standard_has_a_state_and_its_test_or_reason():
    parts = [[f"V{number}.{part}" for part in range(1, IN_SECTIONS.get(number, 0) + 1)] for number in range(1, 18)]
    expected = [name for number, names in enumerate(parts, start=1) for name in names or [f"V{number}"]]
    assert [row[0].split()[0] for row in CHAPTERS] == expected
    assert {row[1].split()[0] for row in CHAPTERS} == {"met", "does"}
    without = [row[0] for row in CHAPTERS if row[1] == "met" and "test" not in row[2] and "lint" not in row[2]]
    assert without == ["V7.1 Documentation of sessions"]

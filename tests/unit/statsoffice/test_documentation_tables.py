"""The tables that `manage.py diagrams` writes into the documentation."""

from releases.rules.lifecycle import RELEASE
from statsoffice.management.commands.diagrams import list_moves, update_blocks


def test_the_table_of_a_lifecycle_has_every_move_with_who_makes_it() -> None:
    head, _, begin, *rows = list_moves(RELEASE).splitlines()
    assert head == "| from | move | to | by |"
    assert begin == "| | begin | provisional | |"
    assert len(rows) == len(RELEASE.moves)
    assert "| confirmed | change date | confirmed | deputy, head of profession |" in rows
    assert "| provisional | cancel | cancelled | calendar manager, deputy, head of profession |" in rows


def test_only_the_text_between_the_markers_is_replaced() -> None:
    text = "before\n<!-- made from the code: lifecycle of a release -->\nold\n<!-- end -->\nafter"
    assert update_blocks(text) == text.replace("old", list_moves(RELEASE))

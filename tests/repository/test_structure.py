"""The measures of tests/house.py, taken of a small invented package of which each is known."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.house import Measures, is_participle, measure

SHOP = {
    "shop/__init__.py": "",
    "shop/door.py": '''
        """The entry."""
        from shop import till
        from shop.goods import Apple

        TABLE = {"pay": till.pay}

        def enter(pay):
            """Enter.

            And pay."""
            return TABLE["pay"](Apple(1)), pay()
    ''',
    "shop/till.py": """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from shop.door import enter

        def pay(goods: "Receipt"):
            from shop.prices import price_of
            return price_of(goods)

        def sold(): ...
    """,
    "shop/prices.py": """
        from shop.goods import price
        def price_of(goods): return price

        def pay(): ...
    """,
    "shop/goods.py": """
        from dataclasses import dataclass
        import shop.prices

        price = 1

        @dataclass
        class Apple:
            weight: int
            def weigh(self): return Scale()

        class Scale:
            def read(self): ...

        @dataclass
        class Receipt: ...

        class Refused(Exception): ...
    """,
    "shop/old/shelf.py": "from shop import door\ndef _told(): ...\ndef is_sold(): ...",
}


@pytest.fixture
def measures(tmp_path: Path) -> Measures:
    for name, text in SHOP.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return measure(tmp_path, [Path(name) for name in SHOP], entries=[("shop.door", "enter")])


def test_files_folders_and_docstrings_are_counted(measures: Measures) -> None:
    assert (measures.counts["files"], measures.counts["folders"]) == (6, 2)
    assert measures.counts["lines"] == sum(len(dedent(text).splitlines()) for text in SHOP.values())
    assert measures.counts["docstring lines"] == 4


def test_the_longest_chain_counts_a_cycle_once_and_no_import_for_type_checking(measures: Measures) -> None:
    assert list(measures.chain) == ["shop.old.shelf", "shop.door", "shop.till", "shop.goods"]
    assert measures.cycles == [["shop.goods", "shop.prices"]]


def test_the_main_flow_goes_through_tables_and_imports_in_functions_but_not_through_parameters(
    measures: Measures,
) -> None:
    assert measures.main_flow == ["shop.door", "shop.goods", "shop.prices", "shop.till"]
    assert measures.counts["functions and classes on the main flow"] == 5
    assert measures.value_types == ["shop.goods:Apple"]


def test_an_entry_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "door.py").write_text("")
    with pytest.raises(KeyError, match="enter"):
        measure(tmp_path, [Path("door.py")], entries=[("door", "enter")])


def test_names_of_several_modules_and_participles_are_listed(measures: Measures) -> None:
    assert measures.repeated_names == {"pay": 2}
    assert measures.participles == ["shop.till:sold"]


@pytest.mark.parametrize("name", ["owed", "send_asked", "LookShown", "joining", "people_told"])
def test_a_name_that_ends_in_a_participle_is_found(name: str) -> None:
    assert is_participle(name)


@pytest.mark.parametrize("name", ["is_confirmed", "find_feed", "Morning", "scheduling", "read", "bring", "told_twice"])
def test_other_names_are_not(name: str) -> None:
    assert not is_participle(name)

"""Rows that tests share: written once in an outer transaction, in which each test works in its own savepoint.

`@shared_fixture` replaces `@pytest.fixture` on a function that writes rows and returns them:

    @shared_fixture
    def office() -> Office:
        return create_office()

    @shared_fixture
    def report(office: Office) -> Report:
        return create_report(office)

Such a fixture is used like any other of function scope. It is prepared by the first test that has it as an argument,
and stays for the tests that follow, while they have it too. A test sees only the rows of its fixtures. It gets deep
copies, so that it may change them; copies of one test refer to each other as the originals do. It cannot undo a patch,
a setting or a file that the preparation made outside the database. For a test with real transactions the fixture is an
ordinary one.

A shared fixture may depend on shared fixtures and on fixtures of a wider scope than a function. It must be an argument
of the test or of a fixture of the test: `request.getfixturevalue` comes too late.
"""

import copy
import inspect
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.support.shared_database import has_real_transactions, write_migrated_rows

type Prepare = Callable[..., Any]
PREPARE = "shared_prepare"


@dataclass
class Layer:
    """What one shared fixture has written, in its own savepoint.

    `values` are those of this fixture and of all before it, as this one has left them.
    """

    prepare: Prepare
    atomic: transaction.Atomic
    values: dict[Prepare, Any]


@dataclass
class Layers:
    """The shared fixtures that are prepared now; each may use the rows of those before it."""

    blocker: DjangoDbBlocker | None = None
    layers: list[Layer] = field(default_factory=list)

    @property
    def values(self) -> dict[Prepare, Any]:
        return self.layers[-1].values if self.layers else {}

    def copy(self, prepare: Prepare, memo: dict[int, Any]) -> Any:
        if prepare not in self.values:
            message = f"The shared fixture {prepare.__name__} was not prepared before the test's own savepoint."
            raise LookupError(message)
        return copy.deepcopy(self.values[prepare], memo)

    def roll_back_to(self, wanted: list[Prepare]) -> None:
        """Roll back everything but the first layers of those wanted."""
        stays = 0
        for layer, prepare in zip(self.layers, wanted, strict=False):
            if layer.prepare is not prepare:
                break
            stays += 1
        if stays == len(self.layers):
            return
        assert self.blocker
        with self.blocker.unblock():
            while len(self.layers) > stays:
                leave(self.layers.pop().atomic)

    def prepare(self, wanted: list[Prepare], request: pytest.FixtureRequest) -> None:
        """Have these layers and no others."""
        self.roll_back_to(wanted)
        for prepare in wanted[len(self.layers) :]:
            atomic = enter()
            try:
                if not self.layers:
                    write_migrated_rows()
                values = copy.deepcopy(self.values)
                values[prepare] = prepare(**{name: argument(name, request, values) for name in parameters(prepare)})
            except BaseException:
                leave(atomic)
                raise
            self.layers.append(Layer(prepare, atomic, values))


def argument(name: str, request: pytest.FixtureRequest, values: dict[Prepare, Any]) -> Any:
    prepare = prepare_of(request.node, name)
    return values[prepare] if prepare else request.getfixturevalue(name)


LAYERS = Layers()


def enter() -> transaction.Atomic:
    """Begin a block in which blocks with `durable=True` are allowed, as django.test.TestCase does."""
    atomic = transaction.atomic()
    atomic._from_testcase = True
    atomic.__enter__()
    return atomic


def leave(atomic: transaction.Atomic) -> None:
    """Roll back a block; what it wanted to do on commit is forgotten."""
    transaction.set_rollback(True)
    atomic.__exit__(None, None, None)


def shared_fixture(prepare: Prepare) -> Any:
    """Make a fixture of rows that tests share; see the description of this module."""

    def copied(request: pytest.FixtureRequest, shared_memo: dict[int, Any], **arguments: Any) -> Any:
        if has_real_transactions(request.node):
            return prepare(**arguments)
        return LAYERS.copy(prepare, shared_memo)

    copied.__name__, copied.__doc__, copied.__module__ = prepare.__name__, prepare.__doc__, prepare.__module__
    names = ["request", "shared_memo", *parameters(prepare)]
    copied.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    )
    setattr(copied, PREPARE, prepare)
    return pytest.fixture(copied)


@pytest.fixture(scope="session")
def shared_layers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Layers]:
    LAYERS.blocker = django_db_blocker
    yield LAYERS
    LAYERS.roll_back_to([])


@pytest.fixture
def shared_memo(shared_layers: Layers, db: None) -> dict[int, Any]:
    """Return the memory of the copies of one test, so that one object stays one."""
    return {}


def parameters(prepare: Prepare) -> list[str]:
    return list(inspect.signature(prepare).parameters)


def definition(item: pytest.Item, name: str) -> pytest.FixtureDef[Any] | None:
    """Return a fixture as this test finds it."""
    info = getattr(item, "_fixtureinfo", None)
    definitions = info.name2fixturedefs.get(name) if info else None
    return definitions[-1] if definitions else None


def prepare_of(item: pytest.Item, name: str) -> Prepare | None:
    """Return what prepares a fixture of a test, or None if the fixture is not a shared one."""
    return getattr(getattr(definition(item, name), "func", None), PREPARE, None)


def wanted_by(item: pytest.Item) -> list[Prepare]:
    """The shared fixtures of a test, each after those that it uses, in the same order for all tests."""
    found: list[Prepare] = []
    if has_real_transactions(item):
        return found

    def add(name: str, user: str = "") -> None:
        prepare = prepare_of(item, name)
        if prepare is None:
            if user and (found_as := definition(item, name)) and found_as.scope == "function":
                message = f"The shared fixture {user} needs {name}, which is neither shared nor of a wider scope."
                raise pytest.UsageError(message)
            return
        for each in parameters(prepare):
            add(each, name)
        if prepare not in found:
            found.append(prepare)

    for name in sorted(getattr(item, "fixturenames", ())):
        add(name)
    return found


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Let those tests of a module follow one another that share the same rows."""
    yield
    ordered: list[pytest.Item] = []
    for _, module in groupby(items, key=lambda item: (item.path, has_real_transactions(item), waits(item))):
        wanted = {item: [prepare.__qualname__ for prepare in wanted_by(item)] for item in module}
        ordered += sorted(wanted, key=wanted.__getitem__)
    items[:] = ordered


def waits(item: pytest.Item) -> bool:
    return item.get_closest_marker("waits") is not None


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Prepare the shared rows of a test immediately before pytest-django begins the test's own savepoint."""
    if fixturedef.argname == "_django_db_helper":
        layers = request.getfixturevalue("shared_layers")
        try:
            with layers.blocker.unblock():
                layers.prepare(wanted_by(request.node), request)
        except Exception as error:
            # As pytest does for a fixture that fails: otherwise every test that follows would fail too.
            fixturedef.cached_result = (None, fixturedef.cache_key(request), (error, error.__traceback__))
            raise
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Roll back what the next test does not share, before its fixtures of a wider scope can write anything."""
    yield
    LAYERS.roll_back_to(wanted_by(nextitem) if nextitem else [])

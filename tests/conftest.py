"""What every test runs on: its own database, folder and servers, without contact to the outside.

`./test` runs them on a private PostgreSQL, which DATABASE_URL names. Without it the database is SQLite in a file.
"""

import gc
import importlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import pytest_runtest_protocol as run_test
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.servers import migrated, programs
from tests.servers.private_redis import private_redis
from tests.support.shared_database import (
    environment_of_processes,
    flush_by_deleting,
    has_real_transactions,
    write_migrated_rows,
)

pytest_plugins = [
    "tests.support.shared_rows",
    "tests.support.monitoring_fixtures",
    "tests.support.release_fixtures",
    "tests.support.report_fixtures",
    "tests.support.mail_server",
    "tests.faults.table",
]

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium's own needs rights that root in a container lacks
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


hypothesis_settings.register_profile("quick", max_examples=25, deadline=None, database=None)
hypothesis_settings.register_profile(
    "full", max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="Run the tests marked full too, with more examples and widths")
    parser.addoption("--skips-fail", action="store_true", help="A test that is skipped fails the run")
    parser.addoption("--write-pictures", action="store_true", help="Make the pictures of the documentation again")
    parser.addoption("--write-pins", action="store_true", help="Write the files of tests/pins/golden anew")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    hypothesis_settings.load_profile("full" if config.option.full else "quick")
    config.option.allow_hosts = LOOPBACK
    config.option.allow_unix_socket = True
    # Playwright keeps an event loop in the tests' thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    var = Path(tempfile.mkdtemp(prefix="test-statsoffice-"))
    config.add_cleanup(lambda: shutil.rmtree(var, ignore_errors=True))
    os.environ["STATSOFFICE_VAR"] = str(var)
    settings.VAR_DIR = var
    settings.MEDIA_ROOT = var / "stored"
    # Argon2 is slow on purpose; no test is about that.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Tests ask for thousands of pages from one address; the limit has separate tests.
    settings.RATES = {"person": 0, "program": 0}
    # It writes once a minute, between the queries that tests count.
    settings.SESSIONS_LAST_USED = False
    flush_by_deleting()
    if "DATABASE_URL" not in os.environ:
        # In memory the threads of a live server and other processes would not see the same database.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(var / "test.sqlite3")
        return
    if migrated.folder():
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = settings.DATABASES["default"]["NAME"]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Spare the garbage collector thousands of tests and modules, all of which stay to the end."""
    gc.disable()
    # Register the pages of the admin site in the order of a web process. A module of tests could register some first.
    importlib.import_module("statsoffice.urls")
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    unwanted = {
        "pictures": not config.option.write_pictures,
        "full": not config.option.full,
        "postgresql_only": "DATABASE_URL" not in os.environ,
        "sqlite_only": "DATABASE_URL" in os.environ,
    }
    for marker in (name for name, is_unwanted in unwanted.items() if is_unwanted):
        items[:] = [item for item in items if not item.get_closest_marker(marker)]
    for item in items:
        # Not by `page`, which is also the name of a page of a release in some tests.
        if "playwright" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("browser"):
            if not item.nodeid.startswith("tests/browser/"):
                message = f"{item.nodeid} needs a browser: give its file pytest.mark.browser, so that ./test runs it."
                raise pytest.UsageError(message)
            item.add_marker(pytest.mark.browser)
    yield
    # After all others that order tests: minutes that begin last would leave one process waiting alone.
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test as pytest does, with room on Python's stack for all of its calls.

    Python 3.13 keeps the frames of calls in blocks of 16 kB. At the end of a block, each call in a loop requests a new
    block from the system and returns it, which took a tenth of the time of all tests. A frame of 560 kB makes Python
    take a block of 1 MB, and the rest of it holds the frames of a test.
    """
    return run_test(item, nextitem)


pytest_runtest_protocol.__code__ = pytest_runtest_protocol.__code__.replace(co_stacksize=70_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    return _refuse_skip(report, item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    return _refuse_skip(report, collector.config)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """Name subtests by plain text: processes of pytest cannot send a member of an enum to each other."""
    data = yield
    context = (data or {}).get("_subtest.context")
    if context and context["msg"] is not None:
        context["msg"] = str(context["msg"])
    return data


def _refuse_skip(report: Any, config: pytest.Config) -> Any:
    """Turn a skip into a failure that states the skip's reason, where the run asks for that."""
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--skips-fail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and nothing may be skipped silently: {report.longrepr[2]}"
    return report


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Begin with a copy of the SQLite database that was migrated for the whole run, where one was.

    What migrates is still asked whether anything is left to do; PostgreSQL copies its own by the setting TEMPLATE.
    """
    if "DATABASE_URL" in os.environ:
        return bool(request.config.getoption("reuse_db"))
    return migrated.begin_with_copy(settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(autouse=True)
def code_of_practice(request: pytest.FixtureRequest) -> None:
    """Write the Code of Practice again where a test with real transactions has emptied the database.

    Every test that has the database is asked: what waits longest runs first, so that a test that rolls back may follow
    one that emptied every table.
    """
    if has_real_transactions(request.node):
        request.getfixturevalue("transactional_db")
    elif request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        request.getfixturevalue("db")
    else:
        return
    write_migrated_rows()


@pytest.fixture(autouse=True)
def empty_count_cache() -> None:
    """Forget the counts of checks of earlier tests: a database that was put back gives out the same keys again."""
    from releases.evidence import repository  # imported here, because models need Django's settings first

    repository._counts = repository._CountCache()


@pytest.fixture(scope="session")
def folder_of_run(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Return a folder that all processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if hasattr(pytestconfig, "workerinput") else folder


@pytest.fixture(scope="session")
def saved_office(folder_of_run: Path) -> Any:
    """Keep the invented office of the tests in a browser for all tests of the run."""
    from tests.browser.saved_office import SavedOffice  # its factories need the apps, which are not loaded yet above

    return SavedOffice(folder_of_run)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Run a real Redis that no one else uses, and yield its address."""
    with private_redis() as url:
        yield url


@pytest.fixture
def process_environment(transactional_db: None, redis_url: str) -> dict[str, str]:
    """Return the environment for processes that share the test's database, folder and Redis."""
    return environment_of_processes(redis_url=redis_url)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Choose Debian's Chromium instead of one that Playwright would have to download."""
    built = settings.BASE_DIR / "static" / "built"
    assert any(built.glob("*.css")), f"No styles in {built}: run ./run --setup first."
    return browser_type_launch_args | {"executable_path": programs.chromium(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Choose a reader in London, whatever the machine's own language and zone."""
    return browser_context_args | {"locale": "en-GB", "timezone_id": "Europe/London"}

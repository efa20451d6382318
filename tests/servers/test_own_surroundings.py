"""The tests talk to no one outside, share a database with their processes, and skip nothing silently."""

import socket
import subprocess
import sys
from textwrap import dedent

import pytest
import redis
from django.conf import settings
from django.contrib.auth import get_user_model


def test_a_host_outside_cannot_be_reached():
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"), pytest.warns(UserWarning, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_loopback_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_the_redis_is_real_and_reached_by_a_private_socket(redis_url):
    with redis.Redis(unix_socket_path=redis_url.removeprefix("redis+socket://")) as client:
        assert client.info()["redis_version"]
        assert client.config_get("port") == {"port": "0"}


def test_another_process_sees_the_same_database_and_folder(process_environment):
    get_user_model().objects.create(email="statistician@example.gov.uk")
    script = dedent("""
        from django.conf import settings
        from django.contrib.auth import get_user_model
        print(get_user_model().objects.get().email, settings.VAR_DIR)
    """)
    seen = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script],
        env=process_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.split() == ["statistician@example.gov.uk", str(settings.VAR_DIR)]


SKIPPING = {
    "a-test": "@pytest.mark.skip(reason='no printer')\ndef test_printing(): pass",
    "a-module": "pytest.skip('no printer', allow_module_level=True)",
}


def outcome_of(folder, *options, kinds=SKIPPING):
    """Run pytest with this project's conftest on files of tests, and return its exit code and its output."""
    # By `-p tests.conftest` it would be read before Django is set up, which its own plugins need.
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.conftest"]\n')
    for kind in kinds:
        file = folder / f"test_{kind.replace('-', '_')}.py"
        file.write_text(f"import pytest\ndef test_other(): pass\n{SKIPPING[kind]}\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--continue-on-collection-errors"]
    run = subprocess.run([*command, *options, str(folder)], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


@pytest.mark.parametrize("kind", SKIPPING)
def test_a_skip_fails_the_whole_run_with_its_reason(tmp_path, kind):
    code, output = outcome_of(tmp_path, "--skips-fail", kinds=[kind])
    assert code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert "nothing may be skipped silently: Skipped: no printer" in output


def test_a_skip_in_a_run_of_chosen_tests_is_reported_and_fails_nothing(tmp_path):
    code, output = outcome_of(tmp_path)
    assert code == pytest.ExitCode.OK
    assert output.count("no printer") == len(SKIPPING)

"""The server of advisories that these tests ask, and the packages of a small checkout."""

import json
import socket
import threading

import pytest

from tests.dependencies.advisory_server import AdvisoryServer
from tests.dependencies.answer import Package

DJANGO, COLORAMA, SASS = (
    Package("Python", "django", "6.1.3"),
    Package("Python", "colorama", "0.4.6"),
    Package("npm", "sass", "1.93.0"),
)
LOCK = f"""\
colorama=={COLORAMA.version} ; sys_platform == 'win32' \\
    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6
django[argon2]=={DJANGO.version} \\
    --hash=sha256:08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44
"""
NPM_LOCK = {
    "name": "small",
    "lockfileVersion": 3,
    "requires": True,
    "packages": {
        "": {"name": "small", "dependencies": {"sass": "^1.93.0"}},
        "node_modules/sass": {"version": SASS.version, "dependencies": {"immutable": "^5.0.2"}},
        "node_modules/immutable": {"version": "5.1.4"},
    },
}


def nobody():
    """Return an address on loopback where no one answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def advisories():
    """Run a server that knows of the controls alone until a test adds more."""
    with AdvisoryServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def checkout(tmp_path):
    """Make a checkout with two Python packages, one of them for Windows alone, and two npm packages."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "small"\n')
    (folder / "requirements-test.txt").write_text(LOCK)
    (folder / "package-lock.json").write_text(json.dumps(NPM_LOCK))
    return folder

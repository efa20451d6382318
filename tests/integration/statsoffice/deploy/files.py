"""The files below deploy/, read by the libraries that know their forms."""

import configparser
import re
import shlex
from pathlib import Path

import yaml
from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"
INSTALLED = "/opt/statsoffice"
PROCESSES = ("web", "worker", "beat", "backstop")


def compose():
    """Read the Compose file."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def image_command():
    """Read the command that the image runs where Compose names no other."""
    (written,) = re.findall(r"^CMD \[(.*?)\]", (DEPLOY / "Containerfile").read_text(), re.DOTALL | re.MULTILINE)
    return re.findall(r'"(.*?)"', written)


def image_step(word):
    """Read the one RUN of the image that holds a word, as a list of words without its continued lines."""
    steps = re.findall(r"^RUN (.*?[^\\])$", (DEPLOY / "Containerfile").read_text(), re.DOTALL | re.MULTILINE)
    (written,) = [step for step in steps if word in step]
    return shlex.split(written.replace("\\\n", " "))


def composed_command(name):
    """Read the command of a service of the Compose file."""
    return compose()["services"][name].get("command", image_command())


def unit(name):
    """Read a systemd unit."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(DEPLOY / "systemd" / f"statsoffice-{name}.service")
    return read


def written_values(name, option):
    """Read every line of a systemd unit that sets an option, in order."""
    lines = (DEPLOY / "systemd" / f"statsoffice-{name}.service").read_text().splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(f"{option}=")]


def started_command(name, *, port=8000, python=None):
    """Read the command of a systemd unit as a list, with this checkout's programs and a port of the test's own."""
    folder = Path(python).parent if python else f"{INSTALLED}/.venv/bin"
    written = unit(name)["Service"]["ExecStart"].replace(f"{INSTALLED}/.venv/bin", str(folder))
    return shlex.split(written.replace("127.0.0.1:8000", f"127.0.0.1:{port}"))


def chosen_settings():
    """Read the names of the settings in the example of an environment, with their values."""
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

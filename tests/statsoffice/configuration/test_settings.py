"""A setting with a bad value refuses to start and says what is wrong."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = {
    "STATSOFFICE_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "releases.example.gov.uk",
    "STATSOFFICE_ADDRESS": "https://releases.example.gov.uk",
}
DEVELOPMENT_KEY = "for-development-on-one-machine-only-never-in-production"

TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
NOTIFY_KEY = "desk-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"

OIDC = "STATSOFFICE_OIDC_SERVER"
PROVIDER = {
    OIDC: "https://login.example.gov.uk/office/",
    "STATSOFFICE_OIDC_CLIENT_ID": "release-desk",
    "STATSOFFICE_OIDC_CLIENT_SECRET": "SECRET",
    "STATSOFFICE_OIDC_NAME": "your office account",
}


def load_settings(tmp_path, *, script="from django.conf import settings; print(settings.MODE)", **environment):
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            **kept,
            "DJANGO_SETTINGS_MODULE": "statsoffice.settings",
            "STATSOFFICE_VAR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="development with nothing set"),
        pytest.param(PRODUCTION, id="production"),
        pytest.param({"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=6/8, www.ons.gov.uk=2/4"}, id="budgets"),
        pytest.param({"EMAIL_URL": "smtp+tls://user:secret@mail.example.gov.uk:587"}, id="mail"),
        pytest.param({"DATABASE_URL": "postgres://u:p@localhost:5432/statsoffice"}, id="postgresql"),
        pytest.param({"STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY, "STATSOFFICE_NOTIFY_TEMPLATE": TEMPLATE}, id="notify"),
        pytest.param(PROVIDER, id="the office's own provider"),
        pytest.param({"STATSOFFICE_WEBHOOKS": "a=jsons://intranet.example/x  b=slack://a/b/c/"}, id="webhooks"),
    ],
)
def test_good_settings_start(tmp_path, environment):
    loaded = load_settings(tmp_path, **environment)
    assert (loaded.returncode, loaded.stderr) == (0, "")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        pytest.param({"STATSOFFICE_MODE": "test"}, 'STATSOFFICE_MODE is "test"', id="mode"),
        pytest.param({**PRODUCTION, "SECRET_KEY": "short"}, "SECRET_KEY must be set", id="weak key"),
        pytest.param({**PRODUCTION, "SECRET_KEY": "x7" * 30}, "SECRET_KEY is not random", id="key with a pattern"),
        pytest.param({**PRODUCTION, "SECRET_KEY": DEVELOPMENT_KEY}, "of development machines", id="development key"),
        pytest.param({**PRODUCTION, "ALLOWED_HOSTS": "*"}, 'ALLOWED_HOSTS holds "*"', id="any host"),
        pytest.param({**PRODUCTION, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name", id="no host"),
        pytest.param({**PRODUCTION, "ALLOWED_HOSTS": ".gov.uk"}, 'holds ".gov.uk"', id="every host of gov.uk"),
        pytest.param({"ALLOWED_HOSTS": "https://a.example"}, 'holds "https://a.example"', id="address for a host"),
        pytest.param({**PRODUCTION, "STATSOFFICE_ADDRESS": "http://a.example"}, "start with https://", id="bare http"),
        pytest.param({**PRODUCTION, "STATSOFFICE_ADDRESS": ""}, "STATSOFFICE_ADDRESS", id="no address"),
        pytest.param({"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=6"}, "STATSOFFICE_PROBE_BUDGETS", id="budget"),
        pytest.param({"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=0/8"}, "STATSOFFICE_PROBE_BUDGETS", id="no budget"),
        pytest.param({"STATSOFFICE_PROBE_ALLOW_PRIVATE": "intranet"}, "must be host:port", id="no port"),
        pytest.param({"STATSOFFICE_ADDRESS": "releases.example.gov.uk"}, "STATSOFFICE_ADDRESS", id="no scheme"),
        pytest.param({"STATSOFFICE_PROBE_CONTROLS": "example.org"}, "STATSOFFICE_PROBE_CONTROLS", id="control"),
        pytest.param({"DATABASE_URL": "mysql://u:p@localhost/db"}, "PostgreSQL or an SQLite", id="other database"),
        pytest.param({"DATABASE_URL": "nonsense"}, "DATABASE_URL", id="no database"),
        pytest.param({"EMAIL_URL": "pigeon://coop"}, "EMAIL_URL", id="mail"),
        pytest.param({"STATSOFFICE_CLOCK_LARGEST_ERROR": "nan"}, "a number of at least", id="clock error"),
        pytest.param({"STATSOFFICE_EVIDENCE_KEPT_DAYS": "7"}, "at least 30", id="evidence for a week"),
        pytest.param({"STATSOFFICE_REPORT_RECIPIENT": "a@example.gov.uk,b@example.gov.uk"}, "it takes one", id="two"),
        pytest.param({"STATSOFFICE_REPORT_DUE_WORKING_DAYS": "0"}, "at least 1", id="due at once"),
        pytest.param({"STATSOFFICE_REPORT_REMINDERS": "-1,soon"}, "a whole number", id="reminders"),
        pytest.param({"STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS": "0"}, "at least 1", id="names for no day"),
        pytest.param({"STATSOFFICE_PREFLIGHT_AT": "2pm"}, "a time such as 14:00", id="pre-flight"),
        pytest.param({"STATSOFFICE_COMPARISON_AT": "night"}, "a time such as 14:00", id="comparison"),
        pytest.param({"STATSOFFICE_HEALTH_PING": "ping"}, "STATSOFFICE_HEALTH_PING", id="ping"),
        pytest.param({"STATSOFFICE_SECOND_FACTOR": "boss"}, 'holds "boss"', id="second factor"),
        pytest.param({"STATSOFFICE_SECOND_FACTOR": " "}, 'holds ""', id="second factor of nobody by mistake"),
        pytest.param({"STATSOFFICE_PROXIES": "many"}, "STATSOFFICE_PROXIES", id="proxies"),
        pytest.param({"STATSOFFICE_METRICS_TOKEN": "SECRET"}, "at least 32 characters", id="short metrics token"),
        pytest.param({"STATSOFFICE_METRICS_TOKEN": "SECRET " * 9}, "without spaces", id="metrics token of words"),
        pytest.param({"STATSOFFICE_LOG_LEVEL": "loud"}, "STATSOFFICE_LOG_LEVEL", id="log level"),
        pytest.param({"STATSOFFICE_PROXIES": "one"}, "STATSOFFICE_PROXIES", id="proxies"),
        pytest.param({"STATSOFFICE_CANARY": "yes"}, "STATSOFFICE_CANARY", id="canary"),
        pytest.param({"STATSOFFICE_LEAD_OFFICIAL": "yes"}, "STATSOFFICE_LEAD_OFFICIAL", id="label"),
        pytest.param({"STATSOFFICE_OPERATORS": "me@example.gov.uk, you"}, 'holds "you"', id="operators"),
        pytest.param({"STATSOFFICE_NOTIFY_KEY": "desk-of-SECRET"}, "no API key of GOV.UK Notify", id="notify key"),
        pytest.param({"STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY}, "STATSOFFICE_NOTIFY_TEMPLATE", id="key without template"),
        pytest.param({"STATSOFFICE_NOTIFY_ADDRESS": "notify"}, "STATSOFFICE_NOTIFY_ADDRESS", id="notify address"),
        pytest.param({"STATSOFFICE_WEBHOOKS": "jsons://host/SECRET"}, "must be name=address", id="nameless webhook"),
        pytest.param({"STATSOFFICE_WEBHOOKS": "a=syslog://SECRET"}, "address of a must begin", id="other service"),
        pytest.param({"STATSOFFICE_WEBHOOKS": "a=json:///SECRET"}, "address of a must begin", id="webhook to nowhere"),
        *(
            pytest.param({**PROVIDER, name: ""}, f"half set: {name} must be set too", id=f"provider without {name}")
            for name in PROVIDER
        ),
        pytest.param({**PROVIDER, OIDC: "login.example.gov.uk"}, f"{OIDC} is", id="provider without a scheme"),
        pytest.param({**PROVIDER, OIDC: "https://a.example/?SECRET"}, "bare address", id="provider with a question"),
        pytest.param({**PROVIDER, OIDC: "https://a:SECRET@a.example"}, "bare address", id="provider with a password"),
        pytest.param({**PROVIDER, OIDC: f"https://{'a' * 200}"}, "at most 200", id="provider that is too long"),
        pytest.param({**PRODUCTION, **PROVIDER, OIDC: "http://a.example"}, "start with https://", id="bare provider"),
    ],
)
def test_a_bad_setting_refuses_to_start_and_is_named(tmp_path, environment, sentence):
    loaded = load_settings(tmp_path, **environment)
    assert loaded.returncode != 0
    last_line = loaded.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last_line
    assert sentence in last_line
    assert "SECRET" not in last_line.replace("SECRET_KEY", "").replace("CLIENT_SECRET", "")


def test_in_production_the_health_alone_is_told_without_https(tmp_path):
    script = (
        "import django; django.setup(); from django.test import Client; "
        "client = Client(headers={'host': 'releases.example.gov.uk'}); "
        "print([client.get(path).status_code for path in ('/health/live', '/')])"
    )
    asked = load_settings(tmp_path, script=script, **PRODUCTION)
    assert asked.stdout.strip() == "[200, 301]", asked.stderr


@pytest.mark.parametrize(("proxies", "status"), [("0", 301), ("1", 200)])
def test_only_a_proxy_of_our_own_can_state_that_a_request_came_over_https(tmp_path, proxies, status):
    script = (
        "import django; django.setup(); from django.test import Client; "
        "client = Client(headers={'host': 'releases.example.gov.uk', 'x-forwarded-proto': 'https'}); "
        "print(client.get('/robots.txt').status_code)"
    )
    response = load_settings(tmp_path, script=script, **PRODUCTION, STATSOFFICE_PROXIES=proxies)
    assert response.stdout.strip() == str(status), response.stderr


def test_every_folder_that_the_settings_name_exists():
    folders = [*settings.LOCALE_PATHS, *settings.STATICFILES_DIRS, *settings.TEMPLATES[0]["DIRS"]]
    assert [str(folder) for folder in folders if not Path(folder).is_dir()] == []

"""A setting with a bad value refuses to start and states the fault."""

import json
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


def load_settings(tmp_path, *, script, stdin="", **environment):
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
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


# Loads the settings once for each environment of its input, in a fork of a process that has loaded all that they
# import: starting Python and loading the libraries would take most of the time of each.
LOADER = """
import json, os, sys, tempfile, traceback
import statsoffice.settings
for name in [name for name in sys.modules if name.partition(".")[0] == "statsoffice"]:
    del sys.modules[name]

def load(environment):
    os.environ.update(environment)
    try:
        from django.conf import settings
        settings.MODE
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

found = []
for environment in json.load(sys.stdin):
    with tempfile.TemporaryFile() as written:
        if (child := os.fork()) == 0:
            os.dup2(written.fileno(), 2)
            code = load(environment)
            sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        written.seek(0)
        found.append((code, written.read().decode()))
print(json.dumps(found))
"""


def load_each(tmp_path, environments):
    """Load the settings with each environment, and return exit codes with the output on stderr."""
    loaded = load_settings(tmp_path, script=LOADER, stdin=json.dumps(environments))
    assert (loaded.returncode, loaded.stderr) == (0, "")
    return json.loads(loaded.stdout)


GOOD = {
    "development with nothing set": {},
    "production": PRODUCTION,
    "budgets": {"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=6/8, www.ons.gov.uk=2/4"},
    "mail": {"EMAIL_URL": "smtp+tls://user:secret@mail.example.gov.uk:587"},
    "postgresql": {"DATABASE_URL": "postgres://u:p@localhost:5432/statsoffice"},
    "notify": {"STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY, "STATSOFFICE_NOTIFY_TEMPLATE": TEMPLATE},
    "the office's own provider": PROVIDER,
    "webhooks": {"STATSOFFICE_WEBHOOKS": "a=jsons://intranet.example/x  b=slack://a/b/c/  c=pagerduty://k@a/host"},
}
BAD = {
    "mode": ({"STATSOFFICE_MODE": "test"}, 'STATSOFFICE_MODE is "test"'),
    "weak key": ({**PRODUCTION, "SECRET_KEY": "short"}, "SECRET_KEY has 5 characters, but must have at least 50"),
    "key with a pattern": ({**PRODUCTION, "SECRET_KEY": "x7" * 30}, "SECRET_KEY is not random"),
    "development key": ({**PRODUCTION, "SECRET_KEY": DEVELOPMENT_KEY}, "is the default key for development"),
    "any host": ({**PRODUCTION, "ALLOWED_HOSTS": "*"}, 'ALLOWED_HOSTS contains "*"'),
    "no host": ({**PRODUCTION, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name"),
    "every host of gov.uk": ({**PRODUCTION, "ALLOWED_HOSTS": ".gov.uk"}, 'contains ".gov.uk"'),
    "address for a host": ({"ALLOWED_HOSTS": "https://a.example"}, 'contains "https://a.example"'),
    "bare http": ({**PRODUCTION, "STATSOFFICE_ADDRESS": "http://a.example"}, "start with https://"),
    "no address": ({**PRODUCTION, "STATSOFFICE_ADDRESS": ""}, "STATSOFFICE_ADDRESS"),
    "budget": ({"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=6"}, "STATSOFFICE_PROBE_BUDGETS"),
    "no budget": ({"STATSOFFICE_PROBE_BUDGETS": "www.gov.uk=0/8"}, "STATSOFFICE_PROBE_BUDGETS"),
    "no port": ({"STATSOFFICE_PROBE_ALLOW_PRIVATE": "intranet"}, "must be host:port"),
    "no scheme": ({"STATSOFFICE_ADDRESS": "releases.example.gov.uk"}, "STATSOFFICE_ADDRESS"),
    "control": ({"STATSOFFICE_PROBE_CONTROLS": "example.org"}, "STATSOFFICE_PROBE_CONTROLS"),
    "time server": ({"STATSOFFICE_CLOCK_SERVERS": "ntp://ntp.example.gov.uk"}, "must be a host name"),
    "owner of a file": (
        {"DATABASE_OWNER_URL": "sqlite:////office.sqlite3"},
        "DATABASE_OWNER_URL must name a PostgreSQL",
    ),
    "other database": ({"DATABASE_URL": "mysql://u:p@localhost/db"}, "PostgreSQL or an SQLite"),
    "no database": ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    "polled broker": ({"REDIS_URL": "sqs://SECRET@x"}, 'REDIS_URL starts with "sqs://"; it must start with redis://'),
    "broker without a scheme": ({"CELERY_BROKER_URL": "broker:SECRET"}, "CELERY_BROKER_URL is not a valid address"),
    "mail": ({"EMAIL_URL": "pigeon://desk:SECRET@coop"}, "EMAIL_URL must be like"),
    "password with a slash": ({"EMAIL_URL": "smtp://desk:SECRET/2@mail.example.gov.uk:587"}, "EMAIL_URL must be like"),
    "clock error": ({"STATSOFFICE_CLOCK_LARGEST_ERROR": "nan"}, "a number of at least"),
    "evidence for a week": ({"STATSOFFICE_EVIDENCE_KEPT_DAYS": "7"}, "at least 30"),
    **{
        f"{name.lower()} for a thousand years": ({f"STATSOFFICE_{name}_KEPT_DAYS": "365250"}, "at most 36500")
        for name in ("EVIDENCE", "PRE_RELEASE_NAMES", "MESSAGES", "FORMER_DETAILS")
    },
    "reminder after ages": ({"STATSOFFICE_ACKNOWLEDGE_MINUTES": "1e12"}, "at most 525600"),
    "two": ({"STATSOFFICE_REPORT_RECIPIENT": "a@example.gov.uk,b@example.gov.uk"}, "Set it to one"),
    "due at once": ({"STATSOFFICE_REPORT_DUE_WORKING_DAYS": "0"}, "at least 1"),
    "reminders": ({"STATSOFFICE_REPORT_REMINDERS": "-1,soon"}, "a whole number"),
    "names for no day": ({"STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS": "0"}, "at least 1"),
    "pre-flight": ({"STATSOFFICE_PREFLIGHT_AT": "2pm"}, "a time such as 14:00"),
    "comparison": ({"STATSOFFICE_COMPARISON_AT": "night"}, "a time such as 14:00"),
    "ping": ({"STATSOFFICE_HEALTH_PING": "ping/SECRET"}, "STATSOFFICE_HEALTH_PING must be a web address"),
    "second factor": ({"STATSOFFICE_SECOND_FACTOR": "boss"}, 'contains "boss"'),
    "second factor of nobody by mistake": ({"STATSOFFICE_SECOND_FACTOR": " "}, 'contains ""'),
    "proxies": ({"STATSOFFICE_PROXIES": "many"}, "STATSOFFICE_PROXIES"),
    "short metrics token": ({"STATSOFFICE_METRICS_TOKEN": "SECRET"}, "at least 32 characters"),
    "metrics token of words": ({"STATSOFFICE_METRICS_TOKEN": "SECRET " * 9}, "without spaces"),
    "log level": ({"STATSOFFICE_LOG_LEVEL": "loud"}, "STATSOFFICE_LOG_LEVEL"),
    "one proxy in words": ({"STATSOFFICE_PROXIES": "one"}, "STATSOFFICE_PROXIES"),
    "canary": ({"STATSOFFICE_CANARY": "yes"}, "STATSOFFICE_CANARY"),
    "label": ({"STATSOFFICE_LEAD_OFFICIAL": "yes"}, "STATSOFFICE_LEAD_OFFICIAL"),
    "operators": ({"STATSOFFICE_OPERATORS": "me@example.gov.uk, you"}, 'contains "you"'),
    "notify key": ({"STATSOFFICE_NOTIFY_KEY": "desk-of-SECRET"}, "is not an API key of GOV.UK Notify"),
    "key without template": ({"STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY}, "STATSOFFICE_NOTIFY_TEMPLATE"),
    "template without key": ({"STATSOFFICE_NOTIFY_TEMPLATE": TEMPLATE}, "without STATSOFFICE_NOTIFY_KEY"),
    "no identifier of a template": (
        {"STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY, "STATSOFFICE_NOTIFY_TEMPLATE": "late"},
        "the identifier of a template with ((subject)) and ((text))",
    ),
    "no identifier of a text message's template": (
        {
            "STATSOFFICE_NOTIFY_KEY": NOTIFY_KEY,
            "STATSOFFICE_NOTIFY_TEMPLATE": TEMPLATE,
            "STATSOFFICE_NOTIFY_TEXT_TEMPLATE": "late",
        },
        "the identifier of a template with ((text))",
    ),
    "notify address": ({"STATSOFFICE_NOTIFY_ADDRESS": "notify"}, "STATSOFFICE_NOTIFY_ADDRESS"),
    "nameless webhook": ({"STATSOFFICE_WEBHOOKS": "jsons://host/SECRET"}, "must be name=address"),
    "other service": ({"STATSOFFICE_WEBHOOKS": "a=syslog://SECRET"}, "address of a must begin"),
    "webhook to nowhere": ({"STATSOFFICE_WEBHOOKS": "a=json:///SECRET"}, "address of a must begin"),
    **{f"provider without {name}": ({**PROVIDER, name: ""}, f"half set: {name} must be set too") for name in PROVIDER},
    "provider without a scheme": ({**PROVIDER, OIDC: "login.example.gov.uk"}, f"{OIDC} must be a web address"),
    "provider with a question": ({**PROVIDER, OIDC: "https://a.example/?SECRET"}, "bare address"),
    "provider with a password": ({**PROVIDER, OIDC: "https://a:SECRET@a.example"}, "bare address"),
    "provider that is too long": ({**PROVIDER, OIDC: f"https://{'a' * 200}"}, "at most 200"),
    "bare provider": ({**PRODUCTION, **PROVIDER, OIDC: "http://a.example"}, "start with https://"),
}


def test_good_settings_start(tmp_path, subtests):
    loaded = load_each(tmp_path, list(GOOD.values()))
    for what, (code, said) in zip(GOOD, loaded, strict=True):
        with subtests.test(what):
            assert (code, said) == (0, "")


def test_a_bad_setting_refuses_to_start_and_is_named(tmp_path, subtests):
    loaded = load_each(tmp_path, [environment for environment, _ in BAD.values()])
    for (what, (_, sentence)), (code, said) in zip(BAD.items(), loaded, strict=True):
        with subtests.test(what):
            assert code != 0
            last_line = said.strip().splitlines()[-1]
            assert "ImproperlyConfigured" in last_line
            assert sentence in last_line
            assert "SECRET" not in said.replace("SECRET_KEY", "").replace("CLIENT_SECRET", "")


def test_in_production_the_health_alone_is_served_without_https(tmp_path):
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

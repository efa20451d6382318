"""What each setting of the environment means, for the operator; the table in docs/operations.md is made from this."""

from collections.abc import Sequence
from dataclasses import dataclass

from statsoffice import env


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `default` says in words what holds where it is not set, unless its reading gives that itself."""

    name: str
    meaning: str
    default: str = ""


SETTINGS = (
    Setting(
        "STATSOFFICE_MODE",
        "`development` or `production`",
    ),
    Setting(
        "SECRET_KEY",
        "at least 50 random characters in production; one that can be guessed is refused",
        default="a fixed one in development",
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        "keys that were in use before, separated by commas",
    ),
    Setting(
        "ALLOWED_HOSTS",
        "hosts that the web answers for, separated by commas, each named in full",
        default="loopback in development",
    ),
    Setting(
        "STATSOFFICE_PROXIES",
        "how many proxies of your own stand before the web, each of which adds to `X-Forwarded-For`: limits by "
        "address are by the one that the outermost wrote. With `0`, `X-Forwarded-Proto` is not trusted",
        default="`1` in production, `0` in development",
    ),
    Setting(
        "DATABASE_URL",
        "`postgres://user:password@host:5432/name`",
        default="SQLite in `STATSOFFICE_VAR`",
    ),
    Setting(
        "DATABASE_OWNER_URL",
        "the same database as the role that owns its tables, for `migrate`, `restore` and `copy_from_sqlite` alone "
        "([database roles](#database-roles))",
        default="none: the role of `DATABASE_URL` owns them",
    ),
    Setting(
        "REDIS_URL",
        "the broker: `redis://host:6379/0`, also of a Valkey",
        default="a private server in `STATSOFFICE_VAR`",
    ),
    Setting(
        "CELERY_BROKER_URL",
        "the broker instead of `REDIS_URL`: a RabbitMQ (`amqp://user:password@host:5672/vhost`, `amqps://…`), a Redis "
        "or a Valkey; others are refused, because Celery polls them and our messages expire after 1.8 seconds",
        default="none: `REDIS_URL` is used",
    ),
    Setting(
        "EMAIL_URL",
        "`smtp+tls://user:password@host:587`",
        default="files in `STATSOFFICE_VAR/mail`; in production an SMTP server on this machine",
    ),
    Setting(
        "STATSOFFICE_MAIL_FROM",
        "sender of messages",
        default="an invented address",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_KEY",
        "an API key of GOV.UK Notify ([telling people](#telling-people))",
        default="none: Notify is off",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_TEMPLATE",
        "the identifier of its e-mail template",
        default="none; needed with a key",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_ADDRESS",
        "where Notify answers",
    ),
    Setting(
        "STATSOFFICE_WEBHOOKS",
        "`name=address` parted by white space, each address as Apprise writes it",
        default="none: webhooks are off",
    ),
    Setting(
        "STATSOFFICE_OFFICE_NAME",
        "the name in the header of every page and in the User-Agent",
    ),
    Setting(
        "STATSOFFICE_ACCESSIBILITY_CONTACT",
        "the mail address that the accessibility statement names; the law asks for one",
    ),
    Setting(
        "STATSOFFICE_SECURITY_CONTACT",
        "the email address to which people report vulnerabilities; `/.well-known/security.txt` shows it",
        default="none: there is no `security.txt`",
    ),
    Setting(
        "STATSOFFICE_ADDRESS",
        "the address of this service, for links in messages and for the canary's page; in production it starts "
        "with https://",
        default="`http://127.0.0.1:8000` in development",
    ),
    Setting(
        "STATSOFFICE_SECOND_FACTOR",
        "who must have a second factor: roles as [roles.md](roles.md) names them with `_` between words, "
        "`administrator` for whoever may use the admin site, or `nobody`; separated by commas",
        default="`head_of_profession,deputy,calendar_manager,administrator` in production, `nobody` in development",
    ),
    Setting(
        "STATSOFFICE_OIDC_SERVER",
        "the issuer of your office’s own provider of sign-in (OpenID Connect), such as `https://login.example.gov.uk`; "
        "in production it starts with https:// ([accounts](#accounts))",
        default="none: people sign in with passwords and passkeys",
    ),
    Setting(
        "STATSOFFICE_OIDC_CLIENT_ID",
        "what this service is called there",
        default="none; needed with a provider",
    ),
    Setting(
        "STATSOFFICE_OIDC_CLIENT_SECRET",
        "the secret that the provider gave to this service",
        default="none; needed with a provider",
    ),
    Setting(
        "STATSOFFICE_OIDC_NAME",
        "how the button on the sign-in page calls the provider: *Sign in with …*",
        default="none; needed with a provider",
    ),
    Setting(
        "STATSOFFICE_PAGES_PER_MINUTE",
        "how often one address may ask one web process for public pages; `0` for no limit",
    ),
    Setting(
        "STATSOFFICE_API_PER_MINUTE",
        "how often one address may ask one web process for feeds and the API together; `0` for no limit",
    ),
    Setting(
        "STATSOFFICE_VAR",
        "folder for what is written",
        default="`var/`",
    ),
    Setting(
        "STATSOFFICE_PROBE_BUDGETS",
        "`host=connections/per-second`, separated by commas ([what follows from them](preflight.md#request-limits))",
        default="`www.gov.uk=6/8`; others 20/50",
    ),
    Setting(
        "STATSOFFICE_PROBE_ALLOW_PRIVATE",
        "`host:port` entries on private networks that may be looked at",
        default="the rehearsal site in development",
    ),
    Setting(
        "STATSOFFICE_PROBE_CONTACT",
        "whom a publisher can ask about our requests",
    ),
    Setting(
        "STATSOFFICE_PROBE_CONTROLS",
        "addresses of two or more unrelated hosts; where they fail too, or are led to the same gateway, the "
        "fault is our own",
    ),
    Setting(
        "STATSOFFICE_PROBE_PROXY",
        "egress proxy, such as `http://name:password@proxy.example:3128`; the password is written nowhere",
    ),
    Setting(
        "STATSOFFICE_PROBE_VANTAGE",
        "from where looks are made, as written beside each of them",
        default="this machine's name",
    ),
    Setting(
        "STATSOFFICE_CLOCK_SERVERS",
        "NTP servers that confirm the clock of the checks, separated by commas; for machines without chrony "
        "([decision 61](decisions/0061-trust-a-clock-only-if-it-is-confirmed.md))",
    ),
    Setting(
        "STATSOFFICE_CLOCK_LARGEST_ERROR",
        "seconds; looks made while the clock is known to be further off are kept and not judged (what it may "
        "be off by widens each interval)",
    ),
    Setting(
        "STATSOFFICE_ACKNOWLEDGE_MINUTES",
        "minutes after which a suspected breach that nobody is dealing with is told to the next contact",
    ),
    Setting(
        "STATSOFFICE_BREACHES_PUBLIC",
        "`on`: anyone can read, at `/breaches/`, the reports that a Head of Profession or deputy has made "
        "public, and the foot of every page links there; `off`: there are no such pages",
    ),
    Setting(
        "STATSOFFICE_LEAD_OFFICIAL",
        "`on`: the form says “Name and contact details of Head of Profession for Statistics or Lead "
        "Official”, as some published reports of 2020-21 do; `off`: it names the Head of Profession alone. "
        "What was approved keeps the label under which it was",
    ),
    Setting(
        "STATSOFFICE_REPORT_RECIPIENT",
        "the one address to which an approved breach report can be sent from here; without it reports are "
        "sent by hand and recorded",
    ),
    Setting(
        "STATSOFFICE_REPORT_DUE_WORKING_DAYS",
        "in how many working days after its draft a report should be decided: the office’s own aim, nothing "
        "lays it down",
    ),
    Setting(
        "STATSOFFICE_REPORT_REMINDERS",
        "on which working days after that day people are reminded of an undecided report, separated by "
        "commas; negative ones lie before it",
    ),
    Setting(
        "STATSOFFICE_PREFLIGHT_AT",
        "London time of the pre-flight on the working day before a release",
    ),
    Setting(
        "STATSOFFICE_COMPARISON_AT",
        "London time from which on releases are compared with their announcements on GOV.UK",
    ),
    Setting(
        "STATSOFFICE_EVIDENCE_KEPT_DAYS",
        "days for which the bodies of looked-at pages are kept; their hashes stay",
    ),
    Setting(
        "STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS",
        "days after a release for which persons and e-mail addresses on its pre-release access list are kept",
    ),
    Setting(
        "STATSOFFICE_MESSAGES_KEPT_DAYS",
        "days after sending for which recipient, subject and text of a message are kept; that one of its kind was "
        "sent, about what and when, stays",
    ),
    Setting(
        "STATSOFFICE_FORMER_DETAILS_KEPT_DAYS",
        "days for which the histories keep name, e-mail address and telephone number of whoever is no contact any "
        "more, the admin site’s log names of people, and ended invitations whom they were for",
    ),
    Setting(
        "STATSOFFICE_HEALTH_PING",
        "address that is asked each minute while everything is well (a dead man's switch)",
    ),
    Setting(
        "STATSOFFICE_TIMESTAMP_AUTHORITY",
        "address of a time-stamp authority (RFC 3161) that stamps the anchors of the record ([anchors](#anchors))",
        default="none: anchors have no time stamp",
    ),
    Setting(
        "STATSOFFICE_TIMESTAMP_CERTIFICATES",
        "file with its certificates in PEM, each with its root. Do not remove those of an earlier authority",
        default="none; needed with an authority",
    ),
    Setting(
        "STATSOFFICE_ANCHOR_RECIPIENTS",
        "email addresses of the people who receive every anchor, separated by commas; at least one outside the office",
        default="none: anchors are not sent",
    ),
    Setting(
        "STATSOFFICE_METRICS_TOKEN",
        "at least 32 characters that Prometheus brings as a bearer token to read `/metrics` ([metrics](#metrics))",
        default="none: there is no such page",
    ),
    Setting(
        "STATSOFFICE_CANARY",
        "`on` or `off`: rehearse a release each minute through the whole chain",
    ),
    Setting(
        "STATSOFFICE_OPERATORS",
        "e-mail addresses, separated by commas, that are told when the watcher is not well",
    ),
    Setting(
        "STATSOFFICE_REHEARSAL_SITE",
        "where the rehearsal site listens",
    ),
    Setting(
        "STATSOFFICE_REHEARSAL_TOKEN",
        "the rehearsal site's token",
    ),
    Setting(
        "STATSOFFICE_LOG_FORMAT",
        "how the log is written: `plain`, or `json` with one object a line ([the log](#the-log))",
    ),
    Setting(
        "STATSOFFICE_SENTRY_DSN",
        "address of a Sentry that is told of errors: their kind and place in the code, and nothing of people, "
        "requests or releases; it needs `.venv/bin/pip install sentry-sdk`",
    ),
    Setting(
        "STATSOFFICE_LOG_LEVEL",
        "from which level on the log tells: `DEBUG`, `INFO`, `WARNING` or `ERROR`",
    ),
)


def table(settings: Sequence[Setting] = SETTINGS) -> str:
    """Write the settings as a table in Markdown, in the order given.

    :raises KeyError: if a setting says no default of its own, and nothing has read it yet.
    """
    rows = [f"| `{one.name}` | {one.meaning} | {one.default or _as_read(one.name)} |" for one in settings]
    return "\n".join(["| setting | meaning | default |", "|---|---|---|", *rows])


def _as_read(name: str) -> str:
    default = env.defaults_read[name]
    return f"`{default}`" if default else "none"

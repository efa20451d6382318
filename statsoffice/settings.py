"""Django's settings, read from the environment.

If a value is invalid, no process starts.
"""

import shlex
import socket
from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from releases.rules.lifecycle import Role
from statsoffice import broker, env
from statsoffice.logs import make_logging_config, start_error_reports

# Allows type parameters on Django's generic classes at run time.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
# If the product was installed with pip, BASE_DIR is `site-packages`, where we do not write files. Templates and static
# files are then inside the `statsoffice` package (see pyproject.toml).
INSTALLED_BY_PIP = not (BASE_DIR / "manage.py").exists()
HOME = Path.cwd() if INSTALLED_BY_PIP else BASE_DIR
FILES = BASE_DIR / "statsoffice" if INSTALLED_BY_PIP else BASE_DIR
"""The folder that contains the folders of templates, static files and translations."""

# --- Mode and folders ------------------------------------------------------------------------------
MODE = env.one_of("STATSOFFICE_MODE", "development", choices=("development", "production"))
PRODUCTION = MODE == "production"
DEBUG = False
VAR_DIR = Path(env.text("STATSOFFICE_VAR", str(HOME / "var"))).resolve()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEVELOPMENT_KEY = "for-development-on-one-machine-only-never-in-production"
SECRET_KEY = env.read_secret_key("SECRET_KEY", DEVELOPMENT_KEY, strict=PRODUCTION)
# Earlier keys. Data that was signed or encrypted with one of them can still be read.
SECRET_KEY_FALLBACKS = env.word_list("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")

# --- The office -----------------------------------------------------------------------------------
OFFICE_NAME = env.text("STATSOFFICE_OFFICE_NAME", env.OFFICE_WITHOUT_A_NAME)
ADDRESS = env.own_address("STATSOFFICE_ADDRESS", "http://127.0.0.1:8000", public=PRODUCTION)
CSRF_TRUSTED_ORIGINS = [ADDRESS]
ACCESSIBILITY_CONTACT = env.mail_address("STATSOFFICE_ACCESSIBILITY_CONTACT")
CONTACT = env.mail_address("STATSOFFICE_CONTACT")
SECURITY_CONTACT = env.mail_address("STATSOFFICE_SECURITY_CONTACT")

# --- Checking releases from outside ---------------------------------------------------------------
PROBE_BUDGETS = env.probe_budgets("STATSOFFICE_PROBE_BUDGETS", "www.gov.uk=6/8")
PROBE_CONTACT = env.text("STATSOFFICE_PROBE_CONTACT", "")
PROBE_CONTROLS = env.web_addresses("STATSOFFICE_PROBE_CONTROLS")
PROBE_PROXY = env.text("STATSOFFICE_PROBE_PROXY", "")
# If this name is set, the sweeps of this process run as a further vantage point with this name.
VANTAGE_POINT = env.text("STATSOFFICE_VANTAGE_POINT", "")
JUDGE_QUEUE = env.is_on("STATSOFFICE_JUDGE_QUEUE", "off")
PROBE_VANTAGE = env.text("STATSOFFICE_PROBE_VANTAGE", VANTAGE_POINT or socket.gethostname())
BROWSER = env.text("STATSOFFICE_BROWSER", "")
BROWSER_SANDBOX = env.is_on("STATSOFFICE_BROWSER_SANDBOX", "on")
CLOCK_SERVERS = env.time_servers("STATSOFFICE_CLOCK_SERVERS")
# If the error of the clock is larger than this, checks are stored but not judged.
CLOCK_LARGEST_ERROR = timedelta(seconds=env.number("STATSOFFICE_CLOCK_LARGEST_ERROR", "1", least=0.001, most=3600))
PREFLIGHT_AT = env.wall_time("STATSOFFICE_PREFLIGHT_AT", "14:00")
COMPARISON_AT = env.wall_time("STATSOFFICE_COMPARISON_AT", "03:00")
EVIDENCE_KEPT = env.days("STATSOFFICE_EVIDENCE_KEPT_DAYS", "2555", least=30)
# The default is longer than a year, so that the list of a yearly release can still be copied from the list of the year
# before.
PRE_RELEASE_NAMES_KEPT = env.days("STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS", "730", least=1)
# The default is longer than a year, so that the people notified about a yearly release are still known when the next
# one is due.
MESSAGES_KEPT = env.days("STATSOFFICE_MESSAGES_KEPT_DAYS", "730", least=30)
FORMER_DETAILS_KEPT = env.days("STATSOFFICE_FORMER_DETAILS_KEPT_DAYS", "730", least=1)
# Storage of anchors outside the office (decision 64).
TIMESTAMP_AUTHORITY = env.optional_web_address("STATSOFFICE_TIMESTAMP_AUTHORITY")
TIMESTAMP_CERTIFICATES = env.certificates("STATSOFFICE_TIMESTAMP_CERTIFICATES")
if TIMESTAMP_AUTHORITY and not TIMESTAMP_CERTIFICATES:
    raise ImproperlyConfigured("STATSOFFICE_TIMESTAMP_AUTHORITY needs STATSOFFICE_TIMESTAMP_CERTIFICATES.")
ANCHOR_RECIPIENTS = env.mail_addresses("STATSOFFICE_ANCHOR_RECIPIENTS")
METRICS_TOKEN = env.token("STATSOFFICE_METRICS_TOKEN", least=32)
HEALTH_PING = env.optional_web_address("STATSOFFICE_HEALTH_PING")
ACKNOWLEDGED_WITHIN = env.minutes("STATSOFFICE_ACKNOWLEDGE_MINUTES", "10")
EARLY_RELEASE_REMINDER = env.minutes("STATSOFFICE_EARLY_RELEASE_REMINDER_MINUTES", "15")
# The command is run with the path of the attachment as its last argument. If its exit code is not 0, the attachment is
# refused.
ATTACHMENT_SCANNER = shlex.split(env.text("STATSOFFICE_ATTACHMENT_SCANNER"))
REPORT_RECIPIENT = env.mail_address("STATSOFFICE_REPORT_RECIPIENT")
REPORT_DUE_AFTER = env.whole_number("STATSOFFICE_REPORT_DUE_WORKING_DAYS", "5", least=1)
REPORT_REMINDERS = env.whole_numbers("STATSOFFICE_REPORT_REMINDERS", "-1,1")
BREACHES_PUBLIC = env.is_on("STATSOFFICE_BREACHES_PUBLIC", "off")
WELSH_APPROVED_BY = env.text("STATSOFFICE_WELSH_APPROVED_BY", "")
WELSH_APPROVED_TEXTS = env.text("STATSOFFICE_WELSH_APPROVED_TEXTS", "")
WELSH_OFFICE_NAME = env.text("STATSOFFICE_WELSH_OFFICE_NAME", "")
LEAD_OFFICIAL = env.is_on("STATSOFFICE_LEAD_OFFICIAL", "off")
OPERATORS = env.mail_addresses("STATSOFFICE_OPERATORS")
CANARY = env.is_on("STATSOFFICE_CANARY", "on")
REHEARSAL_SITE = env.web_address("STATSOFFICE_REHEARSAL_SITE", "http://127.0.0.1:8765")
REHEARSAL_TOKEN = env.text("STATSOFFICE_REHEARSAL_TOKEN", "")
# In development, the default allows connections to the practice site on this machine. In production, the default allows
# no private address.
PROBE_ALLOW_PRIVATE = env.hosts_with_port(
    "STATSOFFICE_PROBE_ALLOW_PRIVATE", "" if PRODUCTION else "127.0.0.1:8765,localhost:8765"
)

# --- Django ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "statsoffice.apps.AccountsConfig",
    "releases",
    "breaches",
    "statsoffice.apps.MessagesConfig",
    "statsoffice.apps.WebhooksConfig",
    "statsoffice.apps.CanaryConfig",
    "statsoffice.apps.AuditConfig",
    "statsoffice.apps.OfficeApiConfig",
    "statsoffice.apps.DeskConfig",
    "statsoffice.apps.StatsofficeConfig",
    "statsoffice.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "django_htmx",
    "simple_history",
]
MIDDLEWARE = [
    "statsoffice.logs.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "statsoffice.middleware.EmbeddingPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "statsoffice.middleware.WelshPages",
    "statsoffice.middleware.RateLimit",
    "statsoffice.middleware.NullCharacters",
    "statsoffice.middleware.ConditionalGet",
    "statsoffice.middleware.CacheControl",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "statsoffice.accounts.middleware.SessionLastUse",
    "statsoffice.audit.events.FileDownloadRecord",
    "statsoffice.middleware.UnsentForms",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "statsoffice.accounts.middleware.SecondFactorRequirement",
    "statsoffice.accounts.middleware.RolePrefetch",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "statsoffice.urls"
WSGI_APPLICATION = "statsoffice.wsgi.application"
TEST_RUNNER = "tests.support.runner.PytestRunner"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [] if INSTALLED_BY_PIP else [FILES / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.csp",
                "statsoffice.dashboard.views.office_context",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "govuk"
CRISPY_TEMPLATE_PACK = "govuk"
CRISPY_FAIL_SILENTLY = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# W161 warns if the default of a field is close to the current time, because this can be a call of now() by mistake. The
# default release time is 9:30am, so the check would warn whenever it runs within ten seconds of 9:30am.
SILENCED_SYSTEM_CHECKS = ["fields.W161"]
# The admin page that plans next year has three fields for each of 1,000 releases.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

# --- Database -------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'statsoffice.sqlite3'}")}
# The same database, with the role that owns the tables. Only migrate, restore and copy_from_sqlite use it. It is empty
# if the role of DATABASE_URL owns the tables.
DATABASE_OWNER = env.database_owner("DATABASE_OWNER_URL")

CACHES = {
    # Stores used authenticator codes and counts of sign-in attempts. All processes must share these, so they are in a
    # database table (decision 37).
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "statsoffice_cache",
        # The limit is high, because Django deletes entries when it is reached. With a low limit, attackers could add
        # entries until the count of their failed attempts is deleted.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Counts readers' requests in the memory of each web process, so that requests need no database writes (decision
    # 38).
    "rates": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rates",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

# --- Broker ---------------------------------------------------------------------------------------
BROKER_URL = broker.url(var=VAR_DIR)

# --- Accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# The National Cyber Security Centre recommends a minimum length and a ban on common passwords, but no complexity rules
# and no expiry.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
ACCOUNT_ADAPTER = "statsoffice.accounts.adapter.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# If this were True, visitors could make us email strangers an invitation to sign up. Sign-up is closed.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
# The number of our own proxies. Each adds an entry to X-Forwarded-For, and only these entries are trusted.
ALLAUTH_TRUSTED_PROXY_COUNT = env.whole_number("STATSOFFICE_PROXIES", "1" if PRODUCTION else "0", least=0)
SECOND_FACTOR = env.some_of(
    "STATSOFFICE_SECOND_FACTOR",
    "head_of_profession,deputy,calendar_manager,administrator" if PRODUCTION else "nobody",
    choices=(*Role, "administrator", "nobody"),
)
OFFICE_PROVIDER = env.read_provider(strict=PRODUCTION)
SOCIALACCOUNT_ADAPTER = "statsoffice.accounts.provider.OfficeProviderAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "reauthenticate": "statsoffice.accounts.forms.Reauthenticate",
    "change_password": "statsoffice.accounts.forms.ChangePassword",
    "set_password": "statsoffice.accounts.forms.SetPassword",
    "reset_password_from_key": "statsoffice.accounts.forms.ResetPassword",
}
MFA_FORMS = {
    "authenticate": "statsoffice.accounts.forms.Authenticate",
    "reauthenticate": "statsoffice.accounts.forms.ReauthenticateByCode",
    "activate_totp": "statsoffice.accounts.forms.ActivateTotp",
    "add_webauthn": "statsoffice.accounts.forms.AddPasskey",
    "edit_webauthn": "statsoffice.accounts.forms.RenamePasskey",
}
MFA_ADAPTER = "statsoffice.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Email addresses are from invitations or entered by an administrator, so they need no verification.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Also accept the codes of the previous and next periods, because the clock of a phone may be half a minute wrong.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = OFFICE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "releases:calendar"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL

# --- Languages and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
# Only public pages exist in Welsh. Their paths begin with /cy/ (decision 89).
LANGUAGES = [("en-gb", "English"), ("cy", "Cymraeg")]
TIME_ZONE = "Europe/London"
USE_I18N = True
LOCALE_PATHS = [FILES / "locale"]
FORMAT_MODULE_PATH = ["statsoffice.formats"]
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = HOME / "staticfiles"
STATICFILES_DIRS = [] if INSTALLED_BY_PIP else [FILES / "static"]
# Files whose address is fixed, such as /robots.txt.
WHITENOISE_ROOT = FILES / "static" / "root"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
MEDIA_ROOT = VAR_DIR / "stored"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
} | env.body_storage("STATSOFFICE_BODIES_BUCKET", "STATSOFFICE_BODIES_ADDRESS")

# --- Mail -----------------------------------------------------------------------------------------
MAILERS = {
    "default": env.mailer(
        "EMAIL_URL", "smtp://localhost" if PRODUCTION else f"filemail:///{VAR_DIR / 'mail'}", timeout_seconds=20
    )
}
DEFAULT_FROM_EMAIL = env.mail_sender(
    "STATSOFFICE_MAIL_FROM", "statistics.release.desk@example.gov.uk", name_of_sender=OFFICE_NAME
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- External channels, which are off unless they are set -----------------------------------------
NOTIFY_KEY = env.notify_key("STATSOFFICE_NOTIFY_KEY")
NOTIFY_TEMPLATE = env.notify_template(
    "STATSOFFICE_NOTIFY_TEMPLATE", key=NOTIFY_KEY, required=True, fields="((subject)) and ((text))"
)
NOTIFY_TEXT_TEMPLATE = env.notify_template(
    "STATSOFFICE_NOTIFY_TEXT_TEMPLATE", key=NOTIFY_KEY, required=False, fields="((text))"
)
NOTIFY_ADDRESS = env.web_address("STATSOFFICE_NOTIFY_ADDRESS", "https://api.notifications.service.gov.uk")
WEBHOOKS = env.webhooks("STATSOFFICE_WEBHOOKS")

# --- Security -------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSIONS_LAST_USED = True
CSRF_FAILURE_VIEW = "statsoffice.middleware.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# The number of requests allowed from one IP address in a minute. A whole department may share one address, and may
# reload pages at 9:30am.
RATES = {
    "person": env.whole_number("STATSOFFICE_PAGES_PER_MINUTE", "1200", least=0),
    "program": env.whole_number("STATSOFFICE_API_PER_MINUTE", "300", least=0),
}
SECURE_REFERRER_POLICY = "same-origin"
# Pages contain no inline scripts or styles, so they need only our own files. Only the pages of the admin site use the
# nonce. If a page does not use it, the header has no nonce, so a public page has the same header in each response.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# Browser features that we do not need, and therefore disable. Passkeys stay enabled.
_UNUSED = (
    *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "sync-xhr", "usb"),
    *("web-share", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in _UNUSED}

if PRODUCTION:
    # Browsers accept a cookie with this prefix only over https and from exactly this host.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    # Internal monitoring tools request these pages over http, without the proxy. The pages contain no secrets.
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        # Trust this header only if our own proxy sets it. Without a proxy, any client could send the header.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# --- Logs -----------------------------------------------------------------------------------------
LOG_LEVEL = env.one_of("STATSOFFICE_LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.one_of("STATSOFFICE_LOG_FORMAT", "plain", choices=("plain", "json"))
LOGGING = make_logging_config(LOG_FORMAT, level=LOG_LEVEL)
SENTRY_DSN = env.text("STATSOFFICE_SENTRY_DSN")
if SENTRY_DSN:
    start_error_reports(SENTRY_DSN, environment=MODE)

"""No file of the project holds a key, token or password that opens anything."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Each is found by a prefix or its own form; hashes of locks and of fixtures have none of these.
FORMS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}",
    "token of GitLab": r"\bglpat-[\w-]{20,}",
    "token of Slack": r"\bxox[abprs]-[\w-]{10,}",
    "key of Google": r"\bAIza[\w-]{35}\b",
    "token of a package registry": r"\bpypi-[\w-]{50,}|\bnpm_[A-Za-z0-9]{36}\b",
    "key of Stripe": r"\b[sr]k_live_\w{16,}",
    "token with a signature": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "key of Django": r"(?i)\bsecret_key\s*[=:]\s*[\"'](?!for-development)[^\"'$ ]{40,}[\"']",
    "password in an address": r"(?i)\b(?:postgres(?:ql)?|redis|rediss|amqp|smtp)://[^\s:/@]+:(?!password|secret|p@|\$\{)[^\s@/]{8,}@",
}
FOUND = {name: re.compile(form) for name, form in FORMS.items()}
# Lower-case words of which each form holds one; to search for them first takes a tenth of the time.
WORDS = {
    "private key": ("private key",),
    "key of AWS": ("akia", "asia"),
    "token of GitHub": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "token of GitLab": ("glpat-",),
    "token of Slack": ("xox",),
    "key of Google": ("aiza",),
    "token of a package registry": ("pypi-", "npm_"),
    "key of Stripe": ("k_live_",),
    "token with a signature": ("eyj",),
    "key of Django": ("secret_key",),
    "password in an address": ("://",),
}


def files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def secrets_in(text):
    folded = text.lower()
    return [name for name, form in FOUND.items() if any(word in folded for word in WORDS[name]) and form.search(text)]


def test_no_file_that_is_kept_holds_one():
    kept = files()
    assert len(kept) > 1000
    own = Path(__file__).name
    found = {str(path): secrets_in(path.read_text(errors="replace")) for path in kept if path.name != own}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("-----BEGIN " + "PRIVATE KEY-----\nMIIE", "private key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("key = AKIA" + "IOSFODNN7EXAMPLE", "key of AWS"),
        ("ghp_" + "a1" * 18, "token of GitHub"),
        ("pypi-" + "AgEIcHlwaS5vcmc" * 5, "token of a package registry"),
        ('SECRET_KEY = "' + "k3Jd8" * 10 + '"', "key of Django"),
        ("DATABASE_URL=postgres://office:" + "hunter2hunter2@db/office", "password in an address"),
    ],
)
def test_one_that_someone_put_into_a_file_would_be_found(text, name):
    assert secrets_in(text) == [name]

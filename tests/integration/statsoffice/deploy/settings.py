"""The product's own settings, with the folder of static files where a test may write."""

import os
from pathlib import Path

from statsoffice.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["TESTS_STATIC_ROOT"])
# As in the tests' own process, which makes the accounts.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

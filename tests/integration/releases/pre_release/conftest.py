"""The fixtures of tests of pre-release access."""

from tests.support.pre_release_fixtures import clock, entry, keeper, office, release, waiting  # noqa: F401

"""Pure rules: from the checks of a release to its verdict."""

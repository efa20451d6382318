"""Pure rules: what a response shows of a release."""

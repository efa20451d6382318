"""Pure rules that decide from a response whether a release is live."""

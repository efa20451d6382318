"""Pure rules that detect from a response whether a release is live."""

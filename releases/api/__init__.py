"""The announced calendar as JSON, by a versioned address."""

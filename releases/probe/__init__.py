"""The one safe HTTP client, and the adapters that know what a page, a file or GOV.UK shows of a release."""

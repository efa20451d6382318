"""The only HTTP client, and the adapters that read releases from pages, files and publishers' data."""

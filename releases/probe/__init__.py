"""The only HTTP client of the product, and the adapters that read webpages, files and publishers' data."""

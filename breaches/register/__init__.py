"""The register of breach reports: search, statistics and export."""

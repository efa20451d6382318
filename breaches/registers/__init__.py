"""The register of reports, its figures beside the year before, and near misses."""

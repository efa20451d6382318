"""The stored checks and pages of a release: storing, reading, embargo, export, anchors and retention."""

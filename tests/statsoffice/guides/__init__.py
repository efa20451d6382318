"""The guides and the accessibility statement."""

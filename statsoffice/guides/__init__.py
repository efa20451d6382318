"""The pages of the user guides and the accessibility statement."""

"""Pages that tell how the product is used, and by whom it can be: the guides and the accessibility statement."""

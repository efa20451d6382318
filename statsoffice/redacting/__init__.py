"""The pages on which a Head of Profession takes personal details out of a report."""

"""The pages on which a Head of Profession redacts personal details from a report."""

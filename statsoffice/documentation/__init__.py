"""Tables and diagrams of the documentation, generated from the tables in the code."""

"""Tables and diagrams of the documentation, made from the tables in the code."""

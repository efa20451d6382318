"""Settings as an operator writes them: read, checked, and refused where they are weak."""

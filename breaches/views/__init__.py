"""The pages of reports: who asks is checked, a function is called, and its answer shown."""

"""The dashboard, which shows due releases, results and tasks from both apps."""

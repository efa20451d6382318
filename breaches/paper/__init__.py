"""The report on paper: its document as it stands, and the PDF file."""

"""What comes from GOV.UK, and how it is compared with our own calendar."""

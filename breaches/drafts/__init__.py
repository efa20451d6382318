"""From verdicts to suspicions and from suspicions to drafts, kept up to date with the record, joined and parted."""

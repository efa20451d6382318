"""From the record to the verdict on a release, kept as it changes; what people say of it; the roll call."""

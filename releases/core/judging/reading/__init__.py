"""Reading what a look brought: its text, its kind of file, and words that say the release is there or is not."""

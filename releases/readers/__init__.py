"""What anyone may read, and how it leaves: pages, calendars to subscribe to, feeds, files."""

"""What anyone may read, and what is taken away: pages, calendars to subscribe to, feeds, files."""

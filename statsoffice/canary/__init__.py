"""The canary: a rehearsal every minute by which the watcher proves itself, and what follows where it does not."""

"""Reports and figures in words for people."""

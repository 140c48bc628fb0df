"""Articles from the web: only from public addresses, every byte and wait capped."""

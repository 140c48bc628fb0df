"""The chat's routes under /footnote: JSON in, JSON out, nothing of what comes in is trusted."""

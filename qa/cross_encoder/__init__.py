"""A cross-encoder of our own: does this sentence answer, does this text carry the claim."""

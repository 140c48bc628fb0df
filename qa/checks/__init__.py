"""The parts of the check of a claim against what it cites; `qa.verify` puts them together."""

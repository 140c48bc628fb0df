"""Footnote: questions in, checked and cited answers out."""

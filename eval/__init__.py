"""How good the answers are: questions with gold quotes, measures, and rivals to beat."""

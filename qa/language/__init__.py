"""What a text has of words, names, numbers, days and voices: rules over text alone.

Nothing here knows an article, a question or an answer.
"""

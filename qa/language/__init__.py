"""What a text has of words, names, numbers, days and voices: rules over text alone.

A question is a text here like another; articles and answers are not known.
"""

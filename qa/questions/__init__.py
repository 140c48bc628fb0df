"""A question, before anything answers it: what it names, what it asks for, what it leans on."""

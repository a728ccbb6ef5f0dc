"""Exercises: what they are, the reader's folder of them, and the check that says what is wrong."""

"""Turns: all processes of a rate group send their requests one after another, as the store hands them out."""

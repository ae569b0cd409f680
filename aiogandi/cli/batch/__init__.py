"""One change to many things at once: what is chosen, how it is carried out and what is told of it. This
room uses terminal.
"""

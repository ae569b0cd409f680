"""The sandbox's calls: what their arguments must be, and what they do to the books. This room uses
books.
"""

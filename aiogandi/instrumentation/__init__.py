"""What happens inside a client, as values, and the one place that counts and tells them. This room uses
no other.
"""

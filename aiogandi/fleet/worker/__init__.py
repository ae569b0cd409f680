"""What a worker does: it takes items, carries them out, and ends in good order. It uses the fleet's engine and books,
the client and the hub's journal.
"""

"""Where the command speaks, how it shows progress, and what Ctrl-C does. This room uses no other of the
command.
"""

"""The command's way to talk with its user: printed results and problems, progress, questions, Ctrl-C.

This room uses only the command's `exits`; it knows no client, no service and no command.
"""

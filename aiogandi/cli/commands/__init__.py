"""The commands: one file for each group, or for a command that stands alone, with its options.

This room uses all others of the command. Its files are imported by `late` when they are needed.
"""

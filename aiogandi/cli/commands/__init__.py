"""The commands, one file for each group. This room uses all others of the command."""

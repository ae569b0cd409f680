"""One script for each figure that we claim, peers side by side in the same run.

``python -m benchmarks`` runs them all; the extra ``bench`` brings the peers.
"""

"""Samples over time: the port every store implements, and the embedded store."""

"""Projectors that answer PJLink."""

"""Devices that agents found in schools and nobody registered: who they are, since when, and whom a person said to ignore."""

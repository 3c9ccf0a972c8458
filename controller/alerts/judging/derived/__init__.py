"""Conditions that are not about one value as it stands: what is held against their level is worked out first."""

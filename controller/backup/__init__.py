"""Backups of a controller's data: taking, verifying, restoring them. Knows files and databases, no running controller."""

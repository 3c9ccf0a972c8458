"""What was judged, written down: one transaction at a time, nothing lost while the database is away."""

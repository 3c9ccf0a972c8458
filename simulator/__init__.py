"""A whole district that speaks the real protocols: the demo, the load, the faults. Knows `campus`, not agent or controller."""

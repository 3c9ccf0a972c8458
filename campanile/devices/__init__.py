"""`campanile profiles record` and `test`: they need the agent's and the simulator's rooms, which profiles may not know."""

"""The command `campanile`, and the demo that wires every process together on one machine."""

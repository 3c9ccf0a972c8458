"""How good the way is: loss, delay, its variation and the largest packet to named places, and what a line really carries."""

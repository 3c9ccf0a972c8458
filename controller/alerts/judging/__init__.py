"""Rules held against what is measured: columns of state for every series, and what that changes."""

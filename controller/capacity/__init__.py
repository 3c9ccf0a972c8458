"""How full the metro network is: busy hour, 95th percentile, days above the line."""

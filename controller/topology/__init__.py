"""What hangs on what: the network of each site, put together from what its devices tell of their neighbours and stations."""

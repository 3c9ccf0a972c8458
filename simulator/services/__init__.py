"""Application services of the simulated centre that really listen: web pages with and without TLS, and a name server."""

"""Application services as the school sees them: web pages, ports, names, certificates and clocks, asked now and then."""

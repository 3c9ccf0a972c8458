"""What the district owns: organisations, sites, rooms, devices, links, agents; SQLModel over SQLite or PostgreSQL."""

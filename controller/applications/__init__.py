"""Application services as the whole district sees them: whose fault it is when one fails, said once."""

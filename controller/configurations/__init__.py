"""What devices ran by: every version of their configurations, how two differ, and who should know of a change."""

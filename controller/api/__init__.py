"""The REST API under /api/v1, its page, and /metrics: what programs ask. Thin: every answer comes from a service."""

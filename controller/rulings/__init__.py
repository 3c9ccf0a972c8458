"""Rulings: what bureau, district centre and schools have decided about the rules of alerting, and what follows for each school.

Decisions are never changed or deleted, only followed by others. What holds is worked out of them, and handed to the engine.
"""

"""Measuring what schools' lines really carry: one school at a time, so much and no more."""

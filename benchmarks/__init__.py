"""What docs/performance.md quotes: `python -m benchmarks.NAME [--quick] --json`; the last line is one JSON object."""

"""tinydl beside its peers: `python -m benchmarks` for speed and memory, `python -m benchmarks exact` for numbers."""

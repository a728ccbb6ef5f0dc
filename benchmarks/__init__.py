"""tinydl beside its peers. `python -m benchmarks`: speed and memory; `growth`: how they grow; `exact`: how exact."""

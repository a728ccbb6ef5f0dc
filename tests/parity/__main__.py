"""Print the largest difference between each layer and Keras's: python -m tests.parity."""

from __future__ import annotations

import importlib.util

from tests.parity.cases import largest_differences


def main() -> None:
    """Compare with Keras itself where it is installed, with its stored answers otherwise."""
    live = importlib.util.find_spec("keras") is not None
    print(f"Largest difference from {'Keras' if live else 'the stored answers of Keras'}, in float32,")
    print("relative to the largest value of the array, over outputs and gradients\n")
    for layer, count, difference, where in largest_differences(live):
        print(f"{layer:24}{count:3} cases  {difference:.1e}  {where if difference else ''}")


if __name__ == "__main__":
    main()

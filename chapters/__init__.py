"""The course: each chapter rebuilds one system, and its README is the lesson. `python -m chapters` lists them."""

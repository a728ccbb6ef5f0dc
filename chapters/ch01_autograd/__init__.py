"""Chapter 1: how a program finds out which way to turn each of its knobs. README.md is the lesson."""

"""Chapter 2: dense layers, the price of a wrong answer, and ways down. README.md is the lesson."""

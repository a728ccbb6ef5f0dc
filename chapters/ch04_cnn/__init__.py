"""Chapter 4: a convolutional network reads handwritten digits. README.md is the lesson."""

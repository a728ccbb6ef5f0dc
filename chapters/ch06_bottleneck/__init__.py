"""Chapter 6: ten kinds of pictures and two numbers."""

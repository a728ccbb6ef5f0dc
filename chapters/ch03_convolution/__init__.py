"""Chapter 3: what a filter is, how it learns, and how it gets fast."""

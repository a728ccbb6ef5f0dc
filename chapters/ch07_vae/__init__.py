"""Chapter 7: a variational autoencoder, new digits from a smooth plane."""

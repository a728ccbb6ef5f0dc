"""Chapter 5: an autoencoder, a picture in twenty numbers and back."""

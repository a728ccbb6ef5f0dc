"""Chapter 8: a generative adversarial network, two networks that outwit each other."""

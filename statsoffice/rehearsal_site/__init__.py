"""A scripted publisher's site on loopback: for the tests, the demo and training. It knows nothing of the product."""

"""The practice site: a scripted publisher on loopback for tests, demonstration and training."""

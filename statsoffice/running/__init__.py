"""The whole product on one machine, as `./run` starts it once everything is installed."""

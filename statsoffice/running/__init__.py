"""The processes of the whole product on one machine, started by `./run` after the installation."""

"""How the steps of the product are taken: beside the watch, again and again, with or without a broker."""

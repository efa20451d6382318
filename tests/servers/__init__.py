"""Real servers for the tests, private to one run: started in 0.6 s, gone without a trace afterwards."""

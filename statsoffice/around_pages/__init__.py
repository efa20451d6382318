"""What stands around every page: headers, what may be kept, how often one may ask, what was typed."""

"""What an office takes to run the product: the files below deploy/, held to the code and tried as far as it goes."""

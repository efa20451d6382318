"""Pins: the stored and public forms of the product, compared with the files in golden/.

A restructuring leaves every pin as it is. If a form is meant to change, write its file again and read the difference:

    pytest tests/pins --write-pins

The tests reach the product by its addresses, its commands, Django's registries and the helpers of the other tests, so
that its modules can move. Text that only people read is pinned where it is stored (drafts, PDF) and nowhere else.
"""

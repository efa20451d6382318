"""The list of those who may see a release before it is out."""

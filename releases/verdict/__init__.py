"""Pure rules that judge a release from its checks."""

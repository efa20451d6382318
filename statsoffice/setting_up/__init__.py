"""The first steps of an office: what has to be there before its first release is watched."""

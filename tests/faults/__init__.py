"""The record of a release morning when something breaks: real processes, killed, against a scripted truth."""

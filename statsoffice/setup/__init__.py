"""The setup steps that an office completes before its first release is monitored."""

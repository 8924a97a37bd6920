"""The servers that are measured besides this service. Each is a program of its own."""

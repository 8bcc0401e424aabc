"""The console: a web page for the people who look after the list.

It asks the service over gRPC, through the Python client, and imports nothing else of this project.
"""

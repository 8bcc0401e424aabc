"""The pages: each has a module, with what it asks the service and what its forms do."""

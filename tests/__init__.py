"""The tests, by what they need: nothing (unit), an engine or a socket (integration), all of it."""

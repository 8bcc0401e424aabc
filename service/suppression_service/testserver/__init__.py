"""A server for tests of clients: one list in memory for each token, and faults on request.

Its calls are answered by the code of the real server. Three things are added: a list for
each token (:mod:`.lists`), faults (:mod:`.faults`), and a proxy that can cut connections
(:mod:`.door`).
"""

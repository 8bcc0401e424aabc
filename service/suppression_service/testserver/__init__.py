"""The server with lists in memory, one a token, that fails when it is told to.

For the tests of client authors: everything from the guard inwards is what the real
server runs. Only three things stand around it: which list a call is about
(:mod:`.lists`), what goes wrong on request (:mod:`.faults`), and the door through
which connections come, which can be shut (:mod:`.door`).
"""

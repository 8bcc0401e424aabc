"""The whole system under load, with kill -9 at random, held to its six invariants."""

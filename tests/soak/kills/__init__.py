"""Soak test of the whole system under load, with kill -9 at random, against six invariants."""

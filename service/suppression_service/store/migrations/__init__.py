"""The steps that build the schema, in order; run by ``suppression-service migrate``.

Each step since 0004 declares the oldest program that may work with the schema after it.
"""

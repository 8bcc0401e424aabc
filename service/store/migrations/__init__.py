"""The steps that build the schema, in order; run by ``suppression-service migrate``."""

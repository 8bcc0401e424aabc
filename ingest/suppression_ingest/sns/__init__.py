"""SNS: envelopes, their signatures, and the certificates that verify them."""

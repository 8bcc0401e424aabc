"""The 64-bit name under which replicas know an address.

Replicas keep fingerprints instead of addresses: 8 bytes each, compared in one
instruction. At 10 million entries the chance that a check meets a stranger's
fingerprint is one in two trillion. XXH3 is no cryptographic hash: without the
seed, which only the database knows, a clever sender could make an address that
shares its fingerprint with a victim's and get the victim suppressed.
"""

import xxhash


def fingerprint(address: str, seed: int) -> int:
    """Return the fingerprint of a canonical address as a signed 64-bit integer.

    Signed because that is what a BIGINT column holds; replicas read the same 64
    bits as unsigned.
    """
    value: int = xxhash.xxh3_64_intdigest(address.encode(), seed)
    return value - (1 << 64) if value >> 63 else value

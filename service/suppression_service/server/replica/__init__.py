"""The list in memory: what each process answers checks from.

    database ──load (base)──→ snapshot ──map──→ table, sorted, never changes ─┐
       │                         ↑                 ↑                          ├─ replica ─→ verdicts
       │                         └──fold (base)────┴── changes since then ────┘
       └──────────── what changed, several times a second (follower) ──────────────┘

- ``table``: the entries at one revision as two sorted arrays, 16 bytes an entry.
- ``snapshot``: a table in a file, which all processes of a host map.
- ``base``: loads a table from the snapshot, or from the database without one; and folds
  what has changed since into a newer one.
- ``domains``: the entries of domains among them, and which apply to an address.
- ``replica``: a table and what changed since. Every check reads it.
- ``follower``: synchronises the replica with the database several times a second, and
  withdraws it when it is too old to answer from.
- ``verdicts``: which entries forbid a mail, and which reason is named.
"""

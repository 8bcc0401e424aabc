"""The list in memory: what each process answers checks from.

    database ──load (base)──→ snapshot ──map──→ table, sorted, never changes ─┐
       │                         ↑                 ↑                          ├─ replica ─→ verdicts
       │                         └──fold (base)────┴── changes since then ────┘
       └──────────── what changed, several times a second (follower) ──────────────┘

- ``table``: the entries of one moment as two sorted arrays, 16 bytes an entry.
- ``snapshot``: a table in a file, which all processes of a host map.
- ``base``: where a table comes from: the snapshot, or the database where there is
  none; and folding what has changed since into a newer one.
- ``replica``: a table and what changed since; what every check asks.
- ``follower``: brings the replica level with the database, again and again, and takes
  it away when it is too old to answer from.
- ``verdicts``: which entries stand against a mail, and which is named.
"""

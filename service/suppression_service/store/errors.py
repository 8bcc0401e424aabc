"""The errors of the store.

    StoreError
    ├── StoreUnavailable
    ├── ReadTooLong
    ├── SchemaError
    │   ├── SchemaMissing
    │   ├── SchemaOutdated
    │   └── SchemaTooNew
    ├── MalformedRevision
    ├── TooManyStreams
    └── RevisionAhead (suppression_service.server.replica.follower)

The messages are for operators. None has an address, a password, or more of a driver's
message than its first line.
"""


class StoreError(Exception):
    """Base of the errors of the store."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is locked or is full; try again later."""


class ReadTooLong(StoreError):
    """The read took longer than it may; its filter leaves too many entries to look at."""


class SchemaError(StoreError):
    """The database's schema is not one that this program can work with."""


class SchemaMissing(SchemaError):
    """The database has no schema yet: run 'suppression-service migrate'."""


class SchemaOutdated(SchemaError):
    """The database's schema is older than this program: run 'suppression-service migrate'."""


class SchemaTooNew(SchemaError):
    """The database's schema works only with newer programs than this one: run one of those."""


class TooManyStreams(StoreError):
    """The list has as many streams as it may, and the write names a new one."""


class MalformedRevision(StoreError, ValueError):
    """The text is not a revision of this service."""

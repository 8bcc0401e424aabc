"""What can go wrong with the store.

    StoreError
    ├── StoreUnavailable
    ├── SchemaError
    │   ├── SchemaMissing
    │   ├── SchemaOutdated
    │   └── SchemaTooNew
    ├── MalformedRevision (suppression_service.store.models)
    └── RevisionAhead     (suppression_service.server.replica.follower)

The messages are for operators; none holds an address, a password or a driver's
own text beyond its first line.
"""


class StoreError(Exception):
    """Anything that the store raises on purpose."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is locked or has no room; try again later."""


class SchemaError(StoreError):
    """The database's schema is not one that this program can work with."""


class SchemaMissing(SchemaError):
    """The database holds no schema yet: run 'suppression-service migrate'."""


class SchemaOutdated(SchemaError):
    """The database's schema is older than this program: run 'suppression-service migrate'."""


class SchemaTooNew(SchemaError):
    """The database's schema takes only programs that are newer than this one: run one."""

"""Two addresses that were made to have one fingerprint, which needs the seed of a database."""

from typing import Final

#: The seed with which the two have one fingerprint; a database has one that nobody knows.
TWINS_SEED: Final = 861_579_451_561_871_016
TWINS: Final = ("a@a.newsnngmtzyc", "bob@qzhgpg8ab.de")

"""The accounts and regions to synchronise with, and the lists in each."""

from collections.abc import Callable, Iterator
from typing import Final

from suppression_ingest.account_list.account_list import AccountList, Throttle
from suppression_ingest.account_list.options import Scope
from suppression_ingest.account_list.settings import SyncSettings, account_parts
from suppression_ingest.aws.session import SesAccount

#: The name of the account that boto3's own settings lead to.
_OWN: Final = ""


class Accounts:
    """Connects to each account when it is first needed.

    Args:
        settings: which accounts, and the stream of each tenant.
        throttle: makes what spaces the requests to one account and region.
    """

    def __init__(self, settings: SyncSettings, throttle: Callable[[], Throttle]) -> None:
        #: The accounts, as the settings name them.
        self.names = settings.ses_accounts or (_OWN,)
        #: The stream of each tenant.
        self.tenants = settings.tenant_streams
        self._throttle = throttle
        self._connected: dict[str, tuple[SesAccount, Throttle]] = {}

    def lists(self, name: str) -> Iterator[tuple[Scope, AccountList]]:
        """Yield the account's own list, and that of each tenant with a stream.

        Raises:
            SettingsError: a profile or a region is not known.
            AwsError: AWS cannot be reached, or does not take the credentials.
        """
        if name not in self._connected:
            self._connected[name] = _connect(name), self._throttle()
        aws, throttle = self._connected[name]
        yield Scope(aws.account, aws.region), AccountList(aws.ses, throttle)
        for tenant, stream in self.tenants.items():
            scope = Scope(aws.account, aws.region, tenant, stream)
            yield scope, AccountList(aws.ses, throttle, tenant)


def _connect(name: str) -> SesAccount:
    if not name:
        return SesAccount.connect()
    credentials, region = account_parts(name)
    if credentials.startswith("arn:"):
        return SesAccount.connect(region, role_arn=credentials)
    return SesAccount.connect(region, profile=credentials)

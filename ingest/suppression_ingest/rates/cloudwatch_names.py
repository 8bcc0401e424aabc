"""What the worker's CloudWatch metrics are called, for whoever publishes and whoever watches.

Every metric exists once for each configuration set and once, without a dimension,
for the whole account. All are gauges: several workers, or one that was started
again, publish the same value under the same moment. Look at Maximum, never at Sum.
"""

from typing import Final

NAMESPACE: Final = "Suppression"
#: The dimension of what is told of one configuration set.
CONFIGURATION_SET: Final = "ConfigurationSet"
#: What stands for mail without a configuration set, since a dimension cannot be empty.
NO_CONFIGURATION_SET: Final = "(none)"

#: Hard bounces by sends of today and yesterday (UTC), from 0 to 1; missing without sends.
BOUNCE_RATE: Final = "BounceRate"
#: Complaints by sends of today and yesterday (UTC), from 0 to 1; missing without sends.
COMPLAINT_RATE: Final = "ComplaintRate"

#: Of today (UTC), so far.
SENDS: Final = "Sends"
DELIVERIES: Final = "Deliveries"
HARD_BOUNCES: Final = "HardBounces"
SOFT_BOUNCES: Final = "SoftBounces"
COMPLAINTS: Final = "Complaints"

"""What Prometheus is shown, and how the counts of all workers come to one port.

``worker`` counts in a worker, ``gathering`` brings that to the parent, ``port`` shows it.
"""

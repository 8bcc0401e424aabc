package io.suppression.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Stands in for missing answers, counts them, and says so in the log.
 *
 * <p>One warning a minute at most: an outage meets every check, and the log is not to become the
 * second outage. No line holds an address.
 */
final class Policy {
  private static final long LOG_INTERVAL = Duration.ofMinutes(1).toNanos();
  private static final Logger LOG = System.getLogger("io.suppression.client");

  private final WhenUnavailable whenUnavailable;
  private final LongSupplier nanoTime;
  private long unanswered;
  private long logged;
  private long loggedAt;

  Policy(WhenUnavailable whenUnavailable, LongSupplier nanoTime) {
    this.whenUnavailable = whenUnavailable;
    this.nanoTime = nanoTime;
  }

  synchronized long unanswered() {
    return unanswered;
  }

  /** Decides about addresses that the service could not be asked about. */
  List<Check> standIn(List<String> addresses, UnavailableException error) {
    if (whenUnavailable == WhenUnavailable.THROW) {
      throw error;
    }
    count(addresses.size(), error);
    return addresses.stream().map(address -> Check.assumed(address, whenUnavailable)).toList();
  }

  private synchronized void count(int addresses, UnavailableException error) {
    unanswered += addresses;
    long now = nanoTime.getAsLong();
    if (logged > 0 && now - loggedAt < LOG_INTERVAL) {
      return;
    }
    LOG.log(
        Level.WARNING,
        "the suppression service could not be asked ({0}) about {1} addresses since the last such"
            + " line: policy {2}",
        error.code().map(Enum::name).orElse("no status"),
        unanswered - logged,
        whenUnavailable);
    logged = unanswered;
    loggedAt = now;
  }
}

package io.suppression.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Decides about addresses when the service is unavailable, counts these decisions and logs them.
 *
 * <p>It logs a warning at most once a minute, because an outage affects every check. The warning
 * contains no address.
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

  /** Returns the results for addresses that the service could not check, for mail of one class. */
  List<Check> decide(List<String> addresses, MailClass mailClass, UnavailableException error) {
    if (whenUnavailable == WhenUnavailable.THROW) {
      throw error;
    }
    count(addresses.size(), error);
    WhenUnavailable choice = choiceFor(mailClass);
    return addresses.stream().map(address -> Check.assumed(address, choice)).toList();
  }

  private WhenUnavailable choiceFor(MailClass mailClass) {
    if (whenUnavailable != WhenUnavailable.SEND_ESSENTIAL) {
      return whenUnavailable;
    }
    return mailClass == MailClass.ESSENTIAL ? WhenUnavailable.SEND : WhenUnavailable.DO_NOT_SEND;
  }

  private synchronized void count(int addresses, UnavailableException error) {
    unanswered += addresses;
    long now = nanoTime.getAsLong();
    if (logged > 0 && now - loggedAt < LOG_INTERVAL) {
      return;
    }
    LOG.log(
        Level.WARNING,
        "the suppression service is unavailable ({0}): the policy {1} decided about {2} addresses"
            + " since the last warning",
        error.code().map(Enum::name).orElse("no status"),
        whenUnavailable,
        unanswered - logged);
    logged = unanswered;
    loggedAt = now;
  }
}

package io.suppression.client;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.Optional;

/** Converts between the time types of protobuf and Java. */
final class Times {
  private Times() {}

  static Optional<Instant> read(boolean present, Timestamp time) {
    return present
        ? Optional.of(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()))
        : Optional.empty();
  }

  static Duration write(java.time.Duration duration) {
    // In a negative duration, the nanoseconds are positive in Java and negative in protobuf.
    boolean adjust = duration.isNegative() && duration.getNano() > 0;
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds() + (adjust ? 1 : 0))
        .setNanos(duration.getNano() - (adjust ? 1_000_000_000 : 0))
        .build();
  }
}

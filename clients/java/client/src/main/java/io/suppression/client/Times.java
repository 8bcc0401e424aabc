package io.suppression.client;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.Optional;

/** Between the times of protobuf and those of Java. */
final class Times {
  private Times() {}

  static Optional<Instant> read(boolean present, Timestamp time) {
    return present
        ? Optional.of(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()))
        : Optional.empty();
  }

  static Duration write(java.time.Duration span) {
    // Java counts nanoseconds up from the second below, protobuf away from zero.
    boolean down = span.isNegative() && span.getNano() > 0;
    return Duration.newBuilder()
        .setSeconds(span.getSeconds() + (down ? 1 : 0))
        .setNanos(span.getNano() - (down ? 1_000_000_000 : 0))
        .build();
  }
}

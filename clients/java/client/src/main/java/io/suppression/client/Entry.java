package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What there is to say about an entry besides its address and reason.
 *
 * @param stream what it is to hold for, at most 100 bytes; empty for all mail
 * @param source who makes it, at most 100 bytes
 * @param detail why, in words for people, at most 1,000 bytes
 * @param ttl how long it is to hold; empty for ever
 */
public record Entry(String stream, String source, String detail, Optional<Duration> ttl) {
  /** Holds for all mail, for ever. */
  public static final Entry FOR_ALL_MAIL = new Entry("", "", "", Optional.empty());

  /** Requires that nothing is null. */
  public Entry {
    requireNonNull(stream, "stream");
    requireNonNull(source, "source");
    requireNonNull(detail, "detail");
    requireNonNull(ttl, "ttl");
  }

  /** Holds for one stream, for ever. */
  public static Entry forStream(String stream) {
    return new Entry(stream, "", "", Optional.empty());
  }

  /** The same entry, made by {@code source}. */
  public Entry by(String source) {
    return new Entry(stream, source, detail, ttl);
  }

  /** The same entry, with an explanation. */
  public Entry because(String detail) {
    return new Entry(stream, source, detail, ttl);
  }

  /** The same entry, for a time. */
  public Entry lasting(Duration ttl) {
    return new Entry(stream, source, detail, Optional.of(ttl));
  }
}

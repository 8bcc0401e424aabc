package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * The optional fields of a new entry.
 *
 * @param stream the stream that the entry applies to, at most 100 bytes; empty for all mail
 * @param source who creates the entry, at most 100 bytes
 * @param detail a human-readable explanation, at most 1,000 bytes
 * @param ttl how long the entry stays active; empty if it does not expire
 * @param includeSubdomains whether the entry of a domain applies to its subdomains too; only for
 *     {@link SuppressionClient#suppressDomain(String, Reason, Entry)}
 */
public record Entry(
    String stream,
    String source,
    String detail,
    Optional<Duration> ttl,
    boolean includeSubdomains) {
  /** Applies to all mail and does not expire. */
  public static final Entry FOR_ALL_MAIL = new Entry("", "", "", Optional.empty(), false);

  /** No component may be null. */
  public Entry {
    requireNonNull(stream, "stream");
    requireNonNull(source, "source");
    requireNonNull(detail, "detail");
    requireNonNull(ttl, "ttl");
  }

  /** Applies to one stream and does not expire. */
  public static Entry forStream(String stream) {
    return new Entry(stream, "", "", Optional.empty(), false);
  }

  /** Returns this entry with a source. */
  public Entry by(String source) {
    return new Entry(stream, source, detail, ttl, includeSubdomains);
  }

  /** Returns this entry with a detail. */
  public Entry because(String detail) {
    return new Entry(stream, source, detail, ttl, includeSubdomains);
  }

  /** Returns this entry with a time to live. */
  public Entry lasting(Duration ttl) {
    return new Entry(stream, source, detail, Optional.of(ttl), includeSubdomains);
  }

  /** Returns this entry, of a domain, with its subdomains. */
  public Entry withSubdomains() {
    return new Entry(stream, source, detail, ttl, true);
  }
}

package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Which entries of an address are to be taken off the list, and why.
 *
 * @param reason only entries of this reason; empty: of every reason
 * @param stream only entries of this stream, empty text for those that hold for all mail; empty: of
 *     every stream
 * @param source who removes them, at most 100 bytes
 * @param detail why, in words for people, at most 1,000 bytes
 */
public record Removal(
    Optional<Reason> reason, Optional<String> stream, String source, String detail) {
  /** Every entry of the address. */
  public static final Removal OF_ALL = new Removal(Optional.empty(), Optional.empty(), "", "");

  /** Requires that nothing is null. */
  public Removal {
    requireNonNull(reason, "reason");
    requireNonNull(stream, "stream");
    requireNonNull(source, "source");
    requireNonNull(detail, "detail");
  }

  /** Of these, only entries of one reason. */
  public Removal of(Reason reason) {
    return new Removal(Optional.of(reason), stream, source, detail);
  }

  /** Of these, only entries of one stream; empty text for those that hold for all mail. */
  public Removal onStream(String stream) {
    return new Removal(reason, Optional.of(stream), source, detail);
  }

  /** The same removal, made by {@code source}. */
  public Removal by(String source) {
    return new Removal(reason, stream, source, detail);
  }

  /** The same removal, with an explanation. */
  public Removal because(String detail) {
    return new Removal(reason, stream, source, detail);
  }
}

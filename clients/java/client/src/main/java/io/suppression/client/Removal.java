package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Selects the entries of an address or a domain to remove, and says why.
 *
 * @param reason only entries of this reason; empty: of every reason
 * @param stream only entries of this stream, empty text for entries that apply to all mail; empty:
 *     of every stream
 * @param source who removes the entries, at most 100 bytes
 * @param detail a human-readable explanation, at most 1,000 bytes
 */
public record Removal(
    Optional<Reason> reason, Optional<String> stream, String source, String detail) {
  /** Every entry of the address or the domain. */
  public static final Removal OF_ALL = new Removal(Optional.empty(), Optional.empty(), "", "");

  /** No component may be null. */
  public Removal {
    requireNonNull(reason, "reason");
    requireNonNull(stream, "stream");
    requireNonNull(source, "source");
    requireNonNull(detail, "detail");
  }

  /** Returns this removal, limited to one reason. */
  public Removal of(Reason reason) {
    return new Removal(Optional.of(reason), stream, source, detail);
  }

  /** Returns this removal, limited to one stream; empty text for entries for all mail. */
  public Removal onStream(String stream) {
    return new Removal(reason, Optional.of(stream), source, detail);
  }

  /** Returns this removal with a source. */
  public Removal by(String source) {
    return new Removal(reason, stream, source, detail);
  }

  /** Returns this removal with a detail. */
  public Removal because(String detail) {
    return new Removal(reason, stream, source, detail);
  }
}

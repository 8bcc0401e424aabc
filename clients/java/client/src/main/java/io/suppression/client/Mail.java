package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * The mail that a check is about, as far as the list cares.
 *
 * @param stream what it belongs to, such as "newsletter"; empty for none. Entries for all mail
 *     always hold.
 * @param mailClass what kind of mail it is
 * @param minRevision answer from a state at least this new; empty: at least as new as this client's
 *     own newest write
 */
public record Mail(String stream, MailClass mailClass, Optional<String> minRevision) {
  /** Ordinary mail of no stream. */
  public static final Mail ORDINARY = new Mail("", MailClass.ORDINARY, Optional.empty());

  /** Requires that nothing is null. */
  public Mail {
    requireNonNull(stream, "stream");
    requireNonNull(mailClass, "mailClass");
    requireNonNull(minRevision, "minRevision");
  }

  /** Ordinary mail of a stream. */
  public static Mail ofStream(String stream) {
    return new Mail(stream, MailClass.ORDINARY, Optional.empty());
  }

  /** The same mail, as one that the recipient needs. */
  public Mail essential() {
    return new Mail(stream, MailClass.ESSENTIAL, minRevision);
  }

  /**
   * The same question, to be answered from a state at least as new as a revision.
   *
   * @param revision one that the service returned; empty text for whatever is in its memory
   */
  public Mail atLeast(String revision) {
    return new Mail(stream, mailClass, Optional.of(revision));
  }
}

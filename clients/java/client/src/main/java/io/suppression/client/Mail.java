package io.suppression.client;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Describes the mail that a check is about, except its recipient.
 *
 * @param stream the stream that the mail belongs to, such as "newsletter"; empty for none. Entries
 *     for all mail always apply.
 * @param mailClass how important the mail is to its recipient
 * @param minRevision the oldest revision to answer from; empty: the revision of this client's
 *     newest write
 */
public record Mail(String stream, MailClass mailClass, Optional<String> minRevision) {
  /** Ordinary mail without a stream. */
  public static final Mail ORDINARY = new Mail("", MailClass.ORDINARY, Optional.empty());

  /** No component may be null. */
  public Mail {
    requireNonNull(stream, "stream");
    requireNonNull(mailClass, "mailClass");
    requireNonNull(minRevision, "minRevision");
  }

  /** Ordinary mail of a stream. */
  public static Mail ofStream(String stream) {
    return new Mail(stream, MailClass.ORDINARY, Optional.empty());
  }

  /** Returns this mail with the class {@link MailClass#ESSENTIAL}. */
  public Mail essential() {
    return new Mail(stream, MailClass.ESSENTIAL, minRevision);
  }

  /**
   * Returns this mail with a minimum revision.
   *
   * @param revision a revision that the service returned; empty text for the state in its memory
   */
  public Mail atLeast(String revision) {
    return new Mail(stream, mailClass, Optional.of(revision));
  }
}

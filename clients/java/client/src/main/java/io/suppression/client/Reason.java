package io.suppression.client;

/** Why an address is suppressed. */
public enum Reason {
  /** No reason, as with a verdict of {@link Verdict#SEND}. */
  UNSPECIFIED,
  /** The mailbox does not exist or refused the sender for good. */
  HARD_BOUNCE,
  /** The mailbox failed temporarily, too many times in a row. */
  SOFT_BOUNCE,
  /** The recipient marked a mail as spam. */
  COMPLAINT,
  /** The recipient opted out, of one stream or of all mail. */
  UNSUBSCRIBE,
  /** A person or a program of the sender's own put the address on the list. */
  MANUAL,
  /** The text is no address. Only ever an answer: no entry can be made with it. */
  INVALID_ADDRESS,
  /** A reason that only a newer server knows. Only ever an answer. */
  UNRECOGNIZED;

  static Reason of(io.suppression.v1.Reason reason) {
    return reason == io.suppression.v1.Reason.UNRECOGNIZED
        ? UNRECOGNIZED
        : valueOf(reason.name().substring("REASON_".length()));
  }

  io.suppression.v1.Reason proto() {
    return io.suppression.v1.Reason.valueOf("REASON_" + name());
  }
}

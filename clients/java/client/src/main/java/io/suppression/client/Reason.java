package io.suppression.client;

/** Why an address is suppressed. */
public enum Reason {
  /** No reason. Returned with a verdict of {@link Verdict#SEND}. */
  UNSPECIFIED,
  /** The mailbox does not exist, or it rejects the sender permanently. */
  HARD_BOUNCE,
  /** Delivery failed temporarily too many times in a row. */
  SOFT_BOUNCE,
  /** The recipient marked a mail as spam. */
  COMPLAINT,
  /** The recipient opted out of one stream or of all mail. */
  UNSUBSCRIBE,
  /** A person or a program at the sender added the address to the list. */
  MANUAL,
  /** The text is not a valid address. Only checks return this reason; no entry has it. */
  INVALID_ADDRESS,
  /** A reason that this client does not know. Only responses contain it. */
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

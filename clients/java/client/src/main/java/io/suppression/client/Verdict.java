package io.suppression.client;

/** The answer to "may I mail this address?". Send only on {@link #SEND}. */
public enum Verdict {
  /** The service returned no verdict, or was unavailable. */
  UNSPECIFIED,
  /** No entry on the list applies to this mail. */
  SEND,
  /** Do not send the mail. */
  DO_NOT_SEND,
  /** A verdict that this client does not know. It means "do not send". */
  UNRECOGNIZED;

  static Verdict of(io.suppression.v1.Verdict verdict) {
    return switch (verdict) {
      case VERDICT_UNSPECIFIED -> UNSPECIFIED;
      case VERDICT_SEND -> SEND;
      case VERDICT_DO_NOT_SEND -> DO_NOT_SEND;
      case UNRECOGNIZED -> UNRECOGNIZED;
    };
  }
}

package io.suppression.client;

/** The answer to "may I mail this address?". Only {@link #SEND} means yes. */
public enum Verdict {
  /** No answer. */
  UNSPECIFIED,
  /** Nothing on the list stands against this mail. */
  SEND,
  /** The mail must not be sent. */
  DO_NOT_SEND,
  /** A verdict that only a newer server knows. Never sent on. */
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

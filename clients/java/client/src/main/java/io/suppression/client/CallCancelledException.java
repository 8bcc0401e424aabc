package io.suppression.client;

/** The caller gave up: its thread was interrupted, or its gRPC context cancelled. */
public final class CallCancelledException extends SuppressionException {
  private static final long serialVersionUID = 1;

  CallCancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.suppression.client;

/** The caller's thread was interrupted, or its gRPC context was cancelled. */
public final class CallCancelledException extends SuppressionException {
  private static final long serialVersionUID = 1;

  CallCancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}

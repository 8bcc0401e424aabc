package io.suppression.client;

/** The client was used after {@code close()}. */
public final class ClientClosedException extends SuppressionException {
  private static final long serialVersionUID = 1;

  ClientClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}

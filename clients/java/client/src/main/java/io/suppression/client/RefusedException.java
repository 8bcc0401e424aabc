package io.suppression.client;

/** The service rejected the request: the program or its configuration is wrong. */
public class RefusedException extends SuppressionException {
  private static final long serialVersionUID = 1;

  RefusedException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

package io.suppression.client;

/** The service answered, and refuses a call like this one. */
public class RefusedException extends SuppressionException {
  private static final long serialVersionUID = 1;

  RefusedException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

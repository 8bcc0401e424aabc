package io.suppression.client;

/** The service could not be asked. */
public class UnavailableException extends SuppressionException {
  private static final long serialVersionUID = 1;

  UnavailableException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

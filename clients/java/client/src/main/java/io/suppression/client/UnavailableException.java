package io.suppression.client;

/**
 * The service is unavailable. A write may or may not have taken effect; it is safe to repeat it.
 */
public class UnavailableException extends SuppressionException {
  private static final long serialVersionUID = 1;

  UnavailableException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

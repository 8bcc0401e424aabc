package io.suppression.client;

/** The service did not answer in time. A write may or may not have taken effect. */
public final class DeadlineExceededException extends UnavailableException {
  private static final long serialVersionUID = 1;

  DeadlineExceededException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

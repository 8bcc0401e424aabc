package io.suppression.client;

/** The service requires a bearer token, and the token is missing or wrong. */
public final class UnauthenticatedException extends RefusedException {
  private static final long serialVersionUID = 1;

  UnauthenticatedException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

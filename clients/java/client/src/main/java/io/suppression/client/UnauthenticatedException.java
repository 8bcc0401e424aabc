package io.suppression.client;

/** The service wants a bearer token, or another one than it was given. */
public final class UnauthenticatedException extends RefusedException {
  private static final long serialVersionUID = 1;

  UnauthenticatedException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

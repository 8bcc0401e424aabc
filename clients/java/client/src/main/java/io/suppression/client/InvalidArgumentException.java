package io.suppression.client;

/** A field of the request is invalid; see {@link #violations()}. */
public final class InvalidArgumentException extends RefusedException {
  private static final long serialVersionUID = 1;

  InvalidArgumentException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

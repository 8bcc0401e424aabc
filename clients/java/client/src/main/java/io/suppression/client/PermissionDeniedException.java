package io.suppression.client;

/** The token is valid, but does not allow this call. */
public final class PermissionDeniedException extends RefusedException {
  private static final long serialVersionUID = 1;

  PermissionDeniedException(Failure failure, Throwable cause) {
    super(failure, cause);
  }
}

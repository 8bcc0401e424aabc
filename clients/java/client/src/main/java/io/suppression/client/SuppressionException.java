package io.suppression.client;

import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The base class of all exceptions of this package.
 *
 * <pre>
 * SuppressionException
 * ├── ConfigurationException          the settings of the client are invalid
 * ├── ClientClosedException           the client was used after close()
 * ├── CallCancelledException          the caller's thread was interrupted
 * ├── RefusedException                the service rejected the request
 * │   ├── InvalidArgumentException    INVALID_ARGUMENT; see violations()
 * │   ├── UnauthenticatedException    UNAUTHENTICATED: the token is missing or wrong
 * │   └── PermissionDeniedException   PERMISSION_DENIED: the token does not allow this
 * └── UnavailableException            the service is unavailable
 *     └── DeadlineExceededException   DEADLINE_EXCEEDED: no answer in time
 * </pre>
 *
 * <p>The status code of an {@link UnavailableException} is UNAVAILABLE, DEADLINE_EXCEEDED,
 * RESOURCE_EXHAUSTED, ABORTED, CANCELLED, INTERNAL, UNKNOWN or DATA_LOSS. These codes mean a
 * failure of the service. For checks, the policy {@link WhenUnavailable} decides whether it is
 * thrown. Every other code means that the program or its configuration is wrong. It is always
 * thrown, as {@link RefusedException}.
 */
public class SuppressionException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Failure failure;

  SuppressionException(String message, Throwable cause) {
    super(message, cause);
    this.failure = Failure.NONE;
  }

  SuppressionException(Failure failure, Throwable cause) {
    super(failure.message(), cause);
    this.failure = failure;
  }

  /** The gRPC status code; empty if there was no call. */
  public Optional<Status.Code> code() {
    return failure().code();
  }

  /**
   * The reason of google.rpc.ErrorInfo, in UPPER_SNAKE_CASE, such as {@code REVISION_FOREIGN};
   * empty if there is none.
   */
  public String reason() {
    return failure().reason();
  }

  /** The metadata of google.rpc.ErrorInfo. */
  public Map<String, String> metadata() {
    return failure().metadata();
  }

  /** The invalid fields, from google.rpc.BadRequest. */
  public List<FieldViolation> violations() {
    return failure().violations();
  }

  private Failure failure() {
    // The field is transient: a deserialized exception has only its message.
    return failure == null ? Failure.NONE : failure;
  }
}

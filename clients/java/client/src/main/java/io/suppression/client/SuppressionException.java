package io.suppression.client;

import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The root of all exceptions of this package.
 *
 * <pre>
 * SuppressionException
 * ├── ConfigurationException          the client was set up in a way it refuses
 * ├── ClientClosedException           the client was used after close()
 * ├── CallCancelledException          the caller's thread was interrupted
 * ├── RefusedException                the service answered: not like this
 * │   ├── InvalidArgumentException    INVALID_ARGUMENT; see violations()
 * │   ├── UnauthenticatedException    UNAUTHENTICATED: no token, or a wrong one
 * │   └── PermissionDeniedException   PERMISSION_DENIED: the token does not allow this
 * └── UnavailableException            the service could not be asked
 *     └── DeadlineExceededException   DEADLINE_EXCEEDED: no answer in time
 * </pre>
 *
 * <p>{@link WhenUnavailable} decides about checks that meet an {@link UnavailableException}, and
 * about nothing else. Its status is UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED,
 * CANCELLED, INTERNAL, UNKNOWN or DATA_LOSS: what time, or someone at the service, mends. Every
 * other status is a mistake of the caller's program or configuration and is always thrown, as
 * {@link RefusedException}.
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

  /** The gRPC status; empty where the exception arose before any call. */
  public Optional<Status.Code> code() {
    return failure().code();
  }

  /**
   * What happened, in UPPER_SNAKE, from google.rpc.ErrorInfo, such as {@code REVISION_FOREIGN};
   * empty where the service named none.
   */
  public String reason() {
    return failure().reason();
  }

  /** What google.rpc.ErrorInfo says beside the reason. */
  public Map<String, String> metadata() {
    return failure().metadata();
  }

  /** The fields at fault, from google.rpc.BadRequest. */
  public List<FieldViolation> violations() {
    return failure().violations();
  }

  private Failure failure() {
    // Transient: a copy that was read from elsewhere has its message alone.
    return failure == null ? Failure.NONE : failure;
  }
}

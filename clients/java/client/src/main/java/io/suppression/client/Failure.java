package io.suppression.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The details of the status of a failed call. */
record Failure(
    Optional<Status.Code> code,
    String text,
    String reason,
    Map<String, String> metadata,
    List<FieldViolation> violations) {

  // The reason of RESOURCE_EXHAUSTED for a request that no outage explains: it is never accepted.
  private static final String REQUEST_TOO_LONG = "REQUEST_TOO_LONG";

  static final Failure NONE = new Failure(Optional.empty(), "", "", Map.of(), List.of());

  /** Converts the exception of a failed call. */
  static SuppressionException from(StatusRuntimeException error) {
    Failure failure = read(error);
    if (failure.reason().equals(REQUEST_TOO_LONG)) {
      return new RefusedException(failure, error);
    }
    return switch (error.getStatus().getCode()) {
      case INVALID_ARGUMENT -> new InvalidArgumentException(failure, error);
      case UNAUTHENTICATED -> new UnauthenticatedException(failure, error);
      case PERMISSION_DENIED -> new PermissionDeniedException(failure, error);
      case DEADLINE_EXCEEDED -> new DeadlineExceededException(failure, error);
      // Cancellation by the caller is handled before, so CANCELLED comes from a proxy or a server.
      case UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED, CANCELLED, INTERNAL, UNKNOWN, DATA_LOSS ->
          new UnavailableException(failure, error);
      default -> new RefusedException(failure, error);
    };
  }

  String message() {
    String code = this.code.map(Enum::name).orElse("no status");
    String head = reason.isEmpty() ? code : code + " (" + reason + ")";
    Stream<String> faults =
        violations.stream()
            .filter(fault -> !text.contains(fault.description()))
            .map(fault -> fault.field() + ": " + fault.description());
    return Stream.concat(Stream.of(text.isEmpty() ? head : head + ": " + text), faults)
        .collect(Collectors.joining("; "));
  }

  private static Failure read(StatusRuntimeException error) {
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    BadRequest fields = BadRequest.getDefaultInstance();
    try {
      for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          fields = detail.unpack(BadRequest.class);
        }
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException malformed) {
      // The details are malformed, for example because of a proxy. The code is still valid.
    }
    return new Failure(
        Optional.of(error.getStatus().getCode()),
        Optional.ofNullable(error.getStatus().getDescription()).orElse(""),
        info.getReason(),
        Map.copyOf(info.getMetadataMap()),
        fields.getFieldViolationsList().stream()
            .map(fault -> new FieldViolation(fault.getField(), fault.getDescription()))
            .toList());
  }
}

package io.suppression.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.suppression.v1.CheckAddressRequest;
import io.suppression.v1.CheckAddressResponse;
import io.suppression.v1.SuppressionServiceGrpc;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call that connects and loads classes before the first check.
 *
 * <p>In a new JVM, loading the classes of gRPC and connecting take longer than the deadline of a
 * check. Without this call, the first check of every process would fail.
 */
final class WarmUp {
  // Every gRPC server answers this call, if only with UNIMPLEMENTED. It uses the message types of
  // CheckAddress, so that their classes are loaded too. The response is ignored.
  private static final MethodDescriptor<CheckAddressRequest, CheckAddressResponse> HEALTH_CHECK =
      SuppressionServiceGrpc.getCheckAddressMethod().toBuilder()
          .setFullMethodName("grpc.health.v1.Health/Check")
          .build();

  private final Duration timeout;
  private final Future<CheckAddressResponse> response;
  private volatile boolean done;

  /** Starts the call in the background. */
  WarmUp(Channel channel, Duration timeout) {
    this.timeout = timeout;
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    response =
        ClientCalls.futureUnaryCall(
            channel.newCall(HEALTH_CHECK, options), CheckAddressRequest.getDefaultInstance());
  }

  /** Waits until the call has succeeded or failed. Later calls return at once. */
  void await() throws InterruptedException {
    if (done) {
      return;
    }
    try {
      response.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException error) {
      // The caller's own call will fail with a specific error.
    }
    done = true;
  }
}

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
 * A first call, whose answer does not matter.
 *
 * <p>In a JVM that has just started, loading gRPC's classes and connecting takes longer than a
 * check may. Without a call ahead of it, the first check of every process would go unanswered.
 */
final class Greeting {
  // Any service answers this one, be it with UNIMPLEMENTED. It is put and read in the messages of a
  // check, so that these are loaded too; an empty one is an empty one, and nobody looks at the
  // answer.
  private static final MethodDescriptor<CheckAddressRequest, CheckAddressResponse> HEALTH_CHECK =
      SuppressionServiceGrpc.getCheckAddressMethod().toBuilder()
          .setFullMethodName("grpc.health.v1.Health/Check")
          .build();

  private final Duration atMost;
  private final Future<CheckAddressResponse> answer;
  private volatile boolean over;

  /** Sends it, in the background. */
  Greeting(Channel channel, Duration atMost) {
    this.atMost = atMost;
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(atMost.toNanos(), TimeUnit.NANOSECONDS);
    answer =
        ClientCalls.futureUnaryCall(
            channel.newCall(HEALTH_CHECK, options), CheckAddressRequest.getDefaultInstance());
  }

  /** Waits until it was answered or has failed; once it has, never again. */
  void await() throws InterruptedException {
    if (over) {
      return;
    }
    try {
      answer.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException error) {
      // The caller's own call will find out, and say so.
    }
    over = true;
  }
}

package io.suppression.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The first attempt of a channel to connect.
 *
 * <p>In a JVM that has just started, loading gRPC's classes takes longer than a check may. Without
 * a wait for that, the first checks of every process would go unanswered.
 */
final class FirstConnection {
  private final ManagedChannel channel;
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Begins to connect, in the background. */
  FirstConnection(ManagedChannel channel) {
    this.channel = channel;
    watch();
  }

  /** Waits until the attempt has succeeded or failed; once it has, or time was up, never again. */
  void await(Duration atMost) throws InterruptedException {
    if (ended.getCount() > 0 && !ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
      ended.countDown();
    }
  }

  private void watch() {
    ConnectivityState state = channel.getState(true);
    if (state == ConnectivityState.IDLE || state == ConnectivityState.CONNECTING) {
      channel.notifyWhenStateChanged(state, this::watch);
    } else {
      ended.countDown();
    }
  }
}

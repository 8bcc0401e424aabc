package io.suppression.conformance;

import com.google.gson.Gson;
import io.grpc.NameResolverRegistry;
import io.suppression.client.SuppressionClient;
import io.suppression.client.SuppressionException;
import io.suppression.client.WhenUnavailable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Sends checks through one client until standard input ends, then prints the counts. */
public final class LoadGenerator {
  private static final int CALLERS = 4;
  private static final long PAUSE_MS = 10;

  // Number of checks before counting starts.
  private static final int WARM_UP = 100;

  private final SuppressionClient client;
  private final Map<String, Integer> failed = new TreeMap<>();
  private int warmed;
  private int answered;
  private double slowestMs;
  private volatile boolean stopped;

  private LoadGenerator(SuppressionClient client) {
    this.client = client;
  }

  /** The arguments are HOST:PORT of each server. */
  public static void main(String[] servers) throws IOException, InterruptedException {
    NameResolverRegistry.getDefaultRegistry().register(new StaticNameResolver(List.of(servers)));
    try (var client =
        SuppressionClient.builder(StaticNameResolver.SCHEME + ":///", WhenUnavailable.THROW)
            .insecure()
            .build()) {
      System.out.println(new LoadGenerator(client).run());
    }
  }

  private String run() throws IOException, InterruptedException {
    List<Thread> callers =
        Stream.generate(() -> new Thread(this::sendChecks)).limit(CALLERS).toList();
    callers.forEach(Thread::start);
    System.in.transferTo(OutputStream.nullOutputStream());
    stopped = true;
    for (Thread caller : callers) {
      caller.join();
    }
    return new Gson()
        .toJson(Map.of("answered", answered, "failed", failed, "slowest_ms", slowestMs));
  }

  private void sendChecks() {
    try {
      while (!stopped) {
        long start = System.nanoTime();
        String failure = check();
        count(failure, (System.nanoTime() - start) / 1e6);
        Thread.sleep(PAUSE_MS);
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  private String check() {
    try {
      client.check("jane@example.com");
      return "";
    } catch (SuppressionException error) {
      return error.code().map(Enum::name).orElseGet(error::getMessage);
    }
  }

  private synchronized void count(String failure, double tookMs) {
    if (warmed < WARM_UP) {
      if (++warmed == WARM_UP) {
        System.out.println("ready");
      }
      return;
    }
    slowestMs = Math.max(slowestMs, tookMs);
    if (failure.isEmpty()) {
      answered++;
    } else {
      failed.merge(failure, 1, Integer::sum);
    }
  }
}

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

/** Asks through one client until standard input ends, and says how that went. */
public final class Load {
  private static final int CALLERS = 4;
  private static final long PAUSE_MS = 10;

  // How many checks come before those that count.
  private static final int WARM_UP = 100;

  private final SuppressionClient client;
  private final Map<String, Integer> failed = new TreeMap<>();
  private int before;
  private int answered;
  private double slowestMs;
  private volatile boolean over;

  private Load(SuppressionClient client) {
    this.client = client;
  }

  /** Takes HOST:PORT of each server, as the suite's README says. */
  public static void main(String[] servers) throws IOException, InterruptedException {
    NameResolverRegistry.getDefaultRegistry().register(new Servers(List.of(servers)));
    try (var client =
        SuppressionClient.builder(Servers.SCHEME + ":///", WhenUnavailable.THROW)
            .insecure()
            .build()) {
      System.out.println(new Load(client).run());
    }
  }

  private String run() throws IOException, InterruptedException {
    List<Thread> callers = Stream.generate(() -> new Thread(this::askOn)).limit(CALLERS).toList();
    callers.forEach(Thread::start);
    System.in.transferTo(OutputStream.nullOutputStream());
    over = true;
    for (Thread caller : callers) {
      caller.join();
    }
    return new Gson()
        .toJson(Map.of("answered", answered, "failed", failed, "slowest_ms", slowestMs));
  }

  private void askOn() {
    try {
      while (!over) {
        long began = System.nanoTime();
        String failure = ask();
        count(failure, (System.nanoTime() - began) / 1e6);
        Thread.sleep(PAUSE_MS);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private String ask() {
    try {
      client.check("jane@example.com");
      return "";
    } catch (SuppressionException error) {
      return error.code().map(Enum::name).orElseGet(error::getMessage);
    }
  }

  private synchronized void count(String failure, double tookMs) {
    if (before < WARM_UP) {
      if (++before == WARM_UP) {
        System.out.println("asking");
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

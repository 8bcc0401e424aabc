package io.suppression.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolicyTest {
  private static final Logger LOG = Logger.getLogger("io.suppression.client");

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Lines lines = new Lines();
  private final UnavailableException outage =
      (UnavailableException) Failure.from(Status.UNAVAILABLE.asRuntimeException());

  @BeforeEach
  void listen() {
    LOG.addHandler(lines);
    LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void leave() {
    LOG.removeHandler(lines);
    LOG.setUseParentHandlers(true);
  }

  @Test
  void oneLineAMinuteSaysHowManyAndNoAddress() {
    Policy policy = new Policy(WhenUnavailable.DO_NOT_SEND, now::get);
    policy.standIn(List.of("jane@example.com"), outage);
    policy.standIn(List.of("jane@example.com", "joe@example.com"), outage);
    now.addAndGet(Duration.ofSeconds(59).toNanos());
    policy.standIn(List.of("jane@example.com"), outage);
    assertEquals(1, lines.texts.size());

    now.addAndGet(Duration.ofSeconds(1).toNanos());
    policy.standIn(List.of("jane@example.com"), outage);
    assertEquals(5, policy.unanswered());
    assertEquals(2, lines.texts.size());
    assertTrue(lines.texts.get(1).contains("(UNAVAILABLE) about 4 addresses"), lines.texts.get(1));
    assertTrue(lines.texts.get(1).endsWith("policy DO_NOT_SEND"), lines.texts.get(1));
    assertFalse(lines.texts.toString().contains("@"));
  }

  private static final class Lines extends Handler {
    private final List<String> texts = new ArrayList<>();

    @Override
    public void publish(LogRecord line) {
      texts.add(new SimpleFormatter().formatMessage(line));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}

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
  private final RecordingHandler handler = new RecordingHandler();
  private final UnavailableException outage =
      (UnavailableException) Failure.from(Status.UNAVAILABLE.asRuntimeException());

  @BeforeEach
  void addHandler() {
    LOG.addHandler(handler);
    LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void removeHandler() {
    LOG.removeHandler(handler);
    LOG.setUseParentHandlers(true);
  }

  @Test
  void logsOneWarningAMinuteWithoutAddresses() {
    Policy policy = new Policy(WhenUnavailable.DO_NOT_SEND, now::get);
    policy.decide(List.of("jane@example.com"), MailClass.ORDINARY, outage);
    policy.decide(List.of("jane@example.com", "joe@example.com"), MailClass.ORDINARY, outage);
    now.addAndGet(Duration.ofSeconds(59).toNanos());
    policy.decide(List.of("jane@example.com"), MailClass.ORDINARY, outage);
    assertEquals(1, handler.messages.size());

    now.addAndGet(Duration.ofSeconds(1).toNanos());
    policy.decide(List.of("jane@example.com"), MailClass.ORDINARY, outage);
    assertEquals(5, policy.unanswered());
    assertEquals(2, handler.messages.size());
    assertTrue(handler.messages.get(1).contains("(UNAVAILABLE)"), handler.messages.get(1));
    assertTrue(
        handler.messages.get(1).contains("policy DO_NOT_SEND decided about 4 addresses"),
        handler.messages.get(1));
    assertFalse(handler.messages.toString().contains("@"));
  }

  @Test
  void sendEssentialSendsOnlyEssentialMail() {
    Policy policy = new Policy(WhenUnavailable.SEND_ESSENTIAL, now::get);
    assertTrue(policy.decide(List.of("a"), MailClass.ESSENTIAL, outage).get(0).send());
    assertFalse(policy.decide(List.of("a"), MailClass.ORDINARY, outage).get(0).send());
  }

  private static final class RecordingHandler extends Handler {
    private final List<String> messages = new ArrayList<>();

    @Override
    public void publish(LogRecord record) {
      messages.add(new SimpleFormatter().formatMessage(record));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}

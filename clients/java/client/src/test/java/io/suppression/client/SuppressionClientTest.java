package io.suppression.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Context;
import io.grpc.protobuf.StatusProto;
import io.suppression.v1.BatchCheckRequest;
import io.suppression.v1.CheckAddressRequest;
import io.suppression.v1.CheckAddressResponse;
import io.suppression.v1.SuppressRequest;
import io.suppression.v1.UnsuppressRequest;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SuppressionClientTest {
  private static final String JANE = "jane@example.com";

  private FakeService service;

  @BeforeEach
  void start() throws IOException {
    service = new FakeService();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void sendsOnlyOnSend() {
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      for (int verdict : new int[] {0, 1, 2, 77}) {
        service.check = r -> CheckAddressResponse.newBuilder().setVerdictValue(verdict).build();
        Check check = client.check(JANE);
        assertEquals(verdict == 1, check.send());
        assertTrue(check.answered());
      }
      assertEquals(0, client.unanswered());
    }
  }

  @Test
  void unknownReasonsAreUnrecognized() {
    service.check = r -> CheckAddressResponse.newBuilder().setReasonValue(78).build();
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      assertEquals(Reason.UNRECOGNIZED, client.check(JANE).reason());
      assertThrows(
          IllegalArgumentException.class, () -> client.suppress(JANE, Reason.UNRECOGNIZED));
    }
  }

  @Test
  void theTokenIsSentWithEveryCall() {
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).token("secret").build()) {
      client.check(JANE);
      client.suppress(JANE, Reason.MANUAL);
    }
    assertEquals(List.of("Bearer secret", "Bearer secret"), service.tokens);
  }

  @Test
  void anUnpairedSurrogateIsSentAsAnEmptyAddress() {
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      assertEquals("ja\ud800ne@example.com", client.check("ja\ud800ne@example.com").address());
    }
    assertEquals("", ((CheckAddressRequest) service.requests.get(0)).getAddress());
  }

  @Test
  void durationsAreConvertedToProtobuf() {
    assertEquals(-1, Times.write(Duration.ofMillis(-1500)).getSeconds());
    assertEquals(-500_000_000, Times.write(Duration.ofMillis(-1500)).getNanos());
    assertEquals(-1, Times.write(Duration.ofSeconds(-1)).getSeconds());
    assertEquals(0, Times.write(Duration.ofSeconds(-1)).getNanos());
    assertEquals(500_000_000, Times.write(Duration.ofMillis(1500)).getNanos());
  }

  @Test
  void anAbsentStreamDiffersFromAnEmptyOne() {
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      client.unsuppress(JANE);
      client.unsuppress(JANE, Removal.OF_ALL.onStream("").of(Reason.MANUAL));
      client.suppress(JANE, Reason.MANUAL, Entry.forStream("news").lasting(Duration.ofDays(1)));
    }
    var removals = service.requests.stream().limit(2);
    assertEquals(
        List.of(false, true), removals.map(r -> ((UnsuppressRequest) r).hasStream()).toList());
    assertEquals(86_400, ((SuppressRequest) service.requests.get(2)).getTtl().getSeconds());
  }

  @Test
  void largeBatchesAreSplitInOrderAndInParallel() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    service.batch =
        request -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          sleep(50);
          running.decrementAndGet();
          return FakeService.sendAll(request);
        };
    List<String> addresses = IntStream.range(0, 50_001).mapToObj(n -> n + "@example.com").toList();
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).batchParallelism(2).build()) {
      assertEquals(addresses, client.filter(addresses));
      assertEquals(List.of(), client.filter(List.of()));
    }
    assertEquals(6, service.requests.size());
    assertEquals(2, most.get());
  }

  @Test
  void aWrongNumberOfVerdictsMeansDoNotSend() {
    service.batch = r -> FakeService.sendAll(r).toBuilder().addVerdictsValue(1).build();
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      assertEquals(List.of(), client.filter(List.of(JANE, JANE)));
    }
  }

  @Test
  void oneCallOfABatchCanGoUnanswered() {
    service.batch =
        request -> {
          if (request.getAddressesCount() < SuppressionClient.MAX_BATCH) {
            throw io.grpc.Status.INTERNAL.asRuntimeException();
          }
          return FakeService.sendAll(request);
        };
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      var checks = client.batchCheck(Collections.nCopies(10_002, JANE));
      assertEquals(10_000, checks.stream().filter(Check::answered).count());
      assertEquals(2, client.unanswered());
    }
  }

  @Test
  void checksSendTheNewestRevisionUntilItIsUnknown() {
    service.check =
        request -> {
          if (request.getMinRevision().equals("removed")) {
            throw invalidRevision("REVISION_FOREIGN");
          }
          return CheckAddressResponse.getDefaultInstance();
        };
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      client.suppress(JANE, Reason.MANUAL);
      client.check(JANE);
      client.check(JANE, Mail.ORDINARY.atLeast("caller"));
      client.unsuppress(JANE);
      client.check(JANE);
      client.check(JANE);
    }
    assertEquals(List.of("written", "caller", "removed", "", ""), minRevisions());
  }

  @Test
  void anUnknownRevisionOfTheCallerIsAnError() {
    service.check =
        request -> {
          throw invalidRevision("REVISION_AHEAD");
        };
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      Mail mail = Mail.ORDINARY.atLeast("caller");
      var error = assertThrows(InvalidArgumentException.class, () -> client.check(JANE, mail));
      assertEquals("REVISION_AHEAD", error.reason());
      assertEquals(List.of(new FieldViolation("min_revision", "unknown")), error.violations());
      assertEquals(io.grpc.Status.Code.INVALID_ARGUMENT, error.code().orElseThrow());
      assertEquals(0, client.unanswered());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = io.grpc.Status.Code.class,
      names = {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
        "CANCELLED",
        "INTERNAL",
        "UNKNOWN",
        "DATA_LOSS"
      })
  void thePolicyDecidesOnFailuresOfTheService(io.grpc.Status.Code code) {
    service.check =
        request -> {
          throw code.toStatus().asRuntimeException();
        };
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      Check check = client.check(JANE);
      assertTrue(check.send());
      assertFalse(check.answered());
      assertEquals(1, client.unanswered());
    }
    try (var client = service.client(WhenUnavailable.THROW).build()) {
      var error = assertThrows(UnavailableException.class, () -> client.check(JANE));
      assertEquals(code, error.code().orElseThrow());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = io.grpc.Status.Code.class,
      names = {
        "INVALID_ARGUMENT",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED"
      })
  void rejectedRequestsThrowWhateverThePolicy(io.grpc.Status.Code code) {
    service.check =
        request -> {
          throw code.toStatus().asRuntimeException();
        };
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      assertThrows(RefusedException.class, () -> client.check(JANE));
      assertEquals(0, client.unanswered());
    }
  }

  @Test
  void unavailableIsRetried() {
    AtomicInteger left = new AtomicInteger(2);
    service.check =
        request -> {
          if (left.getAndDecrement() > 0) {
            throw io.grpc.Status.UNAVAILABLE.asRuntimeException();
          }
          return CheckAddressResponse.newBuilder().setVerdictValue(1).build();
        };
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      assertTrue(client.check(JANE).send());
    }
    assertEquals(3, service.requests.size());
  }

  @Test
  void theLargestBatchIsRetried() {
    AtomicInteger left = new AtomicInteger(2);
    service.batch =
        request -> {
          if (left.getAndDecrement() > 0) {
            throw io.grpc.Status.UNAVAILABLE.asRuntimeException();
          }
          return FakeService.sendAll(request);
        };
    var addresses = Collections.nCopies(10_000, "a".repeat(64) + "@" + "b".repeat(255));
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      assertEquals(addresses, client.filter(addresses));
    }
    assertEquals(3, service.requests.stream().filter(BatchCheckRequest.class::isInstance).count());
  }

  @Test
  void aCallEndsAtItsDeadline() {
    CountDownLatch done = new CountDownLatch(1);
    service.check =
        request -> {
          await(done);
          return CheckAddressResponse.getDefaultInstance();
        };
    try (var client =
        service.client(WhenUnavailable.THROW).checkTimeout(Duration.ofMillis(300)).build()) {
      assertThrows(DeadlineExceededException.class, () -> client.check(JANE));
    } finally {
      done.countDown();
    }
  }

  @Test
  void onlyTheFirstCallWaitsForAServerThatDoesNotRespond() throws IOException {
    try (var silent = new ServerSocket(0);
        var client =
            SuppressionClient.builder(
                    "localhost:" + silent.getLocalPort(), WhenUnavailable.DO_NOT_SEND)
                .connectTimeout(Duration.ofMillis(500))
                .build()) {
      assertFalse(client.check(JANE).send());
      long before = System.nanoTime();
      assertFalse(client.check(JANE).answered());
      assertTrue(System.nanoTime() - before < Duration.ofMillis(500).toNanos());
    }
  }

  @Test
  void theClientReconnectsSoonAfterARestart() throws Exception {
    int port = Integer.parseInt(service.target().split(":")[1]);
    try (var client = service.client(WhenUnavailable.DO_NOT_SEND).build()) {
      assertTrue(client.check(JANE).answered());
      service.close();
      for (int n = 0; n < 30; n++) {
        client.check(JANE);
        sleep(100);
      }
      service = new FakeService(port);
      long before = System.nanoTime();
      while (!client.check(JANE).answered()) {
        sleep(20);
      }
      assertTrue(System.nanoTime() - before < Duration.ofSeconds(3).toNanos());
    }
  }

  @Test
  void anInterruptedThreadThrows() {
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      client.check(JANE);
      Thread.currentThread().interrupt();
      assertThrows(CallCancelledException.class, () -> client.check(JANE));
      assertTrue(Thread.currentThread().isInterrupted());
      assertThrows(
          CallCancelledException.class, () -> client.filter(Collections.nCopies(10_001, JANE)));
      assertTrue(Thread.interrupted());
      assertEquals(0, client.unanswered());
    }
  }

  @Test
  void aCancelledContextThrows() {
    try (var client = service.client(WhenUnavailable.SEND).build()) {
      var context = Context.current().withCancellation();
      context.cancel(null);
      context.run(() -> assertThrows(CallCancelledException.class, () -> client.check(JANE)));
      assertEquals(0, client.unanswered());
    }
  }

  @Test
  void callsFailAfterClose() {
    var client = service.client(WhenUnavailable.SEND).build();
    client.close();
    client.close();
    assertThrows(ClientClosedException.class, () -> client.check(JANE));
    assertThrows(ClientClosedException.class, () -> client.suppress(JANE, Reason.MANUAL));
  }

  @Test
  void closeEndsCallsInProgress() throws InterruptedException {
    CountDownLatch received = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    service.check =
        request -> {
          received.countDown();
          await(done);
          return CheckAddressResponse.getDefaultInstance();
        };
    var client = service.client(WhenUnavailable.SEND).build();
    var thrown = new Throwable[1];
    Thread caller = new Thread(() -> client.check(JANE));
    caller.setUncaughtExceptionHandler((thread, error) -> thrown[0] = error);
    caller.start();
    received.await();
    client.close();
    caller.join();
    done.countDown();
    assertInstanceOf(ClientClosedException.class, thrown[0]);
  }

  private List<String> minRevisions() {
    return service.requests.stream()
        .filter(CheckAddressRequest.class::isInstance)
        .map(request -> ((CheckAddressRequest) request).getMinRevision())
        .toList();
  }

  private static RuntimeException invalidRevision(String reason) {
    var fault =
        BadRequest.FieldViolation.newBuilder().setField("min_revision").setDescription("unknown");
    return StatusProto.toStatusRuntimeException(
        Status.newBuilder()
            .setCode(Code.INVALID_ARGUMENT_VALUE)
            .setMessage("min_revision: unknown")
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason(reason).build()))
            .addDetails(Any.pack(BadRequest.newBuilder().addFieldViolations(fault).build()))
            .build());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }
}

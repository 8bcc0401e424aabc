package io.suppression.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.suppression.client.SuppressionClient;
import io.suppression.client.WhenUnavailable;
import io.suppression.v1.BatchCheckRequest;
import io.suppression.v1.BatchCheckResponse;
import io.suppression.v1.CheckAddressRequest;
import io.suppression.v1.CheckAddressResponse;
import io.suppression.v1.SuppressionServiceGrpc.SuppressionServiceImplBase;
import io.suppression.v1.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sesv2.SesV2Client;

class ExamplesTest {
  private final List<String> mails = Collections.synchronizedList(new ArrayList<>());
  private Server service;
  private HttpServer fakeSes;
  private SuppressionClient client;
  private Mailer mailer;

  @BeforeEach
  void start() throws IOException {
    service =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new FakeService())
            .build()
            .start();
    fakeSes = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    fakeSes.createContext("/v2/email/outbound-emails", this::receiveMail);
    fakeSes.start();
    client =
        SuppressionClient.builder("localhost:" + service.getPort(), WhenUnavailable.DO_NOT_SEND)
            .checkTimeout(Duration.ofSeconds(20))
            .batchTimeout(Duration.ofSeconds(20))
            .build();
    mailer = new Mailer(ses(), "us@example.com", "feedback");
  }

  @AfterEach
  void stop() {
    mailer.close();
    client.close();
    fakeSes.stop(0);
    service.shutdownNow();
  }

  @Test
  void aPasswordResetIsSentThroughTheConfigurationSet() {
    assertTrue(PasswordReset.send(client, mailer, "jane@example.com"));
    assertEquals(1, mails.size());
    assertTrue(mails.get(0).contains("\"ConfigurationSetName\":\"feedback\""), mails.get(0));
    assertTrue(mails.get(0).contains("jane@example.com"), mails.get(0));
  }

  @Test
  void aSuppressedAddressIsNotMailed() {
    assertFalse(PasswordReset.send(client, mailer, "joe@example.com"));
    assertEquals(List.of(), mails);
  }

  @Test
  void aNewsletterSkipsSuppressedAddresses() {
    Newsletter run = new Newsletter();
    run.send(client, mailer, List.of("jane@example.com", "joe@example.com", "bad@example.com"));
    assertEquals("1 sent, 1 not sent, 1 rejected by SES", run.toString());
    assertFalse(mails.toString().contains("joe@example.com"));
  }

  private SesV2Client ses() {
    return SesV2Client.builder()
        .endpointOverride(URI.create("http://localhost:" + fakeSes.getAddress().getPort()))
        .region(Region.EU_WEST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
        .build();
  }

  private void receiveMail(HttpExchange exchange) throws IOException {
    String mail = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean accepted = !mail.contains("bad@example.com");
    if (accepted) {
      mails.add(mail);
    }
    byte[] answer = "{\"MessageId\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("content-type", "application/json");
    exchange.sendResponseHeaders(accepted ? 200 : 400, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private static final class FakeService extends SuppressionServiceImplBase {
    @Override
    public void checkAddress(
        CheckAddressRequest request, StreamObserver<CheckAddressResponse> observer) {
      observer.onNext(
          CheckAddressResponse.newBuilder().setVerdict(of(request.getAddress())).build());
      observer.onCompleted();
    }

    @Override
    public void batchCheck(BatchCheckRequest request, StreamObserver<BatchCheckResponse> observer) {
      BatchCheckResponse.Builder answer = BatchCheckResponse.newBuilder();
      request.getAddressesList().forEach(address -> answer.addVerdicts(of(address)));
      observer.onNext(answer.build());
      observer.onCompleted();
    }

    private static Verdict of(String address) {
      return address.startsWith("joe@") ? Verdict.VERDICT_DO_NOT_SEND : Verdict.VERDICT_SEND;
    }
  }
}

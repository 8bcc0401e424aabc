package io.suppression.client;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.stub.StreamObserver;
import io.suppression.v1.BatchCheckRequest;
import io.suppression.v1.BatchCheckResponse;
import io.suppression.v1.CheckAddressRequest;
import io.suppression.v1.CheckAddressResponse;
import io.suppression.v1.SuppressRequest;
import io.suppression.v1.SuppressResponse;
import io.suppression.v1.SuppressionServiceGrpc.SuppressionServiceImplBase;
import io.suppression.v1.UnsuppressRequest;
import io.suppression.v1.UnsuppressResponse;
import io.suppression.v1.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A service on loopback that answers what a test tells it to. */
final class FakeService extends SuppressionServiceImplBase implements AutoCloseable {
  final List<Object> seen = Collections.synchronizedList(new ArrayList<>());
  final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
  volatile Function<CheckAddressRequest, CheckAddressResponse> check =
      request -> CheckAddressResponse.newBuilder().setVerdict(Verdict.VERDICT_SEND).build();
  volatile Function<BatchCheckRequest, BatchCheckResponse> batch = FakeService::sendAll;
  private final Server server;

  FakeService() throws IOException {
    this(0);
  }

  FakeService(int port) throws IOException {
    this(port, InsecureServerCredentials.create());
  }

  FakeService(int port, ServerCredentials credentials) throws IOException {
    server =
        Grpc.newServerBuilderForPort(port, credentials)
            .addService(this)
            .intercept(new Tokens())
            .maxInboundMessageSize(8 * 1024 * 1024)
            .build()
            .start();
  }

  String target() {
    return "localhost:" + server.getPort();
  }

  SuppressionClient.Builder client(WhenUnavailable whenUnavailable) {
    return SuppressionClient.builder(target(), whenUnavailable)
        .checkTimeout(Duration.ofSeconds(20))
        .batchTimeout(Duration.ofSeconds(20));
  }

  static BatchCheckResponse sendAll(BatchCheckRequest request) {
    return BatchCheckResponse.newBuilder()
        .addAllVerdicts(Collections.nCopies(request.getAddressesCount(), Verdict.VERDICT_SEND))
        .build();
  }

  @Override
  public void checkAddress(CheckAddressRequest asked, StreamObserver<CheckAddressResponse> to) {
    answer(asked, check, to);
  }

  @Override
  public void batchCheck(BatchCheckRequest asked, StreamObserver<BatchCheckResponse> to) {
    answer(asked, batch, to);
  }

  @Override
  public void suppress(SuppressRequest asked, StreamObserver<SuppressResponse> to) {
    answer(asked, r -> SuppressResponse.newBuilder().setRevision("written").build(), to);
  }

  @Override
  public void unsuppress(UnsuppressRequest asked, StreamObserver<UnsuppressResponse> to) {
    answer(asked, r -> UnsuppressResponse.newBuilder().setRevision("removed").build(), to);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private <Q, A> void answer(Q asked, Function<Q, A> answer, StreamObserver<A> to) {
    seen.add(asked);
    try {
      to.onNext(answer.apply(asked));
      to.onCompleted();
    } catch (RuntimeException error) {
      to.onError(error);
    }
  }

  private final class Tokens implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String token =
          headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
      tokens.add(Optional.ofNullable(token).orElse(""));
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {};
    }
  }
}

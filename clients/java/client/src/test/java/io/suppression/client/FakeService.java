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

/** A gRPC server on loopback whose responses a test sets. */
final class FakeService extends SuppressionServiceImplBase implements AutoCloseable {
  final List<Object> requests = Collections.synchronizedList(new ArrayList<>());
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
  public void checkAddress(
      CheckAddressRequest request, StreamObserver<CheckAddressResponse> observer) {
    respond(request, check, observer);
  }

  @Override
  public void batchCheck(BatchCheckRequest request, StreamObserver<BatchCheckResponse> observer) {
    respond(request, batch, observer);
  }

  @Override
  public void suppress(SuppressRequest request, StreamObserver<SuppressResponse> observer) {
    respond(request, r -> SuppressResponse.newBuilder().setRevision("written").build(), observer);
  }

  @Override
  public void unsuppress(UnsuppressRequest request, StreamObserver<UnsuppressResponse> observer) {
    respond(request, r -> UnsuppressResponse.newBuilder().setRevision("removed").build(), observer);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private <Q, A> void respond(Q request, Function<Q, A> handler, StreamObserver<A> observer) {
    requests.add(request);
    try {
      observer.onNext(handler.apply(request));
      observer.onCompleted();
    } catch (RuntimeException error) {
      observer.onError(error);
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

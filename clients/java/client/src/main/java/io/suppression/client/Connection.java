package io.suppression.client;

import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings of the gRPC channel. */
record Connection(
    String server,
    Optional<String> token,
    boolean tls,
    Optional<Path> authorities,
    Optional<Path> certificate,
    Optional<Path> key,
    boolean insecure) {

  /**
   * Round-robin load balancing over all addresses of the target, and retries.
   *
   * <p>Every RPC is idempotent, so every RPC is retried within its deadline. Retry throttling
   * allows a burst of fifty retries, then about one retry per ten successful calls. This protects a
   * service that is down. CANCELLED is retried because a stopping server returns it for calls that
   * it has read but not started (grpc/grpc#41785). If the caller cancels a call, it is not retried.
   * UNKNOWN is retried because grpc-java returns it when a connection breaks during a write, for
   * example of a large batch (grpc/grpc-java#10120).
   */
  static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "loadBalancingConfig",
          List.of(Map.of("round_robin", Map.of())),
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(Map.of("service", "suppression.v1.SuppressionService")),
                  "retryPolicy",
                  Map.of(
                      "maxAttempts",
                      4.0,
                      "initialBackoff",
                      "0.02s",
                      "maxBackoff",
                      "0.5s",
                      "backoffMultiplier",
                      2.0,
                      "retryableStatusCodes",
                      List.of("UNAVAILABLE", "CANCELLED", "UNKNOWN")))),
          "retryThrottling",
          Map.of("maxTokens", 100.0, "tokenRatio", 0.1));

  private static final int MEBIBYTE = 1024 * 1024;

  // In dns://authority/host:port, "authority" is the DNS server that resolves the host.
  private static final Pattern HOST =
      Pattern.compile("(?:dns:(?://[^/]*/)?)?(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9.-]+))(?::\\d+)?");

  private static final Pattern IPV4_LOOPBACK =
      Pattern.compile("127(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|\\d{1,2})){3}");

  private static final Pattern HEADER_TEXT = Pattern.compile("[!-~]([ -~]*[!-~])?");

  /**
   * Checks the settings.
   *
   * @throws ConfigurationException if the server is on another machine and the connection is
   *     plaintext, unless {@code insecure} is set and there is no token
   */
  Connection {
    if (tls && insecure) {
      throw new ConfigurationException("TLS and insecure() contradict each other", null);
    }
    // gRPC would also reject such a token, but its exception message contains the token.
    if (token.isPresent() && !HEADER_TEXT.matcher(token.get()).matches()) {
      throw new ConfigurationException(
          "the token must be printable ASCII without surrounding whitespace", null);
    }
    if (!tls && !isLoopback(server)) {
      requireInsecure(server, insecure, token.isPresent());
    }
  }

  /** Returns whether a gRPC target, such as {@code dns:///localhost:50051}, is on this machine. */
  static boolean isLoopback(String server) {
    Matcher target = HOST.matcher(server);
    if (!target.matches()) {
      return server.startsWith("unix:");
    }
    String host = target.group(2);
    return host == null
        ? isLoopbackIpv6(target.group(1))
        : host.equalsIgnoreCase("localhost") || IPV4_LOOPBACK.matcher(host).matches();
  }

  /** Creates the channel. */
  ManagedChannel open() {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(server, credentials())
            .disableServiceConfigLookUp()
            .defaultServiceConfig(SERVICE_CONFIG)
            .enableRetry()
            // A request larger than this is not retried. The largest batch has 3.3 MB.
            .perRpcBufferLimit(4 * MEBIBYTE)
            .retryBufferSize(64 * MEBIBYTE)
            .maxInboundMessageSize(64 * MEBIBYTE)
            // Detect a dead peer during a call. Do not ping on idle connections: servers close the
            // connection of a client that pings without calls.
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS);
    token.ifPresent(text -> builder.intercept(bearer(text)));
    if (isLoopback(server)) {
      // A proxy of the JVM would send loopback traffic in plaintext to another machine.
      builder.proxyDetector(address -> null);
    }
    return builder.build();
  }

  /** Does not contain the token. */
  @Override
  public String toString() {
    return "Connection[" + server + (tls ? ", TLS]" : ", plaintext]");
  }

  private ChannelCredentials credentials() {
    if (!tls) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (authorities.isPresent()) {
        builder.trustManager(authorities.get().toFile());
      }
      if (certificate.isPresent()) {
        builder.keyManager(certificate.get().toFile(), key.orElseThrow().toFile());
      }
    } catch (IOException error) {
      throw new ConfigurationException("a certificate or key cannot be read", error);
    }
    return builder.build();
  }

  private static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static void requireInsecure(String server, boolean insecure, boolean token) {
    String reason = server + " is not a loopback address: ";
    if (!insecure) {
      throw new ConfigurationException(
          reason + "use TLS, or allow plaintext with insecure() if you trust the network", null);
    }
    if (token) {
      throw new ConfigurationException(reason + "a token requires TLS", null);
    }
  }

  private static boolean isLoopbackIpv6(String literal) {
    try {
      // With brackets, Java does not look the text up as a host name.
      return InetAddress.getByName("[" + literal + "]").isLoopbackAddress();
    } catch (UnknownHostException malformed) {
      return false;
    }
  }
}

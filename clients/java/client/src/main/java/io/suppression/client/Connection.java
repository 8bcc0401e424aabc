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

/** Where the service is and how to talk to it. */
record Connection(
    String server,
    Optional<String> token,
    boolean tls,
    Optional<Path> authorities,
    Optional<Path> certificate,
    Optional<Path> key,
    boolean insecure) {

  /**
   * Retries, and round robin over all addresses that the server's name has.
   *
   * <p>Every call is idempotent, so every call is retried, within its one deadline. The throttle
   * lets a burst of fifty failures be retried, and from then on about one call for ten that
   * succeed: a service that is down is not hammered. CANCELLED is what a server that stops makes of
   * calls which it has read and not begun (grpc/grpc#41785); a caller's own cancelling ends the
   * call, retries included. UNKNOWN is what grpc-java makes of a connection that is cut while it
   * writes, as under a long batch (grpc/grpc-java#10120).
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

  // dns://authority/host:port asks the DNS server "authority" about the host.
  private static final Pattern HOST =
      Pattern.compile("(?:dns:(?://[^/]*/)?)?(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9.-]+))(?::\\d+)?");

  private static final Pattern IPV4_LOOPBACK =
      Pattern.compile("127(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|\\d{1,2})){3}");

  private static final Pattern HEADER_TEXT = Pattern.compile("[!-~]([ -~]*[!-~])?");

  /**
   * Requires that nothing secret or trusted goes through plaintext beyond this machine.
   *
   * @throws ConfigurationException if it would
   */
  Connection {
    if (tls && insecure) {
      throw new ConfigurationException("TLS and insecure() contradict each other", null);
    }
    // gRPC would refuse it too, with the token in the text of the exception.
    if (token.isPresent() && !HEADER_TEXT.matcher(token.get()).matches()) {
      throw new ConfigurationException(
          "the token must be printable ASCII without blanks around it", null);
    }
    if (!tls && !isLoopback(server)) {
      requireInsecure(server, insecure, token.isPresent());
    }
  }

  /** Says whether a gRPC target, such as {@code dns:///localhost:50051}, stays on this machine. */
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

  /** Opens the channel. */
  ManagedChannel open() {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(server, credentials())
            .disableServiceConfigLookUp()
            .defaultServiceConfig(SERVICE_CONFIG)
            .enableRetry()
            // A request that outgrows this is not retried. The longest batch has 3.3 MB.
            .perRpcBufferLimit(4 * MEBIBYTE)
            .retryBufferSize(64 * MEBIBYTE)
            .maxInboundMessageSize(64 * MEBIBYTE)
            // Notice a dead peer under a waiting call. Not on idle connections: servers close the
            // connection of a client that pings without calls.
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS);
    token.ifPresent(text -> builder.intercept(bearer(text)));
    if (isLoopback(server)) {
      // A proxy of the JVM's would carry loopback plaintext off the machine.
      builder.proxyDetector(address -> null);
    }
    return builder.build();
  }

  /** Leaves the token out. */
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
    String where = server + " is not on this machine: ";
    if (!insecure) {
      throw new ConfigurationException(
          where + "use TLS, or allow plaintext as insecure() if you trust the network", null);
    }
    if (token) {
      throw new ConfigurationException(where + "a token goes there only through TLS", null);
    }
  }

  private static boolean isLoopbackIpv6(String literal) {
    try {
      // Brackets keep Java from looking the text up as a name.
      return InetAddress.getByName("[" + literal + "]").isLoopbackAddress();
    } catch (UnknownHostException malformed) {
      return false;
    }
  }
}

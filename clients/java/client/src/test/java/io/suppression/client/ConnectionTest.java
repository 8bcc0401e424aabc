package io.suppression.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
  private static final String REMOTE = "suppression.example.com:50051";
  private static final Optional<String> NONE = Optional.empty();
  private static final Optional<Path> NO_FILE = Optional.empty();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:50051",
        "LocalHost",
        "127.0.0.1:50051",
        "127.255.3.4",
        "[::1]:50051",
        "dns:localhost:50051",
        "dns:///127.0.0.1:50051",
        "dns://192.0.2.1/localhost:50051",
        "unix:/run/suppression.sock",
        "unix:///run/suppression.sock"
      })
  void loopbackTargets(String server) {
    assertTrue(Connection.isLoopback(server));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "suppression.example.com:50051",
        "10.0.0.1:50051",
        "127.0.0.1.example.com:50051",
        "127.999.0.1:50051",
        "localhost.example.com:50051",
        "localhost:1@example.com",
        "localhost@example.com:50051",
        "localhost:50051,example.com:50051",
        "[2001:db8::1]:50051",
        "dns://localhost/example.com:50051",
        "dns:///example.com/localhost:50051",
        "xds:///localhost:50051",
        ""
      })
  void otherTargetsRequireInsecure(String server) {
    assertFalse(Connection.isLoopback(server));
    assertThrows(ConfigurationException.class, () -> builder(server).build());
    assertThrows(
        ConfigurationException.class, () -> builder(server).insecure().token("secret").build());
  }

  @Test
  void insecureAllowsPlaintextToAnotherMachine() {
    new Connection(REMOTE, NONE, false, NO_FILE, NO_FILE, NO_FILE, true);
  }

  @Test
  void tlsAllowsATokenThatToStringDoesNotShow() {
    var token = Optional.of("secret");
    var connection = new Connection(REMOTE, token, true, NO_FILE, NO_FILE, NO_FILE, false);
    assertEquals("Connection[suppression.example.com:50051, TLS]", connection.toString());
  }

  @Test
  void tlsAndInsecureContradictEachOther() {
    assertThrows(
        ConfigurationException.class, () -> builder("localhost:50051").tls().insecure().build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " secret", "secret ", "sec\nret", "geheim\u00df"})
  void anInvalidTokenIsRejectedWithoutShowingIt(String token) {
    var error =
        assertThrows(
            ConfigurationException.class, () -> builder("localhost:50051").token(token).build());
    assertEquals(
        "the token must be printable ASCII without surrounding whitespace", error.getMessage());
  }

  @Test
  void unreadableCertificatesAreRejected() {
    var builder = builder("localhost:50051").tls(Path.of("no such file"));
    assertThrows(ConfigurationException.class, builder::build);
  }

  @Test
  void timeoutsAndParallelismMustBePositive() {
    var builder = builder("localhost:50051");
    assertThrows(ConfigurationException.class, () -> builder.checkTimeout(Duration.ZERO));
    assertThrows(ConfigurationException.class, () -> builder.timeout(Duration.ofMillis(-1)));
    assertThrows(ConfigurationException.class, () -> builder.batchParallelism(0));
  }

  @Test
  void thePolicyMustNotBeNull() {
    assertThrows(
        NullPointerException.class, () -> SuppressionClient.builder("localhost:50051", null));
  }

  private static SuppressionClient.Builder builder(String server) {
    return SuppressionClient.builder(server, WhenUnavailable.DO_NOT_SEND);
  }
}

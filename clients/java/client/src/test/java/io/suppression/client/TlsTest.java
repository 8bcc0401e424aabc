package io.suppression.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
  private static final String JANE = "jane@example.com";
  private static final String PASSWORD = "password";

  @TempDir private static Path folder;

  @BeforeAll
  static void makeCertificates() throws Exception {
    for (String name : List.of("server", "client", "untrusted")) {
      makeCertificate(name);
    }
  }

  @Test
  void aTrustedServerReceivesTheToken() throws IOException {
    try (var service = new FakeService(0, serverCredentials().build());
        var client =
            service
                .client(WhenUnavailable.DO_NOT_SEND)
                .tls(pem("server"))
                .token("secret")
                .build()) {
      assertTrue(client.check(JANE).send());
      assertEquals(List.of("Bearer secret"), service.tokens);
    }
  }

  @Test
  void anUntrustedServerIsNotCalled() throws IOException {
    try (var service = new FakeService(0, serverCredentials().build());
        var client =
            service
                .client(WhenUnavailable.DO_NOT_SEND)
                .tls(pem("untrusted"))
                .token("secret")
                .build()) {
      assertFalse(client.check(JANE).answered());
      assertEquals(List.of(), service.tokens);
    }
  }

  @Test
  void mutualTlsRequiresTheClientCertificate() throws IOException {
    ServerCredentials mutual =
        serverCredentials()
            .trustManager(pem("client").toFile())
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
            .build();
    try (var service = new FakeService(0, mutual);
        var withCertificate =
            service
                .client(WhenUnavailable.DO_NOT_SEND)
                .tls(pem("server"))
                .certificate(pem("client"), key("client"))
                .build();
        var without = service.client(WhenUnavailable.THROW).tls(pem("server")).build()) {
      assertTrue(withCertificate.check(JANE).send());
      assertThrows(UnavailableException.class, () -> without.check(JANE));
    }
  }

  private static TlsServerCredentials.Builder serverCredentials() throws IOException {
    return TlsServerCredentials.newBuilder()
        .keyManager(pem("server").toFile(), key("server").toFile());
  }

  private static Path pem(String name) {
    return folder.resolve(name + ".pem");
  }

  private static Path key(String name) {
    return folder.resolve(name + ".key");
  }

  private static void makeCertificate(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process process =
        new ProcessBuilder(
                keytool,
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2")
            .inheritIO()
            .start();
    assertEquals(0, process.waitFor());
    writePems(name, store);
  }

  private static void writePems(String name, Path file)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    write(pem(name), "CERTIFICATE", store.getCertificate(name).getEncoded());
    write(key(name), "PRIVATE KEY", store.getKey(name, PASSWORD.toCharArray()).getEncoded());
  }

  private static void write(Path file, String label, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder().encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
  }
}

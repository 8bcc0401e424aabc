package io.suppression.examples;

import io.suppression.client.Check;
import io.suppression.client.Mail;
import io.suppression.client.SuppressionClient;
import io.suppression.client.WhenUnavailable;

/**
 * Sends one mail that the recipient needs, if it may be sent.
 *
 * <p>Takes the address. Exit status 0: sent. 1: not sent, and the last line says why.
 */
public final class PasswordReset {
  private PasswordReset() {}

  /** Checks, then sends. */
  public static void main(String[] args) {
    // A password reset that is held locks somebody out: if in doubt, send.
    try (var client =
            SuppressionClient.builder(Environment.server(), WhenUnavailable.SEND).build();
        var mailer = Mailer.fromEnvironment()) {
      if (!send(client, mailer, args[0])) {
        System.exit(1);
      }
    }
  }

  static boolean send(SuppressionClient client, Mailer mailer, String to) {
    Check check = client.check(to, Mail.ORDINARY.essential());
    if (!check.send()) {
      System.out.println("not sent: " + check.reason());
      return false;
    }
    mailer.send(to, "Your new password", "Choose it here: https://example.com/reset");
    System.out.println("sent");
    return true;
  }
}

package io.suppression.examples;

import io.suppression.client.Check;
import io.suppression.client.Mail;
import io.suppression.client.SuppressionClient;
import io.suppression.client.WhenUnavailable;

/**
 * Sends a password reset to one address, unless the address must not be mailed.
 *
 * <p>The argument is the address. Exit status 0: sent. 1: not sent; the last line says why.
 */
public final class PasswordReset {
  private PasswordReset() {}

  /** Checks the address, then sends the mail. */
  public static void main(String[] args) {
    // The recipient waits for this mail, so it is sent when the service is unavailable.
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

package io.suppression.examples;

import io.suppression.client.Mail;
import io.suppression.client.SuppressionClient;
import io.suppression.client.WhenUnavailable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import software.amazon.awssdk.services.sesv2.model.SesV2Exception;

/**
 * Sends a newsletter to those on standard input, one address a line, who may be mailed.
 *
 * <p>Exit status 0: sent to all who may be mailed. 75: the service could not be asked about some,
 * or SES did not take some; run it again for them later.
 */
public final class Newsletter {
  private static final Mail MAIL = Mail.ofStream("newsletter");
  // The list changes while a long run goes on, so it is asked about a part of the run at a time.
  private static final int PART = 1_000;

  private int sent;
  private int held;
  private int refused;

  /** Filters the subscribers, then sends to the rest. */
  public static void main(String[] args) throws IOException {
    List<String> subscribers;
    try (var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      subscribers = input.lines().filter(line -> !line.isBlank()).toList();
    }
    Newsletter run = new Newsletter();
    // A newsletter can wait: if in doubt, hold.
    try (var client =
            SuppressionClient.builder(Environment.server(), WhenUnavailable.DO_NOT_SEND).build();
        var mailer = Mailer.fromEnvironment()) {
      run.send(client, mailer, subscribers);
      System.out.println(run);
      if (client.unanswered() + run.refused > 0) {
        System.exit(75);
      }
    }
  }

  void send(SuppressionClient client, Mailer mailer, List<String> subscribers) {
    for (int start = 0; start < subscribers.size(); start += PART) {
      List<String> part = subscribers.subList(start, Math.min(start + PART, subscribers.size()));
      List<String> toMail = client.filter(part, MAIL);
      held += part.size() - toMail.size();
      toMail.forEach(address -> send(mailer, address));
    }
  }

  /** Says how it went. */
  @Override
  public String toString() {
    return sent + " sent, " + held + " held, " + refused + " not taken by SES";
  }

  private void send(Mailer mailer, String address) {
    try {
      mailer.send(address, "News in May", "The news: https://example.com/may");
      sent++;
    } catch (SesV2Exception error) {
      // One address that SES does not take must not end the run.
      refused++;
    }
  }
}

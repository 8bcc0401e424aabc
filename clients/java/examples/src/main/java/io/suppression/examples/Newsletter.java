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
 * Sends a newsletter to the addresses on standard input, one per line, except suppressed addresses.
 *
 * <p>Exit status 0: sent to all addresses that may be mailed. 75: the service was unavailable, or
 * SES rejected some mails.
 */
public final class Newsletter {
  private static final Mail MAIL = Mail.ofStream("newsletter");
  // The list can change during a run, so the addresses are checked in chunks.
  private static final int CHUNK_SIZE = 1_000;

  private int sent;
  private int notSent;
  private int rejected;

  /** Sends to the subscribers that may be mailed. */
  public static void main(String[] args) throws IOException {
    List<String> subscribers;
    try (var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      subscribers = input.lines().filter(line -> !line.isBlank()).toList();
    }
    Newsletter run = new Newsletter();
    // A newsletter can wait: do not send while the service is unavailable.
    try (var client =
            SuppressionClient.builder(Environment.server(), WhenUnavailable.DO_NOT_SEND).build();
        var mailer = Mailer.fromEnvironment()) {
      run.send(client, mailer, subscribers);
      System.out.println(run);
      if (client.unanswered() + run.rejected > 0) {
        System.exit(75);
      }
    }
  }

  void send(SuppressionClient client, Mailer mailer, List<String> subscribers) {
    for (int start = 0; start < subscribers.size(); start += CHUNK_SIZE) {
      List<String> chunk =
          subscribers.subList(start, Math.min(start + CHUNK_SIZE, subscribers.size()));
      List<String> toMail = client.filter(chunk, MAIL);
      notSent += chunk.size() - toMail.size();
      toMail.forEach(address -> send(mailer, address));
    }
  }

  /** Returns the counts of the run. */
  @Override
  public String toString() {
    return sent + " sent, " + notSent + " not sent, " + rejected + " rejected by SES";
  }

  private void send(Mailer mailer, String address) {
    try {
      mailer.send(address, "News in May", "The news: https://example.com/may");
      sent++;
    } catch (SesV2Exception error) {
      // One rejected mail must not end the run.
      rejected++;
    }
  }
}

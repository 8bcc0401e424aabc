package io.suppression.examples;

import software.amazon.awssdk.services.sesv2.SesV2Client;
import software.amazon.awssdk.services.sesv2.model.Body;
import software.amazon.awssdk.services.sesv2.model.Content;

/**
 * Sends mail through Amazon SES, so that its feedback reaches the list.
 *
 * @param ses region, credentials and endpoint are the SDK's own settings
 * @param from a verified sender
 * @param configurationSet the set whose events feed the list: without one, SES tells nobody about a
 *     bounce
 */
record Mailer(SesV2Client ses, String from, String configurationSet) implements AutoCloseable {
  /** Reads SES_FROM and SES_CONFIGURATION_SET. */
  static Mailer fromEnvironment() {
    return new Mailer(
        SesV2Client.create(),
        Environment.required("SES_FROM"),
        Environment.required("SES_CONFIGURATION_SET"));
  }

  void send(String to, String subject, String text) {
    Body body = Body.builder().text(content(text)).build();
    ses.sendEmail(
        mail ->
            mail.fromEmailAddress(from)
                .configurationSetName(configurationSet)
                .destination(destination -> destination.toAddresses(to))
                .content(
                    content ->
                        content.simple(message -> message.subject(content(subject)).body(body))));
  }

  @Override
  public void close() {
    ses.close();
  }

  private static Content content(String text) {
    return Content.builder().data(text).charset("UTF-8").build();
  }
}

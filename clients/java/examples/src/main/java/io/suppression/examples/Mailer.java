package io.suppression.examples;

import software.amazon.awssdk.services.sesv2.SesV2Client;
import software.amazon.awssdk.services.sesv2.model.Body;
import software.amazon.awssdk.services.sesv2.model.Content;

/**
 * Sends mail through Amazon SES with a configuration set, so that SES reports bounces and
 * complaints.
 *
 * @param ses the SES client; the SDK reads its region, credentials and endpoint
 * @param from a verified sender
 * @param configurationSet the configuration set that publishes bounces and complaints; without one,
 *     SES does not publish them
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

package io.suppression.client;

import java.time.Instant;
import java.util.Optional;

/**
 * One feedback item about one recipient, as received.
 *
 * @param kind the kind of feedback as SES names it, such as "Bounce"
 * @param type the type within the kind, such as "Permanent"
 * @param subType the sub-type within the type, such as "NoEmail"
 * @param feedbackId the SES feedback id
 * @param messageId the SES message id of the mail that the feedback is about
 * @param configurationSet the configuration set that the mail was sent with
 * @param status the enhanced status code (RFC 3463), such as "5.1.1"
 * @param diagnostic the diagnostic code of the receiving mail server; untrusted text
 * @param happened when the event happened, as reported by SES
 * @param received when the service recorded the event
 * @param reason the reason for which the feedback suppressed the address; {@link
 *     Reason#UNSPECIFIED} if it changed no entry
 */
public record Event(
    String kind,
    String type,
    String subType,
    String feedbackId,
    String messageId,
    String configurationSet,
    String status,
    String diagnostic,
    Optional<Instant> happened,
    Optional<Instant> received,
    Reason reason) {

  static Event of(io.suppression.v1.Event event) {
    return new Event(
        event.getKind(),
        event.getType(),
        event.getSubType(),
        event.getFeedbackId(),
        event.getMessageId(),
        event.getConfigurationSet(),
        event.getStatus(),
        event.getDiagnostic(),
        Times.read(event.hasEventTime(), event.getEventTime()),
        Times.read(event.hasReceiveTime(), event.getReceiveTime()),
        Reason.of(event.getReason()));
  }
}

package io.suppression.client;

import io.suppression.v1.GetAddressResponse;
import java.util.List;

/**
 * Everything that is known of one address.
 *
 * @param suppressions every entry, removed and expired ones included
 * @param events the feedback about it, newest first, at most 1,000
 * @param revision the state of the list that this was read from; opaque
 */
public record AddressHistory(List<Suppression> suppressions, List<Event> events, String revision) {
  static AddressHistory of(GetAddressResponse response) {
    return new AddressHistory(
        Suppression.of(response.getSuppressionsList()),
        response.getEventsList().stream().map(Event::of).toList(),
        response.getRevision());
  }
}

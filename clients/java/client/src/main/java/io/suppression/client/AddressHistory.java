package io.suppression.client;

import io.suppression.v1.GetAddressResponse;
import java.util.List;

/**
 * All stored data about one address.
 *
 * @param suppressions every entry, including removed and expired entries
 * @param events the feedback about the address, newest first, at most 1,000 events
 * @param revision the revision of the list that the response was read from
 */
public record AddressHistory(List<Suppression> suppressions, List<Event> events, String revision) {
  static AddressHistory of(GetAddressResponse response) {
    return new AddressHistory(
        Suppression.of(response.getSuppressionsList()),
        response.getEventsList().stream().map(Event::of).toList(),
        response.getRevision());
  }
}

package io.suppression.client;

import io.suppression.v1.EraseAddressResponse;

/**
 * What was forgotten of a person.
 *
 * @param suppressions how many entries have lost the address; they stand as before
 * @param events how many pieces of feedback were forgotten
 * @param revision what the call wrote; opaque
 */
public record Erased(int suppressions, int events, String revision) {
  static Erased of(EraseAddressResponse response) {
    return new Erased(response.getSuppressions(), response.getEvents(), response.getRevision());
  }
}

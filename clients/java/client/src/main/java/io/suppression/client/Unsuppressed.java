package io.suppression.client;

import io.suppression.v1.UnsuppressResponse;
import java.util.List;

/**
 * What was taken off the list.
 *
 * @param removed the entries that the call removed; none where nothing stood
 * @param revision what the call wrote; checks at least this new see the removal
 */
public record Unsuppressed(List<Suppression> removed, String revision) {
  static Unsuppressed of(UnsuppressResponse response) {
    return new Unsuppressed(Suppression.of(response.getRemovedList()), response.getRevision());
  }
}

package io.suppression.client;

import io.suppression.v1.ListChangesResponse;
import java.util.List;

/**
 * A page of changes of the list.
 *
 * @param changes the changed entries, oldest change first; a removed entry has its removal time
 * @param throughRevision pass this as {@code afterRevision} in the next call. It can advance even
 *     if nothing changed.
 */
public record Changes(List<Suppression> changes, String throughRevision) {
  static Changes of(ListChangesResponse response) {
    return new Changes(Suppression.of(response.getChangesList()), response.getThroughRevision());
  }
}

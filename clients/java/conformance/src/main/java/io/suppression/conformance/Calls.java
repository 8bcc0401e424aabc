package io.suppression.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.suppression.client.AddressHistory;
import io.suppression.client.Changes;
import io.suppression.client.Check;
import io.suppression.client.Entry;
import io.suppression.client.Erased;
import io.suppression.client.Mail;
import io.suppression.client.MailClass;
import io.suppression.client.Reason;
import io.suppression.client.Removal;
import io.suppression.client.Suppressed;
import io.suppression.client.Suppression;
import io.suppression.client.SuppressionClient;
import io.suppression.client.Unsuppressed;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The calls of a scenario, made through the client. */
final class Calls {
  static final Set<String> NAMES =
      Set.of(
          "check",
          "batch_check",
          "filter",
          "suppress",
          "unsuppress",
          "erase",
          "get_address",
          "list_changes",
          "unanswered");

  private Calls() {}

  static JsonObject make(SuppressionClient client, String call, JsonObject with) {
    return switch (call) {
      case "check" -> shown(client.check(text(with, "address"), mail(with)));
      case "batch_check" -> shownAll(client.batchCheck(addresses(with), mail(with)));
      case "filter" -> filtered(client.filter(addresses(with), mail(with)));
      case "suppress" -> suppress(client, with);
      case "unsuppress" -> unsuppress(client, with);
      case "erase" -> erased(client.erase(text(with, "address"), text(with, "detail")));
      case "get_address" -> history(client.getAddress(text(with, "address")));
      case "list_changes" -> changes(client, with);
      case "unanswered" -> unanswered(client);
      default -> throw new Scenario.Failed("no such call: " + call);
    };
  }

  private static JsonObject suppress(SuppressionClient client, JsonObject with) {
    Optional<Duration> ttl =
        given(with, "ttl_seconds", v -> Duration.ofMillis(Math.round(v.getAsDouble() * 1000)));
    Entry entry = new Entry(text(with, "stream"), text(with, "source"), text(with, "detail"), ttl);
    Suppressed answer =
        client.suppress(text(with, "address"), Reason.valueOf(text(with, "reason")), entry);
    JsonObject result = revision(answer.revision());
    result.addProperty("created", answer.created());
    result.add("suppression", shown(answer.suppression()));
    return result;
  }

  private static JsonObject unsuppress(SuppressionClient client, JsonObject with) {
    Removal removal =
        new Removal(
            given(with, "reason", value -> Reason.valueOf(value.getAsString())),
            given(with, "stream", JsonElement::getAsString),
            text(with, "source"),
            text(with, "detail"));
    Unsuppressed answer = client.unsuppress(text(with, "address"), removal);
    JsonObject result = revision(answer.revision());
    result.add("removed", entries(answer.removed()));
    return result;
  }

  private static JsonObject erased(Erased answer) {
    JsonObject result = revision(answer.revision());
    result.addProperty("entries", answer.suppressions());
    result.addProperty("events", answer.events());
    return result;
  }

  private static JsonObject history(AddressHistory answer) {
    JsonObject result = revision(answer.revision());
    result.add("suppressions", entries(answer.suppressions()));
    return result;
  }

  private static JsonObject changes(SuppressionClient client, JsonObject with) {
    Changes answer =
        client.listChanges(
            text(with, "after_revision"),
            given(with, "page_size", JsonElement::getAsInt).orElse(0),
            given(with, "max_wait_ms", value -> Duration.ofMillis(value.getAsLong()))
                .orElse(Duration.ZERO));
    JsonObject result = revision(answer.throughRevision());
    result.add("changes", entries(answer.changes()));
    return result;
  }

  private static JsonObject unanswered(SuppressionClient client) {
    JsonObject result = new JsonObject();
    result.addProperty("unanswered", client.unanswered());
    return result;
  }

  private static JsonObject filtered(List<String> addresses) {
    JsonObject result = new JsonObject();
    result.add("addresses", texts(addresses));
    return result;
  }

  private static JsonObject shownAll(List<Check> checks) {
    JsonObject result = revision(checks.isEmpty() ? "" : checks.get(0).revision());
    JsonArray all = new JsonArray();
    checks.forEach(check -> all.add(shown(check)));
    JsonArray notSend = new JsonArray();
    IntStream.range(0, checks.size()).filter(i -> !checks.get(i).send()).forEach(notSend::add);
    result.add("checks", all);
    result.add("addresses", texts(checks.stream().map(Check::address).toList()));
    result.add("not_send", notSend);
    result.addProperty("unanswered", checks.stream().filter(check -> !check.answered()).count());
    return result;
  }

  private static JsonObject shown(Check check) {
    JsonObject result = revision(check.revision());
    result.addProperty("address", check.address());
    result.addProperty("send", check.send());
    result.addProperty("verdict", name(check.verdict()));
    result.addProperty("reason", name(check.reason()));
    result.addProperty("answered", check.answered());
    return result;
  }

  private static JsonObject shown(Suppression entry) {
    JsonObject result = new JsonObject();
    result.addProperty("address", entry.address());
    result.addProperty("stream", entry.stream());
    result.addProperty("reason", name(entry.reason()));
    result.addProperty("source", entry.source());
    result.addProperty("detail", entry.detail());
    result.addProperty("occurrences", entry.occurrences());
    result.addProperty("expires", entry.expires().isPresent());
    result.addProperty("removed", entry.removed().isPresent());
    result.addProperty("removed_by", entry.removedBy());
    result.addProperty("removal_detail", entry.removalDetail());
    return result;
  }

  private static JsonArray entries(List<Suppression> entries) {
    JsonArray all = new JsonArray();
    entries.forEach(entry -> all.add(shown(entry)));
    return all;
  }

  private static JsonArray texts(List<String> texts) {
    JsonArray all = new JsonArray(texts.size());
    texts.forEach(all::add);
    return all;
  }

  private static JsonObject revision(String revision) {
    JsonObject result = new JsonObject();
    result.addProperty("revision", revision);
    return result;
  }

  private static String name(Enum<?> value) {
    return value.name().equals("UNRECOGNIZED") ? "UNKNOWN" : value.name();
  }

  private static Mail mail(JsonObject with) {
    return new Mail(
        text(with, "stream"),
        given(with, "mail_class", value -> MailClass.valueOf(value.getAsString()))
            .orElse(MailClass.ORDINARY),
        given(with, "min_revision", JsonElement::getAsString));
  }

  private static List<String> addresses(JsonObject with) {
    return with.getAsJsonArray("addresses").asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  private static String text(JsonObject with, String member) {
    return given(with, member, JsonElement::getAsString).orElse("");
  }

  private static <T> Optional<T> given(
      JsonObject with, String member, Function<JsonElement, T> reading) {
    return Optional.ofNullable(with.get(member)).map(reading);
  }
}

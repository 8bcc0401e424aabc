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

/** Makes the calls of a scenario and converts their results to JSON. */
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

  static JsonObject make(SuppressionClient client, String call, JsonObject arguments) {
    return switch (call) {
      case "check" -> checkResult(client.check(text(arguments, "address"), mail(arguments)));
      case "batch_check" -> batchResult(client.batchCheck(addresses(arguments), mail(arguments)));
      case "filter" -> addressesResult(client.filter(addresses(arguments), mail(arguments)));
      case "suppress" -> suppress(client, arguments);
      case "unsuppress" -> unsuppress(client, arguments);
      case "erase" -> erased(client.erase(text(arguments, "address"), text(arguments, "detail")));
      case "get_address" ->
          history(
              arguments.has("domain")
                  ? client.getDomain(text(arguments, "domain"))
                  : client.getAddress(text(arguments, "address")));
      case "list_changes" -> changes(client, arguments);
      case "unanswered" -> unanswered(client);
      default -> throw new Scenario.Failed("unknown call " + call);
    };
  }

  private static JsonObject suppress(SuppressionClient client, JsonObject arguments) {
    Optional<Duration> ttl =
        optional(
            arguments, "ttl_seconds", v -> Duration.ofMillis(Math.round(v.getAsDouble() * 1000)));
    Entry entry =
        new Entry(
            text(arguments, "stream"),
            text(arguments, "source"),
            text(arguments, "detail"),
            ttl,
            optional(arguments, "include_subdomains", JsonElement::getAsBoolean).orElse(false));
    Reason reason = Reason.valueOf(text(arguments, "reason"));
    Suppressed answer =
        arguments.has("domain")
            ? client.suppressDomain(text(arguments, "domain"), reason, entry)
            : client.suppress(text(arguments, "address"), reason, entry);
    JsonObject result = revision(answer.revision());
    result.addProperty("created", answer.created());
    result.add("suppression", entryResult(answer.suppression()));
    return result;
  }

  private static JsonObject unsuppress(SuppressionClient client, JsonObject arguments) {
    Removal removal =
        new Removal(
            optional(arguments, "reason", value -> Reason.valueOf(value.getAsString())),
            optional(arguments, "stream", JsonElement::getAsString),
            text(arguments, "source"),
            text(arguments, "detail"));
    Unsuppressed answer =
        arguments.has("domain")
            ? client.unsuppressDomain(text(arguments, "domain"), removal)
            : client.unsuppress(text(arguments, "address"), removal);
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

  private static JsonObject changes(SuppressionClient client, JsonObject arguments) {
    Changes answer =
        client.listChanges(
            text(arguments, "after_revision"),
            optional(arguments, "page_size", JsonElement::getAsInt).orElse(0),
            optional(arguments, "max_wait_ms", value -> Duration.ofMillis(value.getAsLong()))
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

  private static JsonObject addressesResult(List<String> addresses) {
    JsonObject result = new JsonObject();
    result.add("addresses", texts(addresses));
    return result;
  }

  private static JsonObject batchResult(List<Check> checks) {
    JsonObject result = revision(checks.isEmpty() ? "" : checks.get(0).revision());
    JsonArray all = new JsonArray();
    checks.forEach(check -> all.add(checkResult(check)));
    JsonArray notSend = new JsonArray();
    IntStream.range(0, checks.size()).filter(i -> !checks.get(i).send()).forEach(notSend::add);
    result.add("checks", all);
    result.add("addresses", texts(checks.stream().map(Check::address).toList()));
    result.add("not_send", notSend);
    result.addProperty("unanswered", checks.stream().filter(check -> !check.answered()).count());
    return result;
  }

  private static JsonObject checkResult(Check check) {
    JsonObject result = revision(check.revision());
    result.addProperty("address", check.address());
    result.addProperty("send", check.send());
    result.addProperty("verdict", name(check.verdict()));
    result.addProperty("reason", name(check.reason()));
    result.addProperty("answered", check.answered());
    return result;
  }

  private static JsonObject entryResult(Suppression entry) {
    JsonObject result = new JsonObject();
    result.addProperty("address", entry.address());
    result.addProperty("domain", entry.domain());
    result.addProperty("include_subdomains", entry.includeSubdomains());
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
    entries.forEach(entry -> all.add(entryResult(entry)));
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

  private static Mail mail(JsonObject arguments) {
    return new Mail(
        text(arguments, "stream"),
        optional(arguments, "mail_class", value -> MailClass.valueOf(value.getAsString()))
            .orElse(MailClass.ORDINARY),
        optional(arguments, "min_revision", JsonElement::getAsString));
  }

  private static List<String> addresses(JsonObject arguments) {
    return arguments.getAsJsonArray("addresses").asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  private static String text(JsonObject arguments, String member) {
    return optional(arguments, member, JsonElement::getAsString).orElse("");
  }

  private static <T> Optional<T> optional(
      JsonObject arguments, String member, Function<JsonElement, T> reading) {
    return Optional.ofNullable(arguments.get(member)).map(reading);
  }
}

package io.suppression.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.suppression.client.RefusedException;
import io.suppression.client.SuppressionClient;
import io.suppression.client.SuppressionException;
import io.suppression.client.UnavailableException;
import io.suppression.client.WhenUnavailable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** One run of a scenario: its clients, their tokens and the saved values. */
final class Scenario implements AutoCloseable {
  /** The result of a step does not match the scenario. */
  static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }

  private static final int PAUSE_MS = 50;

  private final ControlClient control;
  private final JsonArray steps;
  private final Map<String, SuppressionClient> clients = new HashMap<>();
  private final Map<String, String> tokens = new HashMap<>();
  private final Map<String, String> saved = new HashMap<>();

  Scenario(String server, ControlClient control, JsonObject scenario) {
    this.control = control;
    this.steps = scenario.getAsJsonArray("steps");
    JsonObject all = new JsonObject();
    all.add("main", new JsonObject());
    Map<String, String> lists = new HashMap<>();
    object(scenario, "clients", all)
        .asMap()
        .forEach(
            (name, element) -> {
              JsonObject options = element.getAsJsonObject();
              String list = options.has("list") ? options.get("list").getAsString() : "";
              String token = lists.computeIfAbsent(list, l -> UUID.randomUUID().toString());
              tokens.put(name, token);
              clients.put(name, client(server, token, options));
            });
  }

  void run() {
    for (int number = 0; number < steps.size(); number++) {
      JsonObject step = steps.get(number).getAsJsonObject();
      int times = step.has("repeat") ? step.get("repeat").getAsInt() : 1;
      for (int time = 0; time < times; time++) {
        Optional<String> mismatch = runStep(step);
        if (mismatch.isPresent()) {
          throw new Failed("step " + (number + 1) + " (" + name(step) + "): " + mismatch.get());
        }
      }
    }
  }

  @Override
  public void close() {
    clients.values().forEach(SuppressionClient::close);
  }

  private Optional<String> runStep(JsonObject step) {
    long timeout = step.has("eventually_ms") ? step.get("eventually_ms").getAsLong() : 0;
    long end = System.nanoTime() + Duration.ofMillis(timeout).toNanos();
    Optional<String> mismatch = tryStep(step);
    while (mismatch.isPresent() && System.nanoTime() - end < 0) {
      try {
        Thread.sleep(PAUSE_MS);
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
      mismatch = tryStep(step);
    }
    return mismatch;
  }

  private Optional<String> tryStep(JsonObject step) {
    String client = step.has("client") ? step.get("client").getAsString() : "main";
    JsonObject with = resolved(object(step, "with", new JsonObject()), client).getAsJsonObject();
    JsonObject result;
    try {
      result =
          step.has("control")
              ? control.send(step.get("control").getAsString(), tokens.get(client), with)
              : Calls.make(clients.get(client), step.get("call").getAsString(), with);
    } catch (SuppressionException error) {
      return step.has("error")
          ? ResultMatcher.mismatch(resolved(step.get("error"), client), errorResult(error))
          : Optional.of("unexpected error: " + error);
    }
    if (step.has("error")) {
      return Optional.of("expected an error, got " + result);
    }
    if (step.has("save")) {
      saved.put(step.get("save").getAsString(), result.get("revision").getAsString());
    }
    return ResultMatcher.mismatch(
        resolved(object(step, "expect", new JsonObject()), client), result);
  }

  private static String name(JsonObject step) {
    return (step.has("call") ? step.get("call") : step.get("control")).getAsString();
  }

  private static JsonObject object(JsonObject from, String member, JsonObject otherwise) {
    return from.has(member) ? from.getAsJsonObject(member) : otherwise;
  }

  private static SuppressionClient client(String server, String token, JsonObject options) {
    String choice =
        options.has("when_unavailable")
            ? options.get("when_unavailable").getAsString()
            : "DO_NOT_SEND";
    WhenUnavailable policy =
        choice.equals("RAISE") ? WhenUnavailable.THROW : WhenUnavailable.valueOf(choice);
    SuppressionClient.Builder builder = SuppressionClient.builder(server, policy).token(token);
    if (!options.has("default_timeouts") || !options.get("default_timeouts").getAsBoolean()) {
      setTimeout(options, "check_timeout_ms", builder::checkTimeout);
      setTimeout(options, "batch_timeout_ms", builder::batchTimeout);
      setTimeout(options, "timeout_ms", builder::timeout);
    }
    if (options.has("batch_parallelism")) {
      builder.batchParallelism(options.get("batch_parallelism").getAsInt());
    }
    return builder.build();
  }

  private static void setTimeout(JsonObject options, String member, Consumer<Duration> setting) {
    long millis = options.has(member) ? options.get(member).getAsLong() : 20_000;
    setting.accept(Duration.ofMillis(millis));
  }

  private static JsonObject errorResult(SuppressionException error) {
    JsonObject result = new JsonObject();
    result.addProperty("code", error.code().map(Enum::name).orElse(null));
    result.addProperty("reason", error.reason());
    JsonArray fields = new JsonArray();
    error.violations().forEach(violation -> fields.add(violation.field()));
    result.add("fields", fields);
    if (error instanceof RefusedException || error instanceof UnavailableException) {
      result.addProperty("refused", error instanceof RefusedException);
    }
    result.addProperty("message", error.getMessage());
    return result;
  }

  /** Replaces $names by their values and expands numbered lists. */
  private JsonElement resolved(JsonElement value, String client) {
    if (value.isJsonArray()) {
      JsonArray items = new JsonArray();
      value.getAsJsonArray().forEach(item -> items.add(resolved(item, client)));
      return items;
    }
    if (value.isJsonObject()) {
      JsonObject object = value.getAsJsonObject();
      if (object.has("numbered")) {
        return numbered(object);
      }
      JsonObject members = new JsonObject();
      object.asMap().forEach((name, member) -> members.add(name, resolved(member, client)));
      return members;
    }
    boolean text = value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
    if (!text || !value.getAsString().startsWith("$")) {
      return value;
    }
    String name = value.getAsString().substring(1);
    String stored = name.equals("token") ? tokens.get(client) : saved.get(name);
    if (stored == null) {
      throw new Failed("no saved value " + name);
    }
    return new JsonPrimitive(stored);
  }

  private static JsonArray numbered(JsonObject pattern) {
    String text = pattern.get("numbered").getAsString();
    JsonArray but = pattern.has("but") ? pattern.getAsJsonArray("but") : new JsonArray();
    JsonArray texts = new JsonArray();
    for (int n = 0; n < pattern.get("count").getAsInt(); n++) {
      if (!but.contains(new JsonPrimitive(n))) {
        texts.add(text.replace("{n}", Integer.toString(n)));
      }
    }
    return texts;
  }
}

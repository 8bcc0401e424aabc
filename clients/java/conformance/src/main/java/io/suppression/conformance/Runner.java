package io.suppression.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Runs scenarios and prints one line of JSON per scenario on standard output. */
public final class Runner {
  private final String server;
  private final ControlClient control;
  private boolean failed;

  private Runner(String server, ControlClient control) {
    this.server = server;
    this.control = control;
  }

  /** The arguments are SERVER CONTROL SCENARIOS [NAME…]. */
  public static void main(String[] args) throws IOException {
    Runner runner = new Runner(args[0], new ControlClient(URI.create("http://" + args[1])));
    Set<String> names = Set.copyOf(List.of(args).subList(3, args.length));
    for (JsonObject scenario : read(Path.of(args[2]))) {
      if (names.isEmpty() || names.contains(name(scenario))) {
        runner.run(scenario);
      }
    }
    System.exit(runner.failed ? 1 : 0);
  }

  private static List<JsonObject> read(Path folder) throws IOException {
    List<JsonObject> scenarios = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        JsonObject content = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        content.getAsJsonArray("scenarios").forEach(s -> scenarios.add(s.getAsJsonObject()));
      }
    }
    return scenarios;
  }

  private static String name(JsonObject scenario) {
    return scenario.get("name").getAsString();
  }

  private void run(JsonObject scenario) {
    if (scenario.has("needs")) {
      for (JsonElement need : scenario.getAsJsonArray("needs")) {
        if (!need.getAsString().equals("RAISE") && !Calls.NAMES.contains(need.getAsString())) {
          report(scenario, "skip", "no " + need.getAsString());
          return;
        }
      }
    }
    try (Scenario running = new Scenario(server, control, scenario)) {
      running.run();
      report(scenario, "ok", "");
    } catch (Scenario.Failed error) {
      report(scenario, "FAIL", error.getMessage());
    } catch (RuntimeException error) {
      report(scenario, "FAIL", error.toString());
    }
  }

  private void report(JsonObject scenario, String result, String detail) {
    failed |= result.equals("FAIL");
    JsonObject line = new JsonObject();
    line.addProperty("runner", "java");
    line.addProperty("scenario", name(scenario));
    line.addProperty("result", result);
    line.addProperty("detail", detail);
    System.out.println(line);
    System.err.println(result + " " + name(scenario) + (detail.isEmpty() ? "" : ": " + detail));
  }
}

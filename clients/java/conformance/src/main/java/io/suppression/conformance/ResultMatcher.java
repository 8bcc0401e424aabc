package io.suppression.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.Optional;

/** Compares a result with the expectation of a scenario. */
final class ResultMatcher {
  private static final int MAX_LENGTH = 300;

  private ResultMatcher() {}

  /** Describes the first mismatch; empty if there is none. */
  static Optional<String> mismatch(JsonElement expected, JsonElement actual) {
    return mismatch("", expected, actual);
  }

  private static Optional<String> mismatch(String path, JsonElement expected, JsonElement actual) {
    if (expected.isJsonObject() && expected.getAsJsonObject().has("between")) {
      return between(path, expected.getAsJsonObject().getAsJsonArray("between"), actual);
    }
    if (expected.isJsonObject() && actual != null && actual.isJsonObject()) {
      return members(path, expected.getAsJsonObject(), actual.getAsJsonObject());
    }
    if (expected.isJsonArray() && actual != null && actual.isJsonArray()) {
      return items(path, expected.getAsJsonArray(), actual.getAsJsonArray());
    }
    return describeUnless(expected.equals(actual), path, expected, actual);
  }

  private static Optional<String> members(String path, JsonObject expected, JsonObject actual) {
    for (Map.Entry<String, JsonElement> member : expected.entrySet()) {
      String name = member.getKey();
      Optional<String> found = mismatch(path + "." + name, member.getValue(), actual.get(name));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> items(String path, JsonArray expected, JsonArray actual) {
    if (expected.size() != actual.size()) {
      return describeUnless(false, path, expected, actual);
    }
    for (int index = 0; index < expected.size(); index++) {
      Optional<String> found =
          mismatch(path + "[" + index + "]", expected.get(index), actual.get(index));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> between(String path, JsonArray bounds, JsonElement actual) {
    boolean within =
        actual != null
            && actual.isJsonPrimitive()
            && actual.getAsJsonPrimitive().isNumber()
            && actual.getAsDouble() >= bounds.get(0).getAsDouble()
            && actual.getAsDouble() <= bounds.get(1).getAsDouble();
    return describeUnless(within, path, bounds, actual);
  }

  private static Optional<String> describeUnless(
      boolean matches, String path, JsonElement expected, JsonElement actual) {
    return matches
        ? Optional.empty()
        : Optional.of(path + ": expected " + shortened(expected) + ", got " + shortened(actual));
  }

  private static String shortened(JsonElement value) {
    String text = String.valueOf(value);
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
  }
}

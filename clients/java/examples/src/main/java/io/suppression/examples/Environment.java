package io.suppression.examples;

/** Reads the settings of the examples from environment variables. */
final class Environment {
  private Environment() {}

  static String server() {
    return System.getenv().getOrDefault("SUPPRESSION_SERVER", "127.0.0.1:50051");
  }

  static String required(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException("set " + name);
    }
    return value;
  }
}

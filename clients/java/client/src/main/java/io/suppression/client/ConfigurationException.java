package io.suppression.client;

/** The client was set up in a way that it refuses. */
public final class ConfigurationException extends SuppressionException {
  private static final long serialVersionUID = 1;

  ConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}

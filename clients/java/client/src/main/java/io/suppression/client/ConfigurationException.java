package io.suppression.client;

/** The settings of the client are invalid. */
public final class ConfigurationException extends SuppressionException {
  private static final long serialVersionUID = 1;

  ConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}

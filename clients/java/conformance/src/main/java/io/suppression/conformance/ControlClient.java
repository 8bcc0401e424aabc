package io.suppression.conformance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** A client of the test server's control port. */
record ControlClient(URI address, HttpClient http) {
  ControlClient(URI address) {
    this(address, HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
  }

  JsonObject send(String name, String token, JsonObject body) {
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve("/" + name))
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new Scenario.Failed("control " + name + ": " + response.body());
      }
      return JsonParser.parseString(response.body()).getAsJsonObject();
    } catch (IOException | InterruptedException error) {
      throw new Scenario.Failed("control " + name + ": " + error);
    }
  }
}

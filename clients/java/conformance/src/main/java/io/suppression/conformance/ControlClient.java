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

/** The port on which the test server is told what to do. */
record Control(URI address, HttpClient http) {
  Control(URI address) {
    this(address, HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
  }

  JsonObject ask(String name, String token, JsonObject with) {
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve("/" + name))
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(with.toString()))
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

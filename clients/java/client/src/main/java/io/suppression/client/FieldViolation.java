package io.suppression.client;

/**
 * What is wrong with one field of a request.
 *
 * @param field its name in the contract
 * @param description what is wrong with it
 */
public record FieldViolation(String field, String description) {}

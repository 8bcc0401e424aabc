package io.suppression.client;

/**
 * Describes an invalid field of a request.
 *
 * @param field the name of the field
 * @param description why the field is invalid
 */
public record FieldViolation(String field, String description) {}

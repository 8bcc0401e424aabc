/** Ask the suppression service before each mail that is sent. */
package io.suppression.client;

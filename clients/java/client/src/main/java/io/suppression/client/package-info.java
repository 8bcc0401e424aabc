/** The client of the suppression service. Call it before you send a mail. */
package io.suppression.client;

"""Turns what SES says about sent mail into changes to the suppression list."""

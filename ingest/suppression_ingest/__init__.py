"""Turns SES's reports about sent mail into changes to the suppression list."""

"""SES's suppression list of the account, compared with ours."""

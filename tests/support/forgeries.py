"""Certificate URLs that are not of SNS, for tests of signatures."""

PEM = "SimpleNotificationService-0123456789abcdef.pem"


HOST = "sns.eu-west-1.amazonaws.com"


FOREIGN_CERTIFICATE_URLS = {
    "foreign host": f"https://sns.eu-west-1.example.com/{PEM}",
    "host that only begins right": f"https://{HOST}.example.com/{PEM}",
    "host that only ends right": f"https://evil-{HOST}/{PEM}",
    "host with a prefix": f"https://evil.{HOST}/{PEM}",
    "bucket that looks like a region": f"https://sns.s3-us-west-2.amazonaws.com/{PEM}",
    "bucket": f"https://sns.s3.amazonaws.com/{PEM}",
    "bucket with a dash": f"https://sns.s3-eu-west-1.amazonaws.com/{PEM}",
    "bucket in a website": f"https://sns.s3-website-eu-west-1.amazonaws.com/{PEM}",
    "computer in the cloud": f"https://sns.compute-1.amazonaws.com/{PEM}",
    "other region": f"https://sns.us-east-1.amazonaws.com/{PEM}",
    "other partition": f"https://{HOST}.cn/{PEM}",
    "other service": f"https://sqs.eu-west-1.amazonaws.com/{PEM}",
    "http": f"http://{HOST}/{PEM}",
    "ftp": f"ftp://{HOST}/{PEM}",
    "file": f"file://{HOST}/{PEM}",
    "no scheme": f"//{HOST}/{PEM}",
    "port": f"https://{HOST}:8443/{PEM}",
    "port of https": f"https://{HOST}:443/{PEM}",
    "userinfo": f"https://{HOST}@example.com/{PEM}",
    "userinfo before the host": f"https://user:password@{HOST}/{PEM}",
    "backslash": f"https://example.com\\@{HOST}/{PEM}",
    "fragment": f"https://example.com#@{HOST}/{PEM}",
    "query": f"https://{HOST}/{PEM}?x=.pem",
    "query before the path": f"https://example.com?{HOST}/{PEM}",
    "other path": f"https://{HOST}/other.pem",
    "deeper path": f"https://{HOST}/bucket/{PEM}",
    "path that climbs": f"https://{HOST}/../{PEM}",
    "path that climbs in disguise": f"https://{HOST}/%2e%2e/{PEM}",
    "double slash": f"https://{HOST}//{PEM}",
    "not hexadecimal": f"https://{HOST}/SimpleNotificationService-xyz.pem",
    "no name": f"https://{HOST}/SimpleNotificationService-.pem",
    "other ending": f"https://{HOST}/SimpleNotificationService-0123.crt",
    "more after the ending": f"https://{HOST}/{PEM}/x",
    "line break after it": f"https://{HOST}/{PEM}\n",
    "blank before it": f" https://{HOST}/{PEM}",
    "digits of another script": f"https://{HOST}/SimpleNotificationService-١٢٣.pem",
    "dot of another script": f"https://sns.eu-west-1.amazonaws。com/{PEM}",
    "capitals": f"https://SNS.EU-WEST-1.AMAZONAWS.COM/{PEM}",
    "empty": "",
}

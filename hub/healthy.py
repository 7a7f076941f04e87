"""A service's health check: `python -m hub.healthy URL` ends with 0 when the address answers well."""

import sys
import urllib.request

urllib.request.urlopen(sys.argv[1], timeout=4).close()

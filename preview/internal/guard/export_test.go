package guard

import "strings"

// CatalogFault says what catalog.txt has wrong about a function of a server.
func CatalogFault(name string, volatility byte) string {
	for line := range strings.Lines(catalogText) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if strings.IndexByte("isv", rest[0]) < strings.IndexByte("isv", volatility) {
				return "its volatility is worse than listed"
			}
			return ""
		}
	}
	return "not listed"
}

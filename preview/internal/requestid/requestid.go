// Package requestid says which ids of requests are taken from a caller. Core, sidecar
// and worker have the rule from here.
package requestid

// MaxLength is the most characters of an id.
const MaxLength = 128

// Valid reports whether a caller's id is taken as it is: whether it is 1 to 128
// characters of printable ASCII, which may stand in logs and headers.
func Valid(id string) bool {
	for _, c := range []byte(id) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return id != "" && len(id) <= MaxLength
}

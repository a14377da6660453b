package run

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// SchemaFingerprint is a SHA-256 in hex of the columns' names and types, in
// order. It uses no OID, so it is the same on every server where the columns
// have these names and types.
func SchemaFingerprint(columns []Column) string {
	sum := sha256.New()
	writeText(sum, "schema 1")
	for _, c := range columns {
		writeText(sum, c.Name)
		writeText(sum, c.Type)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// writeText adds a text and its length, so that no two lists of texts give the
// same bytes.
func writeText(sum hash.Hash, text string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(text)))
	sum.Write(size[:])
	sum.Write([]byte(text))
}

package preview

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// receipt identifies a statement that the guard accepted.
func receipt(st *guard.Statement) Receipt {
	// The text has been parsed, so it has a fingerprint.
	fingerprint, _ := st.Fingerprint()
	return Receipt{SQLFingerprint: fingerprint, Tables: tables(st)}
}

// payloadSHA256 is a SHA-256 in hex of what is returned, so that an egress
// record and a receiver can show that they speak of the same rows. It is over,
// in this order, all numbers being 8 bytes, most significant first:
//
//   - the number of columns, then each column's name and type name;
//   - the number of rows, then each row's cells: one byte, 0 for NULL and 1 for
//     a text, and the text.
//
// A text is its length in bytes and its bytes.
func payloadSHA256(columns []Column, rows [][]Cell) string {
	sum := sha256.New()
	writeNumber(sum, len(columns))
	for _, c := range columns {
		writeText(sum, c.Name)
		writeText(sum, c.Type)
	}
	writeNumber(sum, len(rows))
	for _, row := range rows {
		for _, cell := range row {
			if cell.Null {
				sum.Write([]byte{0})
				continue
			}
			sum.Write([]byte{1})
			writeText(sum, cell.Text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeNumber(sum hash.Hash, n int) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(n))
	sum.Write(size[:])
}

func writeText(sum hash.Hash, text string) {
	writeNumber(sum, len(text))
	sum.Write([]byte(text))
}

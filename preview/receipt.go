package preview

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"

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
	w := hashWriters.Get().(*hashWriter) //nolint:forcetypeassert // what New makes
	defer hashWriters.Put(w)
	w.hash.Reset()
	w.number(len(columns))
	for _, c := range columns {
		w.text(c.Name)
		w.text(c.Type)
	}
	w.number(len(rows))
	for _, row := range rows {
		for i := range row {
			if row[i].Null {
				w.mark(0)
				continue
			}
			w.mark(1)
			w.text(row[i].Text)
		}
	}
	return w.hex()
}

// hashWriter hashes numbers and texts by SHA-256. It gathers them first: a call of the
// hash for each of them costs several times as much as hashing them.
type hashWriter struct {
	hash   hash.Hash
	length int
	buffer [2 << 10]byte
}

func newHashWriter() *hashWriter { return &hashWriter{hash: sha256.New()} }

// hashWriters are those that are not in use: one is a large part of what a small result
// allocates.
var hashWriters = sync.Pool{New: func() any { return newHashWriter() }}

// hex returns the hash of what was written. It ends the writing.
func (w *hashWriter) hex() string {
	w.flush()
	return hex.EncodeToString(w.hash.Sum(w.buffer[:0]))
}

func (w *hashWriter) flush() {
	w.hash.Write(w.buffer[:w.length])
	w.length = 0
}

// reserve returns where the next n bytes go, a few at most.
func (w *hashWriter) reserve(n int) []byte {
	if w.length+n > len(w.buffer) {
		w.flush()
	}
	w.length += n
	return w.buffer[w.length-n : w.length]
}

func (w *hashWriter) mark(b byte) { w.reserve(1)[0] = b }

func (w *hashWriter) number(n int) { binary.BigEndian.PutUint64(w.reserve(8), uint64(n)) }

func (w *hashWriter) text(text string) {
	w.number(len(text))
	for {
		n := copy(w.buffer[w.length:], text)
		if w.length += n; n == len(text) {
			return
		}
		text = text[n:]
		w.flush()
	}
}

package protocol_test

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"testing"

	"github.com/op-data/sqlpreview/fuzz/internal/protocol"
)

// TestAnyPiecesGiveTheSameMessages cuts a stream at random places.
func TestAnyPiecesGiveTheSameMessages(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 300 {
		var stream []byte
		var want [][]byte
		for i := range 1 + r.Intn(6) {
			body := make([]byte, r.Intn(40))
			r.Read(body)
			kind := byte('A' + r.Intn(26))
			if i == 0 {
				kind = 0
			} else {
				stream = append(stream, kind)
			}
			stream = append(binary.BigEndian.AppendUint32(stream, uint32(len(body)+4)), body...)
			want = append(want, append([]byte{kind}, body...))
		}
		s := protocol.Splitter{Startup: true}
		var got [][]byte
		for len(stream) > 0 {
			n := 1 + r.Intn(len(stream))
			s.Add(stream[:n], func(kind byte, body []byte) { got = append(got, append([]byte{kind}, body...)) })
			stream = stream[n:]
		}
		if !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(want, []byte("|"))) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// Package protocol cuts a stream of PostgreSQL's protocol into its messages,
// without understanding them.
package protocol

import "encoding/binary"

// keep is how much of a message is held in memory; the rest is passed over.
const keep = 2 << 20

// Splitter cuts one direction of a connection into messages. The zero Splitter
// is for the server's direction.
type Splitter struct {
	// Startup tells that the first message has no kind, as a client's.
	Startup bool

	head   []byte
	body   []byte
	left   int // of the body, also of what is not kept
	inBody bool
}

// Add takes the next bytes and hands on each message that they complete. The
// body is valid until the function returns; of a very long one only the
// beginning is there. The first message of a client has the kind 0.
func (s *Splitter) Add(b []byte, message func(kind byte, body []byte)) {
	for len(b) > 0 || s.inBody && s.left == 0 {
		if !s.inBody {
			want := 5
			if s.Startup {
				want = 4
			}
			n := min(want-len(s.head), len(b))
			s.head, b = append(s.head, b[:n]...), b[n:]
			if len(s.head) < want {
				return
			}
			s.left = max(int(binary.BigEndian.Uint32(s.head[want-4:]))-4, 0)
			s.inBody, s.body = true, s.body[:0]
			continue
		}
		n := min(s.left, len(b))
		if room := keep - len(s.body); room > 0 {
			s.body = append(s.body, b[:min(n, room)]...)
		}
		b, s.left = b[n:], s.left-n
		if s.left == 0 {
			kind := byte(0)
			if !s.Startup {
				kind = s.head[0]
			}
			message(kind, s.body)
			s.Startup, s.inBody, s.head = false, false, s.head[:0]
		}
	}
}

package connlimit

import "encoding/binary"

// preface is what an HTTP/2 client sends first (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

const (
	frameHeaderBytes = 9
	frameData        = 0x0
	frameHeaders     = 0x1
	frameReset       = 0x3
	frameGoAway      = 0x7
	flagEndStream    = 0x1
)

// frames follows one direction of an HTTP/2 connection: it knows where frames
// begin, and looks at nothing but their headers (RFC 9113, section 4.1).
type frames struct {
	header [frameHeaderBytes]byte
	have   int // bytes of header
	skip   int // bytes of the payload that are still to come
}

// scan takes the next bytes and calls frame for every header of a frame in them.
func (f *frames) scan(p []byte, frame func(kind, flags byte, stream uint32)) {
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(p))
			f.skip -= n
			p = p[n:]
			continue
		}
		n := copy(f.header[f.have:], p)
		f.have += n
		p = p[n:]
		if f.have < frameHeaderBytes {
			return
		}
		f.have = 0
		f.skip = int(f.header[0])<<16 | int(f.header[1])<<8 | int(f.header[2])
		frame(f.header[3], f.header[4], binary.BigEndian.Uint32(f.header[5:])&^(1<<31))
	}
}

// between reports whether a frame has ended and the next has not begun.
func (f *frames) between() bool { return f.have == 0 && f.skip == 0 }

// goAway is a GOAWAY frame: the peer is to open no more streams, and may send
// again elsewhere what it opened after last (RFC 9113, section 6.8).
func goAway(last uint32) []byte {
	frame := make([]byte, frameHeaderBytes+8)
	frame[2] = 8 // the length
	frame[3] = frameGoAway
	binary.BigEndian.PutUint32(frame[frameHeaderBytes:], last)
	return frame // the error code is NO_ERROR, which is 0
}

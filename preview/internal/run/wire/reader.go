package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// maxFieldBytes is how much of one field of an error is kept, maxFields how
// many fields are looked at.
const (
	maxFieldBytes = 1 << 10
	maxFields     = 32
)

// Reader reads the server's messages after the login. It is not safe for
// concurrent use, and after an error it cannot go on.
type Reader struct {
	conn   *Conn
	buffer *bufio.Reader
	left   int64 // unread bytes of the current message's body
}

// NewReader returns a Reader that starts at the next unread message.
func NewReader(conn *Conn) *Reader {
	return &Reader{conn: conn, buffer: conn.buffer}
}

// Received is the number of bytes that have come from the network.
func (r *Reader) Received() int64 { return r.conn.Received() }

// Left is the number of unread bytes of the current message.
func (r *Reader) Left() int64 { return r.left }

// Next skips what is unread of the current message and returns the type byte
// of the next one.
func (r *Reader) Next() (byte, error) {
	if err := r.discard(r.left); err != nil {
		return 0, err
	}
	r.left = 0
	header, err := r.peek(headerSize)
	if err != nil {
		return 0, err
	}
	kind := header[0]
	body := int64(int32(binary.BigEndian.Uint32(header[1:]))) - 4
	if body < 0 {
		return 0, ErrProtocol
	}
	if _, err := r.buffer.Discard(headerSize); err != nil {
		return 0, err
	}
	r.left = body
	return kind, nil
}

// Body reads the whole body of the current message, which must not be longer
// than limit.
func (r *Reader) Body(limit int) ([]byte, error) {
	if r.left > int64(limit) {
		return nil, ErrProtocol
	}
	body := make([]byte, r.left)
	if _, err := io.ReadFull(r.buffer, body); err != nil {
		return nil, unexpected(err)
	}
	r.left = 0
	return body, nil
}

// Fields are the fields of an error or notice by their type byte, each cut
// after 1024 bytes.
type Fields map[byte]string

// Fields reads the fields of an ErrorResponse or NoticeResponse.
func (r *Reader) Fields() (Fields, error) {
	fields := make(Fields, 16)
	for range maxFields {
		kind, err := r.readByte()
		if err != nil {
			return nil, err
		}
		if kind == 0 {
			break
		}
		value, err := r.text(maxFieldBytes)
		if err != nil {
			return nil, err
		}
		if _, seen := fields[kind]; !seen {
			fields[kind] = value
		}
	}
	return fields, nil
}

// text reads up to and with the next zero byte and keeps limit bytes.
func (r *Reader) text(limit int) (string, error) {
	var kept []byte
	for r.left > 0 {
		available := min(int64(max(1, r.buffer.Buffered())), r.left)
		b, err := r.peek(int(available))
		if err != nil {
			return "", err
		}
		end := bytes.IndexByte(b, 0)
		if end < 0 {
			end = len(b)
		}
		kept = append(kept, b[:min(end, limit-len(kept))]...)
		consumed := min(end+1, len(b)) // with the zero byte, if it is there
		if _, err := r.buffer.Discard(consumed); err != nil {
			return "", err
		}
		r.left -= int64(consumed)
		if end < len(b) {
			return string(kept), nil
		}
	}
	return "", ErrProtocol
}

func (r *Reader) readByte() (byte, error) {
	if r.left == 0 {
		return 0, ErrProtocol
	}
	r.left--
	b, err := r.buffer.ReadByte()
	return b, unexpected(err)
}

// peek returns the next n bytes without consuming them.
func (r *Reader) peek(n int) ([]byte, error) {
	b, err := r.buffer.Peek(n)
	return b, unexpected(err)
}

func (r *Reader) discard(n int64) error {
	for n > 0 {
		step, err := r.buffer.Discard(int(min(n, 1<<30)))
		n -= int64(step)
		if err != nil {
			return unexpected(err)
		}
	}
	return nil
}

// unexpected makes the end of the stream an error that cannot be mistaken for
// a result's end.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio returns it bare
		return io.ErrUnexpectedEOF
	}
	return err
}

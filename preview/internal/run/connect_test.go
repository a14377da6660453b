package run_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
)

// lateWriter is a connection whose first write returns long after the bytes are
// gone, as on a machine that is too busy to go on with its writer.
type lateWriter struct {
	net.Conn
	reads, writes atomic.Int64
}

func (c *lateWriter) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(p)
}

func (c *lateWriter) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.writes.Add(1) > 1 {
		return n, err
	}
	// The driver reads in the background by now: once for the server's answer,
	// and then for more, which does not come.
	for deadline := time.Now().Add(10 * time.Second); c.reads.Load() < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	return n, err
}

// TestDriverReadsNoAnswerOfOurs: a session is taken over only when the driver
// has stopped to read from it.
func TestDriverReadsNoAnswerOfOurs(t *testing.T) {
	t.Parallel()
	to := target(t, "")
	var late *lateWriter
	to.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		late = &lateWriter{Conn: conn}
		return late, nil
	}
	pools := newPools(t, run.Limits{})
	for range 3 {
		mustRun(t, pools, to, "select 1")
	}
	if late.reads.Load() < 2 {
		t.Error("the driver did not read in the background, so this test shows nothing")
	}
}

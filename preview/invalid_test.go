package preview_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// resolved is a Resolver that gives one answer.
type resolved struct {
	connection preview.Connection
	err        error
}

func (r resolved) Resolve(context.Context, string) (preview.Connection, error) {
	return r.connection, r.err
}

// TestConnectionThatCanNeverWork: what no further attempt mends is no reason to
// come back, and what may pass is one; neither tells what the cause said.
func TestConnectionThatCanNeverWork(t *testing.T) {
	const canary = "db.canary.example"
	invalid := fmt.Errorf("%s: %w", canary, preview.ErrConnectionInvalid)
	dialling := func(err error, hosts string) resolved {
		return resolved{connection: preview.Connection{
			DSN:  preview.NewSecret("host=" + hosts + " user=u dbname=d sslmode=prefer"),
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err },
		}}
	}
	for _, c := range []struct {
		name     string
		resolver preview.Resolver
		want     reason.Reason
		again    bool
	}{
		{"what is stored", resolved{err: invalid}, reason.DatabaseLoginFailed, false},
		{"the store", resolved{err: errors.New(canary)}, reason.DatabaseUnavailable, true},
		{"the address", dialling(invalid, "127.0.0.1"), reason.DatabaseLoginFailed, false},
		{"the address, as a net.Dialer says it", dialling(&net.OpError{Op: "dial", Err: invalid}, "127.0.0.1"), reason.DatabaseLoginFailed, false},
		{"the address of each of two hosts", dialling(invalid, "127.0.0.1,127.0.0.2"), reason.DatabaseLoginFailed, false},
		{"the network", dialling(errors.New(canary), "127.0.0.1"), reason.DatabaseUnavailable, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPreviewer(t, preview.Config{Resolver: c.resolver})
			_, previewErr := p.Preview(t.Context(), preview.Request{SQL: "select 1"})
			_, describeErr := p.Describe(t.Context(), preview.Request{SQL: "select 1"})
			for _, err := range []error{previewErr, describeErr} {
				var e *preview.Error
				if !errors.As(err, &e) || e.Reason != c.want || (e.RetryAfter > time.Duration(0)) != c.again || e.Message == "" || e.Hint == "" {
					t.Errorf("got %+v", e)
				}
				if strings.Contains(fmt.Sprintf("%+v", err), canary) {
					t.Errorf("the error says too much: %+v", err)
				}
			}
		})
	}
}

package client_test

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/internal/servetest"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const shop = `create table orders (id int, note text);
insert into orders values (1, 'one'), (2, null), (3, E'tab\there')`

// busy turns the first callers away, as a busy core does, and then lets the real
// one answer.
type busy struct {
	*preview.Previewer
	left, calls atomic.Int64
	reason      reason.Reason
	// after is when a retryable answer says to try again. Default 20 ms.
	after time.Duration
	// limits are the core's.
	limits preview.Limits
}

func (b *busy) Preview(ctx context.Context, request preview.Request) (*preview.Result, error) {
	b.calls.Add(1)
	if b.left.Add(-1) >= 0 {
		failure := &preview.Error{Reason: b.reason, Message: "turned away by the test"}
		if b.reason.Retryable() {
			failure.RetryAfter = cmp.Or(b.after, 20*time.Millisecond)
		}
		return nil, failure
	}
	return b.Previewer.Preview(ctx, request)
}

// serve is a sidecar on a real database; it returns its socket.
func serve(t *testing.T, b *busy, authenticate server.Authenticator) string {
	t.Helper()
	core, err := preview.New(preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(pgtest.Shared(t).Database(t, shop))), Limits: b.limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(core.Close)
	b.Previewer = core
	s, err := server.New(server.Config{Previewer: b, Authenticate: authenticate})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "client")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := server.Listen(t.Context(), "unix:"+socket)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Serve(t, s.Serve, listener)
	return socket
}

func open(t *testing.T, config client.Config) *client.Client {
	t.Helper()
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRetriesByRetryInfo(t *testing.T) {
	for _, c := range []struct {
		name     string
		turned   int64 // how many are turned away
		reason   reason.Reason
		attempts int
		deadline time.Duration
		want     reason.Reason
		calls    int64
	}{
		{"at once", 0, "", 0, time.Minute, "", 1},
		{"after two", 2, reason.ConcurrencyLimit, 0, time.Minute, "", 3},
		{"not after three", 3, reason.DatabaseBusy, 0, time.Minute, reason.DatabaseBusy, 3},
		{"never, when told so", 1, reason.ConcurrencyLimit, 1, time.Minute, reason.ConcurrencyLimit, 1},
		{"never, when it is no use", 1, reason.RowLock, 0, time.Minute, reason.RowLock, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &busy{reason: c.reason}
			b.left.Store(c.turned)
			caller := open(t, client.Config{Target: "unix:" + serve(t, b, nil), Attempts: c.attempts})
			ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
			defer cancel()
			response, err := caller.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: "select id from orders"})
			if got := client.ReasonOf(err); got != c.want || b.calls.Load() != c.calls {
				t.Errorf("got %q after %d calls: %v", got, b.calls.Load(), err)
			}
			if c.want == "" && len(response.GetRows()) != 3 {
				t.Errorf("got %v", response)
			}
		})
	}
}

// TestNoWaitPastTheDeadline: a caller with little time gets the answer that there
// is, and not a deadline.
func TestNoWaitPastTheDeadline(t *testing.T) {
	b := &busy{reason: reason.DatabaseBusy, after: time.Hour}
	b.left.Store(1 << 30)
	caller := open(t, client.Config{Target: "unix:" + serve(t, b, nil), Attempts: 1 << 30})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := caller.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: "select 1"}); client.ReasonOf(err) != reason.DatabaseBusy || b.calls.Load() != 1 {
		t.Errorf("got %v after %d calls", err, b.calls.Load())
	}
}

func TestDetailHasTheViolations(t *testing.T) {
	caller := open(t, client.Config{Target: "unix:" + serve(t, &busy{}, nil)})
	_, err := caller.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1; drop table orders"})
	detail := client.Detail(err)
	if client.ReasonOf(err) != reason.MultipleStatements || len(detail.GetViolations()) == 0 || detail.GetViolations()[0].GetLine() != 1 {
		t.Errorf("got %v %v", err, detail)
	}
	if client.ReasonOf(nil) != "" || client.ReasonOf(errors.New("x")) != reason.Internal || client.Detail(nil) != nil {
		t.Error("what is no failure of the sidecar's is taken for one")
	}
}

// TestLargestAnswer: what the largest bound lets out is taken.
func TestLargestAnswer(t *testing.T) {
	b := &busy{limits: preview.Limits{MaxResponseBytes: preview.HardMaxResponseBytes}}
	caller := open(t, client.Config{Target: "unix:" + serve(t, b, nil)})
	columns := strings.TrimSuffix(strings.Repeat("repeat('漢', 1024), ", 100), ", ")
	response, err := caller.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select " + columns + " from generate_series(1, 100)"})
	if err != nil {
		t.Fatal(err)
	}
	const nearly = preview.HardMaxResponseBytes - 1<<20
	if size := proto.Size(response); size < nearly || len(response.GetTruncations()) != 1 {
		t.Errorf("the answer has %d bytes and the bounds %v", size, response.GetTruncations())
	}
}

func TestTokenIsAskedForEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("the-first-token-1")
	authenticate, err := server.BearerTokenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	caller := open(t, client.Config{Target: "unix:" + serve(t, &busy{}, authenticate), Token: func(context.Context) (string, error) {
		token, err := os.ReadFile(file)
		return string(token), err
	}})
	for _, token := range []string{"the-first-token-1", "the-second-token-2"} {
		write(token)
		if _, err := caller.ValidateQuery(t.Context(), &previewv1.ValidateQueryRequest{Sql: "select 1"}); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
	os.Remove(file)
	if _, err := caller.ValidateQuery(t.Context(), &previewv1.ValidateQueryRequest{Sql: "select 1"}); err == nil {
		t.Error("a call without a token was sent")
	}
}

func TestConfigFaults(t *testing.T) {
	token := func(context.Context) (string, error) { return "t", nil }
	for name, config := range map[string]client.Config{
		"no target":            {},
		"negative attempts":    {Target: "unix:/s", Attempts: -1},
		"a token in the clear": {Target: "sidecar.example:443", Token: token},
	} {
		if _, err := client.New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, target := range []string{"unix:/s", "127.0.0.1:1", "localhost:1", "[::1]:1"} {
		open(t, client.Config{Target: target, Token: token})
	}
}

// TestAbsentSidecarIsUnavailable: a caller can tell a sidecar that is not there from
// one that failed, and asks whether one serves.
func TestAbsentSidecarIsUnavailable(t *testing.T) {
	absent := open(t, client.Config{Target: "unix:" + filepath.Join(t.TempDir(), "none")})
	if _, err := absent.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select 1"}); client.ReasonOf(err) != client.Unavailable {
		t.Errorf("a preview: %v", err)
	}
	if serving, err := absent.Serving(t.Context()); serving || client.ReasonOf(err) != client.Unavailable {
		t.Errorf("health: %v %v", serving, err)
	}
	if serving, err := open(t, client.Config{Target: "unix:" + serve(t, &busy{}, nil)}).Serving(t.Context()); !serving || err != nil {
		t.Errorf("health of one that serves: %v %v", serving, err)
	}
}

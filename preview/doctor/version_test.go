package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

func TestVersionFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, major string
		severity       Severity // empty: nothing is found
		message        string
	}{
		{"18.1", "18", "", ""},
		{"19beta1", "19", "", ""},
		{"14.23", "14", "", ""},
		{"13.23", "13", Advice, "PostgreSQL 13.23 gets no more security fixes; previews work"},
		{"unknown", "?", Warning, "the server's version could not be read, so it may lack what previews need"},
	} {
		found := versionFindings(c.version, c.major)
		switch {
		case c.severity == "" && len(found) != 0:
			t.Errorf("%s: %+v", c.version, found)
		case c.severity != "" && (len(found) != 1 || found[0].Severity != c.severity || found[0].Message != c.message || found[0].Advice == "" || found[0].Check != "version"):
			t.Errorf("%s: %+v", c.version, found)
		}
	}
}

// TestServerThatIsTooOld: it is said in one line, and the server is asked nothing that it
// may not know.
func TestServerThatIsTooOld(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"12.22", "9.6.24", "12.22 (Debian 12.22-1)"} {
		_, err := Examine(t.Context(), preview.Connection{
			DSN:  preview.NewSecret("host=192.0.2.1 user=u dbname=d sslmode=disable"),
			Dial: func(context.Context, string, string) (net.Conn, error) { return serverOfVersion(t, version), nil },
		}, Options{})
		var failure *preview.Error
		want := "the database is PostgreSQL " + version[:strings.IndexByte(version, '.')] + ", and previews need 13 or newer"
		if !errors.As(err, &failure) || failure.Reason != reason.DatabaseLoginFailed || failure.Message != want || failure.Hint == "" {
			t.Errorf("%s: got %+v", version, err)
		}
	}
}

// serverOfVersion logs anybody in and takes no question.
func serverOfVersion(t *testing.T, version string) net.Conn {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = ours.Close()
		<-done
	})
	go func() {
		defer close(done)
		defer theirs.Close()
		_ = theirs.SetDeadline(time.Now().Add(time.Minute))
		backend := pgproto3.NewBackend(theirs, theirs)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			t.Error(err)
			return
		}
		backend.Send(&pgproto3.AuthenticationOk{})
		backend.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: version})
		backend.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if err := backend.Flush(); err != nil {
			t.Error(err)
			return
		}
		for {
			message, err := backend.Receive()
			if err != nil {
				return
			}
			if _, end := message.(*pgproto3.Terminate); !end {
				t.Errorf("the server was asked %T", message)
				return
			}
		}
	}()
	return ours
}

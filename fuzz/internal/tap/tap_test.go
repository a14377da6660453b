package tap_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/internal/tap"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func TestEverythingSaidIsHeard(t *testing.T) {
	config, err := pgconn.ParseConfig(pgtest.Shared(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	ear := &tap.Tap{}
	config.DialFunc = ear.Dial
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	long := "select '" + strings.Repeat("é", 100000) + "'"
	for _, sql := range []string{"listen c", "notify c"} {
		if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.ExecParams(t.Context(), long, nil, nil, nil, nil).Read().Err; err != nil {
		t.Fatal(err)
	}
	heard := ear.Take()
	if want := []string{"listen c", "notify c", long}; !slices.Equal(heard.Statements, want) {
		t.Errorf("heard %.200q", heard.Statements)
	}
	if heard.Notifications != 1 || heard.BytesOut < int64(len(long)) {
		t.Errorf("heard %d notifications, %d bytes", heard.Notifications, heard.BytesOut)
	}
	if again := ear.Take(); len(again.Statements) != 0 {
		t.Errorf("heard twice: %q", again.Statements)
	}
}

// TestAConnectionCanBeHalfClosed: a gateway that takes leave of a server so must
// be able to through the tap as well.
func TestAConnectionCanBeHalfClosed(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		// Answers when it has heard the end, and only then.
		_, err = io.Copy(io.Discard, conn)
		_, werr := conn.Write([]byte("bye"))
		served <- errors.Join(err, werr, conn.Close())
	}()
	conn, err := (&tap.Tap{}).Dial(t.Context(), "unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("it cannot be half closed")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if words, err := io.ReadAll(conn); err != nil || string(words) != "bye" {
		t.Errorf("read %q, %v", words, err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

package tap_test

import (
	"context"
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

package sqlgen

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestExperiment(t *testing.T) {
	dsn := os.Getenv("FZ_DSN")
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(7))
	schema, ddl := NewSchema(r)
	if _, err := c.Exec(ctx, "drop schema public cascade; create schema public;"+ddl).ReadAll(); err != nil {
		t.Fatal(err)
	}
	g := New(schema, Targets{})
	ok, n := 0, 3000
	codes := map[string]int{}
	example := map[string]string{}
	size := 0
	c.Exec(ctx, "set statement_timeout='2s'; set default_transaction_read_only=on").ReadAll()
	for i := 0; i < n; i++ {
		q := g.Honest(r)
		size += len(q.SQL)
		res := c.ExecParams(ctx, q.SQL, nil, nil, nil, nil).Read()
		if res.Err == nil {
			ok++
			continue
		}
		if e, is := res.Err.(*pgconn.PgError); is {
			m := e.Message
			if len(m) > 60 {
				m = m[:60]
			}
			k := e.Code + " " + m
			codes[k]++
			if x := example[k]; x == "" || len(q.SQL) < len(x) {
				example[k] = q.SQL
			}
		} else {
			t.Fatal(res.Err)
		}
	}
	fmt.Println("ok", ok, "of", n, "avg", size/n)
	var ks []string
	for k := range codes {
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { return codes[ks[i]] > codes[ks[j]] })
	for i, k := range ks {
		if i < 30 {
			x := example[k]
			if len(x) > 300 {
				x = x[:300]
			}
			fmt.Println(codes[k], k, "|||", strings.ReplaceAll(x, "\n", "⏎"))
		}
	}
}

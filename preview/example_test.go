package preview_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// The offline verdict lists everything that is wrong, with its place.
func ExampleCheck() {
	verdict := preview.Check("select id, pg_sleep(30)\nfrom orders for update")
	for _, v := range verdict.Violations {
		fmt.Printf("%d:%d %s: %s\n", v.Line, v.Column, v.Reason, v.Message)
	}
	// Output:
	// 1:12 FUNCTION_NOT_ALLOWED: the function pg_sleep is not allowed in a preview
	// 2:13 ROW_LOCK: row locks are not allowed in a preview
}

// A preview returns bounded, sanitized rows and says what was done to them.
func ExamplePreviewer_Preview() {
	ctx := context.Background()
	server, err := pgtest.New(ctx, pgtest.Options{}) // a database to look at
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = server.Close() }()

	previewer, err := preview.New(preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret(server.DSN())),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer previewer.Close()

	result, err := previewer.Preview(ctx, preview.Request{
		SQL: "select n, repeat('x', 2000) as long from generate_series(1, 5000) n;",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(result.Rows), "rows of", result.Columns[0].Name, result.Columns[0].Type)
	for _, t := range result.Truncations {
		fmt.Println(t.Reason, t.Limit)
	}
	cell := result.Rows[0][1]
	fmt.Println(len(cell.Text), cell.Changes.Kinds.Names(), "of", cell.Changes.OriginalBytes, "bytes")
	// Output:
	// 100 rows of n integer
	// ROW_LIMIT 100
	// CELL_LIMIT 1024
	// 1024 [TRUNCATED] of 2000 bytes
}

// Every error has a stable reason; no message has to be read.
func ExampleError() {
	previewer, err := preview.New(preview.Config{
		Resolver: preview.SingleConnection(preview.NewSecret("host=/nowhere")),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer previewer.Close()

	_, err = previewer.Preview(context.Background(), preview.Request{SQL: "drop table orders"})
	var failed *preview.Error
	if errors.As(err, &failed) && failed.Reason == reason.NotASelect {
		fmt.Printf("%d:%d %s\n", failed.Position.Line, failed.Position.Column, failed.Rule)
	}
	// Output:
	// 1:1 not-a-select
}

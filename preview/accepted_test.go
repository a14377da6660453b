package preview_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// unsure is a Resolver that fails for some ids, each time with the same error.
type unsure struct {
	preview.Resolver
	failures map[string]error
}

func (u unsure) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	if err := u.failures[id]; err != nil {
		return preview.Connection{}, err
	}
	return u.Resolver.Resolve(ctx, preview.DefaultConnectionID)
}

// TestAcceptedStatementIsIdentified: however a request ends, what the guard had
// accepted is told with it, and what it refused is not.
func TestAcceptedStatementIsIdentified(t *testing.T) {
	dsn := preview.NewSecret(pgtest.Shared(t).Database(t, schema))
	shared := &preview.Error{Reason: reason.DatabaseLoginFailed, Message: "the same for all"}
	p := newPreviewer(t, preview.Config{Resolver: unsure{preview.SingleConnection(dsn), map[string]error{
		"unknown": preview.ErrConnectionNotFound, "shared": shared,
	}}})
	gone, leave := context.WithCancel(t.Context())
	leave()
	const slow = "select count(*) from orders a, orders b, orders c, orders d, orders e"
	for _, c := range []struct {
		name    string
		ctx     context.Context
		request preview.Request
		tables  []string // nil: the guard refuses
		is      reason.Reason
	}{
		{name: "ok", request: preview.Request{SQL: "select id from orders"}, tables: []string{"orders"}},
		{name: "failed in the database", request: preview.Request{SQL: "select 1 / (id - 1) from orders"}, tables: []string{"orders"}, is: reason.DataException},
		{name: "unknown table", request: preview.Request{SQL: "select 1 from s.nowhere, orders"}, tables: []string{"s.nowhere", "orders"}, is: reason.UndefinedObject},
		{name: "timeout", request: preview.Request{SQL: slow, Timeout: 50 * time.Millisecond}, tables: []string{"orders"}},
		{name: "gone", ctx: gone, request: preview.Request{SQL: "select id from orders"}, tables: []string{"orders"}, is: reason.ClientCanceled},
		{name: "unknown connection", request: preview.Request{SQL: "select id from orders", ConnectionID: "unknown"}, tables: []string{"orders"}, is: reason.ConnectionNotFound},
		{name: "a resolver's own error", request: preview.Request{SQL: "select id from orders", ConnectionID: "shared"}, tables: []string{"orders"}, is: reason.DatabaseLoginFailed},
		{name: "refused by the catalog", request: preview.Request{SQL: "select add_row() from customers"}, tables: []string{"customers"}, is: reason.FunctionNotAllowed},
		{name: "refused", request: preview.Request{SQL: "delete from orders"}, is: reason.NotASelect},
	} {
		for name, call := range map[string]func(context.Context, preview.Request) (preview.Receipt, error){
			"preview": func(ctx context.Context, r preview.Request) (preview.Receipt, error) {
				result, err := p.Preview(ctx, r)
				if err != nil {
					return preview.Receipt{}, err
				}
				return result.Receipt, nil
			},
			"describe": func(ctx context.Context, r preview.Request) (preview.Receipt, error) {
				description, err := p.Describe(ctx, r)
				if err != nil {
					return preview.Receipt{}, err
				}
				return description.Receipt, nil
			},
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				ctx := t.Context()
				if c.ctx != nil {
					ctx = c.ctx
				}
				got, err := call(ctx, c.request)
				var e *preview.Error
				switch runs := c.is == reason.DataException && name == "describe"; {
				case errors.As(err, &e) && e.Receipt == nil && c.tables == nil && e.Reason == c.is:
					return // nothing is known of a text that was refused
				case e != nil && e.Receipt == nil:
					t.Fatalf("%v does not say what was asked", e)
				case e != nil:
					got = *e.Receipt
					if got.SchemaFingerprint != "" || got.PayloadSHA256 != "" {
						t.Errorf("what did not come about is in %+v", got)
					}
				case got.SchemaFingerprint == "" || (got.PayloadSHA256 == "") != (name == "describe"):
					t.Errorf("got %+v", got)
				case runs: // a description runs nothing, so nothing fails
					c.is = ""
				}
				if c.is != "" && preview.ReasonOf(err) != c.is {
					t.Errorf("got %v, want %s", err, c.is)
				}
				if want := preview.Check(c.request.SQL).Fingerprint; got.SQLFingerprint != want || want == "" || !slices.Equal(got.Tables, c.tables) {
					t.Errorf("got %+v, want the tables %v and the fingerprint %s", got, c.tables, want)
				}
			})
		}
	}
	if shared.RequestID != "" || shared.Receipt != nil {
		t.Error("an error that the resolver gives to many was changed")
	}
}

package preview_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
)

// A column that does not exist is underlined with its qualifier, and the hint names
// the column that was meant: only one that the role may select and no rule denies.
func TestUndefinedColumnSuggestsTheNearest(t *testing.T) {
	t.Parallel()
	p := openCatalog(t, `
create role READER login;
create table customers (id int, email text, "Full Name" text, total int);
create table orders (id int, customer int, total numeric, tonal text);
create table guarded (email_address text, seen int);
create table denied (emall text);
grant select on customers, orders, denied to READER; grant select (seen) on guarded to READER;
`, "suggest_reader", preview.Config{Policy: preview.Policy{DenyRelations: []string{"public.denied"}}})
	for _, test := range []struct{ sql, underlined, hint string }{
		{"select emial from customers", "emial", "did you mean email?"},
		{"select c.emial from customers c", "c.emial", "did you mean email?"},
		{`select c."Ful Name" from customers c`, `c."Ful Name"`, `did you mean "Full Name"?`},
		{"select Emial from customers", "Emial", "did you mean email?"},
		{"select customers.totl from customers join orders using (id)", "customers.totl", "did you mean total?"},
		{"select o.toal from orders o", "o.toal", "did you mean total or tonal?"},
		{"select 1 from customers where exists (select 1 from orders o where o.custmer = 1)", "o.custmer", "did you mean customer?"},
		{"select nothing_like_it from customers", "nothing_like_it", ""},
		{"select email_adress from guarded", "email_adress", ""}, // the role may not select it
		{"select sen from guarded", "sen", "did you mean seen?"},
	} {
		_, err := p.Preview(t.Context(), preview.Request{SQL: test.sql})
		var failed *preview.Error
		if !errors.As(err, &failed) {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		if got := test.sql[failed.Position.Offset:failed.Position.End]; got != test.underlined {
			t.Errorf("%s: underlines %q, want %q", test.sql, got, test.underlined)
		}
		if test.hint != "" && failed.Hint != test.hint || test.hint == "" && strings.Contains(failed.Hint, "did you mean") {
			t.Errorf("%s: hint %q, want %q", test.sql, failed.Hint, test.hint)
		}
	}
}

package preview

import (
	"context"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

func newTarget(p *Previewer, dsn string, timeout time.Duration) *target {
	return &target{
		Target: run.Target{ID: "c", DSN: dsn}, pools: p.pools, catalog: p.catalogs.Of("c", dsn), deadline: time.Now().Add(timeout),
	}
}

// TestLook: the catalog is asked in the sessions of previews, within the time of the
// request, and what is known is not asked again.
func TestLook(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, "create table a (id int, note text)")
	p := limitedPreviewer(t, Config{})
	names := catalog.Names{Relations: []catalog.Name{{Name: "a"}, {Name: "b"}}}
	cold := newTarget(p, dsn, 10*time.Second)
	s, err := cold.look(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := s.Relation(names.Relations[0]); !ok || len(r.Columns) != 2 {
		t.Errorf("the table: %+v", r)
	}
	if _, ok := s.Relation(names.Relations[1]); ok {
		t.Error("a table that does not exist was found")
	}
	if cold.connect == 0 {
		t.Error("a session was opened, and connecting took no time")
	}
	warm := newTarget(p, dsn, time.Nanosecond) // no time to ask
	if again, err := warm.look(t.Context(), names); err != nil || warm.connect != 0 {
		t.Errorf("what is known: %v, %v", again, err)
	}
	if _, err := warm.look(t.Context(), catalog.Names{Types: []catalog.Name{{Name: "x"}}}); ReasonOf(publicError(err, "", wrap.Text{})) != reason.StatementTimeout {
		t.Errorf("without time: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTarget(p, dsn, time.Second).look(gone, catalog.Names{Types: []catalog.Name{{Name: "y"}}}); ReasonOf(err) != reason.ClientCanceled {
		t.Errorf("of a caller who has gone: %v", err)
	}
}

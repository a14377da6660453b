package preview_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestOneConnectionHasOnePool: the empty id is "default" and shares its sessions.
func TestOneConnectionHasOnePool(t *testing.T) {
	dsn := pgtest.Shared(t).Database(t, "")
	previewer, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	if err != nil {
		t.Fatal(err)
	}
	defer previewer.Close()
	if states := previewer.PoolStates(); len(states) != 0 {
		t.Errorf("before the first preview: %+v", states)
	}
	for _, id := range []string{"", preview.DefaultConnectionID, ""} {
		if _, err := previewer.Preview(t.Context(), preview.Request{ConnectionID: id, SQL: "select 1"}); err != nil {
			t.Fatal(err)
		}
	}
	states := previewer.PoolStates()
	if len(states) != 1 || states[0] != (preview.PoolState{ConnectionID: preview.DefaultConnectionID, Idle: 1, Max: 4}) {
		t.Errorf("got %+v", states)
	}
}

package preview

import (
	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// resolutions keeps what statements resolved to. It holds as long as the catalog says
// the same: it is found by the Snapshot that it was made with.
type resolutions = textCache[resolutionKey, *resolved]

type resolutionKey struct {
	connectionID, sql string
	policy            *guard.Policy
}

// made reports whether a resolution was made with a Snapshot.
func (r *resolved) made(with *catalog.Snapshot) bool { return r != nil && r.known == with }

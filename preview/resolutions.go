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

// size is about what a resolution takes in memory beside the tree: what was found for
// each column, use and call, and the Snapshot, which lives as long as it is kept.
func (r *resolved) size() int {
	const each = 256
	f := r.found
	return each*(len(f.Outputs)+len(f.Mentions)+len(f.Runs)+len(f.Relations)+len(f.Types)+len(r.objects)) + r.known.Size()
}

// made reports whether a resolution was made with a Snapshot.
func (r *resolved) made(with *catalog.Snapshot) bool { return r != nil && r.known == with }

package preview

import (
	"sync"

	"github.com/op-data/sqlpreview/preview/internal/catalog"
	"github.com/op-data/sqlpreview/preview/internal/guard"
)

const (
	// resolutionBytes bounds the texts whose resolutions are kept, together; each
	// takes some fifty times its text.
	resolutionBytes = 64 << 10
	// largestResolution is the longest text that is kept.
	largestResolution = 4 << 10
)

// resolutions keeps what statements resolved to, so that an author who runs one
// again waits for no analysis. What is kept holds as long as the catalog says the
// same: it is found by the Snapshot that it was made with.
type resolutions struct {
	mu    sync.Mutex
	bytes int
	known map[resolutionKey]*resolved
}

type resolutionKey struct {
	connectionID, sql string
	policy            *guard.Policy
}

func newResolutions() *resolutions { return &resolutions{known: make(map[resolutionKey]*resolved)} }

// find returns what a text resolved to the last time, or nil. It holds only if the
// catalog still gives the same Snapshot for its names.
func (r *resolutions) find(key resolutionKey) *resolved {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key]
}

// keep takes a resolution in. Where there is no room it forgets all: what is in use
// is soon back.
func (r *resolutions) keep(key resolutionKey, made *resolved) {
	if len(key.sql) > largestResolution {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.known[key]; !ok {
		if r.bytes += len(key.sql); r.bytes > resolutionBytes {
			clear(r.known)
			r.bytes = len(key.sql)
		}
	}
	r.known[key] = made
}

// made tells whether a resolution was made with a Snapshot.
func (r *resolved) made(with *catalog.Snapshot) bool { return r != nil && r.known == with }

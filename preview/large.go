package preview

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// DefaultLargeAnswers is the default of Config.LargeAnswers.
	DefaultLargeAnswers = 4
	maxLargeAnswers     = 1000
)

// rooms are the places of large answers. A wide result takes some twenty times
// its text while it is kept, cleaned and written, so what bounds the sessions of
// one connection id does not bound the memory of the process.
type rooms struct {
	places chan struct{}
	wait   time.Duration
}

// errNoRoom is why a large answer is turned away.
var errNoRoom = errors.New("no room")

// enter waits for a place.
func (r *rooms) enter(ctx context.Context, deadline time.Time) error {
	select {
	case r.places <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(min(r.wait, time.Until(deadline)))
	defer timer.Stop()
	select {
	case r.places <- struct{}{}:
		return nil
	case <-ctx.Done():
	case <-timer.C:
	}
	return errNoRoom
}

func (r *rooms) leave() { <-r.places }

// guest is one preview's claim to a place.
type guest struct {
	rooms *rooms
	in    bool
}

// enter is what the run asks before it keeps a large result.
func (g *guest) enter(ctx context.Context, deadline time.Time) error {
	if err := g.rooms.enter(ctx, deadline); err != nil {
		return err
	}
	g.in = true
	return nil
}

// leave gives the place back, or leaves that to the holder of the context.
func (g *guest) leave(ctx context.Context) {
	if !g.in {
		return
	}
	if h, ok := ctx.Value(holderKey{}).(*holder); ok && h.keep(g.rooms) {
		return
	}
	g.rooms.leave()
}

type holderKey struct{}

// holder keeps places beyond the end of the previews that took them.
type holder struct {
	mu       sync.Mutex
	kept     []*rooms
	released bool
}

func (h *holder) keep(r *rooms) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.released {
		h.kept = append(h.kept, r)
	}
	return !h.released
}

func (h *holder) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.kept {
		r.leave()
	}
	h.kept, h.released = nil, true
}

// Hold lets the previews under the context that it returns count as large
// answers (Config.LargeAnswers) until release is called, and not only until they
// return. It is for a server, which calls release when the answer is written.
func Hold(ctx context.Context) (holding context.Context, release func()) {
	h := &holder{}
	return context.WithValue(ctx, holderKey{}, h), h.release
}

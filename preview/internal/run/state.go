package run

import (
	"cmp"
	"slices"
)

// State is what one connection id's sessions do at a moment.
type State struct {
	// ID is the connection's id.
	ID string
	// Busy sessions run a query or are waited for after a cancel; Idle ones are
	// kept; Waiting queries have no permit yet; Max is how many may be busy.
	Busy, Idle, Waiting, Max int
}

// States returns the state of every id that has sessions, in the order of ids.
func (ps *Pools) States() []State {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	states := make([]State, 0, len(ps.byID))
	for id, p := range ps.byID {
		p.mu.Lock()
		idle := len(p.idle)
		p.mu.Unlock()
		states = append(states, State{
			ID: id, Busy: p.permits.InUse(), Idle: idle, Waiting: p.permits.Waiting(), Max: p.permits.Max(),
		})
	}
	slices.SortFunc(states, func(a, b State) int { return cmp.Compare(a.ID, b.ID) })
	return states
}

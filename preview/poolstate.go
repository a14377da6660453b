package preview

// PoolState is what the sessions of one connection id do at a moment.
type PoolState struct {
	// ConnectionID is the connection's id.
	ConnectionID string
	// Busy sessions run a preview, or are waited for after a cancel; Idle ones
	// are kept for the next.
	Busy, Idle int
	// Waiting previews have no place yet. Max is how many may be busy.
	Waiting, Max int
}

// PoolStates returns the state of every connection id that has sessions, in the
// order of the ids.
func (p *Previewer) PoolStates() []PoolState {
	var states []PoolState
	for _, s := range p.pools.States() {
		states = append(states, PoolState{ConnectionID: s.ID, Busy: s.Busy, Idle: s.Idle, Waiting: s.Waiting, Max: s.Max})
	}
	return states
}

package run

import (
	"sync"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// rowMemory is the memory of a result's rows, which one result after the other uses:
// it is half of what a preview of 100 rows allocates.
type rowMemory struct {
	store wire.Store
	rows  [][]Cell // empty, with room for HardRows
}

var rowMemories = sync.Pool{New: func() any { return &rowMemory{rows: make([][]Cell, 0, HardRows)} }}

func takeRowMemory() *rowMemory {
	return rowMemories.Get().(*rowMemory) //nolint:forcetypeassert // what New makes
}

// release clears the memory, so that nothing of these rows is left in it, and gives it to
// another result.
func (m *rowMemory) release() {
	clear(m.rows[:cap(m.rows)])
	m.store.Reset()
	rowMemories.Put(m)
}

// Release ends the use of Rows, and of all in them, so that their memory can be used for
// another result. A result that is not released is left to the garbage collector.
func (r *Result) Release() {
	if m := r.memory; m != nil {
		r.memory, r.Rows = nil, nil
		m.release()
	}
}

package wire

// Store is memory for the short rows of one result, many in one allocation. Its zero
// value is empty, and nil is one that keeps nothing.
type Store struct {
	// cells and bytes are what is free of the last allocations, lastCells and lastBytes.
	cells, lastCells []Cell
	bytes, lastBytes []byte
	// nextCells and nextBytes are the sizes of the next allocations.
	nextCells, nextBytes int
}

// The largest allocations for several rows.
const (
	maxStoreCells = 512
	maxStoreBytes = 8 << 10
)

// takeCells returns n empty cells. An allocation is twice as large as the one before,
// so that a result of one row takes no more than it needs.
func (s *Store) takeCells(n int) []Cell {
	if s == nil || n > maxStoreCells {
		return make([]Cell, n)
	}
	if len(s.cells) < n {
		s.cells = make([]Cell, max(n, s.nextCells))
		s.lastCells = s.cells
		s.nextCells = min(2*len(s.cells), maxStoreCells)
	}
	taken := s.cells[:n:n]
	s.cells = s.cells[n:]
	return taken
}

// room returns an empty slice with room for n bytes, which used ends the use of.
func (s *Store) room(n int) []byte {
	if s == nil || n > maxStoreBytes {
		return make([]byte, 0, n)
	}
	if len(s.bytes) < n {
		s.bytes = make([]byte, max(n, s.nextBytes))
		s.lastBytes = s.bytes
		s.nextBytes = min(2*len(s.bytes), maxStoreBytes)
	}
	return s.bytes[:0:n]
}

// Reset makes the Store empty again, for another result. The rows that it kept must not
// be used any more: their memory is cleared, so that nothing of them is left for the
// next, and used again.
func (s *Store) Reset() {
	clear(s.lastCells[:len(s.lastCells)-len(s.cells)])
	clear(s.lastBytes)
	s.cells, s.bytes = s.lastCells, s.lastBytes
}

// used says what became of the last room.
func (s *Store) used(bytes []byte) {
	if s != nil && len(bytes) > 0 && len(s.bytes) > 0 && &bytes[0] == &s.bytes[0] {
		s.bytes = s.bytes[len(bytes):]
	}
}

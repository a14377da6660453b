package wire

import (
	"encoding/binary"
	"io"
)

// Cell is the beginning of one value of a row, in PostgreSQL's text format.
type Cell struct {
	// Bytes are the first bytes of the value, as many as were asked for.
	Bytes []byte
	// Null marks SQL NULL; Bytes is then nil.
	Null bool
	// OriginalBytes is the value's length in the server's answer.
	OriginalBytes int64
}

// RowLimits says how much of a row to keep.
type RowLimits struct {
	// Columns is the number of columns that the row must have.
	Columns int
	// MaxColumns and MaxCellBytes bound what is kept; the rest is discarded.
	MaxColumns, MaxCellBytes int
	// MaxBytes bounds what the row's kept cells may take together.
	MaxBytes int64
}

// Row reads a DataRow. kept is the number of bytes in cells. fits is false when
// the row passed MaxBytes: then nothing of it is kept.
func (r *Reader) Row(limits RowLimits) (cells []Cell, kept int64, fits bool, err error) {
	if r.left <= bufferSize {
		return r.smallRow(limits)
	}
	return r.largeRow(limits)
}

// largeRow is Row for a message of any length, read as it arrives.
func (r *Reader) largeRow(limits RowLimits) (cells []Cell, kept int64, fits bool, err error) {
	count, err := r.uint16()
	if err != nil {
		return nil, 0, false, err
	}
	if int(count) != limits.Columns {
		return nil, 0, false, ErrProtocol
	}
	cells = make([]Cell, min(int(count), limits.MaxColumns))
	var arena []byte
	fits = true
	for i := range int(count) {
		size, err := r.cellSize()
		if err != nil {
			return nil, 0, false, err
		}
		if size < 0 {
			if i < len(cells) {
				cells[i].Null = true
			}
			continue
		}
		keep := int64(0)
		if fits && i < len(cells) {
			keep = min(size, int64(limits.MaxCellBytes))
			if fits = int64(len(arena))+keep <= limits.MaxBytes; !fits {
				keep, arena, cells = 0, nil, nil
			}
		}
		if keep > 0 || i < len(cells) {
			start := len(arena)
			arena = append(arena, make([]byte, keep)...)
			if _, err := io.ReadFull(r.buffer, arena[start:]); err != nil {
				return nil, 0, false, unexpected(err)
			}
			cells[i].OriginalBytes = size
		}
		if err := r.discard(size - keep); err != nil {
			return nil, 0, false, err
		}
		r.left -= size
	}
	if r.left != 0 {
		return nil, 0, false, ErrProtocol
	}
	// The arena has moved while it grew: cut it up only now.
	rest := arena
	for i := range cells {
		if cells[i].Null {
			continue
		}
		n := min(cells[i].OriginalBytes, int64(limits.MaxCellBytes))
		cells[i].Bytes, rest = rest[:n:n], rest[n:]
	}
	return cells, int64(len(arena)), fits, nil
}

// smallRow is Row for a message that fits into the read buffer: it is looked at
// there, and only what is kept is copied.
func (r *Reader) smallRow(limits RowLimits) (cells []Cell, kept int64, fits bool, err error) {
	body, err := r.peek(int(r.left))
	if err != nil {
		return nil, 0, false, err
	}
	if len(body) < 2 || int(binary.BigEndian.Uint16(body)) != limits.Columns {
		return nil, 0, false, ErrProtocol
	}
	cells = make([]Cell, min(limits.Columns, limits.MaxColumns))
	rest := body[2:]
	for i := range limits.Columns {
		if len(rest) < 4 {
			return nil, 0, false, ErrProtocol
		}
		size := int64(int32(binary.BigEndian.Uint32(rest)))
		rest = rest[4:]
		if size < -1 || size > int64(len(rest)) {
			return nil, 0, false, ErrProtocol
		}
		var value []byte
		if size >= 0 {
			value, rest = rest[:size], rest[size:]
		}
		if i < len(cells) {
			value = value[:min(limits.MaxCellBytes, len(value))]
			cells[i] = Cell{Bytes: value, Null: size < 0, OriginalBytes: max(0, size)}
			kept += int64(len(value))
		}
	}
	if len(rest) != 0 {
		return nil, 0, false, ErrProtocol
	}
	if kept <= limits.MaxBytes {
		// The buffer is not ours: take the values along.
		fits = true
		arena := make([]byte, 0, kept)
		for i := range cells {
			if !cells[i].Null {
				start := len(arena)
				arena = append(arena, cells[i].Bytes...)
				cells[i].Bytes = arena[start:len(arena):len(arena)]
			}
		}
	} else {
		cells, kept = nil, 0
	}
	if _, err := r.buffer.Discard(len(body)); err != nil {
		return nil, 0, false, err
	}
	r.left = 0
	return cells, kept, fits, nil
}

// cellSize reads a cell's length, -1 for NULL, and checks that the message
// holds as much.
func (r *Reader) cellSize() (int64, error) {
	if r.left < 4 {
		return 0, ErrProtocol
	}
	b, err := r.peek(4)
	if err != nil {
		return 0, err
	}
	size := int64(int32(binary.BigEndian.Uint32(b)))
	if _, err := r.buffer.Discard(4); err != nil {
		return 0, err
	}
	r.left -= 4
	if size < -1 || size > r.left {
		return 0, ErrProtocol
	}
	return size, nil
}

func (r *Reader) uint16() (uint16, error) {
	if r.left < 2 {
		return 0, ErrProtocol
	}
	b, err := r.peek(2)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint16(b)
	if _, err := r.buffer.Discard(2); err != nil {
		return 0, err
	}
	r.left -= 2
	return n, nil
}
